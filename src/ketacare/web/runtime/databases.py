"""Which database Django uses, under which of the two roles, embedded or external."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import psycopg

from ketacare.web.runtime import roles
from ketacare.web.runtime.faults import CannotRun
from ketacare.web.runtime.folders import default_data_folder, socket_folder

POOL = {"min_size": 1, "max_size": 12, "timeout": 10}


class BadAddress(CannotRun):
    """DATABASE_URL can't be understood."""


@dataclass(frozen=True)
class Address:
    """One role's way into one database."""

    host: str
    user: str
    database: str
    port: str = ""
    password: str = ""
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, url: str) -> Address:
        parts = urlsplit(url)
        if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
            raise BadAddress("DATABASE_URL must look like postgresql://user:password@host:5432/database")
        options = dict(parse_qsl(parts.query))
        host = options.pop("host", "") or unquote(parts.hostname or "")
        port = options.pop("port", "") or str(parts.port or "")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(host, user, unquote(parts.path.strip("/")), port, password, tuple(sorted(options.items())))

    def url(self) -> str:
        secret = f":{quote(self.password, safe='')}" if self.password else ""
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in (("host", self.host), *self.options))
        port = f"&port={self.port}" if self.port else ""
        return f"postgresql://{quote(self.user, safe='')}{secret}@/{quote(self.database, safe='')}?{query}{port}"

    def settings(self) -> dict[str, Any]:
        """A Django `DATABASES` entry."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": self.database,
            "USER": self.user,
            "PASSWORD": self.password,
            "HOST": self.host,
            "PORT": self.port,
            "OPTIONS": {"application_name": "ketacare", **dict(self.options)},
            "TEST": {},
        }


def is_external() -> bool:
    return bool(os.environ.get("DATABASE_URL"))


def owner_address() -> Address:
    """The role that makes tables: the user of `DATABASE_URL`, or the embedded server's."""
    external = os.environ.get("DATABASE_URL")
    if external:
        return Address.parse(external)
    return Address(str(socket_folder(default_data_folder())), roles.OWNER, roles.DATABASE)


def app_address() -> Address:
    """The role that serves people: owns nothing, bypasses nothing."""
    named = os.environ.get("KETACARE_APP_DATABASE_URL")
    if named:
        return Address.parse(named)
    return replace(owner_address(), user=roles.APPLICATION, password=kept_password() if is_external() else "")


def password_file() -> Path:
    return default_data_folder() / "app_password"


def kept_password() -> str:
    """The password made for the application role of an external server, kept beside our data; empty before."""
    try:
        return password_file().read_text(encoding="ascii").strip()
    except (FileNotFoundError, PermissionError):
        return ""


def ensure_application_role() -> None:
    """On an external server: make the application role with a password of its own, unless it is given or made."""
    if not is_external() or os.environ.get("KETACARE_APP_DATABASE_URL") or kept_password():
        return
    password = secrets.token_urlsafe(32)
    with psycopg.connect(owner_address().url(), autocommit=True) as connection:
        if roles.exists(connection, "select from pg_roles where rolname = %s", roles.APPLICATION):
            raise CannotRun(
                f"The server has a role {roles.APPLICATION} whose password is not known here. Set "
                "KETACARE_APP_DATABASE_URL to the address with that role and its password."
            )
        try:
            roles.ensure_role(connection, roles.APPLICATION, password=password)
        except psycopg.errors.InsufficientPrivilege:
            raise CannotRun(
                f"The user of DATABASE_URL may not create roles. Have the role {roles.APPLICATION} made (login, no "
                "other right) and set KETACARE_APP_DATABASE_URL to the address with that role and its password."
            ) from None
    keep_password(password)


def keep_password(password: str) -> None:
    path = password_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(password)


def database_settings(*, pool: bool | None = None) -> dict[str, dict[str, Any]]:
    """Django's DATABASES: `default` is the application role, `owner` the role of migrations. Nothing is connected.

    `pool` keeps connections open between requests; the `web` process asks for it by KETACARE_DATABASE_POOL=1.
    """
    default, owner = app_address().settings(), owner_address().settings()
    if os.environ.get("KETACARE_DATABASE_POOL") == "1" if pool is None else pool:
        default["OPTIONS"]["pool"] = dict(POOL)
    return {"default": default, "owner": owner}
