"""What the programs of this folder say when they cannot do what was asked."""

import sys
from collections.abc import Callable


class Refusal(Exception):
    """One line: what cannot be done, why, and how to mend it."""


def run(main: Callable[[], int | None]) -> None:
    """Runs a program: a refusal is one line and exit code 1, Ctrl-C is 130."""
    try:
        sys.exit(main() or 0)
    except Refusal as refusal:
        sys.exit(f"{refusal}")
    except KeyboardInterrupt:
        sys.exit(130)
