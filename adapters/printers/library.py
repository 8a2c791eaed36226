"""Lets python-escpos in without the traces it leaves in a process that imports it."""

from __future__ import annotations

import importlib
import logging
import os
import shutil
import sys
import threading
from functools import cache
from types import ModuleType

_importing = threading.Lock()


@cache
def load_escpos() -> ModuleType:
    """The module ``escpos.printer``, imported on first use (about a third of a second) and tidied up after.

    python-escpos 3.1 calls ``logging.basicConfig()`` while it is imported, which would double every line of a program
    that logs in its own way, and makes a temporary folder for a pickle of its printer list. It makes that folder even
    when ``ESCPOS_CAPABILITIES_PICKLE_DIR`` names another, and a pickle that lies where others can write is a way into
    the process. So the variable is out of sight during the import and the folder is removed afterwards.
    """
    with _importing:
        ours = "escpos.capabilities" not in sys.modules  # somebody else's folder is not ours to remove
        root = logging.getLogger()
        before = list(root.handlers)
        pickle_dir = os.environ.pop("ESCPOS_CAPABILITIES_PICKLE_DIR", None)
        try:
            printer = importlib.import_module("escpos.printer")
            capabilities = importlib.import_module("escpos.capabilities")
        finally:
            if pickle_dir is not None:
                os.environ["ESCPOS_CAPABILITIES_PICKLE_DIR"] = pickle_dir
            for handler in [h for h in root.handlers if h not in before]:
                root.removeHandler(handler)
        if ours:
            shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)
        return printer
