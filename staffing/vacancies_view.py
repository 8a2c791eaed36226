"""Vacancies as plain values and in plain Indonesian, and what of them each role may read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, tzinfo
from typing import Any

from hall.places import Places
from staffing.day_facts import RECORDED
from staffing.impact import Idle
from staffing.reported import Change, Told
from staffing.vacancies import Period, Vacancy
from staffing.vacancy import Evidence

LABELS = {
    "unobserved": "tidak terpantau",
    "leave": "cuti",
    "sick": "sakit",
    "permission": "izin",
    "study": "tugas belajar",
    "official_travel": "dinas luar",
    "post_vacant": "formasi kosong",
    "agency_not_open": "instansi belum buka",
    "no_one_assigned": "belum ada petugas ditugaskan",
    "late": "terlambat",
    "left_early": "pulang cepat",
    "at_other_counter": "bertugas di loket lain",
    "away_from_counter": "hadir, tidak di loket",
    "no_attendance_data": "data presensi belum masuk",
    "absent_without_notice": "tanpa keterangan",
}
"""The causes as people call them, in the order of the table of section 3 of the domain reference."""
IDLE = "tidak memanggil"
SOMEBODY = "petugas"
PERSONAL = ("document", "substitute_for")  # details that say who somebody is, or lead there


def number(value: float) -> int | float:
    """A figure as it is shown: at most two decimal places, whole ones without."""
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def plain(vacancy: Vacancy, zone: tzinfo, *, names: bool) -> dict[str, Any]:
    """A vacancy as the contract has it, times in ``zone``.

    Without ``names`` nobody can be told from it: an officer is *petugas*, documents are left out. ``provisional`` and
    ``was`` are there only where they say something.
    """
    told: dict[str, Any] = {
        "counter": vacancy.counter,
        "agency": vacancy.agency,
        "start": _local(vacancy.start, zone),
        "end": _local(vacancy.end, zone),
        "minutes": number(vacancy.minutes),
        "cause": vacancy.cause,
        "officers": _people(vacancy.officers, names),
        "waiting_minutes": number(vacancy.cost.waiting_minutes),
        "stranded_minutes": number(vacancy.cost.stranded_minutes),
        "abandoned": vacancy.cost.abandoned,
        "evidence": [_evidence(one, zone, names) for one in vacancy.evidence],
    }
    if vacancy.provisional:
        told["provisional"] = True
    if vacancy.was is not None:
        told["was"] = plain_change(vacancy.was, zone, names=names)
    return told


def plain_change(change: Change, zone: tzinfo, *, names: bool) -> dict[str, Any]:
    """What was told before, when and by what, and the lines of the journal that changed it."""
    told = plain_told(change.told, zone, names=names)
    told["changed_by"] = [
        {
            "seq": line.seq,
            "kind": line.kind,
            "at": _local(line.at, zone),
            "recorded": _local(line.recorded, zone),
            "subject": line.subject if names or not line.subject.isdigit() else SOMEBODY,
        }
        for line in change.facts
    ]
    return told


def plain_told(told: Told, zone: tzinfo, *, names: bool) -> dict[str, Any]:
    """A piece as it was told once."""
    return {
        "cause": told.cause,
        "officers": _people(told.officers, names),
        "start": _local(told.start, zone),
        "end": _local(told.end, zone),
        "told_at": _local(told.at, zone),
        "told_by": told.by,
    }


def plain_idle(idle: Idle, zone: tzinfo, *, names: bool) -> dict[str, Any]:
    """Somebody who sat there calling nobody while people waited."""
    return {
        "counter": idle.counter,
        "start": _local(idle.start, zone),
        "end": _local(idle.end, zone),
        "minutes": number((idle.end - idle.start).total_seconds() / 60),
        "officers": _people(idle.officers, names),
        "waiting_minutes": number(idle.waiting_minutes),
    }


def _people(officers: Collection[str], names: bool) -> list[str]:
    return list(officers) if names else [SOMEBODY] * len(officers)


def _evidence(one: Evidence, zone: tzinfo, names: bool) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "officer": one.officer if names or one.officer is None else SOMEBODY,
        "start": _local(one.start, zone),
        "end": _local(one.end, zone),
        "detail": one.detail if names else {key: said for key, said in one.detail.items() if key not in PERSONAL},
        "rules_out": list(one.rules_out),
        "decides": one.decides,
    }


def _local(moment: datetime | None, zone: tzinfo) -> str | None:
    return moment.astimezone(zone).isoformat() if moment is not None else None


def sentence(vacancy: Vacancy, place: Places, names: Mapping[str, str] | None = None) -> str:
    """Why the counter was empty, in one Indonesian sentence; with ``names`` (NIP -> name) it says who."""
    counter = place.counters[vacancy.counter].name if vacancy.counter in place.counters else vacancy.counter
    agency = place.agencies[vacancy.agency].short if vacancy.agency in place.agencies else vacancy.agency
    named = ", ".join((names or {}).get(nip, "") for nip in vacancy.officers if (names or {}).get(nip))
    who = f"Petugas {counter}" + (f" ({named})" if named else "")
    decisive = [one for one in vacancy.evidence if one.decides]
    cause = vacancy.cause
    if cause == "unobserved":
        return f"{counter} tidak terpantau karena {_dark(decisive)} terganggu; tidak dihitung terhadap siapa pun."
    if cause in RECORDED:
        document = next((str(one.detail.get("document", "")) for one in decisive), "") if names is not None else ""
        return f"{who} sedang {LABELS[cause]}{f' ({document})' if document else ''}."
    if cause == "post_vacant":
        return f"Formasi {counter} belum terisi dan tidak ada petugas yang dijadwalkan."
    if cause == "agency_not_open":
        return f"{agency} belum buka."
    if cause == "no_one_assigned":
        return f"Belum ada petugas {agency} yang ditugaskan di {counter}."
    if cause == "late":
        return f"{who} terlambat{_at(decisive, place, ', baru tercatat hadir pukul {}')}."
    if cause == "left_early":
        return f"{who} pulang cepat{_at(decisive, place, ', tercatat pulang pukul {}')}."
    if cause == "at_other_counter":
        other = next((str(one.detail.get("counter", "")) for one in decisive if one.kind == "sign_in"), "")
        place_of = place.counters[other].name if other in place.counters else "loket lain"
        return f"{who} sedang bertugas di {place_of}."
    if cause == "away_from_counter":
        return f"{who} hadir, tetapi tidak berada di loket."
    if cause == "no_attendance_data":
        return f"Data presensi petugas {counter}{f' ({named})' if named else ''} belum masuk."
    later = " (sementara, menunggu penjelasan)" if vacancy.provisional else ""
    return f"{who} tidak hadir tanpa keterangan{later}."


def _dark(outages: list[Evidence]) -> str:
    words = {"server": "server", "hall": "jaringan balai"}
    found = dict.fromkeys(words.get(str(one.detail.get("what")), "konsol loket") for one in outages)
    return " dan ".join(found) or "pemantauan"


def _at(decisive: list[Evidence], place: Places, words: str) -> str:
    moment = next((one.start for one in decisive if one.start is not None), None)
    return words.format(moment.astimezone(place.tz).strftime("%H.%M")) if moment is not None else ""


def as_text(period: Period, place: Places, names: Mapping[str, str]) -> str:
    """The vacancies as lines for a shell: by date and counter, times in the hall's zone, each with its sentence."""
    lines: list[str] = []
    for day in period.days:
        empty = sum(v.minutes for v in day.pieces if v.cause != "unobserved")
        unseen = sum(v.minutes for v in day.pieces if v.cause == "unobserved")
        waited = sum(v.cost.waiting_minutes for v in day.pieces)
        lines.append(
            f"{place.name}, {day.date.isoformat()}: {number(empty)} minutes empty, {number(unseen)} unobserved, "
            f"{number(waited)} citizen-minutes waited"
        )
        for v in day.pieces:
            cost = f"{number(v.minutes):>7} min  {number(v.cost.waiting_minutes):>8} waited"
            cost += f"  {number(v.cost.stranded_minutes):>8} stranded  {v.cost.abandoned:>3} lost"
            lines.append(f"  {v.counter:<6} {_clock(v.start, place)}-{_clock(v.end, place)} {cost}  {v.cause}")
            lines.append(f"         {sentence(v, place, names)}")
            if v.was is not None:
                facts = ", ".join(f"line {line.seq} {line.kind}" for line in v.was.facts)
                lines.append(f"         was {v.was.told.cause} until {facts or 'the set-up changed'}")
        for told in day.withdrawn:
            span = f"{_clock(told.start, place)}-{_clock(told.end, place)}"
            lines.append(f"  {told.counter:<6} {span} no longer empty; was {told.cause}")
        for idle in day.idle:
            span = f"{_clock(idle.start, place)}-{_clock(idle.end, place)}"
            lines.append(f"  {idle.counter:<6} {span} idle while {number(idle.waiting_minutes)} minutes were waited")
    return "\n".join(lines) if lines else f"{place.name}: nothing to tell of these dates yet."


def _clock(moment: datetime, place: Places) -> str:
    return moment.astimezone(place.tz).strftime("%H:%M:%S" if moment.second else "%H:%M")
