"""CoverQuery knows which test executes which line, and which tests a change needs.

``git`` says what changed, ``source`` what the change means, ``index`` what tests are
known to do, ``selection`` which tests that concerns, ``runner`` runs them, ``report``
says it. ``workspace`` composes these; ``cli`` is the front door. ``inject`` is the one
folder the project's own interpreter sees. docs/design.md is the long form.
"""

__version__ = "0.1.0"
