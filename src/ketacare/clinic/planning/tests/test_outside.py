"""What a therapist of another practice finds, and what the desk is told of them; and the names of events in feeds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.urls import reverse

from ketacare.clinic.people import actions as people
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.tests.factories import AT, browser, someone
from ketacare.clinic.planning.tests.factories import DAY, Site
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling import feeds
from ketacare.clinic.scheduling.models import CalendarFeed, Skill
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.scheduling.terms import Booked, Kind, Span


@pytest.fixture
def site(db) -> Iterator[Site]:
    with patch("ketacare.web.clock.now", lambda: AT):
        yield Site()


def test_the_way_of_an_outside_therapist_into_the_calendar(site):
    guest = someone(site.clinic, Role.ET, "Mina Guest")
    user, hers = User.objects.get(pk=guest.user_id), browser(guest)
    chart = reverse("therapy-course", args=[site.patient.pk])
    told = hers.get(chart)
    assert told.status_code == 403
    assert "You are not assigned to this patient" in told.content.decode()
    assert "The front desk assigns" in told.content.decode()

    tenancy.enter(organisation_id=site.clinic.organisation_id)
    until = local_day(AT, site.clinic.zone) + 60 * DAY
    people.relate(patient=site.patient, user=user, kind="therapist", by=site.desk, at=AT, until=until)
    course = reverse("course", args=[site.patient.pk])
    page = browser(site.desk).get(course).content.decode()
    assert f'value="{user.pk}"' not in page, "who cannot be booked is not offered"
    assert "Mina Guest: not planned for therapy here" in page

    tenancy.enter(organisation_id=site.clinic.organisation_id)
    scheduling.give_skill(user=user, skill=Skill.THERAPY, by=site.desk, at=AT)
    page = browser(site.desk).get(course).content.decode()
    assert f'<option value="{user.pk}" selected>' in page
    assert "not planned for therapy here" not in page

    tenancy.enter(organisation_id=site.clinic.organisation_id)
    today = browser(guest).get("/").content.decode()
    assert 'href="/my-calendar/"' in today
    assert "None is booked after today" in today
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    span = Span(AT + 2 * DAY, AT + 2 * DAY + timedelta(hours=1))
    one = Booked("new", str(site.patient.pk), Kind.PREPARATION, span, person=str(user.pk))
    visit = scheduling.place_visit(visit=None, one=one, reason="staff", by=site.desk, at=AT)
    today = browser(guest).get("/").content.decode()
    assert "Your next visits" in today
    assert "None is booked after today" not in today
    for other in (site.therapist, site.desk):
        assert "/my-calendar/" not in browser(other).get("/").content.decode(), "theirs is under Planning"

    tenancy.enter(organisation_id=site.clinic.organisation_id)
    scheduling.open_feed(by=guest, at=AT)
    scheduling.open_feed(by=site.desk, at=AT, patient=site.patient)
    staffs, patients = CalendarFeed.objects.get(user=user), CalendarFeed.objects.get(patient=site.patient)
    assert feeds.uid_of(staffs, visit) != feeds.uid_of(patients, visit)
    assert feeds.uid_of(staffs, visit) == feeds.uid_of(staffs, visit), "the same at every reading"
    said = {feeds.sequence_of(feed, visit) for feed in (staffs, patients)}
    assert len(said) == 2, "how often a visit was changed would join the two as well"
    visit.version += 1
    assert {feeds.sequence_of(feed, visit) for feed in (staffs, patients)} == {one + 1 for one in said}
    for feed in (staffs, patients):
        text = feeds.written(feed, AT).decode()
        assert feeds.uid_of(feed, visit) in text.replace("\r\n ", "")
        assert str(visit.pk) not in text
