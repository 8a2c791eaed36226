"""A whole announcement as one sound: the chime, then the sentence twice, made once and kept."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Iterable, Mapping

from adapters.voice.cache import SoundCache
from adapters.voice.chime import chime
from adapters.voice.reading import Call, Reading, UnreadableCall, read_call
from adapters.voice.recordings import Recordings
from adapters.voice.sound import BrokenSound, from_wav, join, silence, to_wav
from adapters.voice.speaker import Engine, VoiceUnavailable

FORMAT = 1  # part of every cache key: raise it when chime, pauses or level change
REPEAT = 2
_AFTER_CHIME, _BETWEEN, _AT_END = 0.15, 0.9, 0.3  # seconds of silence


class Announcer:
    """Speaks calls with a hall's recordings where they are complete, with the engine where not. Safe for threads."""

    def __init__(
        self,
        engine: Engine,
        cache: SoundCache,
        *,
        recordings: Recordings | None = None,
        pronunciations: Mapping[str, str] | None = None,
    ) -> None:
        self._engine = engine
        self._cache = cache
        self._recordings = recordings
        self._pronunciations = dict(pronunciations or {})

    def speak(self, call: Call) -> bytes:
        """The announcement of a call as a whole WAV file; VoiceUnavailable when it cannot be made."""
        return self.announcement(call)

    def announcement(self, what: Call | str, *, repeat: int = REPEAT) -> bytes:
        """A WAV file: one chime, then a call, or a sentence of the hall's own (always by the engine), `repeat` times.

        Raises VoiceUnavailable, with a sentence, when there is nothing to read or no sound could be made.
        """
        if not 1 <= repeat <= 5:
            raise ValueError(f"pengumuman diulang 1 sampai 5 kali, bukan {repeat}")
        reading = self._read(what)
        return self._cache.get_or_make(self.fingerprint(what, repeat=repeat), lambda: self._make(reading, repeat))

    def fingerprint(self, what: Call | str, *, repeat: int = REPEAT) -> str:
        """64 hexadecimal digits that change when the sound would: the cache key, and good as an ETag."""
        reading = self._read(what)
        decides = {
            "format": FORMAT,
            "text": reading if isinstance(reading, str) else [reading.spoken, reading.counter_name],
            "engine": self._engine.signature,
            "recordings": self._recordings.fingerprint() if self._recordings else "",
            "repeat": repeat,
        }
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()

    def caption(self, call: Call) -> str:
        """What is said, for the eye."""
        return read_call(call, self._pronunciations).shown

    def chime_only(self) -> bytes:
        """The chime as a WAV file; needs no engine, so a call can at least ring when the voice is unavailable."""
        return to_wav(self._chime())

    def find_problems(self, *, prefixes: Iterable[str] = (), counters: Iterable[str] = ()) -> list[str]:
        """Sentences about what is wrong now with the engine or the recordings; empty when all is well.

        A recordings folder without a single WAV is no problem: the engine speaks.
        """
        told: list[str] = []
        try:
            self._engine.say("satu")
        except VoiceUnavailable as error:
            told.append(error.message)
        if self._recordings and self._recordings.fingerprint():
            found = self._recordings.inspect(prefixes=prefixes, counters=counters, pronunciations=self._pronunciations)
            told += [f"Rekaman {name}: {reason}." for name, reason in found.broken.items()]
            if found.missing:
                names = ", ".join(found.missing)
                told.append(f"Rekaman belum ada: {names}. Panggilan dengan kata itu diucapkan mesin.")
        return told

    def _read(self, what: Call | str) -> Reading | str:
        try:
            reading = what.strip() if isinstance(what, str) else read_call(what, self._pronunciations)
        except UnreadableCall as error:
            raise VoiceUnavailable(f"Panggilan tidak dapat dibacakan: {error}.") from error
        if not reading:
            raise VoiceUnavailable("Tidak ada kalimat untuk dibacakan.")
        return reading

    def _chime(self) -> array[int]:
        own = self._recordings.chime() if self._recordings else None
        return own if own is not None else chime()

    def _make(self, reading: Reading | str, repeat: int) -> bytes:
        sentence = None
        if self._recordings and not isinstance(reading, str):
            sentence = self._recordings.assemble(reading)
        if sentence is None:
            try:
                sentence = from_wav(self._engine.say(reading if isinstance(reading, str) else reading.spoken))
            except BrokenSound as error:
                raise VoiceUnavailable(f"Mesin suara memberi suara yang rusak: {error}.") from error
        pieces = [self._chime(), silence(_AFTER_CHIME), sentence]
        for _ in range(repeat - 1):
            pieces += (silence(_BETWEEN), sentence)
        return to_wav(join((*pieces, silence(_AT_END))))
