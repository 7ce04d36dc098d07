"""P6, H28: who comes back by a booking, what they read then, and who follows a therapist whose post has ended."""

from __future__ import annotations

import pytest
from django.urls import reverse

from ketacare.clinic.duties.models import DutyStep
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.models import CareRelation, Patient, Role, Staff, User
from ketacare.clinic.people.tests.factories import AT, browser, someone
from ketacare.clinic.planning.tests.factories import DAY, Site
from ketacare.clinic.planning.tests.test_whose import MINUTE, assign, assigned, at_hand, dose_of, owed
from ketacare.clinic.posts.actions import end
from ketacare.clinic.recovery.models import AddressChanged
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import VisitState
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.therapy import actions, queries


@pytest.fixture
def site(db, monkeypatch) -> Site:
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    return Site()


def as_(actor):
    tenancy.enter(organisation_id=actor.organisation_id, user_id=actor.user_id)
    return actor


def cancel(site, visit, at):
    as_(site.desk)
    visit.refresh_from_db()
    scheduling.give_up_visit(visit=visit, to=VisitState.CANCELLED, reason="patient_ill", by=site.desk, at=at)


def write(site, own, words, at):
    as_(own)
    entry, _ = actions.write_journal(patient=site.patient, words=words, by=own, at=at)
    actions.share(entry=entry, by=own, at=at)


def read_by(site, actor):
    return sorted(page.words for page in queries.shared_entries(as_(actor), site.patient))


def readers(site, own):
    return {page.words: (page.readers, page.came_later) for page in queries.journal_of(as_(own), site.patient)}


@pytest.fixture
def own(site):
    actor = someone(site.clinic, Role.PT, "Pat")
    Patient.objects.filter(pk=site.patient.pk).update(user_id=actor.user_id)
    site.patient.refresh_from_db()
    as_(site.desk)
    return actor


def test_h28_booked_anew_within_the_day_reads_on_and_never_what_was_shared_between(site, own):
    teo, visit = ("Teo Therapist",), at_hand(site, site.therapist, 1)
    write(site, own, "For Teo", AT + MINUTE)
    cancel(site, visit, AT + 2 * MINUTE)
    write(site, own, "For nobody", AT + 3 * MINUTE)
    assert read_by(site, site.therapist) == []
    as_(site.desk)
    visit = at_hand(site, site.therapist, 3, None, AT + 4 * MINUTE)
    assert read_by(site, site.therapist) == ["For Teo"]
    assert readers(site, own) == {"For Teo": (teo, ()), "For nobody": ((), teo)}
    cancel(site, visit, AT + 5 * MINUTE)  # and a second time
    as_(site.desk)
    at_hand(site, site.therapist, 2, None, AT + 6 * MINUTE)
    assert read_by(site, site.therapist) == ["For Teo"]
    assert readers(site, own) == {"For Teo": (teo, ()), "For nobody": ((), teo)}


@pytest.mark.parametrize("again", [False, True])
def test_h28_whoever_was_taken_off_by_name_comes_back_by_no_booking(site, own, again):
    visit = at_hand(site, site.therapist, 1)
    write(site, own, "For Teo", AT + MINUTE)
    if again:
        cancel(site, visit, AT + 2 * MINUTE)
        as_(site.desk)
        visit = at_hand(site, site.therapist, 2, None, AT + 3 * MINUTE)
        assert read_by(site, site.therapist) == ["For Teo"]
        as_(site.desk)
    people.end_relation(CareRelation.objects.get(ended_at=None), by=site.desk, at=AT + 4 * MINUTE)
    cancel(site, visit, AT + 5 * MINUTE)
    at_hand(site, site.therapist, 3, None, AT + 6 * MINUTE)
    assert assigned(site) == {"Teo Therapist": None}
    assert read_by(site, site.therapist) == []
    assert readers(site, own) == {"For Teo": ((), ("Teo Therapist",))}


def test_h28_the_journal_waits_for_whoever_had_the_address_before_and_says_until_when(site, own):
    write(site, own, "Only mine", AT)
    page = browser(own).get(reverse("me-journal")).content.decode()
    assert ("Only mine" in page, "open again on" in page) == (True, False)
    as_(site.desk)
    AddressChanged.objects.create(
        organisation_id=site.clinic.organisation_id, clinic=site.clinic, created_at=AT, user_id=own.user_id,
        patient=site.patient, before="jo@example.org", changed_by_id=site.desk.user_id,
    )  # fmt: skip
    page = browser(own).get(reverse("me-journal")).content.decode()
    assert ("Only mine" in page, "open again on" in page) == (False, True)


# --- a post that ends -------------------------------------------------------------------------------------------------


def as_well(site, actor, role):
    return Staff.objects.create(
        organisation_id=site.clinic.organisation_id, clinic=site.clinic, created_at=AT, role=role, user_id=actor.user_id
    )


def ends(site, actor, role):
    post = Staff.objects.get(user_id=actor.user_id, clinic=site.clinic, role=role)
    end(post, words="Moved", by=someone(site.clinic, Role.AD), at=AT + MINUTE)


def test_p6_whoever_is_of_another_practice_from_now_on_has_a_last_day(site):
    assign(site, site.therapist)
    as_well(site, site.therapist, Role.ET)
    ends(site, site.therapist, Role.TH)
    last = local_day(AT + 30 * DAY, site.clinic.zone)
    assert assigned(site) == {"Teo Therapist": last}


def test_p6_a_last_day_that_comes_sooner_stays_and_who_stays_a_therapist_here_has_none(site):
    soon = local_day(AT + 5 * DAY, site.clinic.zone)
    assign(site, site.therapist, soon)
    as_well(site, site.therapist, Role.ET)
    ends(site, site.therapist, Role.TH)
    assert assigned(site) == {"Teo Therapist": soon}
    olga = someone(site.clinic, Role.TH, "Olga")
    as_well(site, olga, Role.ET)
    assign(site, olga)
    ends(site, olga, Role.ET)
    assert assigned(site)["Olga"] is None


@pytest.mark.parametrize("stays", [False, True])
def test_p6_whoever_stood_in_for_a_therapist_whose_post_ended_is_the_patients_own(site, stays):
    assign(site, site.therapist)
    whose, ben = owed(site, dose_of(site)), someone(site.clinic, Role.TH, "Ben")
    at_hand(site, ben, 2)
    if stays:
        as_well(site, site.therapist, Role.ET)
    ends(site, site.therapist, Role.TH)
    assert assigned(site)["Ben"] is None
    if not stays:
        assert whose()[0] == "Ben"


def test_p6_a_stand_in_without_a_visit_ahead_follows_nobody_and_the_desk_is_told_why(site):
    assign(site, site.therapist)
    whose, ben = owed(site, dose_of(site)), someone(site.clinic, Role.TH, "Ben")
    cancel_me = at_hand(site, ben, 2)
    assign(site, ben, local_day(AT, site.clinic.zone))
    assert cancel_me.pk
    ends(site, site.therapist, Role.TH)
    assert assigned(site) == {"Ben": local_day(AT, site.clinic.zone)}, "named with a last day, not booked"
    assert whose()[0] == ""
    assert DutyStep.objects.filter(step="passed").get().reason == "The therapist works here no more"


def test_p6_whoever_referred_patients_and_left_sees_them_no_more(site):
    rita = someone(site.clinic, Role.RC, "Rita Referrer")
    user = User.objects.get(pk=rita.user_id)
    people.relate(patient=site.patient, user=user, kind="referrer", by=site.desk, at=AT)
    as_well(site, rita, Role.TH)
    ends(site, rita, Role.RC)
    assert assigned(site) == {}
