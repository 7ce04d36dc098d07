"""H12: let go impaired, unsteady, or with nobody."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.queries import going_home, schedule
from ketacare.clinic.dosing.tests import factories as f
from ketacare.medicine.dosing import rules
from ketacare.medicine.evidence.terms import Facts

pytestmark = pytest.mark.django_db

# Vomiting is asked only where fluids were not kept; of the rest, each is needed.
EACH = (*(name for name in f.WELL if name != "fluids_kept"), "age_years", "moaas", "sbp", "dbp", "hr", "spo2", "rr",
        "nausea", "dissociation", "distress", "baseline_sbp", "started_at", "ended_at")  # fmt: skip


def test_h12_of_the_record_of_a_session_each_fact_missing_is_not_ready_and_is_named():
    day = f.a_day()
    f.to_recovery(day)
    f.make_well(day)
    at, protocol = f.later(105), schedule.protocol_of(day.session)
    known = going_home.all_facts(day.session, at)
    assert rules.release(Facts(known), protocol, at).ready is True
    for name in EACH:
        judged = rules.release(Facts([fact for fact in known if fact.name != name]), protocol, at)
        assert judged.ready is not True, name
        assert name in judged.missing or name in ("started_at", "ended_at"), name


def test_h12_with_every_fact_there_one_minute_under_the_least_time_is_not_ready():
    day = f.a_day()
    f.to_recovery(day)
    f.make_well(day)
    judged = going_home.release(day.session, at=f.later(99), zone="UTC")
    assert judged.ready is not True
    assert going_home.release(day.session, at=f.later(100), zone="UTC").ready is True
