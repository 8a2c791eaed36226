"""A voice that only pretends: it remembers what it was asked to say and answers with a short, quiet, valid sound."""

from __future__ import annotations

import math
from array import array

from adapters.voice.reading import Call, UnreadableCall, read_call
from adapters.voice.sound import SAMPLE_RATE, to_wav
from adapters.voice.speaker import VoiceUnavailable

_SECONDS = 0.1


class PretendVoice:
    """Stands in for an engine (`say`) or for a whole speaker (`speak`); `broken` makes it refuse with that sentence."""

    def __init__(self, *, broken: str | None = None) -> None:
        self.broken = broken
        self.said: list[str] = []

    @property
    def signature(self) -> str:
        """Never that of a real engine, so that pretended sounds are not kept as real ones."""
        return "pretend"

    def say(self, text: str) -> bytes:
        """Remembers the text and answers a tenth of a second of a soft tone."""
        if self.broken is not None:
            raise VoiceUnavailable(self.broken)
        self.said.append(text)
        step = math.tau * 440 / SAMPLE_RATE
        return to_wav(array("h", (round(1000 * math.sin(step * at)) for at in range(round(_SECONDS * SAMPLE_RATE)))))

    def speak(self, call: Call) -> bytes:
        """Remembers the sentence of a call, read as the real voice would read it."""
        try:
            return self.say(read_call(call).spoken)
        except UnreadableCall as error:
            raise VoiceUnavailable(f"Panggilan tidak dapat dibacakan: {error}.") from error
