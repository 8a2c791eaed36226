"""What the house asks of a voice, whichever one is plugged in."""

from __future__ import annotations

from typing import Protocol

from adapters.voice.reading import Call
from hall.errors import Unavailable


class VoiceUnavailable(Unavailable):
    """The sound could not be made; the message is a sentence for the hall's staff. The call itself stands."""

    def __init__(self, message: str) -> None:
        super().__init__("voice_unavailable", message)


class Speaker(Protocol):
    """Whatever can turn a call into sound."""

    def speak(self, call: Call) -> bytes:
        """A whole WAV file (22,050 Hz, 16 bit, mono): chime, then the call. Raises VoiceUnavailable."""
        ...


class Engine(Protocol):
    """Whatever can read a sentence aloud; `signature` changes whenever the same sentence would sound different."""

    @property
    def signature(self) -> str:
        """What decides the sound besides the text."""
        ...

    def say(self, text: str) -> bytes:
        """The sentence as a whole WAV file. Raises VoiceUnavailable."""
        ...
