"""Records what each test depends on, inside the project's own interpreter.

Standard library and pytest only; nothing else of CoverQuery is importable from here.
The journal it writes is described in docs/design.md.
"""
