"""The backup of docs/operations/backup.md, done and restored."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ketacare.web.runtime import binaries, roles
from ketacare.web.runtime.postgres import Postgres

pytestmark = pytest.mark.embedded


def test_the_documented_backup_verifies_and_can_be_started(data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    programs = binaries.find()
    first, second = data / "first", data / "second"
    with Postgres(first, throwaway=True) as server:
        with server.connect(roles.OWNER, roles.DATABASE) as connection:
            connection.execute("create table kept as select 7 as number")
        command = [programs.program("pg_basebackup"), "-h", str(server.socket), "-U", "postgres"]
        subprocess.run([*command, "-D", str(copy), "-X", "stream", "-c", "fast"], check=True)
        account = server.account
    subprocess.run([programs.program("pg_verifybackup"), "-q", str(copy)], check=True)
    second.mkdir(mode=0o711)
    shutil.copytree(copy, second / "postgres")
    for path in [second / "postgres", *(second / "postgres").rglob("*")]:
        os.chown(path, account.uid, account.gid)
    with Postgres(second, throwaway=True) as restored, restored.connect(roles.OWNER, roles.DATABASE) as connection:
        assert connection.execute("select number from kept").fetchone() == (7,)
