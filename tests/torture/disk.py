"""A disk under SQLite that can lose its power and can fail: it knows of every file what is safe and what is not yet.

The hall's own engine and driver run on it: a VFS of SQLite is laid over the machine's, in the very library that
Python's ``sqlite3`` uses. What is written goes on to the real file; beside it stands what of it has been synced. At a
cut nothing but that is certain: of every write since, each sector may have come to the disk, half of it, or not.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import random
import threading
from collections.abc import Callable, Sequence
from ctypes import CFUNCTYPE, Structure, c_char_p, c_int, c_int64, c_void_p
from dataclasses import dataclass, field
from pathlib import Path

OK, FULL, CANT_OPEN = 0, 13, 14
READ, WRITE, SYNC, TRUNCATE, DELETE, MAP = (10 | nr << 8 for nr in (1, 3, 4, 6, 10, 21))  # I/O errors, by what failed
SYNC_DIRECTORY_TOO = ("-wal", "-journal")  # the machine's VFS makes the name of a new log safe with its first sync

_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_Delete = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
_Close = CFUNCTYPE(c_int, c_void_p)
_Move = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)  # read and write
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)
_Map = CFUNCTYPE(c_int, c_void_p, c_int, c_int, c_int, c_void_p)


class _Vfs(Structure):
    """``sqlite3_vfs``; what is not looked at here is copied as it is."""

    _fields_ = (
        ("version", c_int),
        ("size_of_file", c_int),
        ("longest_path", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", c_void_p),
        ("delete", c_void_p),
        ("rest", c_void_p * 14),
    )


class _Methods(Structure):
    """``sqlite3_io_methods``."""

    _fields_ = (
        ("version", c_int),
        *((name, c_void_p) for name in ("close", "read", "write", "truncate", "sync")),
        ("locks", c_void_p * 7),
        ("map", c_void_p),
        ("rest", c_void_p * 5),
    )


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes on their way to the disk; ``data`` None: the file is to end at ``at``."""

    at: int
    data: bytes | None


@dataclass
class File:
    """One file: what is safe, what came since, and whether its name would be found after a cut."""

    named: bool
    safe: bytearray
    since: list[Write] = field(default_factory=list)

    def sync(self) -> None:
        """All that was written is safe."""
        for write in self.since:
            _put(self.safe, write)
        self.since.clear()

    def fail_to_sync(self, dice: random.Random) -> None:
        """Of what was written some is on the disk, and the system forgets that the rest is not."""
        self.safe = bytearray(_survivors(self.safe, self.since, 512, dice.choice((1.0, 0.5, 0.0)), dice))
        self.since.clear()


@dataclass(frozen=True, slots=True)
class Cut:
    """The disk at the moment when the power went: by name what is safe, what is not, and whether the name is."""

    files: dict[str, tuple[bytes, tuple[Write, ...], bool]]
    gone: dict[str, bytes]  # deleted, but not yet for certain

    def leave(self, folder: Path, dice: random.Random) -> None:
        """Writes into ``folder`` what the next start finds. A shared-memory file that survived holds anything."""
        sector = dice.choice((512, 4096))
        mood = dice.choice((0.0, 1.0, 0.5, 0.5, 0.9, 0.1))
        for name, content in self.gone.items():
            if name not in self.files and dice.random() < 0.5:
                (folder / name).write_bytes(content)
        for name, (safe, since, named) in self.files.items():
            if named or dice.random() < 0.5:
                (folder / name).write_bytes(_survivors(safe, since, sector, mood, dice))
            elif name in self.gone and dice.random() < 0.5:
                (folder / name).write_bytes(self.gone[name])


def _survivors(safe: bytes | bytearray, since: Sequence[Write], sector: int, mood: float, dice: random.Random) -> bytes:
    """One of the states in which the disk may be: of each sector any version that it ever was to have."""
    content = bytearray(safe)
    for write in since:
        if write.data is None:
            if dice.random() < mood:
                _put(content, write)
            continue
        done = 0
        while done < len(write.data):
            size = min(sector - (write.at + done) % sector, len(write.data) - done)
            if dice.random() < mood:
                kept = (
                    size if mood == 1 or dice.random() < 0.9 else dice.randrange(size)
                )  # torn in the middle of a sector
                _put(content, Write(write.at + done, write.data[done : done + kept]))
            done += size
    return bytes(content)


def _put(content: bytearray, write: Write) -> None:
    if write.data is None:
        del content[write.at :]
        content.extend(bytes(write.at - len(content)))
    elif write.data:
        content.extend(bytes(max(0, write.at - len(content))))
        content[write.at : write.at + len(write.data)] = write.data


Fault = Callable[[str, str], int]  # (what is done, to which file) -> OK or the error that SQLite is given


class Disk:
    """The disk of one folder, while the ``with`` lasts. One at a time in a process; other folders notice nothing.

    ``before`` is asked before every operation; ``operations`` counts them. A sync that fails has lost what it was to
    make safe, as on Linux: a later one that succeeds does not bring it back.
    """

    def __init__(self, folder: Path, before: Fault = lambda what, name: OK) -> None:
        self.folder = folder.resolve()
        self.before = before
        self.operations = 0
        self.guard = threading.RLock()
        self._dice = random.Random(folder.name)
        self._files: dict[str, File] = {}
        self._gone: dict[str, bytes] = {}
        for path in self.folder.iterdir():
            if path.is_file():
                self._files[path.name] = File(True, bytearray(path.read_bytes()))

    def __enter__(self) -> Disk:
        assert _laid.disk is None
        _laid.disk = self
        _lib.sqlite3_vfs_register(ctypes.byref(_laid.vfs), 1)
        return self

    def __exit__(self, *_: object) -> None:
        _lib.sqlite3_vfs_register(_laid.machine, 1)
        _laid.disk = None

    def cut(self) -> Cut:
        """The disk as it stands, for :meth:`Cut.leave`. Whoever works on goes on."""
        with self.guard:
            files = {
                name: (bytes(file.safe), tuple(file.since), file.named)
                for name, file in self._files.items()
                if not name.endswith(("-shm", ".turn"))
            }
            return Cut(files, dict(self._gone))

    def asked(self, what: str, name: str) -> int:
        """Counts an operation and says what becomes of it."""
        self.operations += 1
        return self.before(what, name)

    def opened(self, name: str) -> None:
        if name not in self._files:
            self._files[name] = File(not name.endswith(SYNC_DIRECTORY_TOO), bytearray())

    def wrote(self, name: str, at: int, data: bytes | None) -> None:
        self._files[name].since.append(Write(at, data))

    def synced(self, name: str, fault: int) -> None:
        file = self._files[name]
        if fault:
            file.fail_to_sync(self._dice)
            return
        file.sync()
        if not file.named:
            file.named = True
            self._gone.clear()  # the folder itself was synced

    def deleted(self, name: str, for_certain: bool) -> None:
        file = self._files.pop(name, None)
        if for_certain:
            self._gone.clear()
        elif file is not None and file.named:
            self._gone[name] = bytes(file.safe)


class _Laid:
    """What is laid over the machine's VFS; kept for good, since SQLite holds pointers to it."""

    def __init__(self) -> None:
        self.disk: Disk | None = None
        self.machine: int = _lib.sqlite3_vfs_find(None)
        self.vfs = _Vfs.from_buffer_copy(_Vfs.from_address(self.machine))
        self.files: dict[int, tuple[Disk, str]] = {}  # by where SQLite keeps the open file
        self.tables: dict[int, _Methods] = {}
        self.kept: list[object] = []


def _library() -> ctypes.CDLL:
    lib = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
    lib.sqlite3_vfs_find.restype = c_void_p
    lib.sqlite3_vfs_register.argtypes = (c_void_p, c_int)
    return lib


def _lay() -> None:
    machine = _Vfs.from_address(_laid.machine)
    _laid.vfs.name = b"antre-torture"
    open_, delete = _Open(machine.open), _Delete(machine.delete)

    def opening(_: int, path: int | None, file: int, flags: int, out: int | None) -> int:
        disk, real = _laid.disk, ctypes.string_at(path).decode() if path else ""
        name = Path(real).name
        if disk is None or not real or Path(real).parent != disk.folder:
            return int(open_(_laid.machine, path, file, flags, out))
        with disk.guard:
            fault = disk.asked("open", name)
            if fault:
                c_void_p.from_address(file).value = None
                return fault
            done: int = open_(_laid.machine, path, file, flags, out)
            if done == OK:
                pointer = c_void_p.from_address(file)
                assert pointer.value is not None
                disk.opened(name)
                _laid.files[file] = (disk, name)
                pointer.value = ctypes.addressof(_methods(pointer.value))
            return done

    def deleting(_: int, path: bytes, sync: int) -> int:
        disk, real = _laid.disk, Path(path.decode())
        if disk is None or real.parent != disk.folder:
            return int(delete(_laid.machine, path, sync))
        with disk.guard:
            done = disk.asked("delete", real.name) or delete(_laid.machine, path, sync)
            if done == OK:
                disk.deleted(real.name, bool(sync))
            return done

    _laid.kept += [open_, delete, o := _Open(opening), d := _Delete(deleting)]
    _laid.vfs.open, _laid.vfs.delete = (ctypes.cast(f, c_void_p).value for f in (o, d))


def _methods(table: int) -> _Methods:
    """The machine's methods of a file, with those that change the disk replaced."""
    if table in _laid.tables:
        return _laid.tables[table]
    machine = _Methods.from_address(table)
    close, read, write = _Close(machine.close), _Move(machine.read), _Move(machine.write)
    truncate = _Truncate(machine.truncate)
    map_ = _Map(machine.map) if machine.map else None  # logs have no shared memory

    def closing(file: int) -> int:
        _laid.files.pop(file, None)
        return int(close(file))

    def reading(file: int, data: int, size: int, at: int) -> int:
        disk, name = _laid.files[file]
        with disk.guard:
            return disk.asked("read", name) or read(file, data, size, at)

    def writing(file: int, data: int, size: int, at: int) -> int:
        disk, name = _laid.files[file]
        with disk.guard:
            fault = disk.asked("write", name)
            size = size // 2 if fault else size  # what failed may have been written in part
            done: int = write(file, data, size, at) if size else OK
            if done == OK:
                disk.wrote(name, at, ctypes.string_at(data, size))
            return fault or done

    def truncating(file: int, size: int) -> int:
        disk, name = _laid.files[file]
        with disk.guard:
            done = disk.asked("truncate", name) or truncate(file, size)
            if done == OK:
                disk.wrote(name, size, None)
            return done

    def syncing(file: int, flags: int) -> int:
        disk, name = _laid.files[file]
        with disk.guard:
            fault = disk.asked("sync", name)
            disk.synced(name, fault)
            return fault  # the real disk need not be waited for

    def mapping(file: int, region: int, size: int, extend: int, out: int) -> int:
        disk, name = _laid.files[file]
        assert map_ is not None
        with disk.guard:
            fault = disk.asked("map", f"{name}-shm")
            if fault:
                c_void_p.from_address(out).value = None
            return fault or map_(file, region, size, extend, out)

    made = _Methods.from_buffer_copy(machine)
    for name, function in (
        ("close", _Close(closing)),
        ("read", _Move(reading)),
        ("write", _Move(writing)),
        ("truncate", _Truncate(truncating)),
        ("sync", _Sync(syncing)),
        *((("map", _Map(mapping)),) if map_ else ()),
    ):
        _laid.kept.append(function)
        setattr(made, name, ctypes.cast(function, c_void_p).value)
    _laid.tables[table] = made
    return made


_lib = _library()
_laid = _Laid()
_lay()
