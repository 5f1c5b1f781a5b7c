"""Where changes come from: the only package that starts git.

``repo`` asks git, ``trees`` are the states of the project that can be compared by content,
``diff`` shows a change line by line, ``hunks`` carries lines between two contents.
"""
