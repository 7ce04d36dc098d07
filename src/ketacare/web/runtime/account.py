"""Which operating-system account runs the database. PostgreSQL refuses root, and so do we."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ketacare.web.runtime.faults import CannotRun

SERVICE_ACCOUNT = "ketacare"


class NoAccount(CannotRun):
    """Started as root, and there is no unprivileged account to run the database."""


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int

    @property
    def is_us(self) -> bool:
        return self.uid == os.geteuid()

    def spawn_options(self) -> dict[str, Any]:
        """How `subprocess` changes to this account; nothing when we already are it."""
        return {} if self.is_us else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def may(self, test: str, path: Path) -> bool:
        """Whether this account may read (-r), write (-w) or enter (-x) a path, asked as that account."""
        command = ["/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)]
        return subprocess.run(command, cwd="/", check=False, **self.spawn_options()).returncode == 0


def ours() -> Account:
    return known(pwd.getpwuid(os.geteuid()))


def known(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def for_server(*, throwaway: bool = False) -> Account:
    """The account that runs the server: our own, or, when we are root, one without a shell and without rights."""
    if os.geteuid() != 0:
        return ours()
    named = os.environ.get("KETACARE_POSTGRES_ACCOUNT", "")
    wanted = [named] if named else [SERVICE_ACCOUNT]
    found = first_existing([*wanted, "nobody"] if throwaway and not named else wanted)
    if found is None and not named:
        found = created(SERVICE_ACCOUNT)
    if found is None or found.uid == 0:
        raise NoAccount(f"The account {wanted[0]} does not exist or is root. Create it, or start as an ordinary user.")
    return found


def first_existing(names: list[str]) -> Account | None:
    for name in names:
        try:
            return known(pwd.getpwnam(name))
        except KeyError:
            continue
    return None


def created(name: str) -> Account | None:
    """A system account without a home and without a shell, or None where accounts can't be made."""
    program = shutil.which("useradd")
    if program is None:
        return None
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    command = [program, *options, "--shell", "/usr/sbin/nologin", name]
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True)
    return first_existing([name])
