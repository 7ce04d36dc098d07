"""A few stored cases stand for all: what is tried on them is the same."""

import shutil

import pytest
from django.conf import settings as shipped

FEW = ("normal.toml", "01-two-failed-trials.toml", "02-five-weeks.toml")


@pytest.fixture(autouse=True)
def few_cases(settings, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp() / "few-cases"
    if not folder.exists():
        folder.mkdir()
        for name in FEW:
            shutil.copy(shipped.VIGNETTES / name, folder / name)
        shutil.copytree(shipped.VIGNETTES / "visits", folder / "visits")
    settings.VIGNETTES = folder
