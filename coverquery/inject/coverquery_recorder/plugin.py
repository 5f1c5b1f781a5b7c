"""The pytest plugin: ``-p coverquery_recorder.plugin``. Inert without COVERQUERY_RUN.

Recording starts when this module is imported: before conftests and installed plugins.
PYTEST_DONT_REWRITE
"""

from .recording import begin

_recorder = begin()


def pytest_addoption(pluginmanager: object) -> None:
    """Register the hooks, with the first plugin manager only: nested sessions are not ours."""
    global _recorder
    if _recorder is not None:
        from .hooks import Hooks

        pluginmanager.register(Hooks(_recorder), "coverquery-recorder")  # type: ignore[attr-defined]
        _recorder = None
