"""What a test serves ends with the test: a request under way is waited for, a socket is hung up."""

from __future__ import annotations

import socket
import struct
import threading
from pathlib import Path
from typing import BinaryIO

from flask import Flask, Response, send_file

from tests.serving import serving

PATIENCE_S = 10


def test_a_request_under_way_is_over_before_the_server_is() -> None:
    app = Flask("slow", static_folder=None)
    begun, leave, over = threading.Event(), threading.Event(), threading.Event()

    @app.get("/")
    def slow() -> str:
        begun.set()
        leave.wait(PATIENCE_S)
        over.set()
        return "late"

    with serving(app) as address:
        visitor = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])))
        visitor.sendall(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        assert begun.wait(PATIENCE_S)
        visitor.close()
        threading.Timer(0.2, leave.set).start()
    assert over.is_set()


def test_who_holds_a_connection_without_asking_is_hung_up_on() -> None:
    with serving(Flask("idle", static_folder=None)) as address:
        at = ("127.0.0.1", int(address.rpartition(":")[2]))
        idle = socket.create_connection(at)
        with socket.create_connection(at) as other:  # answered after the first was taken in
            other.sendall(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
            assert other.recv(12) == b"HTTP/1.1 404"
    idle.settimeout(PATIENCE_S)
    assert idle.recv(1) == b""
    idle.close()


def test_the_file_that_was_sent_is_closed_though_the_visitor_left_in_a_hurry(tmp_path: Path) -> None:
    app = Flask("files", static_folder=None)
    (tmp_path / "sign.svg").write_text("<svg/>")
    opened: list[BinaryIO] = []

    @app.get("/")
    def sign() -> Response:
        opened.append((tmp_path / "sign.svg").open("rb"))
        return send_file(opened[0], mimetype="image/svg+xml")

    with serving(app) as address:
        visitor = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])))
        visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing is a reset
        visitor.sendall(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        heard = b""
        while b"<svg/>" not in heard:
            heard += visitor.recv(4096)
        visitor.close()
    assert opened[0].closed
