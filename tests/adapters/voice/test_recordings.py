"""A hall's own recordings: put together when complete, never mixed with the engine's voice, broken files reported."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest

from adapters.voice.reading import DIGITS, Call, read_call
from adapters.voice.recordings import Recordings, missing
from adapters.voice.sound import SAMPLE_RATE, join, measure, silence
from tests.adapters.voice.sounds import BASE_WORDS, pitch_of, record, record_words, tone

READING = read_call(Call("B012", "Loket 3"))
ITS_WORDS = ("nomor-antrean", "b", "nol", "satu", "dua", "silakan-menuju", "loket", "tiga")


def pitches(folder: Path, call: Call) -> list[int]:
    """The pitch of every stretch of sound between two silences."""
    sound = Recordings(folder).assemble(read_call(call))
    assert sound is not None
    found, start, quiet = [], 0, 0
    for place, value in enumerate(join((sound, silence(0.05)))):
        quiet = quiet + 1 if value == 0 else 0
        if quiet == 500:
            if place - quiet - start > 500:
                found.append(round(pitch_of(sound[start : place - quiet])))
            start = place
        elif quiet > 500:
            start = place
    return found


def test_a_complete_folder_speaks_every_word_in_order(tmp_path: Path) -> None:
    record_words(tmp_path, *ITS_WORDS)
    wanted = [200 + 37 * place for place in (0, 1, 2, 3, 4, 5, 6, 7)]
    assert pitches(tmp_path, Call("B012", "Loket 3")) == pytest.approx(wanted, rel=0.03)
    sound = Recordings(tmp_path).assemble(READING)
    assert sound is not None
    assert len(sound) / SAMPLE_RATE == pytest.approx(8 * 0.2 + 4 * 0.16 + 0.4 + 2 * 0.05, abs=0.05)


@pytest.mark.parametrize("word", ITS_WORDS)
def test_one_missing_word_leaves_the_whole_sentence_to_the_engine(tmp_path: Path, word: str) -> None:
    record_words(tmp_path, *(other for other in ITS_WORDS if other != word))
    assert Recordings(tmp_path).assemble(READING) is None


def test_one_broken_word_leaves_the_whole_sentence_to_the_engine_and_is_reported(tmp_path: Path) -> None:
    record_words(tmp_path, *ITS_WORDS)
    (tmp_path / "dua.wav").write_bytes(b"ini bukan suara")
    assert Recordings(tmp_path).assemble(READING) is None
    found = Recordings(tmp_path).inspect(prefixes="B", counters=["Loket 3"])
    assert found.broken.keys() == {"dua.wav"}
    assert "bukan WAV" in found.broken["dua.wav"]
    assert "dua" in found.missing


def test_a_whole_counter_may_be_one_recording(tmp_path: Path) -> None:
    record_words(tmp_path, "nomor-antrean", "b", "nol", "satu", "dua", "silakan-menuju", "loket-3")
    assert pitches(tmp_path, Call("B012", "Loket 3"))[-1] == pytest.approx(200 + 37 * 6, rel=0.03)
    assert Recordings(tmp_path).assemble(read_call(Call("B012", "Loket 4"))) is None


def test_a_counter_number_is_put_together_from_its_words(tmp_path: Path) -> None:
    record_words(tmp_path, *ITS_WORDS, "puluh")
    call = Call("B0", "Loket 23")
    assert pitches(tmp_path, call)[-4:] == pytest.approx([200 + 37 * place for place in (6, 4, 8, 7)], rel=0.03)


def test_a_letter_may_be_recorded_under_itself_or_its_name_and_serves_acronyms(tmp_path: Path) -> None:
    record_words(tmp_path, "nomor-antrean", "be", "satu", "silakan-menuju", "gerai", "k", "te", "p")
    assert pitches(tmp_path, Call("B1", "Gerai KTP"))[-3:] == pytest.approx([200 + 37 * p for p in (5, 6, 7)], rel=0.03)
    record(tmp_path / "ktp.wav", tone(900))
    assert pitches(tmp_path, Call("B1", "Gerai KTP"))[-1] == pytest.approx(900, rel=0.03)


def test_a_quiet_slow_recording_at_another_rate_fits_in_with_the_others(tmp_path: Path) -> None:
    record_words(tmp_path, *ITS_WORDS)
    same = Recordings(tmp_path).assemble(READING)
    pause = [0] * 44_100
    word = array("h", [*pause, *tone(348, rate=44_100, strength=0.05), *pause])
    record(tmp_path / "dua.wav", word, rate=44_100, channels=2, width=3)
    other = Recordings(tmp_path).assemble(READING)
    assert same is not None
    assert other is not None
    # The silence before and after is gone, but for the margin that is kept, and the word is as loud as the rest.
    assert len(other) - len(same) < 0.1 * SAMPLE_RATE
    assert measure(other).rms == pytest.approx(measure(same).rms, rel=0.03)


def test_what_is_missing_is_listed_for_any_hall(tmp_path: Path) -> None:
    everything = missing(tmp_path / "belum-ada")
    assert set(BASE_WORDS) <= set(everything)
    assert set("abcdefghijklmnopqrstuvwxyz") <= set(everything)
    assert len(everything) == len(set(everything)) == len(BASE_WORDS) + 26
    record_words(tmp_path, *BASE_WORDS, *"abcdefghijklmnopqrstuvwxyz")
    assert missing(tmp_path) == []


def test_a_folder_that_lacks_nothing_can_say_every_number_and_counter(tmp_path: Path) -> None:
    record_words(tmp_path, *BASE_WORDS, *"abcdefghijklmnopqrstuvwxyz")
    own = Recordings(tmp_path)
    for counter in range(1, 1000, 37):
        assert own.assemble(read_call(Call("QZ9876543210", f"Loket {counter}"))) is not None


def test_what_is_missing_is_listed_for_this_hall(tmp_path: Path) -> None:
    record_words(tmp_path, "nomor-antrean", "silakan-menuju", "a", *DIGITS[:8], "loket-3")
    lacking = missing(tmp_path, prefixes=["A", "B"], counters=["Loket 3", "Loket 12", "Gerai Samsat", "Loket BPJS"])
    assert lacking == ["delapan", "sembilan", "b", "loket", "belas", "gerai", "samsat", "bpjs"]


def test_the_fingerprint_follows_every_file(tmp_path: Path) -> None:
    own = Recordings(tmp_path)
    seen = {own.fingerprint()}
    assert seen == {""}
    record_words(tmp_path, "satu")
    seen.add(own.fingerprint())
    record(tmp_path / "satu.wav", tone(500, 0.3))
    seen.add(own.fingerprint())
    record_words(tmp_path / "lain", "satu")
    (tmp_path / "catatan.txt").write_text("bukan suara")
    assert own.fingerprint() in seen
    record_words(tmp_path, "dua")
    seen.add(own.fingerprint())
    assert len(seen) == 4


def test_a_hall_may_bring_its_own_chime(tmp_path: Path) -> None:
    assert Recordings(tmp_path).chime() is None
    record(tmp_path / "chime.wav", tone(880, 0.3, strength=0.2))
    assert Recordings(tmp_path).chime() == tone(880, 0.3, strength=0.2)
