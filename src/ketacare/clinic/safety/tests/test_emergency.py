"""P5: a record opened in an emergency: one patient, to read, for an hour, and the director knows at once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from ketacare.clinic.audit.models import Line
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people import access as people
from ketacare.clinic.people.access import EMERGENCY, Actor, NotAllowed, NotHere
from ketacare.clinic.people.models import BreakGlass, Patient, Role, User
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, browser, just_confirmed, once, someone
from ketacare.clinic.safety import actions, queries
from ketacare.clinic.safety.actions.emergency import EMERGENCY_DUTY
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db
WHY = {"reason_class": "harm_now", "words": "Called from the bridge"}
HOUR = timedelta(minutes=60)


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def patient(clinic) -> Patient:
    return a_patient(someone(clinic, Role.FD), family="Zyzzyva")


@pytest.fixture
def therapist(clinic) -> Actor:
    return someone(clinic, Role.TH)


@pytest.fixture
def now(monkeypatch):
    """The edge's clock, to be moved."""
    moved = {"at": AT}
    monkeypatch.setattr("ketacare.web.clock.now", lambda: moved["at"])
    return moved


def chart(patient: Patient) -> str:
    return reverse("patient", args=[patient.pk])


def open_it(patient: Patient, by: Actor, at=AT) -> BreakGlass:
    return actions.open_in_emergency(patient, **WHY, by=by, at=at)


def test_p5_opens_for_sixty_minutes_and_shuts_on_the_next_request(patient, therapist, now):
    client = browser(therapist)
    assert client.get(chart(patient)).status_code == 403
    open_it(patient, therapist)
    now["at"] = AT + HOUR - timedelta(seconds=1)
    just_confirmed(client)
    assert b"ZYZZYVA" in client.get(chart(patient)).content
    now["at"] = AT + HOUR
    answer = client.get(chart(patient))
    assert answer.status_code == 403
    assert b"ZYZZYVA" not in answer.content


def test_p5_the_database_refuses_more_than_an_hour(patient, therapist):
    glass = open_it(patient, therapist)
    fields = {field.attname: getattr(glass, field.attname) for field in BreakGlass._meta.concrete_fields}
    del fields["id"]
    with pytest.raises(DatabaseError, match="an_hour_at_most"), transaction.atomic():
        BreakGlass.objects.create(**fields | {"until": AT + HOUR + timedelta(seconds=1)})


def test_p5_it_opens_one_patient_and_no_other(clinic, patient, therapist, now):
    other = a_patient(someone(clinic, Role.FD), family="Another")
    open_it(patient, therapist)
    client = browser(therapist)
    assert client.get(chart(patient)).status_code == 200
    assert client.get(chart(other)).status_code == 403


def test_p5_another_therapist_gains_nothing(clinic, patient, therapist, now):
    open_it(patient, therapist)
    assert browser(someone(clinic, Role.TH)).get(chart(patient)).status_code == 403


@pytest.mark.parametrize("object_name", sorted(people.permissions()))
def test_p5_it_is_read_only_for_every_object(object_name):
    opened, stranger = frozenset({"clinic", EMERGENCY}), frozenset({"clinic"})
    for act in people.ACTS - {"R"}:
        assert people.granted("TH", object_name, act, opened) == people.granted("TH", object_name, act, stranger)


SAID_IN_THERAPY = ("therapy", "therapy_notes", "preparation", "prepared", "journal")


def test_p5_it_reads_what_an_assigned_therapist_reads_except_what_was_said_in_therapy():
    for object_name in people.permissions():
        assigned = people.granted("TH", object_name, "R", frozenset({"a"}))
        opened = people.granted("TH", object_name, "R", frozenset({EMERGENCY}))
        assert opened == (assigned and object_name not in SAID_IN_THERAPY), object_name


def test_p5_nothing_can_be_written_while_it_is_open(patient, therapist):
    open_it(patient, therapist)
    during = replace(therapist, emergencies=frozenset({patient.pk}))
    people.require(during, "concerns", "R", patient=patient)
    for object_name, act in (("concerns", "U"), ("notes", "S"), ("scores", "C"), ("therapy", "R"), ("alarms", "C")):
        with pytest.raises(NotAllowed):
            people.require(during, object_name, act, patient=patient)


def test_p2_never_another_clinics(clinic, patient):
    elsewhere = someone(a_clinic("South", organisation=clinic.organisation), Role.TH)
    with pytest.raises(NotHere):
        open_it(patient, elsewhere)
    answer = just_confirmed(browser(elsewhere)).get(reverse("emergency-open", args=[patient.pk]))
    assert answer.status_code == 404


@pytest.mark.parametrize("role", [Role.FD, Role.AD, Role.RC, Role.PT, Role.RS, Role.AU])
def test_p5_other_roles_cannot(clinic, patient, role):
    with pytest.raises(NotAllowed):
        open_it(patient, someone(clinic, role))


@pytest.mark.parametrize("role", [Role.RN, Role.RX, Role.MD])
def test_whoever_may_read_it_has_no_emergency(clinic, patient, role):
    with pytest.raises(Refused, match="already"):
        open_it(patient, someone(clinic, role))


def test_a_reason_and_words_are_asked_both_at_once(patient, therapist):
    with pytest.raises(Refused, match=r"No reason is chosen.*is empty"):
        actions.open_in_emergency(patient, reason_class="", words=" ", by=therapist, at=AT)
    assert not BreakGlass.objects.exists()


def test_p5_the_directors_duty_is_of_the_same_transaction(patient, therapist, monkeypatch):
    """If the duty cannot be made, the record was not opened either."""
    monkeypatch.setattr(queries, "business_days_after", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        open_it(patient, therapist)
    assert not BreakGlass.objects.exists()
    assert not Line.objects.filter(verb="emergency.open").exists()


def test_p5_the_director_is_told_at_once_and_has_three_business_days(clinic, patient, therapist):
    glass = open_it(patient, therapist)
    duty = Duty.objects.get(kind=EMERGENCY_DUTY)
    assert (duty.owner_role, duty.due_at, duty.link) == ("MD", AT, f"/emergencies/{glass.pk}/")
    assert f"{duty.late_at:%a %d-%b-%Y %H:%M}" == "Fri 17-Jul-2026 21:30"  # from a Tuesday to 17:30 in New York
    friday = AT + timedelta(days=3)
    assert f"{queries.business_days_after(clinic, 3, friday):%a}" == "Wed"


def test_twice_is_one_opening(patient, therapist):
    assert open_it(patient, therapist) == open_it(patient, therapist, at=AT + timedelta(minutes=5))
    assert Duty.objects.filter(kind=EMERGENCY_DUTY).count() == 1


def test_the_directors_finding_closes_it_and_nobody_elses(clinic, patient, therapist):
    glass, alice, bob = open_it(patient, therapist), someone(clinic, Role.MD), someone(clinic, Role.RX)
    with pytest.raises(NotAllowed):
        actions.review_emergency(glass, was_right=True, finding="Fine", by=bob, at=AT)
    with pytest.raises(Refused, match=r"Not answered.*is empty"):
        actions.review_emergency(glass, was_right=None, finding="", by=alice, at=AT)
    actions.review_emergency(glass, was_right=False, finding="Could have called the nurse", by=alice, at=AT)
    assert Duty.objects.get(kind=EMERGENCY_DUTY).state == "closed"
    with pytest.raises(Refused, match="has been written"):
        actions.review_emergency(glass, was_right=True, finding="Again", by=alice, at=AT)


def test_nobody_reviews_their_own(clinic, patient, therapist):
    glass = open_it(patient, therapist)
    herself = replace(someone(clinic, Role.MD), user_id=therapist.user_id)
    with pytest.raises(Refused, match="whoever opened"):
        actions.review_emergency(glass, was_right=True, finding="Mine", by=herself, at=AT)


def test_k6_from_the_refusal_to_the_record_by_hand(clinic, patient, therapist):
    client = browser(therapist)
    refused = client.get(chart(patient))
    page = reverse("emergency-open", args=[patient.pk])
    assert refused.status_code == 403
    assert page.encode() in refused.content
    assert client.get(page)["Location"].startswith("/account/reauthenticate/")
    just_confirmed(client)
    shown = client.get(page)
    assert b"60 minutes" in shown.content
    assert b"yzzyva" not in shown.content.lower()
    assert client.post(page, once(reason_class="harm_now", words="")).status_code == 422
    assert client.post(page, once(**WHY))["Location"] == chart(patient)
    assert client.get(chart(patient)).status_code == 200
    assert Line.objects.filter(verb="chart.open", patient_id=patient.pk).get().purpose == "emergency"


def test_the_refusal_offers_it_only_to_whom_it_would_open(clinic, patient):
    assert b"emergency" not in browser(someone(clinic, Role.RC)).get(chart(patient)).content


def test_the_patient_sees_that_it_was_opened(clinic, patient, therapist):
    jo = someone(clinic, Role.PT)
    patient.user = User.objects.get(pk=jo.user_id)
    patient.save()
    open_it(patient, therapist)
    assert b"opened the record in an emergency" in browser(jo).get(reverse("me-opened")).content


def test_the_director_reads_what_was_read_and_writes_the_finding(clinic, patient, therapist, now):
    glass = open_it(patient, therapist)
    browser(therapist).get(chart(patient))
    client = browser(someone(clinic, Role.MD))
    assert "Waits for the director" in client.get(reverse("emergencies")).text
    page = reverse("emergency", args=[glass.pk])
    assert "Called from the bridge" in client.get(page).text
    assert client.post(page + "review/", once(was_right="yes", finding="Right to do so"))["Location"] == page
    assert "Right to do so" in client.get(page).text
