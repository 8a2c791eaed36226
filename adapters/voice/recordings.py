"""A hall's own voice: a folder of WAV files, one for each word, from which a call is put together."""

from __future__ import annotations

import hashlib
import logging
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from adapters.voice.reading import LETTERS, Call, Part, Reading, read_call
from adapters.voice.sound import BrokenSound, from_wav, join, level, silence, trim

CHIME = "chime"
_log = logging.getLogger(__name__)
_LETTER_OF = {name: letter for letter, name in LETTERS.items()}
_GAP = {"": 0.05, ",": 0.16, ".": 0.40}  # seconds of silence after a word, a comma, a full stop
_DIGITS = "0123456789"
_EVERY_LETTER = tuple(LETTERS)
_EVERY_COUNTER_WORD = ("Loket 10", "Loket 11", "Loket 12", "Loket 20", "Loket 100", "Loket 200")


@dataclass(frozen=True)
class Findings:
    """Why recordings are not used: the names (without `.wav`) that are missing, the broken files and what they have."""

    missing: tuple[str, ...]
    broken: Mapping[str, str]


class Recordings:
    """The WAV files of one folder, named by what is said in them; looked at anew for every call, so files may come."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fingerprint(self) -> str:
        """Changes whenever a file comes, goes or changes; "" for an empty or missing folder."""
        files = sorted((path.name, changed, size) for path, changed, size in self._files())
        return hashlib.sha256(repr(files).encode()).hexdigest() if files else ""

    def assemble(self, reading: Reading) -> array[int] | None:
        """The whole sentence from recordings, or None when a word is missing or broken: two voices are never mixed."""
        shelf, _ = self._shelf()
        sounds: list[array[int]] = []
        for part in (*reading.number, *_shorten(reading, shelf)):
            names = _choose(part, shelf)
            if names is None:
                return None
            for name in names:
                sounds += (shelf[name], silence(_GAP[""]))
            sounds[-1] = silence(_GAP[part.after])
        return join(sounds[:-1])

    def chime(self) -> array[int] | None:
        """The hall's own chime (`chime.wav`), as loud as it was recorded; None when there is none that can be used."""
        return self._shelf()[0].get(CHIME)

    def inspect(
        self,
        *,
        prefixes: Iterable[str] = _EVERY_LETTER,
        counters: Iterable[str] = _EVERY_COUNTER_WORD,
        pronunciations: Mapping[str, str] | None = None,
    ) -> Findings:
        """What is missing for these ticket prefixes (all letters if not given) and counters (Loket 1 to 999)."""
        shelf, broken = self._shelf()
        numbers = [read_call(Call(sign, "1")).number for sign in (*_DIGITS, *prefixes)]
        places = (_shorten(read_call(Call("0", name), pronunciations), shelf) for name in counters)
        lacking = (name for parts in (*numbers, *places) for part in parts for name in _lack(part, shelf))
        return Findings(tuple(dict.fromkeys(lacking)), broken)

    def _shelf(self) -> tuple[dict[str, array[int]], dict[str, str]]:
        """The usable sounds by name, and the broken files with what is wrong with them."""
        sounds: dict[str, array[int]] = {}
        broken: dict[str, str] = {}
        for path, changed, size in self._files():
            found = _read(path, changed, size)
            if isinstance(found, str):
                broken[path.name] = found
            else:
                sounds[path.stem.lower()] = found
        return sounds, broken

    def _files(self) -> list[tuple[Path, int, int]]:
        try:
            paths = sorted(path for path in self._folder.iterdir() if path.suffix.lower() == ".wav")
            states = [(path, path.stat()) for path in paths]
        except FileNotFoundError:
            return []  # no folder, or a file taken away while looking: nothing is recorded now, and the engine speaks
        except OSError as error:
            _log.warning("rekaman suara di %s tidak dapat dibaca: %s", self._folder, error)
            return []
        return [(path, state.st_mtime_ns, state.st_size) for path, state in states]


def missing(
    folder: Path, *, prefixes: Iterable[str] = _EVERY_LETTER, counters: Iterable[str] = _EVERY_COUNTER_WORD
) -> list[str]:
    """The recordings that this folder still lacks, as file names without `.wav`; see `Recordings.inspect`."""
    return list(Recordings(folder).inspect(prefixes=prefixes, counters=counters).missing)


def _shorten(reading: Reading, shelf: Mapping[str, array[int]]) -> tuple[Part, ...]:
    """The counter's parts, in one when the whole counter ("loket-3") is recorded."""
    if reading.counter_name not in shelf:
        return reading.counter
    return (reading.counter[0], Part(reading.counter_name, (), reading.counter_name, "."))


def _choose(part: Part, shelf: Mapping[str, array[int]]) -> list[str] | None:
    """The recordings that say this part: one of all of it, or one of each word; None when there is neither."""
    if part.whole in shelf:
        return [part.whole]
    names = [word if word in shelf else _LETTER_OF.get(word, word) for word in part.words]
    return names if names and all(name in shelf for name in names) else None


def _lack(part: Part, shelf: Mapping[str, array[int]]) -> list[str]:
    """The names to ask for, for a part that cannot be said: a number's words, anything else in one."""
    if _choose(part, shelf) is not None:
        return []
    if part.whole.isdigit():
        return [word for word in part.words if word not in shelf]
    return [part.whole]


@lru_cache(maxsize=512)
def _read(path: Path, _changed: int, _size: int) -> array[int] | str:
    """The sound of one file, or a sentence about what is wrong with it; kept while the file does not change."""
    try:
        sound = from_wav(path)
    except BrokenSound as error:
        return str(error)
    # Words recorded on different days must come out equally loud and close together. A chime is left as it was made.
    return sound if path.stem.lower() == CHIME else level(trim(sound))
