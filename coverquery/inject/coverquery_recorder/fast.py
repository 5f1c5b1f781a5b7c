"""The C version of the hot path, where the runner has built it for this very interpreter."""

import importlib.machinery
import importlib.util
from typing import Any


def load(path: str | None) -> Any:
    """Return the module, or None where there is none or it does not load."""
    if path is None:
        return None
    try:
        name = f"{__package__}._fast"
        loader = importlib.machinery.ExtensionFileLoader(name, path)
        spec = importlib.util.spec_from_file_location(name, path, loader=loader)
        if spec is None:
            return None
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
    except (ImportError, OSError, ValueError):
        return None
    return module
