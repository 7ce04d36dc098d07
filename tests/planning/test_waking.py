"""Whoever asks for the first course after a start of the product does not wait until the solver is loaded."""

from __future__ import annotations

import sys
from threading import Lock

from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import a_clinic, browser, someone
from ketacare.clinic.scheduling.planner import waking


def test_the_solver_is_loaded_beside_and_once(monkeypatch):
    monkeypatch.setattr(waking, "_once", Lock())
    beside = waking.wake()
    assert beside is not None
    beside.join()
    assert waking.SOLVER in sys.modules
    assert waking.wake() is None


def test_looking_at_the_calendar_or_the_waiting_list_loads_it(db, monkeypatch):
    desk = browser(someone(a_clinic(), Role.FD))
    for page in ("/planning/", "/planning/waiting/"):
        monkeypatch.setattr(waking, "_once", Lock())
        assert desk.get(page).status_code == 200
        assert waking.wake() is None, page
