"""Bad input through the pages where it is typed: each is refused beside its field, with the rule and the remedy."""

from __future__ import annotations

from html import unescape
from unittest.mock import patch

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from ketacare.clinic.people import actions as people
from ketacare.clinic.people import queries as known
from ketacare.clinic.people.models import User
from ketacare.clinic.people.tests.factories import AT, browser, once
from ketacare.clinic.planning.tests.factories import DAY, Site
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling import feeds
from ketacare.clinic.scheduling.forms import number_in, wall
from ketacare.clinic.scheduling.models import Absence, CalendarFeed, Course, Visit
from ketacare.clinic.therapy.models import Goal
from ketacare.clinic.therapy.tests.factories import a_goal


def refused(answer) -> list[tuple[str, str]]:
    """The list at the top: the field that each leads to, and what it says."""
    assert answer.status_code == 422
    page = unescape(answer.content.decode())
    listed = page.partition('class="errors')[2].partition("</ul>")[0]
    found = []
    for one in listed.split('<li><a href="#f-')[1:]:
        field, _, rest = one.partition('">')
        found.append((field, rest.partition("</li>")[0].replace("</a>", "")))
    return found


@pytest.fixture
def site(db):
    with patch("ketacare.web.clock.now", lambda: AT):
        yield Site()


def test_what_cannot_be_is_refused_with_field_rule_and_remedy(site):
    """One site for all of them: nothing of what is refused is kept."""
    desk, day = browser(site.desk), AT + DAY
    number = known.header(site.patient, at=AT, zone=site.clinic.zone)["record_number"]
    visit = {"record_number": number, "kind": "evaluation", "starts_at": wall(day, site.desk)}
    early = day.replace(hour=9)  # 05:00 by the clinic's wall
    found = refused(desk.post(reverse("book-visit"), once(**visit | {"starts_at": wall(early, site.desk)})))
    field, words = found[0]
    assert field == "starts_at"
    assert "Outside the opening hours" in words
    assert "Choose another time" in words
    dose = visit | {"kind": "dose", "person": str(site.therapist.user_id)}
    found = refused(desk.post(reverse("book-visit"), once(**dose)))
    assert (found[0][0], "skill" in found[0][1]) == ("person", True)
    assert "skills stand under Resources" in found[0][1]
    assert not Visit.objects.exists()

    leave = {"act": "absence", "kind": "leave", "user": str(site.nurses[0].user_id),
             "starts_at": wall(day, site.desk), "ends_at": wall(day + 2 * DAY, site.desk)}  # fmt: skip
    resources = reverse("resources")
    assert desk.post(resources, once(**leave)).status_code == 302
    later = leave | {"starts_at": wall(day + DAY, site.desk), "ends_at": wall(day + 3 * DAY, site.desk)}
    [(field, words)] = refused(desk.post(resources, once(**later)))
    assert (field, "already away" in words, "Choose another time" in words) == ("starts_at", True, True)
    backwards = leave | {"ends_at": wall(day - DAY, site.desk)}
    [(field, words)] = refused(desk.post(resources, once(**backwards)))
    assert (field, "not after the beginning" in words, "earlier time first" in words) == ("ends_at", True, True)
    week = {"act": "hours", "user": "", "from-0": "17:00", "to-0": "08:00"}
    answer = desk.post(resources, once(**week))
    [(field, words)] = refused(answer)
    assert (field, "Monday ends before it begins" in words, "earlier time first" in words) == ("to-0", True, True)
    assert 'id="f-to-0"' in answer.content.decode()
    assert 'value="17:00"' in answer.content.decode(), "what was typed stays to be mended"
    assert Absence.objects.count() == 1


def test_a_goal_without_weight_is_refused_at_its_own_field(site):
    user = User.objects.get(pk=site.therapist.user_id)
    people.relate(patient=site.patient, user=user, kind="therapist", by=site.desk, at=AT)
    therapist, goals = browser(site.therapist), reverse("goals", args=[site.patient.pk])
    for name in ("importance", "difficulty"):
        for weight, rule in (("0", "is zero"), ("", "is missing")):
            [(field, words)] = refused(therapist.post(goals, once(do="write", **a_goal(**{name: weight}))))
            assert field == name
            assert rule in words
            assert "Choose 1 to 3" in words
    assert not Goal.objects.exists()


def test_a_second_course_and_another_ones_calendar(site):
    desk, path = browser(site.desk), reverse("course", args=[site.patient.pk])
    page = desk.get(path, {"first_on": site.asked.first_on.isoformat()}).content.decode()
    sealed = page.partition('name="alternative" value="')[2].partition('"')[0]
    asked = {"alternative": sealed, "first_on": site.asked.first_on.isoformat()}
    assert desk.post(path, once(**asked)).status_code == 302
    words = " ".join(words for _, words in refused(desk.post(path, once(**asked))))
    assert "has a course that has not ended" in words
    assert "Move its visits" in words
    assert Course.objects.count() == 1
    scheduling.open_feed(by=site.desk, at=AT, patient=site.patient)
    token = feeds.token_of(CalendarFeed.objects.get(patient=site.patient))
    scheduling.open_feed(by=site.nurses[0], at=AT)
    other = feeds.token_of(CalendarFeed.objects.get(user_id=site.nurses[0].user_id))
    mixed = f"{token.split('.')[0]}.{other.split('.')[1]}"  # the name of one feed under the seal of another
    answers = [Client().get(reverse("calendar-feed", args=[word])) for word in (mixed, "nothing")]
    assert [answer.status_code for answer in answers] == [404, 404]
    for told in (answer.content.decode() for answer in answers):
        assert "VEVENT" not in told
        assert told.startswith("Address: no calendar is under it")
        assert "make a new one under My calendar" in told


def test_a_number_is_measured_and_not_how_it_is_written():
    assert number_in(QueryDict("minutes=%2B00030"), "minutes") == 30


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"minutes": "0"}, "The length is not a length of a visit."),
        ({"minutes": "-30"}, "The length must not be below zero. Write it without the minus."),
        ({"minutes": "2.5"}, "The length is not a whole number."),
        ({"minutes": "123456"}, "The length is far too large."),
        ({"starts_at": "2016-07-14T09:00"}, "The beginning is more than 5 years before"),
        ({"record_number": "K9999"}, "The record number names nobody here."),
        ({"kind": "party"}, "What the visit is for is not chosen."),
    ],
)
def test_what_is_refused_at_the_top_of_the_page_begins_with_its_field(site, typed, said):
    number = known.header(site.patient, at=AT, zone=site.clinic.zone)["record_number"]
    visit = {"record_number": number, "kind": "review", "starts_at": wall(AT + 5 * DAY, site.desk)}
    answer = browser(site.desk).post(reverse("book-visit"), once(**visit | typed))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Visit.objects.exists()
