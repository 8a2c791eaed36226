"""What a message says of an empty counter, and a webhook tells: places, times, public causes, never a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hall.journal import Line
from hall.places import Places
from staffing.flags import Flag
from staffing.flags_view import RECORDED, public_cause
from staffing.floor import CounterNow

CAUSES = {
    RECORDED: "petugas berhalangan (tercatat)",
    "post_vacant": "formasi kosong",
    "agency_not_open": "instansi belum buka",
    "no_one_assigned": "belum ada petugas ditugaskan",
    "late": "petugas datang terlambat",
    "left_early": "petugas sudah pulang",
    "at_other_counter": "petugas bertugas di loket lain",
    "away_from_counter": "petugas hadir, tidak di loket",
    "no_attendance_data": "data presensi belum masuk",
    "absent_without_notice": "petugas belum hadir, belum ada keterangan",
}
UNCLEAR = "sebab belum diketahui"
STAGES = {"coordinator": "Koordinator", "head": "Kepala instansi", "sekda": "Sekretaris Daerah", "regent": "Bupati"}
ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}


@dataclass(frozen=True, slots=True)
class Text:
    """A message ready to be sent."""

    title: str
    body: str


def cause_words(cause: str | None) -> str:
    """The cause in plain words."""
    return CAUSES.get(public_cause(cause) or "", UNCLEAR)


def compose(hall: Places, flag: Flag, stage: str, counter: CounterNow | None, *, base_url: str, now: datetime) -> Text:
    """The message of a stage, with what is true at ``now``; ``counter`` is the counter as the floor sees it."""
    name, agency = _counter(hall, flag.counter), _agency(hall, flag.agency)
    since = flag.since.astimezone(hall.tz)
    at = f"pukul {since:%H.%M} {ZONES.get(hall.zone, hall.zone)}"
    lines = [
        f"{name} ({agency}) di {hall.name} kosong sejak {at}, {_minutes((now - flag.since).total_seconds() / 60)}.",
        f"Sebab: {cause_words(flag.cause)}.",
        _waiting(counter),
        f"Jenjang: {STAGES.get(stage, stage)}.",
        f"{base_url}/admin/{hall.code}/bendera",
    ]
    return Text(f"Loket kosong: {name}, {agency}", "\n".join(lines))


def _waiting(counter: CounterNow | None) -> str:
    if counter is None or not counter.waiting:
        return "Tidak ada yang menunggu."
    longest = _minutes(counter.waiting_longest)
    return f"{counter.waiting} orang menunggu, terlama {longest}."


def _minutes(minutes: float) -> str:
    whole = int(minutes)
    if whole < 60:
        return f"{whole} menit"
    return f"{whole // 60} jam {whole % 60} menit"


def _counter(hall: Places, code: str) -> str:
    return hall.counters[code].name if code in hall.counters else code


def _agency(hall: Places, code: str) -> str:
    if code not in hall.agencies:
        return code
    return hall.agencies[code].short or hall.agencies[code].name


def tell(hall: Places, line: Line, *, base_url: str) -> dict[str, Any]:
    """What a webhook tells of a flag's journal line: always the same for the same line.

    Left out on purpose: who did it and what somebody wrote as a reason, since both may name a person.
    """
    data = line.data
    told: dict[str, Any] = {
        "id": f"{hall.code}-{line.seq}",
        "event": line.kind,
        "at": line.at.astimezone(hall.tz).isoformat(),
        "hall": {"code": hall.code, "name": hall.name, "regency": hall.regency},
        "flag": line.subject,
        "counter": {"code": data["counter"], "name": _counter(hall, data["counter"])},
        "agency": {"code": data["agency"], "name": _agency(hall, data["agency"])},
        "since": datetime.fromisoformat(data["since"]).astimezone(hall.tz).isoformat(),
        "cause": public_cause(data["cause"]),
        "cause_text": cause_words(data["cause"]),
        "url": f"{base_url}/admin/{hall.code}/bendera",
    }
    return told | {name: data[name] for name in ("stage", "waiting", "why") if name in data}
