"""What all faces share over HTTP: the look, the way a request is read, who asks, and how a refusal is told."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("web", __name__, static_folder="static", static_url_path="/static/web", template_folder="templates")
