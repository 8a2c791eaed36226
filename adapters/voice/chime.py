"""The chime before a call: two falling bell tones, computed here."""

from __future__ import annotations

import math
from array import array
from functools import lru_cache

from adapters.voice.sound import FULL_SCALE, SAMPLE_RATE, level

_SECONDS = 1.75
_NOTES = ((0.0, 659.26), (0.48, 523.25))  # start in seconds, pitch in Hz: E5, then C5, a falling third
# Of the pitch, strength, decay a second.
_PARTIALS = ((1.0, 1.0, 2.6), (2.0, 0.35, 4.5), (3.01, 0.15, 7.0), (4.2, 0.06, 11.0))
_ATTACK = 0.006  # seconds; a tone that starts at once clicks
_FADE = 0.15
_LOUDNESS, _PEAK = 0.12, 0.6  # a little below the voice: it must wake, not startle


@lru_cache(maxsize=1)
def _ring() -> bytes:
    total = [0.0] * round(_SECONDS * SAMPLE_RATE)
    for start, pitch in _NOTES:
        first = round(start * SAMPLE_RATE)
        for ratio, strength, decay in _PARTIALS:
            # One complex multiplication a sample instead of a sine and an exponential: the same curve, made quickly.
            turn = complex(math.cos(a := math.tau * pitch * ratio / SAMPLE_RATE), math.sin(a))
            turn *= math.exp(-decay / SAMPLE_RATE)
            value = complex(strength, 0.0)
            for place in range(first, len(total)):
                total[place] += value.imag * min(1.0, (place - first) / (_ATTACK * SAMPLE_RATE))
                value *= turn
    fade = round(_FADE * SAMPLE_RATE)
    for step in range(fade):
        total[-1 - step] *= step / fade
    highest = max(abs(value) for value in total)
    samples = array("h", (round(0.5 * FULL_SCALE * value / highest) for value in total))
    return level(samples, loudness=_LOUDNESS, peak=_PEAK).tobytes()


def chime() -> array[int]:
    """The samples of the chime, always the same; it ends in silence."""
    samples = array("h")
    samples.frombytes(_ring())
    return samples
