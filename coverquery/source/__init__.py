"""What Python source says: what a change means, what a file imports, where symbols stand.

Pure: bytes in, frozen values out. No I/O, no clock, nothing of the project is executed.
"""
