"""A medicine that the patient tells otherwise than the list: the list stands, the word stands beside it, and a
prescriber settles the two (H15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.candidacy.actions import answering, asking
from ketacare.clinic.candidacy.forms import screens
from ketacare.clinic.candidacy.forms.becoming import becoming
from ketacare.clinic.candidacy.models import MedicineEntry
from ketacare.clinic.candidacy.queries import intake as intakes
from ketacare.clinic.candidacy.tests.factories import everything_known, some_medicines
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.links.access import link_actor
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.tests.factories import AT, browser, once
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=2)
ZONE = "America/New_York"
MAO = {"name": "tranylcypromine", "dose": "30 mg", "as_needed": False}
ZOLOFT = {"name": "sertraline", "dose": "50 mg", "as_needed": False}


@pytest.fixture
def intake(patient, prescriber):
    return asking.send_intake(patient=patient, way="hand", by=prescriber, at=AT)


def tell(intake, *entries, at=LATER):
    told = [{"key": one[0], "name": one[0], "dose": one[1], "often": one[2]} for one in entries]
    values = {"entries": told, "closed": "all" if told else "none"}
    becomes = becoming(screens.screen("medicines"), values, at.date(), intakes.intake_lines(intake.patient))
    answering.keep_screen(
        intake=intake, screen="medicines", values=values, becoming=becomes, by=link_actor(intake), at=at
    )


def listed(patient):
    return {entry.name: entry for entry in queries.medicines(patient).medicines}


def to_settle(patient):
    return [(duty.owner_role, Consequence(duty.consequence)) for duty in owed.open_for(patient, queries.TOLD_OTHERWISE)]


def answer(patient, at=LATER):
    return queries.answer_so_far(patient, at=at, zone=ZONE).decision


def settle(patient, by, *, name="tranylcypromine", as_told=False, reason="Bottle seen", at=LATER):
    row = queries.medicines(patient)
    key = listed(patient)[name].key
    return actions.settle_medicine(
        patient=patient, key=key, seen=row.pk, as_told=as_told, reason=reason, by=by, at=at + timedelta(minutes=5)
    )


def test_h15_the_listed_dose_stands_and_the_patients_stands_beside_it(patient, nurse, intake):
    some_medicines(patient, nurse, ZOLOFT, MAO)
    tell(intake, ("Zoloft", "100 mg", "once"), ("Parnate", "30 mg", "once"))
    found = listed(patient)
    assert (found["sertraline"].dose, found["sertraline"].daily_mg) == ("50 mg", 50)
    assert (found["sertraline"].says.how, found["sertraline"].says.on) == ("100 mg, once a day", LATER)
    assert found["tranylcypromine"].says is None
    assert to_settle(patient) == [("RX", Consequence.SAFETY)]
    tell(intake, ("Zoloft", "50 mg", "once"), ("Parnate", "30 mg", "once"), at=LATER + timedelta(minutes=1))
    assert (listed(patient)["sertraline"].says, to_settle(patient)) == (None, [])


@pytest.mark.parametrize(
    ("on_list", "told", "disagrees"),
    [
        (ZOLOFT, ("Zoloft", "", "once"), False),
        (ZOLOFT, ("Zoloft", "2 tablets", "once"), True),
        (ZOLOFT, ("Zoloft", "50 mg", "needed"), True),
        ({"name": "lorazepam", "dose": "1 mg", "as_needed": True}, ("Ativan", "1 mg", "needed"), False),
        ({"name": "bupropion", "form": "IR", "dose": "150 mg"}, ("Wellbutrin SR", "150 mg", "once"), True),
        ({"name": "albuterol", "dose": "2 puffs"}, ("albuterol", "2 puffs", "once"), False),
    ],
    ids=["dose not told", "not to be compared", "as needed", "the same as needed", "another form", "in puffs"],
)
def test_h15_only_what_both_say_and_say_differently_is_a_disagreement(patient, nurse, intake, on_list, told, disagrees):
    some_medicines(patient, nurse, on_list)
    tell(intake, told)
    (entry,) = listed(patient).values()
    assert entry.disputed is disagrees
    assert entry.dose == on_list["dose"]


def test_a_dose_that_the_list_does_not_know_is_taken_as_told(patient, nurse, intake):
    some_medicines(patient, nurse, "sertraline")
    tell(intake, ("Zoloft", "100 mg", "once"))
    assert (listed(patient)["sertraline"].daily_mg, to_settle(patient)) == (100, [])


def test_h15_the_answer_is_no_yes_while_the_patients_word_could_change_it(patient, nurse, prescriber, intake):
    everything_known(patient, prescriber)
    some_medicines(patient, nurse, ZOLOFT, at=AT + timedelta(minutes=1))
    assert answer(patient).outcome == "permit"
    tell(intake, ("Zoloft", "100 mg", "once"))
    assert (answer(patient).outcome, len(to_settle(patient))) == ("permit", 1)
    some_medicines(patient, nurse, {"name": "oxycodone", "dose": "5 mg", "as_needed": True}, at=LATER)
    assert answer(patient).outcome == "permit"
    tell(intake, ("OxyContin", "5 mg", "once"), at=LATER + timedelta(minutes=1))
    now = answer(patient, LATER + timedelta(minutes=2))
    assert (now.outcome, now.missing) == ("unknown", ("oxycodone: which is right",))
    assert queries.open_of(*now.missing).href == "#medicines"


def test_h15_one_act_of_a_prescriber_keeps_the_list_and_the_same_word_opens_nothing_anew(
    patient, nurse, prescriber, intake
):
    some_medicines(patient, nurse, MAO)
    tell(intake)
    assert any(one.criterion == "MED-ODD" for one in answer(patient).reasons)
    with pytest.raises(NotAllowed):
        settle(patient, nurse)
    with pytest.raises(Refused, match="The reason is empty"):
        settle(patient, prescriber, reason=" ")
    row = settle(patient, prescriber)
    says = listed(patient)["tranylcypromine"].says
    assert (says.how, says.kept_because, says.kept_by) == ("not taken", "Bottle seen", prescriber.name)
    assert row.amend_reason == "tranylcypromine, kept: Bottle seen"
    assert not any(one.criterion == "MED-ODD" for one in answer(patient).reasons)
    assert to_settle(patient) == []
    tell(intake, at=LATER + timedelta(hours=1))
    assert (listed(patient)["tranylcypromine"].disputed, to_settle(patient)) == (False, [])
    tell(intake, ("Parnate", "10 mg", "once"), at=LATER + timedelta(hours=2))
    assert (listed(patient)["tranylcypromine"].disputed, len(to_settle(patient))) == (True, 1)
    settle(patient, prescriber, at=LATER + timedelta(hours=3))
    with pytest.raises(Refused, match="is settled"):
        settle(patient, prescriber, at=LATER + timedelta(hours=4))


@pytest.mark.parametrize(("told", "left"), [((), {}), ((("Parnate", "20 mg", "twice"),), {"tranylcypromine": 40})])
def test_h15_one_act_of_a_prescriber_takes_the_patients_word(patient, nurse, prescriber, intake, told, left):
    some_medicines(patient, nurse, MAO)
    tell(intake, *told)
    settle(patient, prescriber, as_told=True, reason="Stopped in May, the pharmacy says so too")
    assert {name: entry.daily_mg for name, entry in listed(patient).items()} == left
    assert to_settle(patient) == []


def test_h15_while_the_two_disagree_nobody_but_a_prescriber_takes_one_for_the_other(patient, nurse, prescriber, intake):
    row = some_medicines(patient, nurse, MAO)
    tell(intake)
    row, entry = queries.medicines(patient), listed(patient)["tranylcypromine"]
    common = {"patient": patient, "seen": row.pk, "reason": "She says so", "at": LATER}
    with pytest.raises(Refused, match="A prescriber settles it first"):
        actions.take_off(key=entry.key, by=nurse, **common)
    typed = replace(entry, dose="20 mg", daily_mg=None, says=None)
    with pytest.raises(Refused, match="A prescriber settles it first"):
        actions.amend_medicine(entry=typed, by=nurse, **common)
    actions.amend_medicine(entry=typed, by=prescriber, **common)
    says = listed(patient)["tranylcypromine"].says
    assert (says.kept_because, to_settle(patient)) == ("She says so", [])
    assert MedicineEntry.of(listed(patient)["tranylcypromine"].kept()).says == says


def test_h15_the_prescriber_reads_both_beside_the_medicine_and_settles_it_there(patient, nurse, prescriber, intake):
    some_medicines(patient, nurse, MAO)
    tell(intake, ("Parnate", "10 mg", "once"))
    client, entry = browser(prescriber), listed(patient)["tranylcypromine"]
    page = client.get(reverse("evaluation", args=[patient.pk])).content.decode()
    assert "The patient says: 10 mg, once a day, told on 14-Jul-2026" in page
    one = reverse("medicine", args=[patient.pk, entry.key])
    assert "Take the patient" in client.get(one).content.decode()
    assert "Take the patient" not in browser(nurse).get(one).content.decode()
    seen = queries.medicines(patient).pk
    assert client.post(one, once(seen=seen, act="keep", settle_reason="")).status_code == 422
    assert client.post(one, once(seen=seen, act="keep", settle_reason="Bottle seen")).status_code == 302
    page = client.get(reverse("evaluation", args=[patient.pk])).content.decode()
    assert f"Settled by {prescriber.name}: Bottle seen" in page
