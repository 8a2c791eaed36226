"""Couriers follow the journal after a commit and may fail without stopping the line: nudges, slips, flags, midnight."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from flask_socketio import SocketIO
from sqlalchemy import select

from adapters.messages.channels import Channels
from adapters.printers.devices import Printer, PrinterConfig, open_printer
from adapters.printers.slip import Slip
from adapters.printers.status import Outcome
from app.messenger import Postman, Watcher
from app.sockets import DEAF, nudge, tell_again
from hall.clock import Clock
from hall.database import EPOCH, Database
from hall.errors import Refusal
from hall.journal import since
from hall.lease import Lease
from hall.listening import Listener
from hall.once import forget_old
from hall.places import Printer as PrinterPlace
from hall.places import hall_codes, places
from hall.turn import turns
from queueing import slips
from queueing.day_end import end_old_days
from staffing import deliveries, pins
from staffing.case_facts import Reviewer
from staffing.presence import end_day, find_lost_consoles
from staffing.vacancies import note_closed
from web.ground import Latest, News

log = logging.getLogger("antre.couriers")

# The last nudge is repeated when there was none for so long: together with FOLLOW_S less than HUSH_MS in
# web/static/live.js, from which on a screen takes its line for dead.
AGAIN_S = 0.6
FOLLOW_S = 0.5  # how often the journal is looked at for what other processes wrote
KEYS_S = 2.0  # how often all keys are looked at, so that nobody's has to be looked up when a hall's screens ask at once
PRINTER_POLL_S = 1.0
PRINTER_STATUS_S = 4.0  # what an idle printer has to say is with the staff within ten seconds, with time to spare
FORGET_EVERY = timedelta(hours=1)  # bodies of attendance whose time is over: a look at all of them
UNREPORTED = timedelta(seconds=30)  # a slip handed out this long ago without a word is unknown


class Courier:
    """A thread that does one kind of errand, step by step; a failed step is logged and tried again, never fatal."""

    def __init__(self, name: str, step: Callable[[], float]) -> None:
        self._step = step
        self._wake = threading.Event()
        self._stop = False
        self._thread = threading.Thread(target=self._run, name=f"courier-{name}", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def wake(self) -> None:
        """Says that there is something to do now."""
        self._wake.set()

    def halt(self) -> None:
        """Says that no further step is to begin."""
        self._stop = True
        self._wake.set()

    def stop(self) -> None:
        """Ends after the step under way."""
        self.halt()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        failures = 0
        while not self._stop:
            try:
                pause = self._step()
                failures = 0
            except Exception:
                failures += 1
                pause = min(30.0, 0.5 * 2**failures)
                log.exception("%s failed, trying again in %.0f s", self._thread.name, pause)
            self._wake.wait(pause)
            self._wake.clear()


class Nudger:
    """Tells the screens that the journal went on, whoever wrote.

    What this process wrote is told at once; what others wrote when they say so (:mod:`hall.listening`), or else at the
    next look.
    """

    def __init__(
        self,
        db: Database,
        socketio: SocketIO,
        news: News | None = None,
        prepare: Callable[[str], None] = lambda hall: None,
    ) -> None:
        self._db, self._socketio, self._prepare = db, socketio, prepare
        self._news: News = {} if news is None else news
        self._told: dict[str, int] = {}
        self._fresh: dict[str, tuple[int, int, set[str]]] = {}  # last line, how often heard, kinds
        self._guard = threading.Lock()
        self._looked = 0.0
        self.courier = Courier("nudge", self.step)

    def heard(self, hall: str, seq: int, kinds: frozenset[str]) -> None:
        """After a commit, of this process or one that said so: told by the courier's thread; no caller waits for it."""
        self._keep_news(hall, seq, time.monotonic(), kinds)
        with self._guard:
            last, times, known = self._fresh.get(hall, (0, 0, set()))
            self._fresh[hall] = (max(seq, last), times + 1, known | kinds)
        self.courier.wake()

    def look_now(self) -> None:
        """Says that others may have written what nobody told here."""
        self._looked = 0.0
        self.courier.wake()

    def step(self) -> float:
        """Tells what this process wrote, and now and then looks for what others wrote."""
        with self._guard:
            fresh, self._fresh = self._fresh, {}
        for hall, (seq, times, kinds) in fresh.items():
            before = self._told.setdefault(hall, seq - times)
            self._told[hall] = latest = max(seq, before)  # those who shared a commit are heard in any order
            # more lines than were heard of: another process may have written between, and nobody knows what
            self._tell(hall, latest, frozenset(kinds) if seq - before <= times else None)
        if time.monotonic() - self._looked >= FOLLOW_S:
            self._looked = time.monotonic()
            self._follow()
        tell_again(self._socketio, AGAIN_S)
        return FOLLOW_S

    def _tell(self, hall: str, seq: int, kinds: frozenset[str] | None) -> None:
        """First what screens will ask for, then the news: all of them come for it in the same moment."""
        if kinds is None or not kinds <= DEAF["/display"]:
            try:
                self._prepare(hall)
            except Exception:
                log.exception("the boards of %s were not made ahead; its screens are told all the same", hall)
        nudge(self._socketio, hall, seq, kinds)

    def _keep_news(self, hall: str, seq: int, at: float, kinds: frozenset[str] | None) -> None:
        """The hall's last line, as known at ``at``; see :meth:`web.ground.Ground.last_if_unchanged`.

        ``kinds`` are those of a turn that ended with ``seq``. Only if it was the one line after the last is it certain
        that no other was written between.
        """
        with self._guard:
            before = self._news.get(hall)
            last, shown = (before.line, before.shown) if before is not None else (0, 0)
            if seq > last and (seq > last + 1 or kinds is None or not kinds <= DEAF["/display"]):
                shown = seq
            self._news[hall] = Latest(max(seq, last), shown, at + 3 * FOLLOW_S)

    def _follow(self) -> None:
        at = time.monotonic()
        with self._db.reading() as connection:
            rows = connection.execute(select(turns.c.hall, turns.c.seq)).all()
            for hall, seq in rows:
                self._keep_news(hall, seq, at, None)
                before = self._told.get(hall)
                if before is None:
                    self._told[hall] = seq
                    nudge(self._socketio, hall, seq, None)  # from the first moment on there is something to repeat
                elif seq > before:
                    kinds = frozenset(line.kind for line in since(connection, hall, before, limit=500))
                    self._told[hall] = seq
                    self._tell(hall, seq, kinds)


class PrintCourier:
    """Drives one printer that the server itself can reach.

    ``after_another``: another process may have driven it until now. If it lost only its word with the database it may
    stand in the middle of a slip, so nothing is printed until that slip's fate is told or given up.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        hall: str,
        place: PrinterPlace,
        base_url: str,
        *,
        after_another: bool = False,
    ) -> None:
        self._db, self._clock, self._hall, self.place, self._base_url = db, clock, hall, place, base_url
        self._begins, self._after_another = True, after_another
        self._printer: Printer = open_printer(PrinterConfig(place.kind, place.address, place.width_mm))
        self._status_due = 0.0
        self.courier = Courier(f"printer-{hall}-{place.code}", self.step)

    def step(self) -> float:
        """Prints what is queued, one slip after the other; when idle, asks the printer how it is."""
        if self._begins:
            with self._db.reading() as connection:
                if self._after_another and slips.is_one_on_its_way(connection, self._hall, self.place.code):
                    return PRINTER_POLL_S
                self._printer.broken_off = slips.may_hang_half(connection, self._hall, self.place.code)
            self._begins = False
        job = slips.take_next(self._db, self._hall, self.place.code, now=self._clock.now())
        if job is None:
            if time.monotonic() >= self._status_due:
                self._look()
            return PRINTER_POLL_S
        try:
            outcome = self._printer.print_slip(Slip.from_dict(slips.paper_of(job, self._base_url)), job_id=job.id)
        except Refusal as refusal:  # a slip that cannot be laid out must not block the ones behind it
            outcome = Outcome("failed", None, str(refusal))
        slips.report(
            self._db,
            job.id,
            outcome.state,
            outcome.reason,
            outcome.detail,
            actor=f"printer:{self.place.code}",
            now=self._clock.now(),
        )
        self._note(outcome.reason, outcome.paper_low)
        return 0.0

    def _look(self) -> None:
        status = self._printer.status()
        self._note(status.reason, status.paper_low)

    def _note(self, reason: str | None, low: bool) -> None:
        self._status_due = time.monotonic() + PRINTER_STATUS_S
        state = "ready" if reason is None else "trouble"
        if reason is None and low:
            state, reason = "low", "paper_low"
        slips.note_printer(self._db, self._hall, self.place.code, state, reason, now=self._clock.now())


class Couriers:
    """All couriers of one server process. ``news`` is where they keep each hall's last line for who asks often.

    Every process tells its own screens. Printers, flags, messages, cases and the end of the day belong to the one that
    holds the house-keeper's lease (:mod:`hall.lease`).
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        socketio: SocketIO,
        base_url: str,
        news: News | None = None,
        channels: Channels | None = None,
        prepare: Callable[[str], None] = lambda hall: None,
        round_of_keys: Callable[[], None] = lambda: None,
    ) -> None:
        self._db, self._clock, self._base_url = db, clock, base_url
        self._watcher = Watcher(db, clock)
        self._postman = Postman(db, clock, channels or Channels(), base_url, wake=lambda: self._post.wake())
        self._reviewer = Reviewer(db)
        self._round_of_keys = round_of_keys
        self._nudger = Nudger(db, socketio, news, prepare)
        self._porter = Courier("keys", self._go_round)
        self._printers: dict[tuple[str, PrinterPlace], PrintCourier] = {}
        self._after_another = False
        self._hire_house_keepers()
        self._listener = Listener(db, self._heard, self._nudger.look_now)
        self._lease = Lease(db, self._take_over, self._hand_over)
        self._forgot = EPOCH
        self._started = False

    def _hire_house_keepers(self) -> None:
        self._watch = Courier("watch", self._watcher.step)
        self._post = Courier("post", self._postman.step)
        self._steward = Courier("steward", self.keep_house)
        self._cases = Courier("cases", self.review_cases)
        self._keeping = (self._steward, self._watch, self._post, self._cases)

    def start(self) -> None:
        """Begins following. Called once, in the process that serves (after gunicorn's fork)."""
        if self._started:
            return
        self._started = True
        self._db.heard.append(self._heard)
        self._nudger.courier.start()
        self._porter.start()
        self._listener.start()
        self._lease.start()

    def stop(self) -> None:
        """Ends every courier."""
        if not self._started:
            return
        self._lease.stop()
        self._listener.stop()
        self._db.heard.remove(self._heard)
        self._nudger.courier.stop()
        self._porter.stop()
        self._started = False

    def _take_over(self, after_another: bool) -> None:
        """The lease was got: this process keeps house from now on."""
        self._after_another = after_another
        for courier in self._keeping:
            courier.start()

    def _hand_over(self) -> None:
        """The lease is gone: nothing further is begun. Whatever is under way is brought to its end."""
        for courier in [*self._keeping, *(driver.courier for driver in list(self._printers.values()))]:
            courier.halt()
        for courier in self._keeping:
            courier.stop()
        self._postman.wait()
        self.dismiss()
        self._hire_house_keepers()

    def dismiss(self) -> None:
        """Ends the print couriers."""
        while self._printers:
            self._printers.popitem()[1].courier.stop()

    def _heard(self, hall: str, seq: int, kinds: frozenset[str]) -> None:
        self._nudger.heard(hall, seq, kinds)
        if not kinds.isdisjoint(("ticket_issued", "slip_reprint_ordered")):
            for (code, _), courier in list(self._printers.items()):
                if code == hall:
                    courier.courier.wake()
        if "hall_set_up" in kinds:
            self._steward.wake()
        if self._watcher.heard(hall, kinds):
            self._watch.wake()
        if any(kind.startswith("flag_") for kind in kinds):
            self._post.wake()

    def _go_round(self) -> float:
        self._round_of_keys()
        return KEYS_S

    def review_cases(self) -> float:
        """Notes what yesterday had to tell, and holds follow-up cases against facts that came late.

        Apart from all else: a day worked out takes a while.
        """
        with self._db.reading() as connection:
            halls = hall_codes(connection)
        for hall in halls:
            note_closed(self._db, hall, now=self._clock.now())
            self._reviewer.look(hall, now=self._clock.now())
        return 20.0

    def keep_house(self) -> float:
        """Ends yesterday, finds silent consoles and unreported slips, and hires or dismisses print couriers."""
        now = self._clock.now()
        with self._db.reading() as connection:
            halls = {code: places(self._db, connection, code) for code in hall_codes(connection)}
        wanted: dict[tuple[str, PrinterPlace], None] = {}
        for code, hall in halls.items():
            end_old_days(self._db, code, now=now)
            end_day(self._db, code, now=now)
            find_lost_consoles(self._db, code, now=now)
            slips.give_up(self._db, code, now=now, after=UNREPORTED)
            pins.adopt_known(self._db, code, actor="system", now=now)
            if now - self._forgot >= FORGET_EVERY:
                deliveries.forget_old(self._db, code, now)
            wanted |= {(code, p): None for p in hall.printers.values() if p.kind != "agent"}
        forget_old(self._db, now)
        if now - self._forgot >= FORGET_EVERY:
            self._forgot = now
        for key in [k for k in self._printers if k not in wanted]:
            self._printers.pop(key).courier.stop()
        for key in wanted:
            if key not in self._printers:
                self._hire(*key)
        return 5.0

    def _hire(self, hall: str, place: PrinterPlace) -> None:
        try:
            driver = PrintCourier(self._db, self._clock, hall, place, self._base_url, after_another=self._after_another)
        except Refusal as refusal:
            log.error("printer %s of %s: %s", place.code, hall, refusal)
            return
        self._printers[(hall, place)] = driver
        driver.courier.start()
