"""Where the real recordings, messages and vectors are. They are not part of the repository, except the small copies in
`tests/reference/data` of those that may be passed on, so that what they hold is asked everywhere."""

import os
from pathlib import Path
from typing import Literal, overload

import pytest

ROOT = Path(__file__).resolve().parent.parent
CARRIED = ROOT / "tests" / "reference" / "data"


@overload
def ketacare_reference_data(*, skip: Literal[True] = True) -> Path: ...
@overload
def ketacare_reference_data(*, skip: bool) -> Path | None: ...
def ketacare_reference_data(*, skip: bool = True) -> Path | None:
    """The folder of reference data; without it the test is skipped, or with `skip=False` None is the answer."""
    named = os.environ.get("KETACARE_REFERENCE_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if folder.is_dir():
        return folder
    if skip:
        pytest.skip("KETACARE_REFERENCE_DATA is not set and ../shared/data is not there")
    return None


def reference_file(name: str) -> Path:
    """The whole file where the reference data are, else the copy that the tests carry; with neither it is skipped."""
    folder = ketacare_reference_data(skip=False)
    if folder is None and (CARRIED / name).is_file():
        return CARRIED / name
    return (folder or ketacare_reference_data()) / name
