"""The figures in the README, made again by whoever doubts them.

``fetch`` makes pinned real projects into repositories with environments, ``first_path``
measures safety and cost on them, ``latency`` and ``overhead`` measure time beside peers,
``demo`` is the transcript of ``make demo``. Everything is kept under ``.cache/``.
"""
