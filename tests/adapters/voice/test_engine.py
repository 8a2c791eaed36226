"""The real espeak-ng in its real process: what it says, and what happens when it crashes, hangs or talks nonsense."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from adapters.voice.engine import EspeakEngine, VoiceSettings
from adapters.voice.espeak import SOUNDS, mark_up
from adapters.voice.reading import Call, read_call
from adapters.voice.sound import SAMPLE_RATE, from_wav, measure
from adapters.voice.speaker import VoiceUnavailable
from tests.adapters.voice.sounds import shape

SENTENCE = read_call(Call("A001", "Loket 3")).spoken


@pytest.fixture
def engine() -> Iterator[EspeakEngine]:
    engine = EspeakEngine()
    yield engine
    engine.close()


def pretend_worker(tmp_path: Path, source: str, *, timeout: float = 5.0) -> EspeakEngine:
    """An engine whose process is this script instead."""
    script = tmp_path / "worker.py"
    script.write_text(source)
    return EspeakEngine(timeout=timeout, command=(sys.executable, str(script)))


def seconds(wav: bytes) -> float:
    return len(from_wav(wav)) / SAMPLE_RATE


def test_a_sentence_becomes_a_sound_of_sensible_length_and_loudness(engine: EspeakEngine) -> None:
    wav = engine.say(SENTENCE)
    assert shape(wav) == (22_050, 1, 2)
    assert 4 < seconds(wav) < 8
    loud = measure(from_wav(wav))
    assert 0.1 < loud.rms < 0.2
    assert 0.5 < loud.peak <= 0.89


def test_longer_text_takes_longer(engine: EspeakEngine) -> None:
    assert seconds(engine.say("satu")) < seconds(engine.say("satu, dua")) < seconds(engine.say("satu, dua, tiga"))


def test_the_sentence_pauses_before_the_counter(engine: EspeakEngine) -> None:
    assert seconds(engine.say(SENTENCE)) > seconds(engine.say(SENTENCE.replace(". S", " s"))) + 0.2


def test_settings_are_heard(engine: EspeakEngine) -> None:
    slow = EspeakEngine(VoiceSettings(rate=100))
    try:
        assert seconds(slow.say(SENTENCE)) > 1.2 * seconds(engine.say(SENTENCE))
        assert slow.signature != engine.signature
    finally:
        slow.close()


@pytest.mark.parametrize("wrong", [{"rate": 20}, {"rate": 900}, {"pitch": -1}, {"spread": 100}, {"gap": 51}])
def test_settings_nobody_could_follow_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        VoiceSettings(**wrong)  # type: ignore[arg-type]


def test_one_process_serves_many_sentences(engine: EspeakEngine) -> None:
    before = engine.process_id
    engine.say("satu")
    first = engine.process_id
    engine.say("dua")
    assert before is None
    assert first is not None
    assert engine.process_id == first


def test_a_killed_engine_is_started_again_within_the_same_sentence(engine: EspeakEngine) -> None:
    engine.say("satu")
    killed = engine.process_id
    assert killed is not None
    os.kill(killed, signal.SIGSEGV)
    assert seconds(engine.say(SENTENCE)) > 4
    assert engine.process_id not in (None, killed)


def test_an_engine_that_dies_on_every_sentence_is_unavailable_with_a_reason(tmp_path: Path) -> None:
    source = "import os, signal, sys\nsys.stdin.readline()\nos.kill(os.getpid(), signal.SIGSEGV)\n"
    engine = pretend_worker(tmp_path, source)
    with pytest.raises(VoiceUnavailable, match="sinyal 11"):
        engine.say("satu")
    assert engine.process_id is None


def test_an_engine_that_hangs_is_ended_and_the_next_sentence_starts_anew(tmp_path: Path) -> None:
    source = (
        "import os, sys, time\nsys.stdin.readline()\nmark = sys.argv[0] + '.pid'\n"
        'if os.path.exists(mark): print(\'{"error": "yang kedua"}\', flush=True)\n'
        "open(mark, 'w').write(str(os.getpid()))\ntime.sleep(60)\n"
    )
    engine = pretend_worker(tmp_path, source, timeout=2.0)
    with pytest.raises(VoiceUnavailable, match="2 detik"):
        engine.say("satu")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "worker.py.pid").read_text()), 0)
    with pytest.raises(VoiceUnavailable, match="yang kedua"):
        engine.say("satu")
    engine.close()


def test_half_an_answer_does_not_become_half_a_sound(tmp_path: Path) -> None:
    source = "import sys\nsys.stdin.readline()\nsys.stdout.write('{\"bytes\": 1000}\\nRIFF')\n"
    with pytest.raises(VoiceUnavailable, match="status 0"):
        pretend_worker(tmp_path, source).say("satu")


@pytest.mark.parametrize("nonsense", ["halo", "[]", '{"bytes": "x"}', '{"bytes": 1}\\nXXX', "z" * 2000])
def test_nonsense_from_the_engine_is_not_played(tmp_path: Path, nonsense: str) -> None:
    source = f"import sys, time\nsys.stdin.readline()\nprint('{nonsense}', flush=True)\ntime.sleep(60)\n"
    engine = pretend_worker(tmp_path, source)
    with pytest.raises(VoiceUnavailable, match="jawabannya"):
        engine.say("satu")
    assert engine.process_id is None


def test_a_program_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    with pytest.raises(VoiceUnavailable, match="tidak dapat dijalankan"):
        EspeakEngine(command=(str(tmp_path / "tidak-ada"),)).say("satu")


def test_an_unknown_voice_is_told_and_does_not_end_the_process(tmp_path: Path) -> None:
    engine = EspeakEngine(VoiceSettings(voice="tidak-ada"))
    try:
        with pytest.raises(VoiceUnavailable, match="tidak mengenal suara 'tidak-ada'"):
            engine.say("satu")
        assert engine.process_id is not None
    finally:
        engine.close()


@pytest.mark.parametrize("text", ["", "...", "x" * 601])
def test_text_without_a_sound_or_without_an_end_is_refused(engine: EspeakEngine, text: str) -> None:
    with pytest.raises(VoiceUnavailable) as refused:
        engine.say(text)
    assert (refused.value.status, refused.value.code) == (503, "voice_unavailable")


def test_many_threads_share_one_engine_and_each_gets_its_own_sentence(engine: EspeakEngine) -> None:
    texts = {"satu": 0.0, "satu, dua, tiga": 0.0, "satu, dua, tiga, empat, lima, enam": 0.0}

    def ask(text: str) -> None:
        texts[text] = seconds(engine.say(text))

    threads = [Thread(target=ask, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lengths = list(texts.values())
    assert 0 < lengths[0] < lengths[1] < lengths[2]


def test_the_engine_ends_when_the_server_is_killed(tmp_path: Path) -> None:
    source = (
        "import time\nfrom adapters.voice.engine import EspeakEngine\nengine = EspeakEngine()\nengine.say('satu')\n"
        "print(engine.process_id, flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        worker = int(server.stdout.readline())
        watch = os.pidfd_open(worker)
        server.kill()
    try:
        assert select.select([watch], [], [], 10)[0], "the engine outlived the server"
    finally:
        os.close(watch)


def test_a_hung_worker_ends_itself_even_when_nobody_is_left_to_end_it(tmp_path: Path) -> None:
    source = (
        "import io, json, sys, time\nfrom adapters.voice import espeak\n"
        "espeak.speak_request = lambda engine, request: time.sleep(60)\n"
        "line = json.dumps({'text': 'satu', 'voice': 'id', 'seconds': 1}).encode()\n"
        "espeak.serve(io.BytesIO(line), sys.stdout.buffer)\n"
    )
    assert subprocess.run([sys.executable, "-c", source], check=False, timeout=30).returncode == -signal.SIGALRM


def test_an_interrupt_at_the_servers_terminal_does_not_reach_the_engine(engine: EspeakEngine) -> None:
    engine.say("satu")
    assert engine.process_id is not None
    assert os.getsid(engine.process_id) != os.getsid(0)


def test_what_the_library_prints_does_not_get_into_the_answers() -> None:
    source = (
        "import os\nfrom adapters.voice.espeak import take_stdout\nanswers = take_stdout()\n"
        "os.write(1, b'noise')\nprint('noise', flush=True)\nanswers.write(b'sound')\nanswers.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, check=True)
    assert done.stdout == b"sound"


def test_the_engine_can_be_tried_by_hand(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "adapters.voice.engine"]
    done = subprocess.run(command, input=b"Nomor antrean, a, nol, satu.", capture_output=True, check=True)
    assert seconds(done.stdout) > 2


def test_the_engine_is_found_from_any_folder_and_takes_no_stray_module_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wave.py").write_text("raise SystemExit('stray module')")
    monkeypatch.chdir(tmp_path)
    engine = EspeakEngine()
    try:
        assert seconds(engine.say("satu")) > 0.2
    finally:
        engine.close()


def test_text_cannot_give_the_engine_commands() -> None:
    assert mark_up("[[x]] <audio src='/etc/passwd'> Loket") == f"  x    audio src='/etc/passwd'  [[{SOUNDS['loket']}]]"


@pytest.mark.parametrize("word", sorted(SOUNDS))
def test_a_corrected_word_uses_sounds_that_the_indonesian_voice_has(engine: EspeakEngine, word: str) -> None:
    assert re.fullmatch(r"(?:aI|tS|dZ|R2|_\||[',@aEeioObdghjklmnNprRstuwz])+", SOUNDS[word])
    assert 0.2 < seconds(engine.say(word)) < 1.5
