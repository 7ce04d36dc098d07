"""Who sits with the patient from another practice: what they may do at a dose, and that they reach nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.urls import reverse
from tests.architecture.test_routes import GUARDED
from tests.world import ARGUMENTS, CANARY_WORDS, a_world

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.audit.models import Line
from ketacare.clinic.dosing.actions import helping, timeline
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import Watch
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import NotAllowed, granted
from ketacare.clinic.people.models import User
from ketacare.clinic.people.tests.factories import AT, browser, once, without_chance
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.clinic.therapy import actions
from ketacare.clinic.therapy.queries.agenda import agenda

# Of a session, an outside therapist opens their own page and no other.
OF_THE_SESSION = (
    "session",
    "readings",
    "dose",
    "alarms",
    "limits",
    "discharge",
    "notes",
    "session_status",
    "prediction",
)


@pytest.fixture
def world(db):
    with patch("ketacare.web.clock.now", lambda: AT):
        yield a_world()


def assigned(world, until_days: int = 30, role: str = "ET"):
    outside = world.staff[role]
    user, last = User.objects.get(pk=outside.user_id), local_day(AT, world.clinic.zone) + timedelta(days=until_days)
    people.relate(patient=world.patient, user=user, kind="therapist", by=world.staff["FD"], at=AT, until=last)
    return outside


def session_of(world) -> Session:
    return Session.objects.get(visit=world.visit)


def test_assigned_they_sit_and_keep_what_is_about_the_person_and_no_reading(world):
    outside = replace(assigned(world), today=local_day(AT, world.clinic.zone))
    client, path = browser(outside), reverse("sitting", args=[world.visit.pk])
    page = client.get(path)
    assert page.status_code == 200
    text = without_chance(page.content.decode())
    assert '<html lang="en" data-theme="room">' in text
    assert "/live/stream" not in text  # it carries readings
    assert 'hx-trigger="every 5s"' in text
    assert not any(word in text.partition("<main")[2] for word in ("SpO2", "mmHg", "bpm", "mg", "alarm__"))
    assert client.post(path, once(stamp="", words="It is warm here")).status_code == 302
    assert client.post(path, once(stamp="distress", words="")).status_code == 302
    rows = TimelineEntry.objects.filter(visit=world.visit, recorded_by_id=outside.user_id)
    assert {(row.kind, row.name) for row in rows} == {(Kind.REMARK, "said"), (Kind.EVENT, "distress")}
    with pytest.raises(Refused, match="nurse records readings"):
        timeline.sit(session=session_of(world), kind=Kind.SCALE, name="distress_nrs", words="", by=outside, at=AT)
    with pytest.raises(NotAllowed):
        timeline.record(session=session_of(world), kind=Kind.EVENT, name="water", by=outside, at=AT)
    with pytest.raises(NotAllowed):
        timeline.skip(session=session_of(world), column="5", reason="asleep", by=outside, at=AT)
    house = browser(assigned(world, role="TH")).get(path).content.decode()
    assert "/live/stream" in house
    assert "every 5s" not in house


def test_what_a_nurse_writes_is_not_the_patients_word_and_no_figure_of_it_hangs_in_the_room(world):
    outside, held, nurse = replace(assigned(world), today=local_day(AT, world.clinic.zone)), session_of(world), "RN"
    told = {"session": held, "by": world.staff[nurse], "at": AT, "happened_at": AT}
    timeline.record(kind=Kind.REMARK, name="", words="BP 168/92 on the left arm. Dr Okafor told.", **told)
    timeline.record(kind=Kind.EVENT, name="nausea", words="after 4 mL, HR 112", **told)
    actions.stamp(session=held, name="", words="It is warm here", by=outside, at=AT)
    answer = browser(outside).get(reverse("sitting", args=[world.visit.pk])).content.decode()
    page = without_chance(answer).partition("<main")[2]
    assert "“It is warm here”" in page
    assert "Nausea" in page
    assert not any(figure in page for figure in ("168/92", "Okafor", "4 mL", "112"))
    therapist = assigned(world, role="TH")
    opens = agenda(replace(therapist, today=local_day(AT, world.clinic.zone)), world.visit, AT)
    assert opens.said == ["“It is warm here”"]
    assert "Remark: BP 168/92 on the left arm. Dr Okafor told." in opens.nurse


@pytest.mark.parametrize("name", ["distress", "stop_word"])
def test_h11_what_a_therapist_tells_from_the_sitting_page_sounds_until_somebody_is_with_them(world, name):
    def sounds() -> bool:
        stands = watch.standing(world.visit, at=AT)
        return any(one.key == "sign.help button" and one.present for one in stands.conditions)

    outside = replace(assigned(world), today=local_day(AT, world.clinic.zone))
    held = session_of(world)
    helping.be_present(session=held, by=world.staff["RN"], at=AT - timedelta(seconds=2))
    assert not sounds()
    actions.stamp(session=held, name="reassured", words="", by=outside, at=AT - timedelta(seconds=1))
    assert not sounds()
    actions.stamp(session=held, name=name, words="", by=outside, at=AT)
    assert sounds()
    helping.be_present(session=held, by=world.staff["RN"], at=AT + timedelta(seconds=1))
    assert not sounds()
    Watch.objects.filter(visit=world.visit).update(ended_at=AT)
    with pytest.raises(Refused, match="Go and tell the nurse"):
        actions.stamp(session=held, name=name, words="", by=outside, at=AT)


@pytest.mark.parametrize("when", ["unassigned", "the day after"])
def test_without_the_assignment_nothing_opens_and_nothing_is_kept(world, when):
    outside = assigned(world, 0) if when == "the day after" else world.staff["ET"]
    path = reverse("sitting", args=[world.visit.pk])
    later = AT + timedelta(days=1, hours=12) if when == "the day after" else AT
    with patch("ketacare.web.clock.now", lambda: later):
        client = browser(outside)
        for answer in (client.get(path), client.post(path, once(words="Hello"))):
            assert answer.status_code in (403, 404)
            assert not any(word in answer.content.decode() for word in CANARY_WORDS)
    assert not TimelineEntry.objects.filter(recorded_by_id=outside.user_id).exists()
    if when == "unassigned":
        with pytest.raises(NotAllowed):
            actions.stamp(session=session_of(world), name="", words="Hello", by=outside, at=AT)


def test_of_the_session_they_see_nothing_else(world):
    """Every guarded route of a dose, read and posted to: refused, with no word of the patient."""
    outside = assigned(world)
    client, opened = browser(outside), []
    routes = [one for one in GUARDED if one.guard.object_name in OF_THE_SESSION]
    assert len(routes) > 20
    for route in routes:
        path = route.path({name: ARGUMENTS[name](world) for name in route.parameters})
        for answer in (client.get(path), client.post(path, once())):
            leaked = any(word.encode() in answer.content for word in CANARY_WORDS)
            if answer.status_code not in (403, 405) or leaked:
                opened.append((route.name, answer.status_code))
    assert opened == []
    relations = frozenset({"clinic", "a"})
    assert not any(granted("ET", name, act, relations) for name in OF_THE_SESSION for act in "CRUSW")


def test_a_page_that_lies_open_writes_one_opening_and_the_patients_report_names_each_person_once_a_day(world):
    """The report of who opened the record stays readable: whoever looked before a long sitting is still on it."""
    outside = replace(assigned(world), today=local_day(AT, world.clinic.zone))
    browser(world.staff["RX"]).get(reverse("care-plan", args=[world.patient.pk]))
    client, path = browser(outside), reverse("sitting", args=[world.visit.pk])

    def openings() -> int:
        tenancy.enter(organisation_id=world.clinic.organisation_id)
        return Line.objects.filter(verb="chart.open", actor_id=outside.user_id).count()

    for _ in range(3):  # asked by itself before anybody opened it: that is an opening
        client.get(path, headers={"X-Unattended": "yes"})
    assert openings() == 1
    client.get(path)
    assert openings() == 2
    for _ in range(40):
        audit.note(by=outside, at=AT + timedelta(minutes=1), verb="chart.open", patient=world.patient, kind="therapy")
    page = browser(world.staff["PT"]).get(reverse("me-opened")).content.decode()
    assert page.count(outside.name) == 1
    assert world.staff["RX"].name in page
