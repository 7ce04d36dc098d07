"""What was found at the chair, and what comes after it: a sign, a medicine, oxygen, vomit, an emergency (H12)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import effects, emergency, helping, leaving, release, signs
from ketacare.clinic.dosing.queries import going_home
from ketacare.clinic.dosing.queries.facts import known
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_effects import adopt, give, leave
from ketacare.clinic.monitoring import actions as monitoring

pytestmark = pytest.mark.django_db


@pytest.fixture
def well():
    """Everything as it should be: ready at T+100."""
    day = f.a_day()
    f.to_recovery(day)
    f.make_well(day)
    assert judged(day, 101).ready is True
    return day


def judged(day, at):
    return going_home.release(day.session, at=f.later(at), zone="UTC")


def unmet(day, at):
    return [one.id for one in judged(day, at).unmet]


def found(day, at, **facts):
    release.record_criteria(session=day.session, facts=facts, words="", by=day.nurse, at=f.later(at))


def again(day, at):
    """Head, legs, mind and pain are looked at again, twice for the sedation."""
    mind = ("orientation", "frightening_perceptions", "new_suicidal_or_violent_intent")
    found(day, at, **{name: f.WELL[name] for name in ("romberg", "gait", "pain_acceptable", *mind)})
    for name in ("nausea", "dissociation"):
        f.timeline.record(
            session=day.session, kind=f.Kind.SCALE, name=name, body={"value": "1"}, by=day.nurse, at=f.later(at)
        )
    for minute in (at - 15, at):
        f.vitals(day, "127/79", hr=70, spo2=98, rr=14, moaas=5, distress=0, at=f.later(minute))


def test_h12_a_faint_that_is_over_asks_for_everything_that_it_may_have_changed(well):
    signs.seen(session=well.session, sign="syncope", by=well.nurse, at=f.later(101))
    signs.over(session=well.session, sign="syncope", by=well.nurse, at=f.later(102))
    monitoring.acknowledge_alarm(visit=well.visit, condition="sign.syncope", by=well.nurse, at=f.later(103))
    assert unmet(well, 104) == ["RC-2", "RC-3", "RC-4", "RC-5", "RC-6", "RC-7", "RC-8", "RC-9", "RC-10"]
    assert "not recorded since 15:46" in judged(well, 104).unmet[0].words
    again(well, 120)
    assert judged(well, 121).ready is True


def test_h12_a_sign_struck_out_as_never_there_disturbs_nothing(well):
    entry = signs.seen(session=well.session, sign="syncope", by=well.nurse, at=f.later(101))
    f.timeline.undo(session=well.session, entry=entry, by=well.nurse, at=f.later(101.1))
    monitoring.acknowledge_alarm(visit=well.visit, condition="sign.syncope", by=well.nurse, at=f.later(102))
    assert judged(well, 103).ready is True


def test_h12_a_vomit_at_the_chair_undoes_the_fluids_kept_before(well):
    effects.chart(session=well.session, name="vomit", by=well.nurse, at=f.later(101))
    effects.close_emergency(
        session=well.session, name="EM-07", airway_signs=False, words="", by=well.nurse, at=f.later(102)
    )
    assert unmet(well, 103) == ["RC-7"]
    found(well, 110, fluids_kept=known(True))
    assert judged(well, 111).ready is True


def test_h12_oxygen_by_the_order_set_ends_on_room_air(well):
    adopt(well)
    give(well, 101, drug="oxygen", route="nasal", amount="2", unit="L/min", why="hypoxia")
    assert unmet(well, 102) == ["RC-6"]
    found(well, 103, on_air=known(True))
    assert unmet(well, 107.9) == ["RC-6"]
    assert judged(well, 108).ready is True


def test_h12_what_is_given_in_an_emergency_makes_everybody_wait_as_after_the_longest(well):
    """Naloxone in the event, as free words: two hours, the standing pressure, and everything looked at again."""
    act = {"session": well.session, "by": well.nurse}
    emergency.begin(**act, at=f.later(101))
    emergency.act(**act, what="oxygen", at=f.later(101.5))
    emergency.act(**act, what="drug", words="Naloxone 0.4 mg IV", at=f.later(102))
    emergency.end(**act, words="Settled", at=f.later(110))
    assert judged(well, 111).earliest_at == f.later(222) == going_home.earliest(well.session, f.later(111))
    again(well, 215)
    assert unmet(well, 221) == ["RC-4", "RC-1", "RC-6"]
    found(well, 216, on_air=known(True), **STOOD)
    assert unmet(well, 221) == ["RC-1"]
    assert judged(well, 222).ready is True


def test_h12_what_was_found_in_the_midst_of_an_emergency_is_asked_again_once_it_is_over(well):
    act = {"session": well.session, "by": well.nurse}
    emergency.begin(**act, at=f.later(101))
    again(well, 116)
    emergency.end(**act, words="Settled", at=f.later(118))
    assert "RC-3" in unmet(well, 119)
    again(well, 134)
    assert judged(well, 135).ready is True


def test_h12_an_emergency_that_ends_at_the_door_leaves_how_they_were_as_it_was_found(well):
    emergency.begin(session=well.session, by=well.nurse, at=f.later(101))
    again(well, 116)
    leave(well, leaving.TRANSFER, at=118)
    assert unmet(well, 118) == []


def test_h12_who_rings_for_water_is_asked_for_nothing_again(well):
    act = {"session": well.session, "by": well.nurse}
    helping.call_help(**act, place="chair", at=f.later(101))
    helping.be_present(**act, at=f.later(102))
    monitoring.acknowledge_alarm(visit=well.visit, condition="sign.help button", by=well.nurse, at=f.later(103))
    assert judged(well, 104).ready is True
    signs.seen(**act, sign="syncope", at=f.later(105))  # what is found there is tapped by itself
    assert "RC-3" in unmet(well, 106)


STOOD = {
    "standing_fall_sbp": known(Decimal(4), "mm[Hg]"), "standing_fall_dbp": known(Decimal(2), "mm[Hg]"),
    "dizzy_standing": known(False),
}  # fmt: skip
