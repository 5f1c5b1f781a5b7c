"""``python -m pytest``, recorded before pytest has read its configuration.

pytest imports what ``filterwarnings`` names before any plugin: code of the project may run then.
"""

import runpy
import sys

import pytest  # noqa: F401  (the recorder has to know where it stands)

from . import plugin  # noqa: F401  (begins)

sys.argv[0] = "pytest"  # what follows puts the file's name there
runpy.run_module("pytest", run_name="__main__", alter_sys=True)
