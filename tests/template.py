"""The migrated, walled, empty database: made by the real migrations, then kept as a dump for whoever needs another.

Migrating takes twenty seconds of a core, the dump three. It is kept in the virtual environment, so a fresh machine
always begins with the migrations; a changed model, migration or wall makes it anew.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg

from ketacare.web.runtime import binaries
from ketacare.web.runtime.databases import Address

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "ketacare"
KEPT_IN = Path(sys.prefix) / "ketacare-template"
# Whatever says what an empty database looks like.
SHAPES = (
    "*/*/migrations/*.py",
    "*/*/models.py",
    "*/*/models/*.py",
    "*/*/private.py",
    "clinic/tenancy/**/*.py",
    "clinic/audit/**/*.py",
    "web/settings.py",
    "web/runtime/roles.py",
    "web/commands/migrate.py",
)


def make(admin: Address, database: str) -> None:
    """Fill an empty database of an embedded server; Django is pointed at it, `admin` is the server's superuser."""
    from ketacare.web.commands.migrate import migrate_and_wall

    there = replace(admin, database=database)
    dump = KEPT_IN / f"{digest()}.sql"
    if dump.exists():
        dump.touch()  # in use: the last to be cleared away
        with psycopg.connect(there.url(), autocommit=True) as connection:
            connection.execute(dump.read_bytes())
        return
    migrate_and_wall(verbosity=0)
    keep(dump, there)


def keep(dump: Path, there: Address) -> None:
    KEPT_IN.mkdir(exist_ok=True)
    command = [binaries.find().program("pg_dump"), "--inserts", there.url()]
    told = subprocess.run(command, capture_output=True, check=True).stdout
    for older in sorted(KEPT_IN.glob("*.sql"), key=lambda path: path.stat().st_mtime)[:-9]:
        older.unlink(missing_ok=True)
    unfinished = dump.with_suffix(f".{os.getpid()}")
    # Lines that begin with a backslash are for psql alone.
    unfinished.write_bytes(b"\n".join(line for line in told.splitlines() if not line.startswith(b"\\")))
    unfinished.replace(dump)


def digest() -> str:
    said = hashlib.sha256(binaries.find().version.encode())
    for path in shapes():
        said.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return said.hexdigest()[:20]


def shapes() -> Iterator[Path]:
    yield ROOT / "requirements.lock"
    for shape in SHAPES:
        yield from sorted(path for path in PACKAGE.glob(shape) if "tests" not in path.parts)
