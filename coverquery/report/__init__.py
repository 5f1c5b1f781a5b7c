"""Says what was found: facts → text or JSON. Pure: no I/O, no clock, no environment.

``facts`` is what the workspace fills; one module a command renders them, as text and as JSON.
``limits`` cuts, ``escape`` and ``page`` keep hostile names harmless, ``schema`` describes the JSON.
"""
