"""Who is not awake when everybody should be again is a concern, beside the alarms of the chair."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import danger
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.outcomes.actions.rating import Rater
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import User
from ketacare.clinic.safety.models import Concern

pytestmark = pytest.mark.django_db


def test_moaas_below_five_two_hours_after_the_dose_is_a_concern_once_and_not_before():
    day = f.a_day()
    f.to_running(day)
    session = day.session
    assert session is not None
    assert session.started_at is not None
    for minutes, value in ((119, 4), (120, 5), (120, 4), (135, 4), (121, 3)):
        at = session.started_at + timedelta(minutes=minutes)
        danger.not_back(session=session, value=Decimal(value), taken_at=at, by=day.nurse, at=at)
    assert list(Concern.objects.values_list("reason_code", "tier")) == [("moaa-s.not-back", 3)]
    with pytest.raises(NotAllowed):
        danger.not_back(session=session, value=Decimal(4), taken_at=at, by=day.desk, at=at)


def test_a_rating_is_held_against_the_dose_begun_that_day():
    day = f.a_day()
    f.to_running(day)
    assert day.session is not None
    assert day.session.started_at is not None
    began, nurse = day.session.started_at, day.nurse
    me = User.objects.get(pk=nurse.user_id)
    rater = Rater(user=me, came="in_person", hidden=("nothing",), edition="The owner's form")

    def cadss(total: int, minutes: int) -> None:
        at = began + timedelta(minutes=minutes)
        outcomes.rate(
            patient=day.patient, scale="cadss", answers={"total": total}, rater=rater, happened_at=at, by=nurse, at=at
        )

    cadss(2, -30)
    cadss(40, 40)
    assert not Concern.objects.exists(), "at its height it is no sign"
    cadss(6, 120)
    assert not Concern.objects.exists()
    cadss(7, 125)
    assert list(Concern.objects.values_list("reason_code", "tier")) == [("cadss.rise", 2)]
