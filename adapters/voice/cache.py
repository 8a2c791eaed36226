"""Sounds kept on disk so that each is made once, however many screens ask for it at the same moment."""

from __future__ import annotations

import logging
import os
import re
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

_log = logging.getLogger(__name__)
_OURS = re.compile(r"[0-9a-f]{64}\.wav|tmp-[^/]+\.part")
_KEY = re.compile(r"[0-9a-f]{64}")


class SoundCache:
    """WAV files under one folder, named by a hash of what decides the sound; the least recently used go first.

    Safe for threads; several processes may share the folder (a sound may then be made twice, never torn).
    """

    def __init__(self, folder: Path, *, most_bytes: int = 200_000_000) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._making: dict[str, Future[bytes]] = {}

    def get_or_make(self, key: str, make: Callable[[], bytes]) -> bytes:
        """The sound of this key (64 hexadecimal digits), made with `make` when it is not kept.

        Who asks while it is being made waits for that one and gets its error if it fails; a failure is not kept.
        A full or forbidden disk costs the keeping, not the sound.
        """
        if not _KEY.fullmatch(key):
            raise ValueError(f"not a cache key: {key!r}")
        with self._lock:
            making = self._making.get(key)
            mine = making is None
            if making is None:
                making = self._making[key] = Future()
        if not mine:
            return making.result()
        try:
            sound = self._read(key)
            if sound is None:
                sound = make()
                self._keep(key, sound)
            making.set_result(sound)
        except BaseException as error:  # those who wait must be told of every end, or they would wait for ever
            making.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._making[key]
        return sound

    def _read(self, key: str) -> bytes | None:
        path = self._folder / f"{key}.wav"
        try:
            sound = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        # A power cut can leave a short file behind its finished name: it is made again, not played.
        return sound if sound[:4] == b"RIFF" and int.from_bytes(sound[4:8], "little") == len(sound) - 8 else None

    def _keep(self, key: str, sound: bytes) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix="tmp-", suffix=".part", dir=self._folder)
            try:
                with open(handle, "wb") as file:
                    file.write(sound)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(name, self._folder / f"{key}.wav")
            except OSError:
                os.unlink(name)
                raise
            self._make_room()
        except OSError as error:
            _log.warning("suara tidak dapat disimpan di %s: %s", self._folder, error)

    def _make_room(self) -> None:
        kept: list[tuple[int, int, Path]] = []
        for path in self._folder.iterdir():
            if _OURS.fullmatch(path.name):  # a folder set by mistake must not lose what is not ours
                try:
                    state = path.stat()
                except FileNotFoundError:
                    continue  # another process made room at the same time
                kept.append((state.st_mtime_ns, state.st_size, path))
        total = sum(size for _, size, _ in kept)
        kept.sort()
        for _, size, path in kept[:-1]:  # the newest stays, even when it alone is more than the bound
            if total <= self._most_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size
