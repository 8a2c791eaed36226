"""Locks that serve in order of asking and let nobody wait for ever."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hall.fairness import FairLock, FileLock, LockTimeout, LockUnusable


def stand_behind(lock: FairLock, people: int) -> None:
    """Until that many wait."""
    while len(lock._waiting) < people:
        time.sleep(0.001)


def test_the_lock_serves_in_order_of_asking() -> None:
    lock, served, threads = FairLock(), [], []

    def take(nr: int) -> None:
        with lock:
            served.append(nr)

    with lock:
        for nr in range(30):
            threads.append(threading.Thread(target=take, args=(nr,)))
            threads[-1].start()
            stand_behind(lock, nr + 1)
    for thread in threads:
        thread.join(timeout=10)
    assert served == list(range(30))


def test_nobody_overtakes_by_coming_back_at_once() -> None:
    """Whoever leaves and asks again stands behind those who waited, however fast it is."""
    lock, served = FairLock(), []

    def patient() -> None:
        with lock:
            served.append("patient")

    lock.__enter__()
    waiting = threading.Thread(target=patient)
    waiting.start()
    stand_behind(lock, 1)
    lock.__exit__(None, None, None)
    with lock:
        served.append("hasty")
    waiting.join(timeout=10)
    assert served == ["patient", "hasty"]


def test_only_one_is_inside() -> None:
    lock, inside, most = FairLock(), 0, 0

    def come_and_go() -> None:
        nonlocal inside, most
        for _ in range(200):
            with lock:
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=come_and_go) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert (most, inside) == (1, 0)


def test_whoever_waits_too_long_is_told_and_the_others_keep_their_places() -> None:
    lock, served = FairLock(), []

    def wait_long() -> None:
        with lock:
            served.append("patient")

    with lock:
        behind = threading.Thread(target=wait_long)
        behind.start()
        stand_behind(lock, 1)
        time.sleep(0.05)  # it has looked at its patience by now
        lock._patience = 0.01
        with pytest.raises(LockTimeout):
            lock.__enter__()
        assert len(lock._waiting) == 1
    behind.join(timeout=10)
    assert served == ["patient"]
    assert not lock._taken


def test_after_a_fault_inside_the_next_one_is_served() -> None:
    lock = FairLock(patience=1)
    with pytest.raises(ZeroDivisionError), lock:
        raise ZeroDivisionError
    with lock:
        assert lock._taken
    assert not lock._taken


def test_a_crowd_that_gives_up_again_and_again_leaves_the_lock_whole() -> None:
    lock, served = FairLock(patience=0.002), []

    def try_often() -> None:
        for _ in range(40):
            try:
                with lock:
                    served.append(1)
                    time.sleep(0.001)
            except LockTimeout:
                continue

    threads = [threading.Thread(target=try_often) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(served) >= 40
    assert (lock._taken, len(lock._waiting)) == (False, 0)
    with lock:
        pass


def test_a_file_lock_keeps_another_process_out_until_it_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "it.turn"
    mine = FileLock(path)
    code = (
        "import fcntl, os, sys\n"
        "handle = os.open(sys.argv[1], os.O_RDWR)\n"
        "try:\n    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
        "except BlockingIOError:\n    sys.exit(7)\n"
    )

    def other() -> int:
        return subprocess.run([sys.executable, "-c", code, str(path)], timeout=20, check=False).returncode

    with mine:
        assert other() == 7
    assert other() == 0
    with pytest.raises(ZeroDivisionError), mine:
        raise ZeroDivisionError
    assert other() == 0
    mine.close()


def test_the_system_frees_the_file_lock_of_a_process_that_died(tmp_path: Path) -> None:
    path = tmp_path / "it.turn"
    code = (
        "import sys; from pathlib import Path; from hall.fairness import FileLock\n"
        "FileLock(Path(sys.argv[1])).__enter__(); print('in', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "in\n"
        holder.kill()
    lock = FileLock(path)
    with lock:
        assert os.path.exists(path)
    lock.close()


def test_a_lock_file_that_cannot_be_made_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(LockUnusable), FileLock(tmp_path / "nowhere" / "it.turn"):
        pass


class HandedOverTooLate(FairLock):
    """Its holder leaves at the very moment in which the one who waits gives up."""

    def _stopped_waiting(self, mine: threading.Lock, joins: bool) -> bool:
        self.release()
        return super()._stopped_waiting(mine, joins)


def test_a_lock_handed_to_somebody_who_just_gave_up_is_theirs_after_all() -> None:
    lock = HandedOverTooLate(patience=0.01)
    lock.acquire()
    lock.acquire()  # waits in vain for the first, which leaves too late
    assert lock._taken
    lock.release()
    assert not lock._taken


def test_a_lock_is_handed_over_only_to_those_who_join() -> None:
    lock = FairLock()
    lock.acquire()
    assert not lock.hand_over(), "nobody waits"
    came: list[str] = []

    def come(name: str, joins: bool) -> None:
        lock.acquire(joins=joins)
        came.append(name)

    alone = threading.Thread(target=come, args=("alone", False))
    alone.start()
    stand_behind(lock, 1)
    assert not lock.hand_over(), "the first in line wants the lock for itself"
    lock.release()
    alone.join()
    joining = threading.Thread(target=come, args=("joining", True))
    joining.start()
    stand_behind(lock, 1)
    assert lock.hand_over()
    joining.join()
    assert came == ["alone", "joining"] and lock._taken
