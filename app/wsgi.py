"""What gunicorn loads: the app of a real hall, from the environment."""

from __future__ import annotations

from app.factory import create_app
from app.settings import read_settings

app = create_app(read_settings())
