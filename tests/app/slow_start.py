"""What gunicorn loads for an app that takes a minute to load, and says that it has begun."""

from __future__ import annotations

import os
import time
from pathlib import Path

Path(os.environ["ANTRE_HOME"], "begun").touch()
time.sleep(60)
