"""A bad line between a server and its screens: cut, silent, slow, and one that repeats and overtakes itself."""

from __future__ import annotations

import asyncio
import random
import resource
import socket
import struct
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

RESET = struct.pack("ii", 1, 0)  # closing then tells the other side at once and roughly
BROKEN = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
TEXT, SHORT, LONG = 0x81, 126, 127  # the first byte of a whole text frame; lengths that stand in two or eight bytes


@dataclass
class Manners:
    """How a line that works behaves. Chances are from 0 to 1, times in seconds and drawn anew for each.

    Bytes inside a connection can neither be repeated nor overtake each other, so what is repeated and overtakes is what
    travels on connections: whole answers (a question may be asked twice, as boxes between do that repeat what they got
    no answer to, and then the older answer is given; an answer of one connection may come after a later one of
    another), and the messages of a socket.
    """

    latency: tuple[float, float] = (0.0, 0.0)  # before each question and each answer
    bytes_a_second: float = 0.0  # of one connection, towards the screens; 0: all it can
    asked_twice: float = 0.0
    nudge_lost: float = 0.0
    nudge_twice: float = 0.0
    nudge_late: tuple[float, float] = (0.0, 0.0)


@dataclass(eq=False)
class _Visitor:
    writer: StreamWriter
    upstream: StreamWriter | None = None
    buried: bool = False  # the line forgot this connection: nothing of it arrives any more, and nobody is told
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)


class BadLine:
    """A port of its own before a server's. What it does to its visitors it is told while it runs, from any thread."""

    def __init__(self, port: int, *, seed: int = 1, manners: Manners | None = None) -> None:
        self._to = port
        self._dice = random.Random(seed)
        self.manners = manners or Manners()
        self.faults = 0  # connections reset or buried, messages lost, repeated or late
        self._state = "good"
        self._visitors: set[_Visitor] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._run, name="bad-line")

    def __enter__(self) -> BadLine:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (most, most)
        )  # each visitor takes two, and the forgotten stay a while
        self._thread.start()
        self._do(self._open)
        return self

    def __exit__(self, *fault: object) -> None:
        self._do(self._close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # what may be told to it

    def cut(self) -> None:
        """Every connection is reset, and whoever comes is turned away the same."""
        self._do(self._cut)

    def fall_silent(self) -> None:
        """Nothing arrives any more and nobody is told. What stood or began meanwhile stays dead when the line is back:
        the box in between has forgotten it."""
        self._do(self._bury)

    def hold(self) -> None:
        """Nothing arrives any more and nobody is told, but all of it when the line is back: a radio link that faded."""
        self._do(self._hold)

    def mend(self) -> None:
        """The line works again."""
        self._do(self._mend)

    def shake(self) -> None:
        """Resets every connection once; whoever comes back is let in."""
        self._do(self._reset)

    # the loop

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _do(self, what: Callable[[], Coroutine[Any, Any, None]]) -> None:
        asyncio.run_coroutine_threadsafe(what(), self._loop).result(timeout=20)

    async def _open(self) -> None:
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server = await asyncio.start_server(self._meet, sock=self._listener)

    async def _close(self) -> None:
        self._server.close()
        self._state = "cut"
        await self._reset()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _cut(self) -> None:
        self._state = "cut"
        await self._reset()

    async def _bury(self) -> None:
        self._state = "silent"
        for visitor in self._visitors:
            visitor.buried = True
        self.faults += len(self._visitors)

    async def _hold(self) -> None:
        self._flowing.clear()
        self.faults += len(self._visitors)

    async def _mend(self) -> None:
        self._state = "good"
        self._flowing.set()

    async def _reset(self) -> None:
        self.faults += len(self._visitors)
        for visitor in list(self._visitors):
            _reset(visitor.writer)
            if visitor.upstream is not None:
                _reset(visitor.upstream)

    # one connection

    async def _meet(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        visitor = _Visitor(writer, buried=self._state == "silent")
        self._visitors.add(visitor)
        self._tasks.add(task)
        try:
            if self._state == "cut":
                self.faults += 1
                return
            if visitor.buried:
                self.faults += 1
                await self._swallow(reader)
                return
            up_reader, visitor.upstream = await asyncio.open_connection("127.0.0.1", self._to)
            await self._serve(visitor, reader, up_reader)
        except BROKEN:
            pass  # one of the two hung up: so does the line
        except asyncio.CancelledError:
            pass  # the line is taken down
        finally:
            for late in visitor.tasks:
                late.cancel()
            self._visitors.discard(visitor)
            self._tasks.discard(task)
            _reset(writer)
            if visitor.upstream is not None:
                _reset(visitor.upstream)

    async def _serve(self, visitor: _Visitor, reader: StreamReader, up: StreamReader) -> None:
        """Question by question, until one turns the connection into a socket."""
        assert visitor.upstream is not None
        while True:
            question = await reader.readuntil(b"\r\n\r\n")
            question += await reader.readexactly(_length(question))
            await self._travel()
            if visitor.buried:
                return await self._swallow(reader)
            answer = await self._ask(visitor, question, up)
            await self._travel()
            if visitor.buried:
                return await self._swallow(reader)
            await self._send(visitor, answer)
            if answer.startswith(b"HTTP/1.1 101"):
                return await self._hear(visitor, reader, up)

    async def _ask(self, visitor: _Visitor, question: bytes, up: StreamReader) -> bytes:
        assert visitor.upstream is not None
        visitor.upstream.write(question)
        answer = await _answer(up, question)
        if question.startswith(b"GET /api/") and self._dice.random() < self.manners.asked_twice:
            self.faults += 1
            reader, writer = await asyncio.open_connection("127.0.0.1", self._to)
            try:
                writer.write(question)
                await _answer(reader, question)  # the older one is given
            finally:
                _reset(writer)
        return answer

    async def _send(self, visitor: _Visitor, data: bytes) -> None:
        rate = self.manners.bytes_a_second
        piece = max(1, int(rate / 10)) if rate else len(data)
        for at in range(0, len(data), piece):
            if visitor.buried:
                return
            visitor.writer.write(data[at : at + piece])
            await visitor.writer.drain()
            if rate:
                await asyncio.sleep(0.1)

    async def _hear(self, visitor: _Visitor, reader: StreamReader, up: StreamReader) -> None:
        """A socket: what the screen says goes through as it is, what it is told message by message."""
        assert visitor.upstream is not None
        talking = asyncio.ensure_future(self._talk(visitor, reader, visitor.upstream))
        visitor.tasks.add(talking)
        # the server is not told of a goodbye on a line that forgot the connection
        talking.add_done_callback(lambda done: None if visitor.buried else _reset(visitor.upstream))
        while True:
            frame = await _frame(up)
            await self._flowing.wait()
            if visitor.buried:
                continue
            if frame[0] != TEXT or not frame[2 if frame[1] < SHORT else 4 :].startswith(b"42"):
                visitor.writer.write(frame)  # a greeting, a ping, a goodbye: in their order
                continue
            self._tell(visitor, frame)

    async def _talk(self, visitor: _Visitor, reader: StreamReader, upstream: StreamWriter) -> None:
        with suppress(*BROKEN):
            while data := await reader.read(65536):
                await self._flowing.wait()
                if not visitor.buried:
                    upstream.write(data)

    def _tell(self, visitor: _Visitor, nudge: bytes) -> None:
        if self._dice.random() < self.manners.nudge_lost:
            self.faults += 1
            return
        times = 1 + (self._dice.random() < self.manners.nudge_twice)
        for _ in range(times):
            late = self._dice.uniform(*self.manners.nudge_late)
            self.faults += late > 0 or times > 1
            if late:
                task = asyncio.ensure_future(self._tell_late(visitor, nudge, late))
                visitor.tasks.add(task)
                task.add_done_callback(visitor.tasks.discard)
            else:
                visitor.writer.write(nudge)

    async def _tell_late(self, visitor: _Visitor, nudge: bytes, late: float) -> None:
        await asyncio.sleep(late)
        if not visitor.buried:
            visitor.writer.write(nudge)

    async def _travel(self) -> None:
        if self.manners.latency[1]:
            await asyncio.sleep(self._dice.uniform(*self.manners.latency))
        await self._flowing.wait()

    async def _swallow(self, reader: StreamReader) -> None:
        """Takes what comes and says nothing, until the visitor gives up."""
        while await reader.read(65536):
            pass


def _reset(writer: StreamWriter | None) -> None:
    if writer is None or writer.transport.is_closing():
        return
    line = writer.get_extra_info("socket")
    with suppress(OSError):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


async def _answer(reader: StreamReader, question: bytes) -> bytes:
    """A whole answer, head and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = head.split(b" ", 2)[1]
    if status in (b"101", b"204", b"304") or question.startswith(b"HEAD "):
        return head
    if b"transfer-encoding: chunked" not in head.lower():
        return head + await reader.readexactly(_length(head))
    while True:
        size = await reader.readuntil(b"\r\n")
        body = await reader.readexactly(int(size, 16) + 2)
        head += size + body
        if body == b"\r\n":
            return head


async def _frame(reader: StreamReader) -> bytes:
    """A whole frame of a web socket's server; those are not masked."""
    frame = await reader.readexactly(2)
    length = frame[1]
    if length in (SHORT, LONG):
        more = await reader.readexactly(2 if length == SHORT else 8)
        frame += more
        length = int.from_bytes(more, "big")
    return frame + await reader.readexactly(length)
