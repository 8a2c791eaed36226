"""Helpers of the voice tests: tones to record, and where a sound stands inside another."""

from __future__ import annotations

import io
import math
import wave
from array import array
from itertools import pairwise
from pathlib import Path

from adapters.voice.sound import SAMPLE_RATE

BASE_WORDS = (
    *("nomor-antrean", "silakan-menuju", "loket", "nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh"),
    *("delapan", "sembilan", "sepuluh", "sebelas", "belas", "puluh", "seratus", "ratus"),
)


def tone(pitch: float, seconds: float = 0.2, *, rate: int = SAMPLE_RATE, strength: float = 0.5) -> array[int]:
    """A sine, to stand for a spoken word."""
    step = math.tau * pitch / rate
    return array("h", (round(32_767 * strength * math.sin(step * at)) for at in range(round(seconds * rate))))


def record(path: Path, samples: array[int], *, rate: int = SAMPLE_RATE, channels: int = 1, width: int = 2) -> None:
    """Writes a WAV as another program would: any rate, every channel the same, 8 to 32 bits."""
    raw = bytearray()
    for value in samples:
        one = bytes([(value >> 8) + 128]) if width == 1 else bytes(width - 2) + value.to_bytes(2, "little", signed=True)
        raw += one * channels
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(bytes(raw))


def record_words(folder: Path, *words: str) -> None:
    """A recording of each word, every one with a pitch of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, word in enumerate(words):
        record(folder / f"{word}.wav", tone(200 + 37 * place))


def shape(wav: bytes) -> tuple[int, int, int]:
    """Rate, channels and bytes a sample of a WAV."""
    with wave.open(io.BytesIO(wav)) as file:
        return file.getframerate(), file.getnchannels(), file.getsampwidth()


def pitch_of(samples: array[int]) -> float:
    """The pitch of a tone in Hz, from how often it rises through zero."""
    rises = sum(1 for before, after in pairwise(samples) if before < 0 <= after)
    return rises * SAMPLE_RATE / len(samples)
