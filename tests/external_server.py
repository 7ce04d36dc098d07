"""Run a command against a throwaway server like one that a hospital would give: TCP, passwords, no superuser.

python tests/external_server.py /usr/lib/postgresql/15/bin -- python make.py smoke
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from ketacare.web.runtime import account as accounts  # noqa: E402 - the path must be set before
from ketacare.web.runtime.parent_death import die_with_parent  # noqa: E402


@contextmanager
def server(bindir: Path) -> Iterator[str]:
    """The address of a fresh server, as the account that may create databases and roles but nothing more."""
    account = accounts.for_server(throwaway=True)
    folder = Path(tempfile.mkdtemp(prefix="ketacare-external-"))
    os.chown(folder, account.uid, account.gid)
    port, password = free_port(), secrets.token_hex(16)
    (folder / "password").write_text(password)
    os.chown(folder / "password", account.uid, account.gid)
    cluster = [str(folder / "cluster"), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    options = {"cwd": "/", **account.spawn_options()}
    auth = ["--auth=scram-sha-256", f"--pwfile={folder / 'password'}"]
    subprocess.run([bindir / "initdb", "-D", *cluster, *auth], check=True, stdout=subprocess.DEVNULL, **options)
    # What is killed here are processes, never the machine: waiting for the disk would prove nothing.
    hasty = [part for name in ("fsync", "synchronous_commit", "full_page_writes") for part in ("-c", f"{name}=off")]
    command = [bindir / "postgres", "-D", folder / "cluster", "-k", folder, "-h", "127.0.0.1", "-p", str(port), *hasty]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=die_with_parent(), **options)
    try:
        yield made_owner(f"host=127.0.0.1 port={port} user=postgres password={password} dbname=postgres", port)
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """Below the range from which clients get their own ports."""
    for port in range(15432, 15532):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise SystemExit("no free port between 15432 and 15531")


def made_owner(superuser: str, port: int) -> str:
    password = secrets.token_hex(16)
    with connected(superuser) as connection:
        connection.execute(f"create role clinic_it login createdb createrole password '{password}'")
        connection.execute("create database clinic owner clinic_it")
    return f"postgresql://clinic_it:{password}@127.0.0.1:{port}/clinic"


def connected(address: str) -> psycopg.Connection:
    give_up_at = time.monotonic() + 30
    while True:
        try:
            return psycopg.connect(address, autocommit=True)
        except psycopg.OperationalError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.05)


def main() -> int:
    bindir, command = Path(sys.argv[1]), sys.argv[sys.argv.index("--") + 1 :]
    with server(bindir) as address:
        return subprocess.run(command, cwd=ROOT, env=os.environ | {"DATABASE_URL": address}).returncode


if __name__ == "__main__":
    raise SystemExit(main())
