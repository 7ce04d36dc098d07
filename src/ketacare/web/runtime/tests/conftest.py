"""A data folder that the database's account may use."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder that an unprivileged account may enter (pytest's own is closed to others)."""
    folder = Path(tempfile.mkdtemp(prefix="ketacare-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
