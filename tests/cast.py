"""The people, places and moments that all tests share. Everybody here is invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).parent.parent
DATA = Path(__file__).parent / "data"
CONTOH_FILE = DATA / "contoh.toml"  # the small hall: two agencies, services ktp (A) and pkb (B), counters 1 to 4
CONTOH_DAY = DATA / "day.jsonl"  # one written day in it
BLORA_FILE = ROOT / "hall" / "data" / "blora.toml"

WIB, WITA, WIT = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Makassar"), ZoneInfo("Asia/Jayapura")


@dataclass(frozen=True, slots=True)
class Person:
    """An invented officer: NIP, name, agency, and the counter where the roster usually puts them."""

    nip: str
    name: str
    agency: str
    counter: str


# the hall "contoh"
SARI = Person("199001152015032001", "Sari Wening", "dukcapil", "1")
BIMA = Person("198507202010011002", "Bima Prasaja", "dukcapil", "2")
GALIH = Person("197911032005011003", "Galih Anom", "samsat", "3")

# the hall "blora"
MELATI = Person("198803122011012001", "Melati Senja", "dpmptsp", "1")
JATI = Person("199107042015031002", "Jati Rimbun", "dpmptsp", "2")
BAMBU = Person("198511302009021001", "Bambu Kuning", "dukcapil", "3")
SEKAR = Person("199002142014022004", "Sekar Embun", "dukcapil", "4")
AYU = Person("199306082019032005", "Ayu Gerimis", "dukcapil", "5")
LINTANG = Person("199612012023211006", "Lintang Fajar", "dukcapil", "6")
RANDU = Person("198204052006041003", "Randu Lereng", "samsat", "7")
DAHLIA = Person("198909192012122002", "Dahlia Bukit", "samsat", "8")

KIOSK, CONSOLE, SYSTEM = "kiosk:k1", "console:c1", "system"  # actors as the journal writes them


def wib(day: str, clock: str) -> datetime:
    """``wib("2026-03-03", "09:00")``: that moment in WIB, as aware UTC."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=WIB).astimezone(UTC)


# 3 March 2026 is an ordinary Tuesday in both halls; the 5th is a local holiday of contoh
TUESDAY = "2026-03-03"
TUESDAY_BEFORE_OPENING = wib(TUESDAY, "06:30")
TUESDAY_MORNING = wib(TUESDAY, "09:00")
TUESDAY_LUNCH = wib(TUESDAY, "12:30")
TUESDAY_AFTERNOON = wib(TUESDAY, "13:30")
TUESDAY_EVENING = wib(TUESDAY, "20:00")
WEDNESDAY_MORNING = wib("2026-03-04", "09:00")
FRIDAY_MORNING = wib("2026-03-06", "09:00")
SUNDAY_MORNING = wib("2026-03-08", "09:00")
