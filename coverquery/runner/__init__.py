"""Running the project's pytest: which Python, started how, seen to its end, and read afterwards.

``find_interpreter`` chooses the Python, ``launch`` runs pytest under it with the recorder,
``collect`` asks only what there is, ``read_outcome`` says how it went. No other package of
ours starts the project's code.
"""
