"""`python -m tests.mutation MODULE TEST... [--first N] [--only N,N] [--minutes M]`: which changes no test notices.

    python -m tests.mutation ketacare.medicine.candidacy.rules.liver src/ketacare/medicine/candidacy/tests/test_liver.py

Each change of the module is tried against the tests named; those that survive are told with their number. A run that is
out of time tells where to go on. Three controls that change nothing come first: where one fails, nothing is said.
"""

from __future__ import annotations

import argparse
import sys

import pytest

from tests.mutation.trying import Tried


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("module")
    parser.add_argument("tests", nargs="+")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", default="", help="numbers of changes, as an earlier run told them")
    parser.add_argument("--minutes", type=float, default=8)
    told = parser.parse_args()
    only = frozenset(int(number) for number in told.only.split(",") if number)
    tried = Tried(told.module, told.first, only, told.minutes)
    ended = pytest.main(["-q", "--no-header", "-s", *told.tests], plugins=[tried])
    return int(ended not in (0, 5)) or tried.failed_controls or len(tried.untried)


if __name__ == "__main__":
    sys.exit(main())
