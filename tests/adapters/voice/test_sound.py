"""WAV in and out, level, resampling, and the chime."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest

from adapters.voice.chime import chime
from adapters.voice.sound import (
    SAMPLE_RATE,
    BrokenSound,
    from_wav,
    join,
    level,
    measure,
    silence,
    to_wav,
    trim,
)
from tests.adapters.voice.sounds import pitch_of, record, shape, tone


def test_a_sound_survives_being_a_file() -> None:
    samples = tone(440)
    wav = to_wav(samples)
    assert shape(wav) == (22_050, 1, 2)
    assert from_wav(wav) == samples


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (22_050, 2), (44_100, 2), (48_000, 1)])
def test_any_usual_recording_is_brought_to_one_form(tmp_path: Path, width: int, rate: int, channels: int) -> None:
    path = tmp_path / "kata.wav"
    record(path, tone(440, 0.5, rate=rate), rate=rate, channels=channels, width=width)
    samples = from_wav(path)
    assert len(samples) / SAMPLE_RATE == pytest.approx(0.5, abs=0.01)
    assert pitch_of(samples) == pytest.approx(440, rel=0.02)
    assert measure(samples).peak == pytest.approx(0.5, abs=0.05)


def test_left_and_right_are_mixed_not_dropped(tmp_path: Path) -> None:
    path = tmp_path / "kata.wav"
    left = tone(440)
    record(path, array("h", (value for pair in zip(left, silence(0.2), strict=True) for value in pair)), channels=1)
    data = bytearray(path.read_bytes())
    data[22:24] = (2).to_bytes(2, "little")
    data[32:34] = (4).to_bytes(2, "little")
    path.write_bytes(data)
    assert measure(from_wav(path)).peak == pytest.approx(0.25, abs=0.01)


def test_hiss_above_what_we_keep_does_not_fold_into_the_voice(tmp_path: Path) -> None:
    path = tmp_path / "desis.wav"
    record(path, tone(21_000, rate=48_000), rate=48_000)
    assert measure(from_wav(path)).rms < 0.1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "bukan WAV"),
        (b"bukan suara sama sekali", "bukan WAV"),
        (to_wav(tone(440))[:-100], "terpotong"),
        (to_wav(array("h")), "tidak berisi"),
        (to_wav(silence(61)), "lebih panjang"),
    ],
)
def test_a_broken_file_says_what_is_wrong(content: bytes, reason: str) -> None:
    with pytest.raises(BrokenSound, match=reason):
        from_wav(content)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(BrokenSound, match="tidak dapat dibaca"):
        from_wav(tmp_path / "tidak-ada.wav")


@pytest.mark.parametrize("strength", [0.02, 0.2, 0.9])
def test_quiet_and_loud_come_out_alike_without_clipping(strength: float) -> None:
    loud = measure(level(tone(300, strength=strength)))
    assert loud.rms == pytest.approx(0.14, rel=0.2)
    assert loud.peak <= 0.89


def test_a_single_crack_does_not_make_the_word_quiet() -> None:
    word = tone(300, 0.5, strength=0.1)
    word[1000] = 32_767
    leveled = measure(level(word))
    assert leveled.rms > 0.12
    assert leveled.peak <= 0.89


def test_silence_stays_silent() -> None:
    assert measure(level(silence(0.1))).peak == 0
    assert len(trim(silence(0.1))) == len(silence(0.1))


def test_the_silence_around_a_word_is_cut() -> None:
    assert len(trim(join((silence(1), tone(300, 0.2), silence(2))))) / SAMPLE_RATE == pytest.approx(0.26, abs=0.01)


def test_the_chime_is_two_falling_tones_that_die_away() -> None:
    sound = chime()
    first, second = sound[2000:9000], sound[14_000:24_000]
    assert pitch_of(first) == pytest.approx(659, rel=0.03)
    assert measure(second).rms > 0.03
    assert measure(sound).peak <= 0.6
    assert measure(sound[-1000:]).peak < 0.01
    assert abs(sound[0]) < 400
    assert chime() == sound
