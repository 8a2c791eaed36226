"""Fetches the punches of a fingerprint machine that does not push, with the library pyzk (the extra ``zk``)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hall.errors import Invalid, Unavailable
from staffing.attendance import AHEAD, EARLIEST_YEAR, LONGEST_WHO, Told

PORT = 4370
PATIENCE_S = 20


def fetch(
    address: str, serial: str, zone: ZoneInfo, *, password: int = 0, udp: bool = False, now: datetime
) -> tuple[list[Told], list[str]]:
    """Everything the machine at ``address`` (host or host:port) holds, and the records that say nothing sensible.

    The machine must be the one with this serial number: addresses change hands, and its PINs mean other people.
    Nothing is deleted on it. Raises :class:`Unavailable` (``pyzk_missing``, ``machine_unreachable``) and
    :class:`Invalid` (``other_machine``, ``bad_address``).
    """
    try:
        from zk import ZK
        from zk.exception import ZKError
    except ImportError as fault:
        message = "Pustaka pyzk belum terpasang. Pasang Antre dengan tambahan zk (pip install 'antre[zk]')."
        raise Unavailable("pyzk_missing", message) from fault
    host, port = _split(address)
    line = ZK(host, port=port, timeout=PATIENCE_S, password=password, force_udp=udp, ommit_ping=True)
    try:
        records = _read(line, serial)
    except (ZKError, OSError, ValueError) as fault:  # a date that does not exist is a ValueError in there
        raise Unavailable("machine_unreachable", f"Mesin di {address} tidak dapat dibaca: {fault}.") from fault
    told, faults = [], []
    for record in records:
        at = record.timestamp.replace(tzinfo=zone).astimezone(UTC)
        who = str(record.user_id).strip()
        if not who.isascii() or not who.isalnum() or len(who) > LONGEST_WHO:
            faults.append(f"no PIN: {who!r:.40}")
        elif at.year < EARLIEST_YEAR or at > now + AHEAD:
            faults.append(f"PIN {who}: {record.timestamp} cannot be")
        else:
            told.append(Told(who, at))
    return told, faults


def _read(line: Any, serial: str) -> list[Any]:
    line.connect()
    try:
        found = line.get_serialnumber()
        if found != serial:
            raise Invalid("other_machine", f"Di alamat itu menjawab mesin {found!r:.60}, bukan {serial!r}.")
        return list(line.get_attendance())
    finally:
        line.disconnect()


def _split(address: str) -> tuple[str, int]:
    found = re.fullmatch(r"([A-Za-z0-9.\-]+)(?::(\d{1,5}))?", address.strip())
    if found is None or not 0 < int(found[2] or PORT) < 65536:
        raise Invalid("bad_address", f"{address!r:.60} bukan alamat mesin; tulis seperti 192.168.1.201 atau host:4370.")
    return found[1], int(found[2] or PORT)
