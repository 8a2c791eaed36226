"""What ``antre doctor`` looks at in each hall: holidays, people who cannot sign in, printers, the voice."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import func, select

from adapters.printers.devices import PrinterConfig, open_printer
from adapters.voice.announce import Announcer
from adapters.voice.cache import SoundCache
from adapters.voice.engine import EspeakEngine
from adapters.voice.recordings import Recordings
from app.doctor import Finding
from app.doctor_messages import message_findings
from app.settings import Settings
from hall.calendar import missing_years
from hall.database import Database
from hall.errors import Refusal
from hall.hours import Holiday
from hall.people import accounts
from hall.places import Places, Printer, hall_codes, holidays, places
from queueing.slips import printer_states

PRINTER_S = 6.0  # seconds for all printers of a hall together; they are asked at the same time
AGENT_SILENT = timedelta(minutes=2)


def hall_findings(db: Database, settings: Settings, now: datetime) -> Iterator[Finding]:
    """Every hall, one after the other, and then the voice that speaks in all of them."""
    with db.reading() as connection:
        halls = [places(db, connection, code) for code in hall_codes(connection)]
    if not halls:
        yield Finding("fault", "halls", "There is no hall yet; run 'antre init HALLFILE'.")
        return
    for hall in halls:
        count = f"{len(hall.counters)} counters, {len(hall.services)} services"
        yield Finding("ok", "halls", f"{hall.code}: {hall.name}, {count}.")
        yield from _holidays(db, hall, now)
        yield from _people(db, hall)
        yield from _printers(db, hall, now)
    yield from message_findings(settings, halls)
    yield from _voice(settings, halls)


def _holidays(db: Database, hall: Places, now: datetime) -> Iterator[Finding]:
    year = hall.date(now).year
    with db.reading() as connection:
        query = select(holidays.c.day, holidays.c.name).where(holidays.c.hall == hall.code)
        own = [Holiday(row.day, row.name) for row in connection.execute(query)]
    told = missing_years((year, year + 1), own)
    for sentence in told:
        yield Finding("warning", "holidays", f"{hall.code}: {sentence}")
    if not told:
        yield Finding("ok", "holidays", f"{hall.code}: the holidays of {year} and {year + 1} are known.")


def _people(db: Database, hall: Places) -> Iterator[Finding]:
    a = accounts.c
    with db.reading() as connection:
        query = select(a.role, func.count().label("people"), func.count(a.pin_hash).label("pins"))
        rows = connection.execute(query.where(a.hall == hall.code, a.active).group_by(a.role)).all()
    counted = {row.role: (row.people, row.people - row.pins) for row in rows}
    officers, without = counted.pop("officer", (0, 0))
    if without:
        what = f"{without} of {officers} officers have no PIN and cannot sign in; give them one with 'antre staff pin'."
        yield Finding("warning", "people", f"{hall.code}: {what}")
    else:
        yield Finding("ok", "people", f"{hall.code}: all {officers} officers have a PIN.")
    for role, (people, lacking) in sorted(counted.items()):
        if lacking:
            yield Finding("warning", "people", f"{hall.code}: {lacking} of {people} accounts ({role}) have no PIN.")
    if "manager" not in counted and "coordinator" not in counted:
        what = "nobody may manage the hall; add somebody with 'antre staff add'."
        yield Finding("warning", "people", f"{hall.code}: {what}")


def _printers(db: Database, hall: Places, now: datetime) -> Iterator[Finding]:
    if not hall.printers:
        yield Finding("warning", "printers", f"{hall.code}: no printer; kiosks show the number and its QR on screen.")
        return
    direct = [p for p in hall.printers.values() if p.kind != "agent"]
    yield from _agents(db, hall, [p for p in hall.printers.values() if p.kind == "agent"], now)
    if not direct:
        return
    pool = ThreadPoolExecutor(max_workers=len(direct))
    asked = [(printer, pool.submit(_ask, printer)) for printer in direct]
    pool.shutdown(wait=False)
    for printer, answer in asked:
        told = f"{hall.code}: printer {printer.code} ({printer.kind} {printer.address})"
        try:
            level, said = answer.result(timeout=PRINTER_S)
        except Late:
            level, said = "fault", "has not answered in time"
        yield Finding(level, "printers", f"{told} {said}.")  # type: ignore[arg-type]


def _ask(printer: Printer) -> tuple[str, str]:
    try:
        status = open_printer(PrinterConfig(printer.kind, printer.address, printer.width_mm)).status()
    except Refusal as refusal:
        return "fault", f"cannot be used: {refusal.message}"
    if status.ready:
        return ("warning", "is ready, but its paper is nearly out") if status.paper_low else ("ok", "is ready")
    if status.reason == "silent":
        return "warning", "can be reached, but does not tell how it is: what becomes of a slip stays unknown"
    if status.reason == "busy":
        return "ok", "is printing for somebody just now"
    return "fault", f"is not ready: {status.reason}{f' ({status.detail})' if status.detail else ''}"


def _agents(db: Database, hall: Places, printers: list[Printer], now: datetime) -> Iterator[Finding]:
    with db.reading() as connection:
        query = select(printer_states).where(printer_states.c.hall == hall.code)
        said = {row.printer: row for row in connection.execute(query)}
    for printer in printers:
        told, row = f"{hall.code}: printer {printer.code} (by its agent)", said.get(printer.code)
        if row is None:
            yield Finding("warning", "printers", f"{told} was never heard of; is 'antre printer-agent' running there?")
        elif now - row.seen > AGENT_SILENT:
            seen = row.seen.astimezone(hall.tz)
            yield Finding("warning", "printers", f"{told} was last heard of at {seen:%Y-%m-%d %H:%M}.")
        elif row.state == "trouble":
            yield Finding("fault", "printers", f"{told} is not ready: {row.reason}.")
        else:
            yield Finding("ok" if row.state == "ready" else "warning", "printers", f"{told} is {row.state}.")


def _voice(settings: Settings, halls: list[Places]) -> Iterator[Finding]:
    if settings.voice == "off":
        yield Finding("warning", "voice", "The voice is off: calls are shown, not spoken.")
        return
    engine = EspeakEngine()
    try:
        with TemporaryDirectory() as folder:
            cache = SoundCache(Path(folder))
            faults = Announcer(engine, cache).find_problems()
            for sentence in faults:
                yield Finding("fault", "voice", sentence)
            if not faults:
                yield Finding("ok", "voice", "The engine speaks.")
            if settings.recordings:
                yield from _recordings(
                    Path(settings.recordings),
                    Announcer(engine, cache, recordings=Recordings(Path(settings.recordings))),
                    halls,
                    faults,
                )
    finally:
        engine.close()


def _recordings(folder: Path, announcer: Announcer, halls: list[Places], known: list[str]) -> Iterator[Finding]:
    if not folder.is_dir():
        yield Finding("fault", "recordings", f"ANTRE_RECORDINGS names {folder}, which is no folder.")
        return
    if not Recordings(folder).fingerprint():
        yield Finding("warning", "recordings", f"There is no recording in {folder}: the engine speaks.")
        return
    prefixes = sorted({service.prefix for hall in halls for service in hall.services.values()})
    counters = sorted({counter.name for hall in halls for counter in hall.counters.values()})
    told = [p for p in announcer.find_problems(prefixes=prefixes, counters=counters) if p not in known]
    for sentence in told:
        yield Finding("warning", "recordings", sentence)
    if not told:
        yield Finding("ok", "recordings", f"The recordings in {folder} say every number and counter.")
