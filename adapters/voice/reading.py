"""What is said for a call, in Indonesian: the words, the pauses between them, and the names of their recordings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_LETTER_NAMES = (
    *("a", "be", "ce", "de", "e", "ef", "ge", "ha", "i", "je", "ka", "el", "em"),
    *("en", "o", "pe", "ki", "er", "es", "te", "u", "ve", "we", "eks", "ye", "zet"),
)
LETTERS: dict[str, str] = dict(zip("abcdefghijklmnopqrstuvwxyz", _LETTER_NAMES, strict=True))
DIGITS = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")
OPENING = "nomor antrean"
LEADING = "silakan menuju"

# How the names in an Indonesian service hall are customarily said, however they are typed. What is not here follows the
# rule in _say_word; the second half is here so that the rule does not spell what people say as a word.
PRONUNCIATIONS: dict[str, str] = {
    "bpjs": "be pe je es",
    "bpkb": "be pe ka be",
    "bpn": "be pe en",
    "bpkad": "be pe ka a de",
    "bpom": "be pom",
    "dpmptsp": "de pe em pe te es pe",
    "dprd": "de pe er de",
    "dpupr": "de pe u pe er",
    "imb": "i em be",
    "iumk": "i u em ka",
    "kia": "ka i a",
    "kk": "ka ka",
    "ktp": "ka te pe",
    "kua": "ka u a",
    "lpse": "el pe es e",
    "nib": "en i be",
    "nik": "en i ka",
    "npwp": "en pe we pe",
    "opd": "o pe de",
    "oss": "o es es",
    "pbb": "pe be be",
    "pbg": "pe be ge",
    "pdam": "pe de a em",
    "pln": "pe el en",
    "ptsp": "pe te es pe",
    "rsud": "er es u de",
    "skck": "es ka ce ka",
    "stnk": "es te en ka",
    "umkm": "u em ka em",
    "upt": "u pe te",
    "uptd": "u pe te de",
    "bumn": "be u em en",
    "bumd": "be u em de",
    "mpp": "em pe pe",
    # as a word
    "asabri": "asabri",
    "baznas": "baznas",
    "dan": "dan",
    "di": "di",
    "ke": "ke",
    "kir": "kir",
    "pos": "pos",
    "samsat": "samsat",
    "sim": "sim",
    "taspen": "taspen",
    "el": "el",
}

# A counter is "loket" unless its name says what it is.
PLACES = frozenset({"loket", "gerai", "meja", "konter", "ruang", "ruangan", "teller", "stan", "kasir", "pos", "bilik"})
_ROMAN = {"ii": 2, "iii": 3, "iv": 4, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "xi": 11, "xii": 12}
_VOWELS = frozenset("aeiou")
_MOST_SIGNS = 12
_MOST_TOKENS = 16


class UnreadableCall(ValueError):
    """A number or a counter with nothing to say in it, or so long that saying it would hold the line."""


class BadPronunciation(ValueError):
    """A line of a hall's own pronunciation list that cannot be used; the message names the line."""


@dataclass(frozen=True)
class Call:
    """A ticket called to a counter: the number as printed ("A001"), the counter's name or code ("Loket 3", "3")."""

    number: str
    counter: str


@dataclass(frozen=True)
class Part:
    """A stretch of speech without a pause inside.

    `shown` is how it is written for people, `words` how it is said, `whole` the name of a recording of all of it,
    `after` the punctuation that follows (a comma or a full stop is a pause, "" is none).
    """

    shown: str
    words: tuple[str, ...]
    whole: str
    after: str = ""

    @property
    def spoken(self) -> str:
        """The words of this part, separated by spaces."""
        return " ".join(self.words)


@dataclass(frozen=True)
class Reading:
    """A whole sentence for one call: the number's parts, then the counter's, which together may be one recording."""

    number: tuple[Part, ...]
    counter: tuple[Part, ...]
    counter_name: str

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts in the order in which they are said."""
        return self.number + self.counter

    @property
    def shown(self) -> str:
        """The sentence for the eye: "Nomor antrean, A, nol, nol, satu. Silakan menuju loket tiga."."""
        return _write((part.shown, part.after) for part in self.parts)

    @property
    def spoken(self) -> str:
        """The sentence for a speech engine, every letter, digit and acronym spelled out as it is said."""
        # The engine takes a full stop for the end of a sentence, with its pause, only before a capital.
        halves = (_write((part.spoken, part.after) for part in half) for half in (self.number, self.counter))
        return " ".join(half.capitalize() for half in halves)


def spell_number(value: int) -> str:
    """The Indonesian cardinal words for 0 to 9999 ("dua puluh satu"); ValueError outside."""
    if not 0 <= value <= 9999:
        raise ValueError(f"angka {value} di luar 0 sampai 9999")
    if value < 10:
        return DIGITS[value]
    if value < 20:
        return {10: "sepuluh", 11: "sebelas"}.get(value) or f"{DIGITS[value - 10]} belas"
    for size, name in ((1000, "ribu"), (100, "ratus"), (10, "puluh")):
        count, rest = divmod(value, size)
        if count:
            head = f"se{name}" if count == 1 else f"{DIGITS[count]} {name}"
            return f"{head} {spell_number(rest)}" if rest else head
    raise AssertionError("every number from 20 on has tens")


def name_recording(text: str) -> str:
    """The file name, without `.wav`, of a recording of this text: "Loket 3A" is `loket-3a`."""
    return "-".join(re.findall(r"[a-z0-9]+", _plain(text).lower()))


def read_call(call: Call, pronunciations: Mapping[str, str] | None = None) -> Reading:
    """The sentence for a call; `pronunciations` (lower-case names, as `parse_pronunciations` gives) go before ours.

    The ticket's letters and digits are said one by one ("012" is nol, satu, dua); a counter's number is a cardinal.
    Raises UnreadableCall when the number or the counter has no letter or digit, or is too long.
    """
    known = PRONUNCIATIONS if not pronunciations else {**PRONUNCIATIONS, **pronunciations}
    signs = [sign for token in _tokens(call.number) for sign in token]
    if not 1 <= len(signs) <= _MOST_SIGNS:
        raise UnreadableCall(f"nomor antrean {call.number!r} tidak dapat dibacakan")
    number = [Part("Nomor antrean", tuple(OPENING.split()), "nomor-antrean", ",")]
    for place, sign in enumerate(signs, start=1):
        word = DIGITS[int(sign)] if sign.isdigit() else LETTERS[sign.lower()]
        shown = word if sign.isdigit() else sign.upper()
        number.append(Part(shown, (word,), shown.lower(), "." if place == len(signs) else ","))
    counter = [Part("Silakan menuju", tuple(LEADING.split()), "silakan-menuju"), *_read_counter(call.counter, known)]
    counter[-1] = Part(counter[-1].shown, counter[-1].words, counter[-1].whole, ".")
    return Reading(tuple(number), tuple(counter), name_recording(_with_place(call.counter)))


def parse_pronunciations(text: str) -> dict[str, str]:
    """A hall's own list, one `KTP = ka te pe` a line (empty lines and `#` comments allowed), for `read_call`.

    Raises BadPronunciation naming the first line that is not of that form.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.split("#", 1)[0].strip()
        if not line:
            continue
        name, equals, said = (piece.strip().lower() for piece in line.partition("="))
        if not equals or not re.fullmatch(r"[a-z]+", name) or not re.fullmatch(r"[a-z]+( +[a-z]+)*", said):
            raise BadPronunciation(f'baris {number}: tulis seperti "KTP = ka te pe", hanya huruf, bukan {line!r}')
        found[name] = " ".join(said.split())
    return found


def _read_counter(name: str, known: Mapping[str, str]) -> Iterable[Part]:
    tokens = _tokens(_with_place(name))
    for token in tokens:
        lower = token.lower()
        if token.isdigit():
            words = _say_digits(token)
            yield Part(words, tuple(words.split()), token.lstrip("0") or "0")
        elif lower in _ROMAN and token.isupper() and lower not in known:
            words = spell_number(_ROMAN[lower])
            yield Part(words, tuple(words.split()), lower)
        elif len(token) == 1:
            yield Part(token.upper(), (LETTERS[lower],), lower)
        else:
            shown = lower if lower in PLACES else token
            yield Part(shown, tuple(_say_word(token, known).split()), lower)


def _with_place(name: str) -> str:
    tokens = _tokens(name)
    if not 1 <= len(tokens) <= _MOST_TOKENS:
        raise UnreadableCall(f"nama loket {name!r} tidak dapat dibacakan")
    # A bare code ("3", "3A", "B2") names no place; without this the citizen would be sent to "tiga".
    return f"loket {name}" if len(tokens[0]) == 1 or tokens[0].isdigit() else name


def _say_digits(token: str) -> str:
    value = int(token)
    return spell_number(value) if value <= 9999 else " ".join(DIGITS[int(sign)] for sign in token)


def _say_word(token: str, known: Mapping[str, str]) -> str:
    lower = token.lower()
    if lower in known:
        return known[lower]
    # Capitals that nobody can say as a word are spelled. A name in capitals ("PAJAK", "BANK") stays a word.
    if token.isupper() and (len(token) <= 3 or not _VOWELS & set(lower)):
        return " ".join(LETTERS[sign] for sign in lower)
    return lower


def _tokens(text: str) -> list[str]:
    """The runs of letters and of digits ("3A" is two), accents removed, everything else taken as a gap."""
    return re.findall(r"[A-Za-z]+|[0-9]+", _plain(text))


def _plain(text: str) -> str:
    spread = unicodedata.normalize("NFKD", text.replace("&", " dan "))
    return "".join(sign for sign in spread if not unicodedata.combining(sign))


def _write(pieces: Iterable[tuple[str, str]]) -> str:
    return " ".join(words + after for words, after in pieces)
