"""Where Ketacare keeps its data on this machine, and the private socket of its embedded database."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

# A Unix socket's whole path, "/.s.PGSQL.5432" included, must fit the kernel's 107 bytes.
LONGEST_SOCKET_FOLDER = 90


def default_data_folder() -> Path:
    """`KETACARE_DATA`, else the usual place for this kind of user."""
    named = os.environ.get("KETACARE_DATA")
    if named:
        return Path(named).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/ketacare")
    share = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(share) / "ketacare"


def socket_folder(data: Path) -> Path:
    """The socket's folder for a data folder: inside it when the path is short enough, else a short private one."""
    inside = data / "socket"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_FOLDER:
        return inside
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path(f"/tmp/ketacare-{os.geteuid()}-{digest}")  # noqa: S108 - made 0700, and its owner is checked
