"""Prove that the audit chain of every clinic is whole, then seal its heads outside the database."""

from __future__ import annotations

import argparse

HELP = "prove that every audit chain is whole"
EXAMPLE = "ketacare verify"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-seal", action="store_true", help="do not seal the heads after a good proof")


def run(arguments: argparse.Namespace) -> int:
    from ketacare.web.runtime.application import set_up

    set_up()
    from ketacare.clinic.audit import tasks
    from ketacare.web import clock

    broken = 0
    for clinic, breaks in tasks.verify_all():
        broken += len(breaks)
        print(f"{clinic.name}: {'holds' if not breaks else f'{len(breaks)} breaks'}")
        for found in breaks:
            print(f"  line {found.number}: {found.what}")
    if not broken and not arguments.no_seal:
        print(f"Sealed {tasks.seal_all(clock.now())} chains.")
    return 1 if broken else 0
