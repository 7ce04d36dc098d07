"""H18: a prediction read as a measurement."""

from __future__ import annotations

import re

import pytest

from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring.models import AlarmSignal, Reading
from ketacare.clinic.people.tests.factories import browser

pytestmark = pytest.mark.django_db


def test_h18_every_predicted_figure_has_its_band_beside_it_and_says_that_nobody_measured_it(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(30))
    day = f.a_day()
    f.to_running(day)
    before = (Reading.objects.count(), AlarmSignal.objects.count())
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/prediction/").content.decode()
    assert page.count("Predicted, not measured") >= 2
    cells = re.findall(r"<td>(.*?)</td>", page, re.S)
    assert cells
    assert [cell for cell in cells if "plan__spread" not in cell] == []
    assert (Reading.objects.count(), AlarmSignal.objects.count()) == before
