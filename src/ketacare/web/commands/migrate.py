"""Bring the database's tables and walls to this version."""

from __future__ import annotations

import argparse

HELP = "bring the database's tables and walls to this version"
EXAMPLE = "ketacare migrate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="say nothing unless something is wrong")


def run(arguments: argparse.Namespace) -> int:
    from ketacare.web.runtime.application import set_up
    from ketacare.web.runtime.databases import ensure_application_role

    ensure_application_role()
    set_up()
    migrate_and_wall(verbosity=0 if arguments.quiet else 1)
    return 0


def migrate_and_wall(*, verbosity: int = 1) -> None:
    """Migrate as the owner, then raise every wall again: both are idempotent. Django must be set up."""
    from django.core.management import call_command
    from django.db import connections

    from ketacare.clinic.tenancy.actions import apply_walls

    call_command("migrate", database="owner", interactive=False, verbosity=verbosity)
    apply_walls(connections["owner"])
