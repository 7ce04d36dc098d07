"""Make the demo clinic, once: invented staff and patients, and a session in progress."""

from __future__ import annotations

import argparse

HELP = "make the demo clinic in the database"
EXAMPLE = "ketacare demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to choose."""


def run(arguments: argparse.Namespace) -> int:
    from ketacare.web.runtime.application import set_up

    set_up()
    from ketacare.web import clock, demo

    demo.load(at=clock.now())
    return 0
