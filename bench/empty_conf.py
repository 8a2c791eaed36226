"""gunicorn's settings for the empty endpoint: those of ``antre serve``, without the hooks that need the real app."""

from __future__ import annotations

from app import gunicorn_conf

HOOKS = ("post_worker_init", "worker_exit")
globals().update({name: value for name, value in vars(gunicorn_conf).items() if name[0] != "_" and name not in HOOKS})
