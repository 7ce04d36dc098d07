"""What `ketacare doctor` looks at. Each check answers with what it found and, if need be, the remedy."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg

from ketacare.medicine.evidence.reader import EARLIER, KNOWLEDGE, SheetRefused, listed, read_sheet
from ketacare.medicine.safety import reader as safety
from ketacare.medicine.safety.telephone import is_number
from ketacare.medicine.supervision import reader as supervision
from ketacare.web.runtime import account, binaries, databases, founded, roles
from ketacare.web.runtime.faults import CannotRun
from ketacare.web.runtime.folders import default_data_folder

STATIC = Path(__file__).resolve().parents[1] / "static"
WINGS = Path(__file__).resolve().parents[2]
ASSETS = ("htmx.min.js", "sse.js", "uPlot.iife.min.js", "uPlot.min.css", "inter-latin-wght-normal.woff2")
LEAST_DISK_GB, COMFORTABLE_DISK_GB = 1, 10


@dataclass(frozen=True)
class Finding:
    subject: str
    state: str  # ok | warning | wrong
    text: str
    remedy: str = ""


def examine(*, port: int) -> list[Finding]:
    """Every check, in the order in which one would mend things."""
    checks: list[Callable[[], Iterator[Finding]]] = [
        python_version,
        packages,
        data_folder,
        database_programs,
        assets,
        time_zones,
        knowledge_sheets,
        stored_cases,
        lambda: web_port(port),
        database,
    ]
    return [finding for check in checks for finding in check()]


def python_version() -> Iterator[Finding]:
    text = ".".join(map(str, sys.version_info[:3]))
    if sys.platform != "linux":
        yield Finding("system", "warning", sys.platform, "Only Linux is tested: set DATABASE_URL to a server.")
    yield Finding("Python", "ok", text)
    if os.geteuid() == 0:
        yield Finding(
            "user", "warning", "root", "For real work start Ketacare as an ordinary user with a data folder of its own."
        )


def packages() -> Iterator[Finding]:
    for name in ("django", "psycopg", "uvicorn", "typst"):
        try:
            yield Finding(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(name, "wrong", "missing", "Run: python3 make.py up")


def data_folder() -> Iterator[Finding]:
    folder = default_data_folder()
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(nearest, os.W_OK):
        remedy = "Give it to this user, or name another with KETACARE_DATA."
        yield Finding("data folder", "wrong", f"{folder} can't be written", remedy)
        return
    free_gb = shutil.disk_usage(nearest).free / 1e9
    state = "wrong" if free_gb < LEAST_DISK_GB else "warning" if free_gb < COMFORTABLE_DISK_GB else "ok"
    remedy = "" if state == "ok" else f"Keep at least {COMFORTABLE_DISK_GB} GB free."
    yield Finding("data folder", state, f"{folder}, {free_gb:.0f} GB free", remedy)


def database_programs() -> Iterator[Finding]:
    if databases.is_external():
        return
    try:
        found = binaries.find()
        yield Finding("PostgreSQL", "ok", f"{found.version} in {found.bindir}")
    except CannotRun as reason:
        yield Finding("PostgreSQL", "wrong", "no programs", str(reason))
    if os.geteuid() == 0 and account.first_existing([account.SERVICE_ACCOUNT]) is None:
        yield Finding("database account", "ok", f"{account.SERVICE_ACCOUNT} will be made at the first start")


def assets() -> Iterator[Finding]:
    missing = [name for name in ASSETS if not (STATIC / "vendor" / name).is_file()]
    if missing:
        yield Finding("page assets", "wrong", f"missing: {', '.join(missing)}", "Run: python3 make.py assets")
    else:
        yield Finding("page assets", "ok", "all there")


def time_zones() -> Iterator[Finding]:
    try:
        ZoneInfo("America/New_York")
        yield Finding("time zones", "ok", "found")
    except ZoneInfoNotFoundError:
        yield Finding("time zones", "wrong", "no time zone data", "Install the system package tzdata.")


def knowledge_sheets(wings: Path = WINGS) -> Iterator[Finding]:
    """Every sheet loads and says what the list of its folder says it says."""
    folders = sorted(wings.glob(f"*/*/{KNOWLEDGE}"))
    remedy = "Put the files of the release back; a sheet of your own is made on its page, under Amend for this clinic."
    faults = [f"{folder.parent.name}: the list of its sheets is missing" for folder in folders if not listed(folder)]
    paths = [path for folder in folders for path in (*folder.glob("*.toml"), *(folder / EARLIER).glob("*.toml"))]
    for path in sorted(paths):
        try:
            read_sheet(path)
        except SheetRefused as refused:
            faults.append(str(refused))
    if faults:
        yield Finding("knowledge sheets", "wrong", "; ".join(faults), remedy)
    else:
        yield Finding("knowledge sheets", "ok", f"{len(paths)} as listed")


def stored_cases() -> Iterator[Finding]:
    folder = Path(os.environ.get("KETACARE_VIGNETTES") or Path(__file__).resolve().parents[4] / "vignettes")
    found = len(list(folder.glob("[0-9]*.toml")))
    if found:
        yield Finding("stored cases", "ok", f"{found} patients in {folder}")
    else:
        remedy = "Without them nobody is tried on a new version of a sheet. Name their folder with KETACARE_VIGNETTES."
        yield Finding("stored cases", "warning", f"none in {folder}", remedy)


def web_port(port: int) -> Iterator[Finding]:
    with socket.socket() as probe:
        probe.settimeout(1)
        used = probe.connect_ex(("127.0.0.1", port)) == 0
    if used:
        remedy = "If that isn't Ketacare, choose another port: ketacare up --port 8010"
        yield Finding("port", "warning", f"{port} answers already", remedy)
    else:
        yield Finding("port", "ok", f"{port} is free")


def database() -> Iterator[Finding]:
    """The running database, seen as the application sees it."""
    try:
        with psycopg.connect(databases.app_address().url(), connect_timeout=5) as connection:
            yield from examined(connection)
            yield from clinics(connection)
            yield from on_call(connection)
            yield from crisis_help(connection)
    except psycopg.OperationalError:
        if databases.is_external():
            yield Finding("database", "wrong", "does not answer", "Check DATABASE_URL; then run: ketacare migrate")
        else:
            yield Finding("database", "ok", "not running (ketacare up starts it)")


def examined(connection: psycopg.Connection) -> Iterator[Finding]:
    version = connection.info.server_version // 10_000
    enough = version >= binaries.OLDEST_MAJOR
    yield Finding("database", "ok" if enough else "wrong", f"PostgreSQL {version} answers")
    rights = connection.execute(
        "select rolsuper or rolbypassrls or rolcreaterole, "
        "exists (select from pg_class where relowner = pg_roles.oid) from pg_roles where rolname = current_user"
    ).fetchone()
    if rights != (False, False):
        remedy = f"Connect as {roles.APPLICATION} (KETACARE_APP_DATABASE_URL), which must own and bypass nothing."
        yield Finding("application role", "wrong", "has more rights than it may", remedy)
    fsync, synchronous = connection.execute(
        "select current_setting('fsync'), current_setting('synchronous_commit')"
    ).fetchone() or ("?", "?")
    if fsync != "on" or synchronous == "off":
        yield Finding("durability", "wrong", f"fsync={fsync}, synchronous_commit={synchronous}", "Turn both on.")


def clinics(connection: psycopg.Connection) -> Iterator[Finding]:
    """Without a clinic nobody can sign in."""
    if founded.has_no_clinic(connection):
        yield Finding("clinic", "wrong", "there is none yet", founded.REMEDY)


NOBODY_NOW = """
select not exists (select from safety_oncall o join people_user u on u.id = o.user_id
  where o.clinic_id = %s and u.is_active and o.called_off_at is null and o.starts_at <= now() and o.ends_at > now()
  and exists (select from people_staff s where s.user_id = o.user_id and s.clinic_id = o.clinic_id
    and s.ended_at is null and s.role in ('RN', 'RX', 'MD'))
  and not exists (select from scheduling_absence a where a.user_id = o.user_id and a.clinic_id = o.clinic_id
    and a.withdrawn_at is null and a.starts_at <= now() and a.ends_at > now()))
"""


NO_TELEPHONE = """
select distinct u.name from safety_oncall o join people_user u on u.id in (o.user_id, o.backup_id)
  where o.clinic_id = %s and u.is_active and o.called_off_at is null and o.ends_at > now() and o.starts_at < now() + %s
  and not exists (select from channels_reach r where r.user_id = u.id and r.clinic_id = o.clinic_id
    and r.mobile <> '' and (r.by_text or r.by_voice)) order by u.name
"""


HAS_HELP = """
select exists (select from information_schema.columns
  where table_name = 'tenancy_clinic' and column_name = 'crisis_number')
"""


def crisis_help(connection: psycopg.Connection) -> Iterator[Finding]:
    """A clinic whose patients, in danger, are shown no crisis line: its country is not in the sheet."""
    if connection.execute(HAS_HELP).fetchone() != (True,):
        return  # not migrated yet
    clinics = connection.execute(
        "select name, country, crisis_number, emergency_number from tenancy_clinic order by name"
    ).fetchall()
    for name, country, own, emergency in clinics:
        line = safety.crisis_line(country)
        if line is None and not own:
            remedy = "The administrator names the country, or the numbers that answer there, on “Help in a crisis”."
            yield Finding("crisis help", "wrong", f"{name}: no crisis line is known for {country}", remedy)
        elif line is None and not (is_number(own) and is_number(emergency)):
            remedy = "The administrator calls both once and saves them as they are dialled, on “Help in a crisis”."
            yield Finding("crisis help", "wrong", f"{name}: {own}, {emergency} may be dialled wrongly", remedy)
        else:
            yield Finding("crisis help", "ok", f"{name}: {line.call if line else own}")


def on_call(connection: psycopg.Connection) -> Iterator[Finding]:
    """A clinic in which nobody answers concerns now, seen from inside its own organisation."""
    migrated = connection.execute("select to_regclass('safety_concernrung') is not null").fetchone()
    if migrated != (True,):
        return
    clinics = connection.execute("select id, organisation_id, name from tenancy_clinic order by name").fetchall()
    for clinic, organisation, name in clinics:
        connection.execute("select set_config('ketacare.organisation', %s, true)", [str(organisation)])
        if connection.execute(NOBODY_NOW, [clinic]).fetchone() == (True,):
            remedy = "The medical director puts somebody on call; until then concerns are the director's at once."
            yield Finding("on call", "warning", f"{name}: nobody answers concerns now", remedy)
        silent = connection.execute(NO_TELEPHONE, [clinic, supervision.concern_ladder().look_ahead]).fetchall()
        if silent:
            who = ", ".join(person for (person,) in silent)
            remedy = "Each gives a number for texts or calls on the page “How you are called”."
            yield Finding("on call", "warning", f"{name}: on call without a telephone: {who}", remedy)
