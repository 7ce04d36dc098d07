"""Bring the database's tables and walls to this version."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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

    with new_models_rendered_alone():
        call_command("migrate", database="owner", interactive=False, verbosity=verbosity)
    apply_walls(connections["owner"])


@contextmanager
def new_models_rendered_alone() -> Iterator[None]:
    """For a model that is new, Django also renders anew every model that anything it points at is related to: with one
    organisation behind them all that is two thirds of an empty database's migrations. Nothing points at it yet."""
    from django.db.migrations import state

    states: Any = state.ProjectState
    all_related = states._find_reload_model

    def to_render(known: Any, app: str, model: str, delay: bool = False) -> set[tuple[str, str]]:
        try:
            known.apps.get_model(app, model)
        except LookupError:
            return {(app, model)}
        return set(all_related(known, app, model, delay))

    states._find_reload_model = to_render
    try:
        yield
    finally:
        states._find_reload_model = all_related
