"""What every test may ask for."""

import gc

from hypothesis import settings

# A busy machine is no fault of the code: no test is held to a time.
settings.register_profile("ketacare", deadline=None)
settings.load_profile("ketacare")

pytest_plugins = ["tests.database", "tests.browser", "tests.canary", "tests.journeys.running"]


def pytest_collection_finish() -> None:
    """What was collected stays to the end of the run: no later search for garbage needs to look through it again."""
    gc.collect()
    gc.freeze()
