"""Read a mail that came back (a delivery status notification, RFC 3464): somebody has the patient's message then. What
a person wrote to that address is kept for a person to read, with the patient whose letter it answers.

For the pipe of a mail relay: `bounces: "|ketacare bounces -"` among its aliases, for the address that
KETACARE_MESSAGES_BOUNCES_TO names. A notification of no letter from here, and what is no mail, is told on standard
error and let go, so that the relay does not send it round in a circle. While the database does not answer, or a clinic
could not keep it, the exit code is 75: the relay keeps the mail and tries again.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path

from ketacare.web.runtime.faults import BadInput

HELP = "reads a mail to a patient that came back, or that answers one; somebody has it then"
EXAMPLE = "ketacare bounces - < returned.eml"
TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h
AT_ONCE = 64 * 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", help="the mail as it came, or - for standard input")


def run(arguments: argparse.Namespace) -> int:
    from ketacare.web.runtime.application import set_up

    set_up()
    from django.db import InterfaceError, OperationalError

    from ketacare.clinic.channels import bounces
    from ketacare.clinic.channels.receipts import Faulty
    from ketacare.clinic.outcomes.views.messages import NotEverywhere, keep_mail
    from ketacare.web import clock

    try:
        kept = keep_mail(raw(arguments.path, bounces.MOST_BYTES), clock.now())
    except Faulty:
        print("This is no delivery status of a letter from here.", file=sys.stderr)
        return 0
    except (OperationalError, InterfaceError):
        print("The database does not answer: keep the mail and try again.", file=sys.stderr)
        return TRY_AGAIN
    except NotEverywhere as some:
        print(f"Not every clinic could keep it ({some}): keep the mail and try again.", file=sys.stderr)
        return TRY_AGAIN
    if not kept:
        print("There is no clinic yet: keep the mail and try again.", file=sys.stderr)
        return TRY_AGAIN
    print(kept)
    return 0


def raw(path: str, most: int) -> bytes:
    """Its first bytes, which say all; a relay is not cut off while it writes the rest."""
    try:
        with nullcontext(sys.stdin.buffer) if path == "-" else Path(path).open("rb") as mail:
            kept = mail.read(most)
            while mail.read(AT_ONCE):
                pass
            return kept
    except OSError as problem:
        raise BadInput(path, f"can't be read ({type(problem).__name__})") from None
