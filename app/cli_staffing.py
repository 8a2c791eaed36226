"""Commands about empty counters: which, since when, why, and what it cost."""

from __future__ import annotations

import click


@click.group()
def vacancies() -> None:
    """Counters that stood empty."""
