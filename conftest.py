"""What every test may ask for."""

import gc
import os
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

# A busy machine is no fault of the code: no test is held to a time. The gate draws the same cases each time, so that a
# failure is of the change at hand; new cases are sought by the proof runs.
settings.register_profile("ketacare", deadline=None, derandomize="KETACARE_PROOF" not in os.environ)
settings.load_profile("ketacare")

pytest_plugins = [
    "tests.database",
    "tests.clients",
    "tests.browser",
    "tests.canary",
    "tests.journeys.running",
    "tests.watch.house",
]


@pytest.fixture(autouse=True)
def nothing_was_handed_on_late() -> None:
    """What a live stream of the test before noted is of this whole process, and would make exports wait for seconds."""
    from ketacare.web import lateness

    lateness.handed_on = lateness.Lately()


@pytest.fixture(autouse=True)
def calls_go_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test has the process that calls people beside it; that of its silence asks the beats themselves."""
    from ketacare.clinic.safety.above import above, goes_out

    monkeypatch.setattr(above, "uncalled", goes_out)


def pytest_collection_finish() -> None:
    """What was collected stays to the end of the run: no later search for garbage needs to look through it again."""
    gc.collect()
    gc.freeze()


# A worker that begins one of these last keeps the other waiting for minutes.
LONG = ("tests/crash/", "tests/journeys/", "tests/watch/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first."""
    items.sort(key=lambda item: not any(place in item.path.as_posix() for place in LONG))


# What each of these makes ready once is for all of its tests.
PLAYED_BY_ONE = (
    "tests/crash/test_every_act.py",
    "tests/crash/test_gateway.py",
    "src/ketacare/web/runtime/tests/test_up.py",
)


class PlayedByOne(LoadScopeScheduling):
    """The acts of one programme go to one worker in their order; of everything else each test is free.

    The plugin's own groups are no help: with this pytest their mark reaches nobody, and every worker plays it all.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((file for file in PLAYED_BY_ONE if nodeid.startswith(file)), nodeid)

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """What is done is forgotten: the plugin would count all before it for each of fifteen thousand tests."""
        nodeid = self.registered_collections[node][item_index]
        scope = self._split_scope(nodeid)
        unit = self.assigned_work[node][scope]
        unit[nodeid] = True
        if all(unit.values()):
            del self.assigned_work[node][scope]
        self._reschedule(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return PlayedByOne(config, log)
