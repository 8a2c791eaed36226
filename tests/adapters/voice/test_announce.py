"""The whole announcement: chime first, twice spoken, made once, by recordings or by the engine, never both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread

import pytest

from adapters.voice.announce import Announcer
from adapters.voice.cache import SoundCache
from adapters.voice.chime import chime
from adapters.voice.engine import EspeakEngine
from adapters.voice.pretend import PretendVoice
from adapters.voice.reading import Call, read_call
from adapters.voice.recordings import Recordings
from adapters.voice.sound import SAMPLE_RATE, from_wav, measure
from adapters.voice.speaker import Speaker, VoiceUnavailable
from tests.adapters.voice.sounds import BASE_WORDS, record, record_words, shape, tone

CALL = Call("A001", "Loket 3")


class CountingEngine(EspeakEngine):
    """The real engine, counting the sentences that it really had to make."""

    runs = 0

    def say(self, text: str) -> bytes:
        """As the real one."""
        self.runs += 1
        return super().say(text)


@pytest.fixture
def engine() -> Iterator[CountingEngine]:
    engine = CountingEngine()
    yield engine
    engine.close()


def announcer(folder: Path, engine: PretendVoice | EspeakEngine, **more: str) -> Announcer:
    own = Recordings(folder / "rekaman")
    return Announcer(engine, SoundCache(folder / "cache"), recordings=own, pronunciations=more)


def test_an_announcement_is_the_chime_and_then_the_sentence_twice(tmp_path: Path, engine: CountingEngine) -> None:
    voice = announcer(tmp_path, engine)
    wav = voice.speak(CALL)
    assert shape(wav) == (22_050, 1, 2)
    sound, ring = from_wav(wav), chime()
    assert sound[: len(ring)] == ring
    first = len(ring) + round(0.15 * SAMPLE_RATE)
    pause, end = round(0.9 * SAMPLE_RATE), round(0.3 * SAMPLE_RATE)
    sentence = (len(sound) - first - pause - end) // 2
    assert len(sound) == first + 2 * sentence + pause + end
    assert sound[first : first + sentence] == sound[first + sentence + pause : -end]
    assert measure(sound[first : first + sentence]).rms > 0.1
    assert measure(sound[first + sentence : first + sentence + pause]).peak == 0
    assert engine.runs == 1
    assert 10 < len(sound) / SAMPLE_RATE < 18


def test_the_same_call_again_is_the_same_bytes_without_the_engine(tmp_path: Path, engine: CountingEngine) -> None:
    voice = announcer(tmp_path, engine)
    first = voice.speak(CALL)
    assert voice.speak(CALL) == first
    assert announcer(tmp_path, engine).speak(Call("A-001", "3")) == first
    assert engine.runs == 1
    assert voice.speak(Call("A002", "Loket 3")) != first
    assert engine.runs == 2


def test_all_displays_asking_at_once_make_it_once(tmp_path: Path, engine: CountingEngine) -> None:
    voice, together, heard = announcer(tmp_path, engine), Barrier(6), []

    def ask() -> None:
        together.wait()
        heard.append(voice.speak(CALL))

    threads = [Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert engine.runs == 1
    assert len(heard) == 6
    assert len(set(heard)) == 1


def test_recordings_speak_when_they_are_complete_and_the_engine_rests(tmp_path: Path) -> None:
    engine = PretendVoice(broken="mesin mati")
    record_words(tmp_path / "rekaman", *BASE_WORDS, "a")
    voice = announcer(tmp_path, engine)
    wav = voice.speak(CALL)
    spoken = Recordings(tmp_path / "rekaman").assemble(read_call(CALL))
    assert spoken is not None
    start = len(chime()) + round(0.15 * SAMPLE_RATE)
    assert from_wav(wav)[start : start + len(spoken)] == spoken
    with pytest.raises(VoiceUnavailable, match="mesin mati"):
        voice.speak(Call("B001", "Loket 3"))


def test_a_word_without_a_recording_gives_the_whole_sentence_to_the_engine(tmp_path: Path) -> None:
    engine = PretendVoice()
    record_words(tmp_path / "rekaman", *BASE_WORDS, "a")
    announcer(tmp_path, engine).speak(Call("B001", "Loket 3"))
    assert engine.said == ["Nomor antrean, be, nol, nol, satu. Silakan menuju loket tiga."]


def test_a_recording_dropped_in_is_heard_at_the_next_call(tmp_path: Path) -> None:
    voice = announcer(tmp_path, PretendVoice())
    before = voice.speak(CALL)
    record_words(tmp_path / "rekaman", *BASE_WORDS, "a")
    after = voice.speak(CALL)
    assert len(after) > len(before)
    record(tmp_path / "rekaman" / "chime.wav", tone(880, 0.25))
    assert from_wav(voice.speak(CALL))[: len(tone(880, 0.25))] == tone(880, 0.25)


def test_whatever_decides_the_sound_decides_the_key(tmp_path: Path, engine: CountingEngine) -> None:
    voice = announcer(tmp_path, engine)
    keys = {
        voice.fingerprint(CALL),
        voice.fingerprint(CALL, repeat=1),
        voice.fingerprint(Call("A001", "Loket 4")),
        announcer(tmp_path, PretendVoice()).fingerprint(CALL),
        announcer(tmp_path, engine, samsat="es a em").fingerprint(Call("A001", "Samsat")),
        voice.fingerprint(Call("A001", "Samsat")),
    }
    assert len(keys) == 6
    assert voice.fingerprint(CALL) in keys


def test_a_sentence_of_the_halls_own_is_spoken_by_the_engine(tmp_path: Path) -> None:
    engine = PretendVoice()
    announcer(tmp_path, engine).announcement("  Layanan dibuka kembali pukul satu siang. ", repeat=1)
    assert engine.said == ["Layanan dibuka kembali pukul satu siang."]


def test_without_a_voice_there_is_still_the_chime_and_the_words(tmp_path: Path) -> None:
    voice = announcer(tmp_path, PretendVoice(broken="mesin mati"))
    with pytest.raises(VoiceUnavailable):
        voice.speak(CALL)
    assert from_wav(voice.chime_only()) == chime()
    assert voice.caption(CALL) == "Nomor antrean, A, nol, nol, satu. Silakan menuju loket tiga."


def test_a_voice_that_comes_back_is_used_again(tmp_path: Path) -> None:
    engine = PretendVoice(broken="mesin mati")
    voice = announcer(tmp_path, engine)
    with pytest.raises(VoiceUnavailable):
        voice.speak(CALL)
    engine.broken = None
    assert voice.speak(CALL)


@pytest.mark.parametrize("what", ["", "  ", Call("", "Loket 3"), Call("A001", "-")])
def test_nothing_to_say_is_refused_with_a_code(tmp_path: Path, what: str | Call) -> None:
    with pytest.raises(VoiceUnavailable) as refused:
        announcer(tmp_path, PretendVoice()).announcement(what)
    assert refused.value.code == "voice_unavailable"


@pytest.mark.parametrize("repeat", [0, 6])
def test_nobody_repeats_for_ever(tmp_path: Path, repeat: int) -> None:
    with pytest.raises(ValueError, match="1 sampai 5"):
        announcer(tmp_path, PretendVoice()).announcement(CALL, repeat=repeat)


def test_problems_are_told_in_sentences(tmp_path: Path) -> None:
    assert announcer(tmp_path, PretendVoice()).find_problems() == []
    record_words(tmp_path / "rekaman", *(word for word in BASE_WORDS if word != "dua"))
    (tmp_path / "rekaman" / "a.wav").write_bytes(b"rusak")
    voice = announcer(tmp_path, PretendVoice(broken="Mesin suara gagal."))
    told = voice.find_problems(prefixes=["A"], counters=["Loket 1"])
    assert told[0] == "Mesin suara gagal."
    assert told[1].startswith("Rekaman a.wav: bukan WAV")
    assert told[2].startswith("Rekaman belum ada: dua, a.")


@pytest.mark.parametrize("kind", ["announcer", "pretend"])
def test_the_house_can_hold_either_voice(tmp_path: Path, kind: str) -> None:
    engine = PretendVoice()
    voice: Speaker = announcer(tmp_path, engine) if kind == "announcer" else engine
    assert shape(voice.speak(CALL)) == (22_050, 1, 2)
    assert engine.said == [read_call(CALL).spoken]
    with pytest.raises(VoiceUnavailable):
        voice.speak(Call("", ""))
