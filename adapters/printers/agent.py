"""The kiosk computer's own printer: takes its jobs, prints each at most once, reports what became of it."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.auth import AuthBase

from adapters.printers.devices import Printer, PrinterConfig, open_printer
from adapters.printers.slip import Slip
from adapters.printers.status import Outcome
from hall.errors import Invalid

_CONNECT_S, _ANSWER_S = 3.0, 30.0  # the server may hold an empty answer back for a while
_REMEMBERED = 50  # outcomes kept, so that a job handed out twice is reported twice and printed once
_GONE = (
    400,
    404,
    409,
    410,
    422,
)  # the server will never take this outcome: keeping it would block the printer for good

_log = logging.getLogger(__name__)


class ServerTrouble(Exception):
    """The server could not be asked, or did not answer as agreed. Try again later."""


@dataclass(frozen=True, slots=True)
class Job:
    """One slip to print. ``seconds_left`` is how long it may be printed by the server's own clock, None is no limit."""

    id: str
    slip: dict[str, Any]
    seconds_left: float | None


class Memory:
    """What the agent must know after a crash: which job it began, whether it hangs there half, what is not reported.

    One small JSON file, replaced as a whole and synced, so that a power cut leaves the old or the new one.
    """

    def __init__(self, path: Path) -> None:
        """Reads ``path`` if there is one. Raises ``Invalid`` (``bad_state``) if unreadable: printing twice is worse."""
        self._path = path
        self.begun: str | None = None
        self.broken_off = False
        self.unreported: list[str] = []
        self.outcomes: dict[str, Outcome] = {}
        if not path.exists():
            return
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            self.begun = data["begun"]
            # A slip that was begun may hang there half; so it may where an agent of an earlier version did not say.
            self.broken_off = self.begun is not None or bool(data.get("broken_off", True))
            self.outcomes = {str(job): Outcome.from_dict(outcome) for job, outcome in data["outcomes"].items()}
            self.unreported = [str(job) for job in data["unreported"] if job in self.outcomes]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
            raise Invalid("bad_state", f"Catatan agen pencetak {path} tidak terbaca: {fault}") from fault

    def begin(self, job: str) -> None:
        """Writes down, before the first byte, that ``job`` is being printed. Raises ``OSError`` when that fails."""
        self.begun = job
        try:
            self._write()
        except OSError:
            self.begun = None
            raise

    def end(self, job: str, outcome: Outcome, *, broken_off: bool) -> None:
        """Keeps the outcome until it is reported, in memory even if the disk refuses.

        ``broken_off``: see :class:`adapters.printers.devices.Printer`; the next process has to know it too.
        """
        self.begun, self.broken_off = None, broken_off
        self.outcomes[job] = outcome
        if job not in self.unreported:
            self.unreported.append(job)
        for old in [o for o in self.outcomes if o not in self.unreported][:-_REMEMBERED]:
            del self.outcomes[old]
        self._write_if_possible()

    def reported(self, job: str) -> None:
        """The server has the outcome of ``job``, or will never take it."""
        self.unreported = [other for other in self.unreported if other != job]
        self._write_if_possible()

    def _write_if_possible(self) -> None:
        try:
            self._write()
        except OSError as fault:
            _log.error("the printer agent's state file %s cannot be written: %s", self._path, fault)

    def _write(self) -> None:
        content = json.dumps({
            "begun": self.begun,
            "broken_off": self.broken_off,
            "unreported": self.unreported,
            "outcomes": {job: outcome.to_dict() for job, outcome in self.outcomes.items()},
        })  # fmt: skip
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(self._path.name + ".new")
        with open(fresh, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the new name must survive the power cut too
        finally:
            os.close(folder)


class PrinterAgent:
    """Serves one printer of one hall. ``run`` is the loop, ``step`` one round of it.

    ``base_url`` is the server's address without path, ``token`` a bearer token of the role kiosk, ``state_file`` lies
    on a local disk and belongs to this printer alone. ``printer`` replaces the one of ``config``, for tests.
    Raises ``Invalid`` if the state file is there but unreadable.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        hall: str,
        printer_code: str,
        config: PrinterConfig,
        *,
        state_file: Path,
        printer: Printer | None = None,
        poll_s: float = 0.5,
        status_every_s: float = 4.0,
        longest_pause_s: float = 5.0,  # somebody may stand before the kiosk when the server is back
    ) -> None:
        """Raises ``Invalid``: ``bad_server`` for no address of a server, ``bad_printer``, ``bad_state``."""
        if not base_url.startswith(("http://", "https://")) or not urlsplit(base_url).hostname:
            raise Invalid("bad_server", f"Alamat server {base_url!r} salah; tulis seperti https://antre.example.go.id.")
        self._api = base_url.rstrip("/") + "/api/v1"
        self._of_printer = f"{self._api}/halls/{quote(hall, safe='')}/printers/{quote(printer_code, safe='')}"
        self._printer = printer or open_printer(config)
        self._poll_s, self._status_every_s, self._longest_pause_s = poll_s, status_every_s, longest_pause_s
        self._session = requests.Session()
        self._session.auth = _Bearer(token)
        self._memory = Memory(state_file)
        self._failures = 0
        self._status_due = time.monotonic()
        if self._memory.begun:  # the last run ended in the middle of a slip: it may be on paper
            job = self._memory.begun
            cut_short = Outcome("unknown", "dropped", "the agent was interrupted while printing")
            self._memory.end(job, cut_short, broken_off=True)
        self._printer.broken_off = self._memory.broken_off

    def run(self, stop: threading.Event) -> None:
        """Works until ``stop`` is set. Nothing the server or the printer does ends it.

        After a crash the next start reports the slip that was cut off as unknown.
        """
        while not stop.is_set():
            stop.wait(self.step())
        self.close()

    def close(self) -> None:
        """Closes the connections to the server."""
        self._session.close()

    def step(self) -> float:
        """One round: report what is unreported, print the next job or tell how the printer is. Seconds to wait."""
        try:
            self.report_outcomes()
            job = self.take_job()
            if job:
                self.print_job(job)
                self.report_outcomes()
                self._status_due = time.monotonic() + self._status_every_s
            elif time.monotonic() >= self._status_due:
                self._status_due = (
                    time.monotonic() + self._status_every_s
                )  # first: a refused status must not slow the jobs
                self.report_status()
        except ServerTrouble as trouble:
            self._failures += 1
            pause = min(self._longest_pause_s, self._poll_s * 2.0 ** min(self._failures, 10))
            _log.warning("%s; next try in %.1f s", trouble, pause)
            return pause
        self._failures = 0
        return 0.0 if job else self._poll_s

    def take_job(self) -> Job | None:
        """The next job of this printer, or None. Raises ``ServerTrouble``."""
        answer = self._post(f"{self._of_printer}/jobs/next", {})
        if answer.status_code == 204:
            return None
        if answer.status_code != 200:
            raise ServerTrouble(f"asking for a print job was answered {answer.status_code}")
        try:
            data = answer.json()
            job_id, slip, expires = data["id"], data["slip"], data.get("expires_at")
            seconds_left = _seconds_left(answer, expires)
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            raise ServerTrouble(f"the print job cannot be read: {fault}") from fault
        if not isinstance(job_id, (str, int)) or isinstance(job_id, bool) or job_id == "":
            raise ServerTrouble("the print job has no id")
        return Job(str(job_id), slip, seconds_left)

    def print_job(self, job: Job) -> Outcome:
        """Prints ``job`` unless it may be on paper already. Keeps the outcome until ``report_outcomes`` told it."""
        known = self._memory.outcomes.get(job.id)
        if known and known.state != "failed":
            _log.warning("print job %s was handed out again: told again, not printed again", job.id)
            outcome = known
        else:
            outcome = self._print_new(job)
        self._memory.end(job.id, outcome, broken_off=self._printer.broken_off)
        return outcome

    def report_outcomes(self) -> None:
        """Tells the server every outcome it does not have yet, oldest first. Raises ``ServerTrouble``."""
        for job in list(self._memory.unreported):
            answer = self._post(
                f"{self._api}/print-jobs/{quote(job, safe='')}/outcome", self._memory.outcomes[job].to_dict()
            )
            if answer.status_code in _GONE:
                _log.error("the server does not want the outcome of print job %s: %s", job, answer.status_code)
            elif not 200 <= answer.status_code < 300:
                raise ServerTrouble(f"the outcome of print job {job} was answered {answer.status_code}")
            self._memory.reported(job)

    def report_status(self) -> None:
        """Tells the server how the printer is, so that an empty roll is known before somebody wants a slip.

        Raises ``ServerTrouble``."""
        answer = self._post(f"{self._of_printer}/status", self._printer.status().to_dict())
        if not 200 <= answer.status_code < 300:
            raise ServerTrouble(f"the printer's status was answered {answer.status_code}")

    def _print_new(self, job: Job) -> Outcome:
        if job.seconds_left is not None and job.seconds_left <= 0:
            return Outcome("failed", "expired", "the job came after its time")
        try:
            slip = Slip.from_dict(job.slip)
        except Invalid as refusal:
            return Outcome("failed", "bad_slip", str(refusal))
        try:
            self._memory.begin(job.id)
        except OSError as fault:
            return Outcome("failed", "not_recorded", f"state file: {fault}")
        return self._printer.print_slip(slip, job_id=job.id)

    def _post(self, url: str, body: dict[str, Any]) -> requests.Response:
        try:
            # A redirect would be followed with GET, and would carry the token to wherever it points.
            return self._session.post(url, json=body, timeout=(_CONNECT_S, _ANSWER_S), allow_redirects=False)
        except requests.RequestException as fault:
            raise ServerTrouble(f"the server cannot be reached: {fault.__class__.__name__}") from fault


class _Bearer(AuthBase):
    """Sets the token. As an auth object, because a plain header is silently replaced by what a ``.netrc`` holds."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _seconds_left(answer: requests.Response, expires: object) -> float | None:
    """How long the job may still be printed. Both times are the server's: a kiosk computer's clock is often wrong."""
    if expires is None:
        return None
    end = datetime.fromisoformat(str(expires))
    with suppress(KeyError, ValueError):
        return (end - parsedate_to_datetime(answer.headers["Date"])).total_seconds()
    return None
