"""``python -m openrow``: the same as the command ``openrow``."""

import sys

from openrow.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
