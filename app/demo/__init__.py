"""The demo: the Blora hall with invented people, a month of history and a lively present, on this machine only."""

from __future__ import annotations

from app.demo.prepare import run

__all__ = ["run"]
