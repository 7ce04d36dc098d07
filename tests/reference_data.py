"""Where the real recordings, messages and vectors are. They are not part of the repository."""

import os
from pathlib import Path
from typing import Literal, overload

import pytest

ROOT = Path(__file__).resolve().parent.parent


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
