"""H7: sedation that nobody looks at between two checks, or that was to be expected."""

from __future__ import annotations

import pytest

from ketacare.clinic.candidacy.tests.factories import no_medicines
from ketacare.clinic.dosing.actions import preparing
from ketacare.clinic.dosing.queries.facts import known
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import actions, queries
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db


def due(day, minutes):
    """The sedation check of T+15, as it stands then."""
    actions.tick(clinic=day.clinic, at=f.later(minutes))
    standing = queries.standing(day.visit, at=f.later(minutes))
    found = next(one for one in standing.conditions if one.key == "due.moaas@15")
    return found.rule, found.priority.word if found.priority else ""


def test_h07_a_sedation_check_that_nobody_did_is_an_alarm_of_its_own_and_grows():
    day = f.a_day()
    f.to_running(day)
    assert [due(day, 10 + 15 + late) for late in (2, 5, 10)] == [
        ("late", "low"),
        ("missed", "medium"),
        ("supervisor", "high"),
    ]
    f.vitals(day, moaas=5, at=f.later(36))
    assert "due.moaas@15" not in {one.key for one in queries.standing(day.visit, at=f.later(36)).conditions}


@pytest.mark.parametrize(("moaas", "priority"), [(4, None), (3, "low"), (2, "medium"), (1, "high")])
def test_h07_what_a_person_sees_alarms_at_once(moaas, priority):
    day = f.a_day()
    f.to_running(day)
    f.vitals(day, moaas=moaas, at=f.later(20))
    found = {
        one.key: one.priority.word for one in queries.standing(day.visit, at=f.later(20)).conditions if one.present
    }
    assert found.get("MOAAS.low") == priority


def test_h07_a_benzodiazepine_this_morning_is_the_prescribers_decision():
    day = f.a_day()
    no_medicines(day.patient, day.nurse)
    f.make_ready(day)
    took = {
        "medicines_reconciled": known(True),
        "interacting_medicine_taken": known(True),
        "medicine_not_lifted": known(False),
    }
    preparing.record_facts(session=day.session, item="medicines", facts=took, words="", by=day.nurse, at=f.later(0.5))

    def go(by, **overrides):
        preparing.decide(session=day.session, go=True, overrides=overrides, words="", by=by, at=f.later(1))

    with pytest.raises(Refused, match="prescriber decides"):
        go(day.nurse)
    go(day.prescriber, **{"RD-13": "Half the dose, SpO2 throughout"})
