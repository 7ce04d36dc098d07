"""Concerns: owned from the first moment, climbing while unseen, closed by a clinician's decision alone."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from ketacare.clinic.channels.models import Reach
from ketacare.clinic.duties import tasks
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.people.access import Actor, NotAllowed, NotHere
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.safety import access, actions, queries
from ketacare.clinic.safety import tasks as safety_tasks
from ketacare.clinic.safety.models import Concern, ConcernCall, ConcernStep, OnCall
from ketacare.clinic.safety.views.concerns import by_person
from ketacare.clinic.tenancy.actions import found_clinic
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Place:
    return place()


def a_concern(here: Place, tier: int = 1, patient=None) -> Concern:
    patient = patient or here.patient()
    by = here.staff(Role.RN)
    return actions.raise_concern(
        patient=patient, tier=tier, reason_code="safety-items.s1", source=patient, by=by, at=AT
    )


def on_call(here: Place, role: Role = Role.RX):
    director, doctor = here.staff(Role.MD), here.staff(role)
    actions.put_on_call(
        user=User.objects.get(pk=doctor.user_id),
        role=role,
        starts_at=AT - timedelta(hours=1),
        ends_at=AT + timedelta(hours=8),
        by=director,
        at=AT,
    )
    return doctor


def test_h13_a_concern_is_owned_by_the_one_person_on_call(here: Place):
    doctor = on_call(here)
    concern = a_concern(here)
    assert concern.owner_id == concern.duty.owner_id == doctor.user_id
    assert concern.see_by == AT + timedelta(minutes=15)
    assert concern.duty.consequence == 1


def test_h13_with_nobody_on_call_it_says_so_and_climbs_at_once(here: Place):
    director = here.staff(Role.MD)
    concern = a_concern(here)
    duty = Duty.objects.get(pk=concern.duty_id)
    assert "nobody is on call" in duty.title
    assert (duty.owner_role, duty.owner_id, concern.owner_id) == ("MD", director.user_id, director.user_id)
    assert [(row.rung, row.anybody) for row in concern.rungs.order_by("begun_at", "created_at", "pk")]
    by_day, by_night = (queries.promise(here.clinic, concern, at) for at in (AT, AT + timedelta(hours=12)))
    assert not by_day.someone_is_reading
    zone = ZoneInfo(here.clinic.zone)
    assert by_day.closes is not None, "the clinic is open, and says until when"
    assert (by_day.opens, by_day.closes.astimezone(zone).time()) == (None, here.clinic.closes_at)
    assert by_night.opens is not None
    assert (by_night.closes, by_night.opens.astimezone(zone).time()) == (None, here.clinic.opens_at)


def test_h13_a_time_is_promised_only_where_a_telephone_rings_or_a_call_was_got(here: Place):
    doctor = on_call(here)
    concern = a_concern(here)
    assert queries.promise(here.clinic, concern, AT).by is None, "a screen that nobody looks at"
    reach = Reach.objects.create(
        organisation_id=here.clinic.organisation_id, clinic=here.clinic, created_at=AT,
        user_id=doctor.user_id, mobile="+12075550100", by_text=True,
    )  # fmt: skip
    assert queries.promise(here.clinic, concern, AT).by == concern.see_by
    Reach.objects.filter(pk=reach.pk).update(mobile="")
    assert queries.promise(here.clinic, concern, AT).by is None
    concern.rungs.update(confirmed_at=AT)
    assert queries.promise(here.clinic, concern, AT).by == concern.see_by


def test_h13_a_director_is_rung_for_each_clinic_of_the_organisation_by_the_one_telephone_they_have(here: Place):
    director = here.staff(Role.MD)
    elsewhere = found_clinic(organisation=here.clinic.organisation, name="Second", zone=here.clinic.zone)
    here.enter()
    told = {
        "organisation_id": here.clinic.organisation_id, "created_at": AT, "user_id": director.user_id, "by_text": True
    }  # fmt: skip
    Reach.objects.create(clinic=elsewhere, mobile="+12075550199", **told)
    assert queries.ringing(here.clinic.pk, [director.user_id]) == {director.user_id}
    concern = a_concern(here)
    called = ConcernCall.objects.filter(rung__concern=concern, channel="text")
    assert {call.address for call in called} == {"+12075550199"}
    Reach.objects.create(clinic=here.clinic, mobile="", **told)
    assert queries.ringing(here.clinic.pk, [director.user_id]) == frozenset(), "what they said here stands"


@pytest.mark.parametrize(
    ("calls_from", "gave_at", "rings"), [(True, True, True), (True, False, True), (False, True, False)]
)
def test_h13_training_clinics_ring_the_telephone_that_was_given_at_any_and_a_clinic_at_work_never_one_of_training(
    calls_from: bool, gave_at: bool, rings: bool
):
    """Between the two, whether the clinic that calls and the one where a number was given are for training."""
    here = place(is_training=calls_from)
    director = here.staff(Role.MD)
    organisation, zone = here.clinic.organisation, here.clinic.zone
    second = found_clinic(organisation=organisation, name="Second", zone=zone, is_training=gave_at)
    here.enter()
    Reach.objects.create(
        organisation_id=here.clinic.organisation_id, clinic=second, created_at=AT, user_id=director.user_id,
        mobile="+12075550199", by_voice=True,
    )  # fmt: skip
    assert queries.ringing(here.clinic.pk, [director.user_id]) == ({director.user_id} if rings else frozenset())


def test_h13_unseen_for_fifteen_minutes_it_goes_to_the_next_person(here: Place):
    on_call(here)
    a_concern(here)
    assert tasks.escalate_due(AT + timedelta(minutes=14)) == 0
    assert tasks.escalate_due(AT + timedelta(minutes=15)) == 1


def test_h13_seen_is_not_decided_and_only_a_clinician_decides(here: Place):
    alice, bob, charlie = here.staff(Role.RX), here.staff(Role.RN), here.staff(Role.FD)
    concern = a_concern(here)
    assert actions.acknowledge(concern, by=bob, at=AT).state == "seen"
    for actor in (bob, charlie):
        with pytest.raises(NotAllowed):
            actions.decide(concern, finding="Spoke, safe", action="Plan reviewed", by=actor, at=AT)
    with pytest.raises(NotAllowed):
        actions.acknowledge(concern, by=charlie, at=AT)
    with pytest.raises(Refused, match=r"finding.*action"):
        actions.decide(concern, finding=" ", action="", by=alice, at=AT)
    assert actions.decide(concern, finding="Spoke, safe", action="Plan reviewed", by=alice, at=AT).state == "closed"
    assert Duty.objects.get(pk=concern.duty_id).state == "closed"
    assert list(ConcernStep.objects.order_by("recorded_at", "step").values_list("step", flat=True)) == [
        "decided",
        "raised",
        "seen",
    ]
    with pytest.raises(Refused, match="has been decided"):
        actions.decide(concern, finding="Again", action="Again", by=alice, at=AT)


def test_the_database_refuses_a_closing_without_a_person(here: Place):
    concern = a_concern(here)
    with pytest.raises(IntegrityError), transaction.atomic():
        Concern.objects.filter(pk=concern.pk).update(state="closed")
    with pytest.raises(IntegrityError), transaction.atomic():
        actions.write(concern, "decided", by=here.staff(Role.RX), at=AT)


def test_h13_nothing_but_a_decision_closes_a_concern_whoever_writes(here: Place):
    """As the application's own role: no update without the decision of that very person, no deletion, no second look
    taken away; time, a lower answer and the ladder's end close nothing."""
    concern, doctor, other = a_concern(here), here.staff(Role.RX), here.staff(Role.RX)
    with pytest.raises(IntegrityError, match="by nothing else"), transaction.atomic():
        close_by_hand(concern, doctor)
    with pytest.raises(IntegrityError, match="by nothing else"), transaction.atomic():
        close_by_hand(concern, doctor, decided_by=other)
    for act in ("delete from safety_concern", "delete from safety_concernstep", "truncate safety_concern cascade"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(act)
    for days in (1, 30, 400):
        tasks.escalate_due(AT + timedelta(days=days))
        safety_tasks.climb_due(AT + timedelta(days=days))
    here.enter()
    assert Concern.objects.get(pk=concern.pk).state == "open"
    actions.decide(concern, finding="Spoke, safe", action="Plan reviewed", by=doctor, at=AT)
    now_not_at_commit()


def close_by_hand(concern: Concern, closes: Actor, decided_by: Actor | None = None) -> None:
    if decided_by is not None:
        actions.write(concern, "decided", by=decided_by, at=AT, finding="Safe", action="None")
    Concern.objects.filter(pk=concern.pk).update(state="closed", closed_at=AT, closed_by=closes.user_id)
    now_not_at_commit()


def now_not_at_commit() -> None:
    with connection.cursor() as cursor:
        cursor.execute("set constraints closed_by_a_decision immediate")
        cursor.execute("set constraints closed_by_a_decision deferred")


def test_the_same_source_raises_the_same_concern_once_and_a_graver_one_anew(here: Place):
    patient = here.patient()
    assert a_concern(here, 2, patient) == a_concern(here, 2, patient) != a_concern(here, 1, patient)
    assert queries.standing(patient).count() == 2


def test_two_people_cannot_be_on_call_at_once(here: Place):
    on_call(here)
    with pytest.raises(Refused, match="Somebody else is on call in a part of this time"):
        on_call(here)
    assert OnCall.objects.count() == 1
    assert queries.on_call(here.clinic.pk, AT + timedelta(hours=8)) is None


def test_p2_another_clinics_concern_is_not_here(here: Place):
    concern = a_concern(here)
    with pytest.raises(NotHere):
        access.concern_of(place().staff(Role.RX), concern.pk, at=AT)
    here.enter()


def test_a_therapist_sees_concerns_of_assigned_patients_only(here: Place):
    therapist, patient = here.staff(Role.TH), here.patient()
    a_concern(here)
    mine = a_concern(here, patient=patient)
    here.assign(patient, therapist)
    assert [concern for concern, _ in queries.waiting(therapist)] == [mine]


def test_concerns_about_one_person_stand_together_the_gravest_first_and_say_how_many_are_late(here: Place) -> None:
    nurse, first, second = here.staff(Role.RN), here.patient(), here.patient()
    for patient, tier, code in ((first, 2, "s1.2"), (second, 1, "s1.3"), (first, 3, "s3.1")):
        actions.raise_concern(patient=patient, tier=tier, reason_code=code, source=patient, by=nurse, at=AT)
    found = by_person(queries.waiting(here.staff(Role.RX)), AT + timedelta(hours=5))
    assert [(len(one.rows), one.late, one.rows[0].concern.tier) for one in found] == [(1, 1, 1), (2, 1, 2)]
    assert {row.concern.patient_id for row in found[1].rows} == {first.pk}
    assert by_person([], AT) == []
