"""espeak-ng through its C library; runs only inside the process that `engine` starts, which may crash without harm."""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import sys
from array import array
from importlib import import_module
from typing import BinaryIO

from adapters.voice.sound import SAMPLE_RATE, level, to_samples, to_wav

# Values of espeak-ng's public header, speak_lib.h.
_SYNCHRONOUS = 2
_DO_NOT_EXIT = 0x8000
_UTF8, _PHONEMES = 1, 0x100
_RATE, _PITCH, _RANGE, _WORD_GAP = 1, 3, 4, 7
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)

LONGEST_TEXT = 600  # characters; about a minute of speech

# Indonesian spelling does not tell the sounds of "e" apart: words that the engine guesses wrong, in its phonemes.
SOUNDS: dict[str, str] = {
    "apotek": "ap'otEk",
    "bank": "b'aNk",
    "belas": "b@l'as",
    "berkas": "b@Rk'as",
    "cetak": "tS@t'ak",
    "depan": "d@p'an",
    "dinkes": "d'iNkEs",
    "empat": "@mp'at",
    "enam": "@n'am",
    "gerai": "g@R2'aI",
    "jateng": "dZ'atEN",
    "kemenag": "k@m@n'ag",
    "ketenagakerjaan": "k@t,@nag,ak@RdZ'a_|an",
    "loket": "l'okEt",
    "perbankan": "p@Rb'aNkan",
    "perekaman": "p@R2Ek'aman",
    "polres": "p'olR2Es",
    "sebelas": "s@b@l'as",
    "taspen": "t'aspEn",
    "teller": "t'El@R",
}


class EspeakFailed(Exception):
    """The library is missing, does not fit, or refused the text."""


class Espeak:
    """The loaded library with one voice. Not for two threads at once: the C library keeps global state."""

    def __init__(self, voice: str) -> None:
        try:
            loader = import_module("espeakng_loader")
            self._library = ctypes.CDLL(loader.get_library_path())
            data = loader.get_data_path()
        except (ImportError, OSError, RuntimeError) as error:
            raise EspeakFailed(f"espeak-ng tidak dapat dimuat: {error}") from error
        self._library.espeak_Synth.argtypes = [
            ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int,
            ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p,
        ]  # fmt: skip
        # Without _DO_NOT_EXIT a missing data folder would end the process from inside the library, without a word.
        rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, os.fsencode(data), _DO_NOT_EXIT)
        if rate != SAMPLE_RATE:
            raise EspeakFailed(f"espeak-ng tidak dapat dimulai dengan data di {data} (jawaban {rate})")
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise EspeakFailed(f"espeak-ng tidak mengenal suara {voice!r}")
        self._heard = bytearray()
        self._callback = _CALLBACK(self._collect)  # kept: the library calls it long after this line
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, text: str, *, rate: int, pitch: int, spread: int, gap: int) -> array[int]:
        """The samples of a text; the settings are those of `engine.VoiceSettings`."""
        for parameter, value in ((_RATE, rate), (_PITCH, pitch), (_RANGE, spread), (_WORD_GAP, gap)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._heard.clear()
        marked = mark_up(text).encode()
        answer = self._library.espeak_Synth(marked, len(marked) + 1, 0, 0, 0, _UTF8 | _PHONEMES, None, None)
        if answer != 0:
            raise EspeakFailed(f"espeak-ng menolak teks (jawaban {answer})")
        return to_samples(bytes(self._heard))

    def _collect(self, wave: int | None, count: int, _events: int | None) -> int:
        if wave and count > 0:
            self._heard += ctypes.string_at(wave, 2 * count)
        return 0


def mark_up(text: str) -> str:
    """The text with the words of SOUNDS replaced by phonemes, and nothing in it that the engine takes for a command."""
    harmless = re.sub(r"[\[\]<>\x00-\x1f]", " ", text)
    return re.sub(r"[A-Za-z]+", lambda word: _sound(word.group()), harmless)


def _sound(word: str) -> str:
    phonemes = SOUNDS.get(word.lower())
    return f"[[{phonemes}]]" if phonemes else word


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answers one JSON line after the other (text, voice, rate, pitch, spread, gap, seconds) until `requests` ends.

    Each answer is a JSON line, {"bytes": N} followed by N bytes of WAV, or {"error": sentence}. A request that takes
    longer than its `seconds` ends this process, even inside the library: nothing hangs on when the parent is gone.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    voices: dict[str, Espeak] = {}
    for line in requests:
        request = json.loads(line)
        signal.alarm(max(1, round(request["seconds"])))
        try:
            name = request["voice"]
            if name not in voices:
                voices.clear()
                voices[name] = Espeak(name)
            wav = speak_request(voices[name], request)
            answer = json.dumps({"bytes": len(wav)}).encode() + b"\n" + wav
        except EspeakFailed as error:
            answer = json.dumps({"error": str(error)}).encode() + b"\n"
        signal.alarm(0)
        answers.write(answer)
        answers.flush()


def speak_request(engine: Espeak, request: dict[str, str | int]) -> bytes:
    """The WAV of one request, brought to the loudness of the hall; EspeakFailed when nothing was heard."""
    samples = engine.say(
        str(request["text"]),
        rate=int(request["rate"]),
        pitch=int(request["pitch"]),
        spread=int(request["spread"]),
        gap=int(request["gap"]),
    )
    loud = level(samples)
    if not any(loud):
        raise EspeakFailed("espeak-ng tidak menghasilkan suara untuk teks itu")
    return to_wav(loud)


def take_stdout() -> BinaryIO:
    """The real standard output for answers alone; whatever the library prints goes to standard error instead."""
    answers = os.fdopen(os.dup(1), "wb")
    sys.stdout.flush()
    os.dup2(2, 1)
    return answers
