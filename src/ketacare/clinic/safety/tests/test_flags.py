"""The flag of high risk stands until two people lower it, and makes silence after a dose somebody's at once."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.safety import actions, queries
from ketacare.clinic.safety.actions.flags import SECOND_LOOK
from ketacare.clinic.safety.models import ConcernStep, FlagStep, RiskFlag
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Place:
    return place()


def a_flag(here: Place) -> RiskFlag:
    return actions.raise_flag(patient=here.patient(), words="Intent and a plan", by=here.staff(Role.RX), at=AT)


def test_lowered_with_a_reason_by_one_and_a_second_look_by_another(here: Place):
    flag, alice, bob = a_flag(here), here.staff(Role.RX, "Alice"), here.staff(Role.RX, "Bob")
    with pytest.raises(NotAllowed):
        actions.ask_to_lower(flag, reason="Well", by=here.staff(Role.RN), at=AT)
    with pytest.raises(Refused, match="is empty"):
        actions.ask_to_lower(flag, reason=" ", by=alice, at=AT)
    actions.ask_to_lower(flag, reason="Plan given up, means away", by=alice, at=AT)
    assert queries.flag(flag.patient) == flag, "asked for is not lowered"
    assert Duty.objects.filter(kind=SECOND_LOOK, state="open").count() == 1
    with pytest.raises(Refused, match="not for whoever asked"):
        actions.look_again(flag, agrees=True, words="Still well", by=alice, at=AT)
    with pytest.raises(Refused, match=r"Not answered.*is empty"):
        actions.look_again(flag, agrees=None, words="", by=bob, at=AT)
    actions.look_again(flag, agrees=True, words="Spoke with him", by=bob, at=AT)
    assert queries.flag(flag.patient) is None
    assert not Duty.objects.filter(kind=SECOND_LOOK, state="open").exists()
    assert set(FlagStep.objects.values_list("step", flat=True)) == {"raised", "asked", "lowered"}


def test_kept_up_or_found_again_it_stands_and_the_asking_is_off(here: Place):
    flag, alice, bob = a_flag(here), here.staff(Role.RX, "Alice"), here.staff(Role.MD, "Bob")
    actions.ask_to_lower(flag, reason="Better", by=alice, at=AT)
    assert actions.look_again(flag, agrees=False, words="Not yet", by=bob, at=AT).state == "standing"
    actions.ask_to_lower(flag, reason="Better", by=alice, at=AT)
    again = actions.raise_flag(patient=flag.patient, words="Said it again", by=bob, at=AT)
    assert (again.pk, again.state, again.asked_by) == (flag.pk, "standing", None)
    with pytest.raises(Refused, match="Nobody has asked"):
        actions.look_again(flag, agrees=True, words="Well", by=bob, at=AT)
    assert not Duty.objects.filter(kind=SECOND_LOOK, state="open").exists()


def test_the_database_refuses_a_flag_lowered_by_one_person_or_without_a_reason(here: Place):
    flag, alice = a_flag(here), here.staff(Role.RX)
    rows = RiskFlag.objects.filter(pk=flag.pk)
    alone = {"state": "lowered", "lowered_at": AT, "lowered_by": alice.user_id}
    for change in (
        alone,
        alone | {"asked_by": alice.user_id, "reason": "Well"},
        alone | {"asked_by": here.staff(Role.RX).user_id, "reason": ""},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        RiskFlag.objects.create(
            organisation_id=flag.organisation_id,
            clinic_id=flag.clinic_id,
            created_at=AT,
            patient=flag.patient,
            since=AT,
        )


def test_put_up_with_the_decision_on_a_concern_and_lowered_on_its_page(here: Place):
    patient, alice, bob = here.patient(), here.staff(Role.RX), here.staff(Role.MD)
    concern = actions.raise_concern(patient=patient, tier=1, reason_code="s1.3", source=patient, by=alice, at=AT)
    page, address = f"/concerns/{concern.pk}/", f"/patients/{patient.pk}/risk-flag/"
    body = {"finding": "Intent", "action": "With his sister", "flag": "on"}
    without = browser(alice).post(f"{page}decide/", once(**body))
    assert (without.status_code, "was not done" in without.content.decode()) == (422, True)
    body["not_asked"] = "Asleep now"
    assert browser(alice).post(f"{page}decide/", once(**body)).status_code == 302
    here.enter()
    up = queries.flag(patient)
    assert up is not None
    assert "Intent" in browser(alice).get(address).content.decode()
    assert "because: Asleep now" in ConcernStep.objects.get(step="decided").action
    hasty = browser(alice).post(f"{address}lower/", once(reason="Means are away", version=up.version))
    assert (hasty.status_code, "was not done" in hasty.content.decode()) == (422, True)
    here.enter()
    owed = queries.interviews_owed(patient)
    actions.interview_held(
        patient,
        [one.kind.removeprefix("interview.") for one in owed],
        evidence=patient,
        happened_at=AT,
        by=alice,
        at=AT,
    )
    assert browser(alice).post(f"{address}lower/", once(reason="", version=up.version)).status_code == 422
    assert browser(alice).post(f"{address}lower/", once(reason="Means are away", version=up.version)).status_code == 302
    assert "Sign the second look" not in browser(alice).get(address).content.decode()
    assert "Sign the second look" in browser(bob).get(address).content.decode()
    looked = {"agrees": "yes", "words": "Spoke with both"}
    stale = browser(bob).post(f"{address}lower/", once(**looked, version=up.version))
    assert (stale.status_code, "Something changed since" in stale.content.decode()) == (422, True)
    here.enter()
    asked = queries.flag(patient)
    assert asked is not None
    assert browser(bob).post(f"{address}lower/", once(**looked, version=asked.version)).status_code == 302
    here.enter()
    assert queries.flag(patient) is None


def test_h13_over_open_concerns_both_say_why_it_is_lowered_all_the_same(here: Place):
    flag, alice, bob = a_flag(here), here.staff(Role.RX, "Alice"), here.staff(Role.RX, "Bob")
    actions.raise_concern(patient=flag.patient, tier=1, reason_code="words.reply", source=flag.patient, by=alice, at=AT)
    page = browser(alice).get(f"/patients/{flag.patient.pk}/risk-flag/").content.decode()
    assert "Words of danger in an answer to a message" in page
    here.enter()
    with pytest.raises(Refused, match="1 concern is open, 1 that called at once"):
        actions.ask_to_lower(flag, reason="Well", by=alice, at=AT)
    actions.ask_to_lower(flag, reason="Well", despite="Seen today", by=alice, at=AT)
    with pytest.raises(Refused, match="1 concern is open"):
        actions.look_again(flag, agrees=True, words="Well", by=bob, at=AT)
    actions.look_again(flag, agrees=True, words="Well", despite="Seen too", by=bob, at=AT)
    said = " ".join(FlagStep.objects.values_list("words", flat=True))
    assert "because: Seen today" in said
    assert "because: Seen too" in said
