"""``python -m coverquery`` is ``coverquery``."""

from coverquery.cli import main

if __name__ == "__main__":
    main()
