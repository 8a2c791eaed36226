"""The demo's hall: the file of Blora with attendance sources, a machine at the door, and who is told of what."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import hall as ground
from hall.hallfile import read_hall_file
from hall.hallfile_rows import EscalationRow, HallFile, OfficerRow, SourceRow

HALL = "blora"
PIN = "blora-2022"  # of every account in the demo; there are none outside it
VISITORS_COUNTER = "4"  # nobody of the crowd sits here: the visitor may
BKD, DOOR, LIST = "bkd", "mesin", "bpjs"  # sources: all day long, a machine, and a list once a week
SERIAL = "BLORA-PERAGAAN-1"  # of the pretend machine
FIRST_PIN = 101  # what the machine calls the first of its people
SOURCES = (
    SourceRow(DOOR, "Mesin presensi di pintu MPP"),
    SourceRow(LIST, "Daftar hadir BPJS, dikirim tiap Senin"),
)
AT_THE_DOOR = ("samsat", "bpn", "kemenag", "pajak", "pln", "pdam", "bank-jateng")
ON_THE_LIST = ("bpjs-kesehatan", "bpjs-naker")
ESCALATIONS = (
    EscalationRow("coordinator", 0, None, ("koordinator",), False),
    EscalationRow("head", 15, None, ("kepala-instansi",), False),
    EscalationRow("sekda", 45, None, ("sekda",), False),
    EscalationRow("regent", 75, None, ("bupati",), False),
)
CHANNELS = tuple(channel for step in ESCALATIONS for channel in step.channels)
CENTRE = "pusat-komando"  # the webhook


def demo_file() -> HallFile:
    """The hall file of the demo; its printer is at a free port of this machine."""
    file = read_hall_file(Path(ground.__file__).parent / "data" / "blora.toml")
    printers = tuple(replace(p, kind="network", address=f"127.0.0.1:{free_port()}") for p in file.printers)
    officers = tuple(replace(o, source=_source_of(o)) for o in file.officers)
    return replace(
        file, printers=printers, officers=officers, sources=(*file.sources, *SOURCES), escalations=ESCALATIONS
    )


def pins(file: HallFile) -> dict[str, str]:
    """NIP -> the PIN by which the machine at the door knows the officer."""
    here = [officer.nip for officer in file.officers if officer.source == DOOR]
    return {nip: str(FIRST_PIN + nr) for nr, nip in enumerate(here)}


def free_port() -> int:
    """A TCP port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _source_of(officer: OfficerRow) -> str | None:
    if officer.agency in AT_THE_DOOR:
        return DOOR
    return LIST if officer.agency in ON_THE_LIST else officer.source
