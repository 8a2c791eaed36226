"""Sound as plain samples: reading and writing WAV, level, resampling; all sound here is 22,050 Hz, 16 bit, mono."""

from __future__ import annotations

import io
import math
import sys
import wave
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SAMPLE_RATE = 22_050
FULL_SCALE = 32_767
LONGEST_SECONDS = 60  # of a recording that is dropped in; longer is a wrong file, not a word
_PEAK = 0.89  # -1 dB: some amplifiers distort at full scale
_LOUDNESS = 0.14  # RMS of full scale, about -17 dB: speech that carries over a murmuring room
_MOST_GAIN = 8.0

Samples = array  # of "h": one signed 16-bit number a sample


class BrokenSound(ValueError):
    """A file that is not a WAV this program can use; the message says what is wrong with it."""


@dataclass(frozen=True)
class Level:
    """How loud a sound is: highest sample and root mean square, both as a part of full scale (0 to 1)."""

    peak: float
    rms: float


def to_samples(pcm: bytes) -> array[int]:
    """Samples from little-endian 16-bit PCM."""
    samples = array("h")
    samples.frombytes(pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def to_wav(samples: array[int]) -> bytes:
    """A complete WAV file holding these samples."""
    little = samples
    if sys.byteorder == "big":
        little = array("h", samples)
        little.byteswap()
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(little.tobytes())
    return out.getvalue()


def from_wav(source: bytes | Path) -> array[int]:
    """Samples of a PCM WAV of 8 to 32 bits, any number of channels and any rate; BrokenSound when it is not one."""
    try:
        with wave.open(io.BytesIO(source) if isinstance(source, bytes) else str(source), "rb") as file:
            channels, width, rate, frames = file.getparams()[:4]
            if not 4_000 <= rate <= 400_000:
                raise BrokenSound(f"frekuensi {rate} Hz tidak dapat dipakai")
            if frames > rate * LONGEST_SECONDS:
                raise BrokenSound(f"lebih panjang dari {LONGEST_SECONDS} detik")
            raw = file.readframes(frames)
    except (wave.Error, EOFError) as error:
        raise BrokenSound(f"bukan WAV PCM yang utuh ({error or 'berakhir terlalu awal'})") from error
    except OSError as error:
        raise BrokenSound(f"tidak dapat dibaca ({error.strerror or error})") from error
    if len(raw) != frames * channels * width:
        raise BrokenSound("isi berkas terpotong")
    if not raw:
        raise BrokenSound("tidak berisi suara")
    return _resample(_mix_down(_to_16_bit(raw, width), channels), rate)


def silence(seconds: float) -> array[int]:
    """Nothing to hear, for that long."""
    return array("h", bytes(2 * round(seconds * SAMPLE_RATE)))


def join(pieces: Iterable[array[int]]) -> array[int]:
    """The pieces, one after the other."""
    joined = array("h")
    for piece in pieces:
        joined.extend(piece)
    return joined


def measure(samples: array[int]) -> Level:
    """The level of a sound; an empty one is silent."""
    if not samples:
        return Level(0.0, 0.0)
    peak = max(max(samples), -min(samples)) / FULL_SCALE
    return Level(min(peak, 1.0), math.sqrt(sum(value * value for value in samples) / len(samples)) / FULL_SCALE)


def level(samples: array[int], *, loudness: float = _LOUDNESS, peak: float = _PEAK) -> array[int]:
    """The sound brought to a loudness, with its peaks bent softly so that none exceeds `peak`; silence stays silence.

    Peaks alone say little: speech from the engine peaks at full scale and is still quiet (RMS -21 dB).
    """
    now = measure(samples)
    if now.rms == 0:
        return samples
    gain = min(loudness / now.rms, _MOST_GAIN)
    limit = peak * FULL_SCALE
    knee = 0.6 * limit
    room = limit - knee
    leveled = array("h", bytes(2 * len(samples)))
    for place, value in enumerate(samples):
        wanted = value * gain
        size = abs(wanted)
        if size > knee:
            wanted = math.copysign(knee + room * math.tanh((size - knee) / room), wanted)
        leveled[place] = round(wanted)
    return leveled


def trim(samples: array[int], *, floor: float = 0.006, margin: float = 0.03) -> array[int]:
    """The sound without the silence around it (below `floor` of full scale), except for `margin` seconds."""
    edge = floor * FULL_SCALE
    first = next((place for place, value in enumerate(samples) if abs(value) > edge), None)
    if first is None:
        return samples
    last = next(place for place in range(len(samples) - 1, -1, -1) if abs(samples[place]) > edge)
    keep = round(margin * SAMPLE_RATE)
    return samples[max(0, first - keep) : last + 1 + keep]


def _to_16_bit(raw: bytes, width: int) -> array[int]:
    if width == 1:  # WAV's only unsigned width
        return array("h", ((value - 128) << 8 for value in raw))
    if width == 2:
        return to_samples(raw)
    if width in (3, 4):  # the two highest bytes of each little-endian sample are the 16-bit one
        kept = bytearray(2 * (len(raw) // width))
        kept[0::2] = raw[width - 2 :: width]
        kept[1::2] = raw[width - 1 :: width]
        return to_samples(bytes(kept))
    raise BrokenSound(f"{8 * width} bit per sampel tidak dapat dipakai")


def _mix_down(samples: array[int], channels: int) -> array[int]:
    if channels == 1:
        return samples
    sides = [samples[side::channels] for side in range(channels)]
    return array("h", (sum(values) // channels for values in zip(*sides, strict=True)))


def _resample(samples: array[int], rate: int) -> array[int]:
    if rate == SAMPLE_RATE:
        return samples
    step = rate / SAMPLE_RATE
    if step > 1.5:
        # Average the neighbours first: taking every second sample as it is would fold hiss into the voice.
        window = round(step)
        samples = array("h", (sum(samples[at : at + window]) // window for at in range(len(samples) - window + 1)))
    last = len(samples) - 1
    made = array("h", bytes(2 * max(1, int((last + 1) / step))))
    for place in range(len(made)):
        at = place * step
        left = min(int(at), last)
        right = min(left + 1, last)
        made[place] = round(samples[left] + (samples[right] - samples[left]) * (at - left))
    return made
