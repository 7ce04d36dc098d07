"""What a supervised process says to its supervisor: that each of its lines goes on. One that hangs does not die, and is
missed here. Only that it lives, and nothing of what it does."""

from __future__ import annotations

import os

TO = "KETACARE_SIGNS_TO"  # the end of a pipe, in the environment of whoever is supervised


def give(line: str) -> None:
    """One letter for each line; nothing where nobody listens, or has not listened for long."""
    pipe = os.environ.get(TO)
    if not pipe:
        return
    try:
        os.write(int(pipe), line.encode())
    except OSError:
        return
