"""Starts the recorder in a Python that a test starts, then makes way for the next sitecustomize.

On the path only of processes that were given a token: see coverquery_recorder/processes.py.
"""


def _leave() -> "tuple[str, str | None]":
    """Put path and environment back as the starter meant them to be."""
    import os
    import sys

    here = os.path.dirname(os.path.abspath(__file__))
    for entry in [entry for entry in sys.path if os.path.abspath(entry) == here]:
        sys.path.remove(entry)
    sys.path_importer_cache.pop(here, None)
    sys.modules.pop("sitecustomize", None)
    token = os.environ.pop("COVERQUERY_CHILD", None)
    path = os.environ.get("PYTHONPATH", "")
    if path == here and token is not None and token.startswith("-"):
        del os.environ["PYTHONPATH"]
    elif path == here or path.startswith(here + os.pathsep):
        os.environ["PYTHONPATH"] = path[len(here) + 1 :]
    return os.path.dirname(here), token


def _record(recorder: str, token: str) -> None:
    """Start the recorder; leave no module behind that the program would not find otherwise."""
    import sys

    loaded = set(sys.modules)
    sys.path.insert(0, recorder)
    try:
        from coverquery_recorder.child import begin

        begin(token)
    except Exception:  # noqa: S110, BLE001  (without a journal the test is not trusted)
        pass
    finally:
        sys.path.remove(recorder)
        for name in set(sys.modules) - loaded:
            if name != "threading" and not name.startswith("_"):
                del sys.modules[name]


_recorder, _token = _leave()
if _token is not None:
    _record(_recorder, _token[1:])

import sitecustomize  # type: ignore[import-not-found]  # noqa: E402, F401
