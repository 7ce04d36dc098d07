"""Make the demo clinic, once: invented staff and patients, a session in progress, and a simulated year if asked."""

from __future__ import annotations

import argparse
import importlib

from ketacare.web.runtime.faults import CannotRun

HELP = "make the demo clinic in the database and print its sign-ins"
EXAMPLE = "ketacare demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--play", action="store_true", help="play the recording of the session in progress (up does)")
    parser.add_argument("--large", action="store_true", help="add a simulated year of three clinics, 2,000 people")


def run(arguments: argparse.Namespace) -> int:
    import os

    from ketacare.web.runtime.application import set_up

    os.environ["KETACARE_DEMO"] = "1"
    set_up()
    from ketacare.web import clock, demo

    if arguments.play:
        importlib.import_module("ketacare.web.demo.play").run(at=clock.now())
        return 0
    refuse_real_clinic(demo.ORGANISATION)
    demo.load(at=clock.now())
    if arguments.large:
        demo.load_large(at=clock.now())
    print_sign_ins()
    return 0


def refuse_real_clinic(ours: str) -> None:
    """Invented people don't go into a database that has a clinic of its own."""
    from ketacare.clinic.tenancy.models import Organisation

    if Organisation.objects.exclude(name=ours).exists():
        raise CannotRun("this database holds a real clinic; make the demo in another one (KETACARE_DATA)")


def print_sign_ins() -> None:
    from ketacare.web.demo.accounts import PASSWORD, demo_accounts

    accounts = demo_accounts()
    width = max(len(account["email"]) for account in accounts)
    print("\nDemo sign-ins (invented people):")
    for account in accounts:
        print(f"  {account['email']:<{width}}  {account['role']}")
    print(f"  password for all: {PASSWORD}; the sign-in page shows each one's six-digit code.")
