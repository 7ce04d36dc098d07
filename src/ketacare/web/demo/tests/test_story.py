"""The demo can be made at any hour of the day."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ketacare.web.demo.story import BEFORE_A_DOSE, begun_on_one_day

ZONE = ZoneInfo("America/New_York")


@pytest.mark.parametrize("minute", range(0, 24 * 60, 7))
def test_what_is_asked_before_the_running_dose_lies_on_its_day(minute):
    at = datetime(2026, 11, 30, tzinfo=ZONE) + timedelta(minutes=minute)
    start = begun_on_one_day(at, "America/New_York").astimezone(ZONE)
    assert (start - BEFORE_A_DOSE).date() == start.date()
    assert timedelta(minutes=14) <= at - start < timedelta(minutes=46)
