"""How ``antre serve`` runs gunicorn: threads for pages and sockets, in one process or, on PostgreSQL, in several."""

from __future__ import annotations

import gc
import os
from typing import Any

from app.ending import hear, leave_when_asked, was_asked
from app.settings import read_settings

_settings = read_settings()

bind = _settings.bind
workers = _settings.processes  # sockets come as websockets only, so any process may answer anybody
worker_class = "app.worker.HallWorker"
threads = _settings.threads  # for pages and calls; a socket brings its own
# gunicorn keeps worker_connections - threads connections alive between requests and closes every further one after its
# answer: each screen with a socket has one for its questions too, and the phones of those who wait come on top
worker_connections = threads + _settings.sockets + 300
keepalive = 75  # displays and consoles ask again and again over one connection
timeout = 60
graceful_timeout = 10  # then a worker is killed; its own farewell to open sockets is shorter, see app.worker
control_socket_disable = True
accesslog = None
errorlog = "-"
loglevel = _settings.log_level
proc_name = "antre"
umask = 0o077  # database, secret and sounds are nobody else's to read


def when_ready(server: Any) -> None:
    """gunicorn hears signals now: ``antre serve`` let them wait until here."""
    hear()


def post_fork(server: Any, worker: Any) -> None:
    """A worker begins. Asked to end it goes at once, also if it was asked while it still had gunicorn's own ears.

    Those put the request where nobody looks any more. gunicorn then waits for a worker that knows of nothing, kills it
    when the grace period is over, and goes without waiting for its end.
    """
    leave_when_asked()
    if was_asked(server.SIG_QUEUE):
        os._exit(0)


def post_worker_init(worker: Any) -> None:
    """The worker is up: start what follows the journal. After the fork, because threads do not survive one."""
    from app.factory import start_couriers

    start_couriers(worker.wsgi)
    gc.collect()
    gc.freeze()  # what the program consists of stays for good: looking through it again and again took 5 % of all time


def worker_exit(server: Any, worker: Any) -> None:
    """The worker goes: let the couriers finish their step and close the database."""
    app = getattr(worker, "wsgi", None)
    if app is not None:
        app.extensions["antre_couriers"].stop()
        app.extensions["antre"].db.close()
