"""The speech engine behind a wall: espeak-ng in a process of its own, restarted when it crashes, ended when it hangs.

By hand: `echo "Nomor antrean, a, nol, satu." | python -m adapters.voice.engine > suara.wav`
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import threading
import time
import weakref
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from adapters.voice import espeak
from adapters.voice.speaker import VoiceUnavailable

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class VoiceSettings:
    """How the engine speaks: `rate` in words a minute, `pitch` and `spread` 0 to 99, `gap` between words in 10 ms."""

    voice: str = "id"
    rate: int = 145
    pitch: int = 45
    spread: int = 40
    gap: int = 0

    def __post_init__(self) -> None:
        for name, low, high in (("rate", 80, 300), ("pitch", 0, 99), ("spread", 0, 99), ("gap", 0, 50)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"pengaturan suara {name} harus {low} sampai {high}, bukan {value}")


class _WorkerFailed(Exception):
    """The process behind the wall ended before it answered, or answered nonsense."""


class EspeakEngine:
    """Reads sentences aloud. Safe for threads (one at a time); the process starts with the first sentence.

    Start it after a server has forked, not before: two processes must not share one engine.
    """

    def __init__(
        self,
        settings: VoiceSettings | None = None,
        *,
        timeout: float = 5.0,
        command: tuple[str, ...] = (sys.executable, "-P", "-m", "adapters.voice.engine", "--worker"),
    ) -> None:
        self._settings = settings or VoiceSettings()
        self._timeout = timeout
        self._command = command
        self._turn = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None
        self._farewell: weakref.finalize[..., EspeakEngine] | None = None

    @property
    def signature(self) -> str:
        """Library version and settings: the same text with the same signature is the same sound."""
        return json.dumps({"engine": _library_version(), **asdict(self._settings)}, sort_keys=True)

    @property
    def process_id(self) -> int | None:
        """The process that speaks, or None while there is none."""
        worker = self._worker
        return worker.pid if worker and worker.poll() is None else None

    def say(self, text: str) -> bytes:
        """The text as a WAV file, loud enough for a hall. VoiceUnavailable after a hang, or when it failed twice."""
        if len(text) > espeak.LONGEST_TEXT:
            raise VoiceUnavailable(f"Kalimat terlalu panjang untuk dibacakan (lebih dari {espeak.LONGEST_TEXT} huruf).")
        request = {"text": text, **asdict(self._settings), "seconds": self._timeout + 2}
        line = json.dumps(request).encode() + b"\n"
        with self._turn:
            try:
                return self._ask(line)
            except _WorkerFailed:
                self._stop()
            try:
                return self._ask(line)
            except _WorkerFailed as error:
                self._stop()
                raise VoiceUnavailable(f"Mesin suara gagal dua kali berturut-turut: {error}.") from error

    def close(self) -> None:
        """Ends the process; the next sentence would start a new one."""
        with self._turn:
            self._stop()

    def _ask(self, line: bytes) -> bytes:
        worker = self._start()
        until = time.monotonic() + self._timeout
        answer = bytearray()
        assert worker.stdin and worker.stdout
        try:
            worker.stdin.write(line)
            worker.stdin.flush()
        except BrokenPipeError as error:
            raise _WorkerFailed(_tell_end(worker)) from error
        with selectors.DefaultSelector() as ready:
            ready.register(worker.stdout, selectors.EVENT_READ)
            while (wav := _parse(answer)) is None:
                if not ready.select(max(0.0, until - time.monotonic())):
                    self._stop()
                    raise VoiceUnavailable(f"Mesin suara tidak menjawab dalam {self._timeout:g} detik.")
                piece = os.read(worker.stdout.fileno(), 1 << 16)
                if not piece:
                    raise _WorkerFailed(_tell_end(worker))
                answer += piece
        return wav

    def _start(self) -> subprocess.Popen[bytes]:
        if self._worker is not None:
            return self._worker
        # The package must be found wherever the server was started; -P keeps a stray wave.py there from being imported.
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        try:
            self._worker = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": path},
                bufsize=0,
                start_new_session=True,  # Ctrl-C is the server's to handle; the worker ends when its pipe does
            )
        except OSError as error:
            raise VoiceUnavailable(f"Mesin suara tidak dapat dijalankan: {error.strerror or error}.") from error
        self._farewell = weakref.finalize(self, _end, self._worker)
        return self._worker

    def _stop(self) -> None:
        if self._farewell is not None:
            self._farewell()
        self._worker = self._farewell = None


def _parse(answer: bytearray) -> bytes | None:
    """The WAV once it is there in full, None before; VoiceUnavailable for an error told, _WorkerFailed for nonsense."""
    head, newline, _ = bytes(answer[:1000]).partition(b"\n")
    if not newline:
        if len(answer) >= 1000:
            raise _WorkerFailed("jawabannya tidak dimengerti")
        return None
    try:
        told = json.loads(head)
        size = None if "error" in told else int(told["bytes"])
    except (ValueError, TypeError, KeyError) as error:
        raise _WorkerFailed("jawabannya tidak dimengerti") from error
    if size is None:
        raise VoiceUnavailable(f"Mesin suara gagal: {told['error']}.")
    wav = bytes(answer[len(head) + 1 :])
    if len(wav) > size:
        raise _WorkerFailed("jawabannya lebih panjang daripada yang dijanjikan")
    return wav if len(wav) == size else None


def _tell_end(worker: subprocess.Popen[bytes]) -> str:
    try:
        code = worker.wait(timeout=2)
    except subprocess.TimeoutExpired:
        return "jawabannya ditutup"
    return f"berhenti dengan sinyal {-code}" if code < 0 else f"berhenti dengan status {code}"


def _end(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()  # it holds nothing that could be lost, and a hung library does not listen to anything gentler
    worker.wait()
    for pipe in (worker.stdin, worker.stdout):
        if pipe:
            pipe.close()


@lru_cache(maxsize=1)
def _library_version() -> str:
    try:
        return f"espeakng-loader {version('espeakng-loader')}"
    except PackageNotFoundError:
        return "espeakng-loader tidak ada"


def main(arguments: list[str]) -> int:
    """Without arguments: text on standard input, WAV on standard output; `--worker`: many, as `espeak.serve` says."""
    answers = espeak.take_stdout()
    if arguments == ["--worker"]:
        espeak.serve(sys.stdin.buffer, answers)
        return 0
    if arguments:
        sys.stderr.write("pemakaian: python -m adapters.voice.engine < kalimat.txt > suara.wav\n")
        return 2
    try:
        settings = VoiceSettings()
        request = {"text": sys.stdin.read(), **asdict(settings)}
        answers.write(espeak.speak_request(espeak.Espeak(settings.voice), request))
        answers.flush()
    except espeak.EspeakFailed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
