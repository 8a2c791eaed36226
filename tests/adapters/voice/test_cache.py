"""Sounds kept on disk: once made, never torn, never more than the bound."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest

from adapters.voice.cache import SoundCache
from adapters.voice.sound import to_wav
from tests.adapters.voice.sounds import tone

SOUND = to_wav(tone(440, 0.1))


def key(sign: str) -> str:
    return sign * 64


def never() -> bytes:
    raise AssertionError("made again")


def test_what_is_kept_is_not_made_again(tmp_path: Path) -> None:
    SoundCache(tmp_path / "suara").get_or_make(key("a"), lambda: SOUND)
    assert SoundCache(tmp_path / "suara").get_or_make(key("a"), never) == SOUND
    assert [path.name for path in (tmp_path / "suara").iterdir()] == [f"{key('a')}.wav"]


def test_two_who_ask_at_once_get_one_sound_made_once(tmp_path: Path) -> None:
    cache, made, heard, together = SoundCache(tmp_path), [], [], Barrier(8)
    started, go_on = Event(), Event()

    def make() -> bytes:
        made.append(1)
        started.set()
        go_on.wait(10)
        return SOUND

    def ask() -> None:
        together.wait()
        heard.append(cache.get_or_make(key("a"), make))

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    started.wait(10)
    go_on.set()
    for thread in threads:
        thread.join()
    assert made == [1]
    assert heard == [SOUND] * 8


def test_different_sounds_are_made_side_by_side(tmp_path: Path) -> None:
    cache, inside = SoundCache(tmp_path), Barrier(2, timeout=10)

    def make() -> bytes:
        inside.wait()  # passes only when both are being made at the same time
        return SOUND

    other = Thread(target=cache.get_or_make, args=(key("a"), make))
    other.start()
    assert cache.get_or_make(key("b"), make) == SOUND
    other.join()


def test_a_failure_is_told_to_all_who_wait_and_not_kept(tmp_path: Path) -> None:
    cache, started, go_on, told = SoundCache(tmp_path), Event(), Event(), []

    def fail() -> bytes:
        started.set()
        go_on.wait(10)
        raise RuntimeError("mesin mati")

    def ask() -> None:
        try:
            cache.get_or_make(key("a"), fail)
        except RuntimeError as error:
            told.append(str(error))

    threads = [Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    started.wait(10)
    go_on.set()
    for thread in threads:
        thread.join()
    assert told == ["mesin mati"] * 3
    assert cache.get_or_make(key("a"), lambda: SOUND) == SOUND


@pytest.mark.parametrize("torn", [b"", SOUND[:20], SOUND[:-1], b"\0" * len(SOUND)])
def test_a_file_torn_by_a_power_cut_is_made_again(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / f"{key('a')}.wav").write_bytes(torn)
    assert SoundCache(tmp_path).get_or_make(key("a"), lambda: SOUND) == SOUND
    assert (tmp_path / f"{key('a')}.wav").read_bytes() == SOUND


def test_the_longest_unused_goes_first_and_the_bound_holds(tmp_path: Path) -> None:
    cache = SoundCache(tmp_path, most_bytes=3 * len(SOUND))
    for place, sign in enumerate("abc"):
        cache.get_or_make(key(sign), lambda: SOUND)
        os.utime(tmp_path / f"{key(sign)}.wav", (1000 + place, 1000 + place))
    cache.get_or_make(key("a"), never)
    cache.get_or_make(key("d"), lambda: SOUND)
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["a", "c", "d"]


def test_what_is_not_ours_is_never_removed(tmp_path: Path) -> None:
    (tmp_path / "rekaman.wav").write_bytes(SOUND * 10)
    (tmp_path / "tmp-lama.part").write_bytes(SOUND)
    os.utime(tmp_path / "tmp-lama.part", (1000, 1000))
    SoundCache(tmp_path, most_bytes=len(SOUND)).get_or_make(key("a"), lambda: SOUND)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{key('a')}.wav", "rekaman.wav"]


def test_a_disk_that_takes_nothing_costs_the_keeping_not_the_sound(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "berkas").write_text("bukan folder")
    with caplog.at_level(logging.WARNING):
        assert SoundCache(tmp_path / "berkas" / "suara").get_or_make(key("a"), lambda: SOUND) == SOUND
    assert "tidak dapat disimpan" in caplog.text


def test_a_write_that_fails_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert SoundCache(tmp_path).get_or_make(key("a"), lambda: SOUND) == SOUND
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", ["", "../../etc/passwd", "A" * 64, "a" * 63])
def test_a_key_cannot_name_another_file(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ValueError, match="not a cache key"):
        SoundCache(tmp_path).get_or_make(wrong, never)
