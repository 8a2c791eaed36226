"""The limit: a Flask endpoint that does nothing, behind the same server."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__, static_folder=None)


@app.route("/healthz", methods=["GET", "POST"])
def nothing() -> str:
    """Nothing."""
    return "ok"
