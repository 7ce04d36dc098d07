"""What every test may ask for."""

import gc

import pytest
from hypothesis import settings

# A busy machine is no fault of the code: no test is held to a time.
settings.register_profile("ketacare", deadline=None)
settings.load_profile("ketacare")

pytest_plugins = ["tests.database", "tests.browser", "tests.canary", "tests.journeys.running"]


def pytest_collection_finish() -> None:
    """What was collected stays to the end of the run: no later search for garbage needs to look through it again."""
    gc.collect()
    gc.freeze()


# A worker that begins one of these last keeps the other waiting for minutes.
LONG = ("tests/crash/", "tests/journeys/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first."""
    items.sort(key=lambda item: not any(place in item.path.as_posix() for place in LONG))
