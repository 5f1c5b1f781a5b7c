"""Which tests a tree concerns, and why. Pure: no I/O, no clock, no environment."""
