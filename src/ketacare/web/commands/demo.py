"""Make the demo clinic, once: invented staff and patients, and a session in progress."""

from __future__ import annotations

import argparse
import importlib

HELP = "make the demo clinic in the database and print its sign-ins"
EXAMPLE = "ketacare demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--play", action="store_true", help="play the recording of the session in progress (up does)")


def run(arguments: argparse.Namespace) -> int:
    import os

    from ketacare.web.runtime.application import set_up

    os.environ["KETACARE_DEMO"] = "1"
    set_up()
    from ketacare.web import clock, demo

    if arguments.play:
        importlib.import_module("ketacare.web.demo.play").run(at=clock.now())
        return 0
    demo.load(at=clock.now())
    print_sign_ins()
    return 0


def print_sign_ins() -> None:
    from ketacare.web.demo.accounts import ACCOUNTS, PASSWORD

    width = max(len(account.email) for account in ACCOUNTS)
    print("\nDemo sign-ins (invented people):")
    for account in ACCOUNTS:
        print(f"  {account.email:<{width}}  {account.role.label}")
    print(f"  password for all: {PASSWORD}; the sign-in page shows each one's six-digit code.")
