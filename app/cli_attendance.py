"""Commands about attendance: what the machines and lists of the agencies say of who came and when."""

from __future__ import annotations

import click


@click.group()
def presensi() -> None:
    """Attendance from files."""
