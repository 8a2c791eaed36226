"""What must hold between the fields and tables of a hall file: hours that make sense, valid NIPs, prefixes, rosters."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, time, timedelta

from hall.hallfile_fields import CODE, DAY_NAMES, Row, Sheet
from hall.hallfile_rows import HallFile, RosterRow
from hall.options import STAGES

LATEST_CLOSE = time(6, 0)  # a close before the opening is after midnight, but nobody keeps a hall open past six
# Kind of printer -> shape of its address and an example. An agent has none: it asks for its jobs.
ADDRESSES = {
    "network": (r"(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(?::([0-9]{1,5}))?", "192.0.2.10:9100"),
    "usb": (r"(?:0x)?[0-9a-fA-F]{4}:(?:0x)?[0-9a-fA-F]{4}", "04b8:0202"),
    "serial": (r"/[^,]+(?:, ?[0-9]{4,6}(?:, ?(?:none|xonxoff|rtscts))?)?", "/dev/ttyUSB0,19200,xonxoff"),
    "file": (r"/.+", "/dev/usb/lp0"),
}
Break = tuple[time, time]


def is_nip(number: str) -> bool:
    """Whether this is a NIP: birth YYYYMMDD, start YYYYMM, sex 1 or 2, serial 001-999 (no check digit exists)."""
    return _is_personal_number(number) and "01" <= number[12:14] <= "12" and number[14] in "12" and number[15:] != "000"


def is_pppk_number(number: str) -> bool:
    """Whether this is an NI PPPK: built like a NIP, but its 13th and 14th digit are not a month."""
    return _is_personal_number(number) and not "01" <= number[12:14] <= "12"


def _is_personal_number(number: str) -> bool:
    if not re.fullmatch(r"(?:19|20)[0-9]{16}", number):
        return False
    try:
        born = date(int(number[:4]), int(number[4:6]), int(number[6:8]))
    except ValueError:
        return False
    return born.year < int(number[8:12]) <= 2099


def check_nip(row: Row, number: str, status: str) -> None:
    """Blame a personal number that no officer of this status can have.

    Officers of vertical agencies may have a NIP, an NI PPPK or the police's NRP of 8 digits; others any 8 to 18 digits.
    """
    if status in ("bumn", "other"):
        if not re.fullmatch(r"[0-9]{8,18}", number):
            row.blame("bad_nip", '"nip" pegawai BUMN dan lainnya harus 8 sampai 18 angka', "nip")
    elif status == "vertical" and re.fullmatch(r"[0-9]{8}", number):
        return
    elif not is_nip(number) and not is_pppk_number(number):
        shape = "18 angka: lahir TTTTBBHH, mulai TTTTBB, jenis kelamin 1/2, nomor 001-999"
        row.blame("bad_nip", f'"nip" {number[:24]} tidak sah ({shape})', "nip")
    elif (status == "pns" and not is_nip(number)) or (status == "pppk" and is_nip(number)):
        owner = "PNS" if is_nip(number) else "PPPK"
        row.blame("nip_status_mismatch", f'"nip" {number} adalah nomor {owner}, tetapi statusnya "{status}"', "nip")


def read_breaks(row: Row) -> dict[int, Break]:
    """The breaks of an hours entry that can be read, by their place in the list of pairs of times."""
    breaks: dict[int, Break] = {}
    for position, value in enumerate(row.items("breaks", required=False)):
        if not isinstance(value, list) or len(value) != 2:
            row.blame("bad_break", 'setiap istirahat ditulis ["12:00", "13:00"]', "breaks", position)
            continue
        start, end = (row.read_hour("breaks", one, position, place) for place, one in enumerate(value))
        if start and end:
            breaks[position] = start, end
    return breaks


def check_order(row: Row, start: time, end: time, first: str, last: str) -> bool:
    """Blame an end that is not after the start, unless it is plainly meant to be after midnight."""
    if start < end or (end < start and end <= LATEST_CLOSE):
        return True
    message = f'"{last}" {end:%H:%M} tidak sesudah "{first}" {start:%H:%M} (lewat tengah malam paling lambat 06:00)'
    row.blame("close_before_open", message, last)
    return False


def check_session(row: Row, opens: time, closes: time, breaks: Mapping[int, Break]) -> None:
    """Blame opening times that run backwards, and breaks that lie outside them, overlap, or leave nothing of them."""
    if not check_order(row, opens, closes, "open", "close"):
        return
    start, end = _session(opens, closes)
    night = end >= 1440
    last, left = start, end - start
    placed = []
    for position, (begin, stop) in breaks.items():
        first, final = _minutes(begin), _minutes(stop)
        if night:
            first += 1440 if first < start else 0
            final += 1440 if final <= start else 0
        if not start <= first < final <= end:
            message = f"istirahat {begin:%H:%M}-{stop:%H:%M} tidak berada di dalam jam {opens:%H:%M}-{closes:%H:%M}"
            row.blame("break_outside_hours", message, "breaks", position)
            continue
        placed.append((first, final, position))
        left -= final - first
    for first, final, position in sorted(placed):
        if first < last:
            row.blame("breaks_overlap", "istirahat ini tumpang tindih dengan istirahat lain", "breaks", position)
        last = max(last, final)
    if row.sound("breaks") and left <= 0:
        row.blame("never_applies", "istirahat menghabiskan seluruh jam layanan", "breaks")


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _session(opens: time, closes: time) -> tuple[int, int]:
    """From when to when, in minutes after the midnight before the opening; a close after midnight lies above 1440."""
    start, end = _minutes(opens), _minutes(closes)
    return start, end if end > start else end + 1440


def check_days_in_range(row: Row, days: frozenset[int], since: date | None, until: date | None) -> None:
    """Blame an entry whose dates contain none of its weekdays."""
    if not (days and since and until) or until < since or (until - since).days >= 6:
        return
    inside = {(since + timedelta(days=step)).weekday() for step in range((until - since).days + 1)}
    if row.sound("days") and inside.isdisjoint(days):
        names = " ".join(DAY_NAMES[day] for day in sorted(inside))
        row.blame(
            "never_applies", f"antara {since} dan {until} hanya ada {names}: entri ini tidak pernah berlaku", "days"
        )


def check_days_or_date(row: Row) -> None:
    """Blame a roster entry that has neither weekdays nor a date, or both."""
    if "date" not in row.raw and "days" not in row.raw:
        row.blame("days_or_date", 'harus memuat "days" atau "date"', "days")
    elif "date" in row.raw:
        for key in ("days", "since", "until"):
            if key in row.raw:
                row.blame("days_or_date", f'memuat "date" dan "{key}" sekaligus', key)


def check_address(row: Row, kind: str, address: str) -> None:
    """Blame a printer's address that a printer of this kind cannot have."""
    pattern, example = ADDRESSES[kind]
    match = re.fullmatch(pattern, address)
    if match is None or (kind == "network" and match[1] and not 1 <= int(match[1]) <= 65535):
        row.blame("bad_address", f'"address" pencetak {kind} ditulis seperti {example}', "address")


def check_prefixes(rows: Iterable[Row]) -> None:
    """Blame a prefix that two agencies use: citizens could not tell whose number is called."""
    first: dict[str, tuple[object, int]] = {}
    for row in rows:
        prefix, agency = row.raw.get("prefix"), row.raw.get("agency")
        if not isinstance(prefix, str) or not row.sound("prefix", "agency") or not agency:
            continue
        owner, line = first.setdefault(prefix, (agency, row.sheet.lines.of(*row.path, "prefix")))
        if owner != agency:
            message = f'"prefix" {prefix} sudah dipakai instansi "{owner}" di baris {line}'
            row.blame("prefix_clash", message, "prefix")


def check_unique(rows: Iterable[Row], key: str, what: str) -> None:
    """Blame the second row with the same value of ``key``."""
    first: dict[str, int] = {}
    for row in rows:
        value = row.raw.get(key)
        if not value or not row.sound(key):
            continue
        line = row.sheet.lines.of(*row.path, key)
        if first.setdefault(str(value), line) != line:
            row.blame("duplicate_value", f"{what} {value} sudah disebut di baris {first[str(value)]}", key)


def read_channels(row: Row) -> tuple[str, ...]:
    """The names of channels, none twice; which address a name stands for is the operator's secret, never the file's."""
    names = row.texts("channels", longest=40)
    for position, name in enumerate(names):
        if not row.sound("channels"):
            break
        if not CODE.fullmatch(name):
            message = f'"channels": "{name[:20]}" bukan nama saluran; alamatnya tidak ditulis dalam berkas ini'
            row.blame("bad_code", message, "channels", position)
        elif name in names[:position]:
            row.blame("duplicate_value", f'"channels" menyebut "{name}" dua kali', "channels", position)
    return names


def check_escalations(rows: Iterable[Row]) -> None:
    """Blame a stage that is named twice, and one that would be told before those below it."""
    known = [r for r in rows if r.sound("stage", "after_minutes", "agency")]
    for place, row in enumerate(known):
        stage, agency, after = row.raw.get("stage"), row.raw.get("agency"), row.raw.get("after_minutes")
        for other in known[:place]:
            if other.raw.get("agency") != agency:
                continue
            if other.raw.get("stage") == stage:
                row.blame("duplicate_value", f'menyebut jenjang "{stage}" dua kali', "stage")
                break
            lower = STAGES.index(str(other.raw["stage"])) < STAGES.index(str(stage))
            later = int(str(other.raw["after_minutes"])) > int(str(after))
            earlier = int(str(other.raw["after_minutes"])) < int(str(after))
            if (lower and later) or (not lower and earlier):
                row.blame("wrong_order", "jenjang yang lebih tinggi diberi tahu lebih dahulu", "after_minutes")
                break


def warn_about(sheet: Sheet, made: HallFile, rows: Mapping[str, list[Row]]) -> None:
    """Note what is allowed but probably not meant. Call it only for a file without faults."""
    if not made.hours:
        sheet.warn("no_hours", "tidak ada [[hours]]: tidak ada loket yang pernah buka")
    offered = {service for counter in made.counters for service in counter.services}
    for service, row in zip(made.services, rows["service"], strict=True):
        if service.active and service.code not in offered:
            row.warn("service_without_counter", f'layanan "{service.code}" tidak dilayani loket mana pun', "code")
    names: set[str] = set()
    owner = {counter.code: counter.agency for counter in made.counters}
    for counter, row in zip(made.counters, rows["counter"], strict=True):
        if not counter.services:
            row.warn("counter_without_services", f'loket "{counter.code}" tidak melayani apa pun', "services")
        if counter.name in names:
            row.warn("same_name", f'sudah ada loket lain bernama "{counter.name}"', "name")
        names.add(counter.name)
    for post, row in zip(made.posts, rows["post"], strict=True):
        if owner[post.counter] != post.agency:
            row.warn("other_agency", f'loket "{post.counter}" milik instansi "{owner[post.counter]}"', "counter")
    _warn_about_double_plans(made, rows["roster"], owner)


def _warn_about_double_plans(made: HallFile, rows: Iterable[Row], owner: Mapping[str, str]) -> None:
    """An officer planned for two counters at once: only one of them can be staffed.

    Weekly entries come first and dated ones are kept by their date, so that a year of daily entries is quick.
    """
    plans: defaultdict[tuple[str, date | None], list[tuple[RosterRow, Row]]] = defaultdict(list)
    for plan, row in sorted(zip(made.roster, rows, strict=True), key=lambda pair: pair[0].date is not None):
        weekly, same_day = plans[plan.officer, None], plans[plan.officer, plan.date]
        for other, earlier in weekly if plan.date is None else [*weekly, *same_day]:
            if other.counter != plan.counter and _meet(made, owner, plan, other):
                line = row.sheet.lines.of(*earlier.path)
                message = f'petugas {plan.officer} pada waktu yang sama juga di loket "{other.counter}" (baris {line})'
                row.warn("planned_twice", message, "counter")
                break
        same_day.append((plan, row))


def _meet(made: HallFile, owner: Mapping[str, str], one: RosterRow, other: RosterRow) -> bool:
    """Whether two roster entries share time on some day."""
    since = max(_first(one), _first(other))
    until = min(_last(one), _last(other))
    if until < since:
        return False
    days = _weekdays(one) & _weekdays(other)
    if (until - since).days < 6:
        days &= {(since + timedelta(days=step)).weekday() for step in range((until - since).days + 1)}
    return any(
        max(a[0], b[0]) < min(a[1], b[1])
        for day in days
        if (a := _span(made, owner, one, day)) and (b := _span(made, owner, other, day))
    )


def _first(plan: RosterRow) -> date:
    return plan.date or plan.since or date.min


def _last(plan: RosterRow) -> date:
    return plan.date or plan.until or date.max


def _weekdays(plan: RosterRow) -> frozenset[int]:
    return frozenset({plan.date.weekday()}) if plan.date else plan.days


def _span(made: HallFile, owner: Mapping[str, str], plan: RosterRow, day: int) -> tuple[int, int] | None:
    """From when to when a plan lasts on a weekday, in minutes, by the narrowest weekly hours of its counter."""
    opened: tuple[int, int] | None = None
    for scope in (f"counter:{plan.counter}", f"agency:{owner[plan.counter]}", "hall"):
        weekly = [rule for rule in made.hours if rule.scope == scope and not (rule.since or rule.until)]
        spans = [_session(rule.open, rule.close) for rule in weekly if day in rule.days]
        if spans:
            opened = min(start for start, _ in spans), max(end for _, end in spans)
        if weekly:
            break
    if opened is None and not (plan.start and plan.end):
        return None
    start = _minutes(plan.start) if plan.start else opened[0] if opened else 0
    if plan.end is None:
        return start, opened[1] if opened else 0
    end = _minutes(plan.end)
    return start, end + 1440 if plan.start and end < start else end
