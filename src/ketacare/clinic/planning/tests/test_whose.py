"""With whom the work after a dose is planned: the patient's own therapist, and nobody who could not open the record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest

from ketacare.clinic.audit.models import Line
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.outcomes.actions.asking import open_integration
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.models import CareRelation, Role, Staff, User
from ketacare.clinic.people.tests.factories import AT, browser, someone
from ketacare.clinic.planning import queries
from ketacare.clinic.planning.tests.factories import DAY, Site
from ketacare.clinic.planning.tests.test_course import as_value
from ketacare.clinic.posts import above as posts
from ketacare.clinic.posts.actions import end as ended_here
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling import queries as calendar
from ketacare.clinic.scheduling.models import AbsenceKind, Hold, Visit, VisitKind, VisitState
from ketacare.clinic.scheduling.planner import replan
from ketacare.clinic.scheduling.queries import anew
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.scheduling.terms import THERAPY_WORK, Booked, Kind, Skill, Span

MINUTE = timedelta(minutes=1)


@pytest.fixture
def site(db) -> Iterator[Site]:
    with patch("ketacare.web.clock.now", lambda: AT):
        yield Site()


def assign(site, who, until=None):
    user = User.objects.get(pk=who.user_id)
    people.relate(patient=site.patient, user=user, kind="therapist", by=site.desk, at=AT, until=until)
    return str(user.pk)


def therapists_of(site, therapist):
    asked = replace(site.asked, therapist=therapist)
    made = queries.proposal(queries.question(site.patient, asked, by=site.desk, at=AT), asked, by=site.desk)
    return {one.person for way in made for one in way.visits if one.kind in THERAPY_WORK}


def test_a_course_is_proposed_with_the_patients_own_therapist(site):
    others = [someone(site.clinic, Role.TH, f"Other {n}") for n in range(2)]
    last = max([site.therapist, *others], key=lambda one: str(one.user_id))  # whom the search would take last
    own = assign(site, last)
    assert queries.own_therapist(site.patient, AT, site.clinic.zone) == own
    assert therapists_of(site, own) == {own}
    assert own not in therapists_of(site, "")
    page = browser(site.desk).get(f"/patients/{site.patient.pk}/course/").content.decode()
    assert f'value="{own}" selected' in page


def kinds_of(client, patient):
    return [client.get(f"/patients/{patient.pk}/{page}").status_code for page in ("therapy/", "therapy/preparation/")]


def test_p1_who_is_booked_for_therapy_is_assigned_with_it_and_the_page_says_so_before(site):
    opens = browser(site.therapist)
    assert kinds_of(opens, site.patient) == [403, 403]
    page = browser(site.desk).get(f"/patients/{site.patient.pk}/course/").content.decode()
    assert "With the booking Teo Therapist is assigned to this patient" in page
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    site.book()
    row = CareRelation.objects.get(patient=site.patient)
    assert (row.user_id, row.kind, row.until) == (site.therapist.user_id, "therapist", None)
    assert kinds_of(opens, site.patient) == [200, 200]


def test_p1_who_stands_in_by_hand_sees_the_record_for_thirty_days_and_the_own_therapist_stays_theirs(site):
    own = assign(site, site.therapist)
    site.book()
    other = someone(site.clinic, Role.TH, "Olga Other")
    work = Visit.objects.filter(kind=VisitKind.INTEGRATION).order_by("starts_at")[0]
    one = calendar.booked(work, Hold.objects.filter(visit=work, is_held=True).select_related("resource"))
    to = replace(one, person=str(other.user_id))
    scheduling.place_visit(visit=work, one=to, reason="staff", by=site.desk, at=AT)
    row = CareRelation.objects.get(patient=site.patient, user_id=other.user_id)
    assert row.until == local_day(work.starts_at, site.clinic.zone) + 30 * DAY
    assert queries.own_therapist(site.patient, AT, site.clinic.zone) == own
    assign(
        site, other, local_day(AT, site.clinic.zone)
    )  # a last day that is before the visit moves behind it, no further
    scheduling.place_visit(visit=Visit.objects.get(pk=work.pk), one=to, reason="staff", by=site.desk, at=AT)
    row.refresh_from_db()
    assert row.until == local_day(work.starts_at, site.clinic.zone) + 30 * DAY
    stranger = someone(site.clinic, Role.TH, "Una Unknown")
    work.refresh_from_db()
    with pytest.raises(Refused, match="is not assigned to this patient"):  # a therapist assigns nobody
        scheduling.place_visit(
            visit=work, one=replace(one, person=str(stranger.user_id)), reason="staff", by=site.therapist, at=AT
        )


def at_hand(site, who, days, visit=None, at=AT):
    """One visit of preparation by hand, new or given to another."""
    span = Span(AT + days * DAY, AT + days * DAY + timedelta(hours=1))
    key, patient = str(visit.pk) if visit else "new", str(site.patient.pk)
    one = Booked(key, patient, Kind.PREPARATION, span, person=str(who.user_id))
    return scheduling.place_visit(visit=visit, one=one, reason="staff", by=site.desk, at=at)


def assigned(site):
    rows = CareRelation.objects.filter(patient=site.patient, ended_at=None).select_related("user")
    return {row.user.name: row.until for row in rows}


def test_p1_who_was_booked_by_mistake_loses_the_record_with_the_visit_and_the_right_one_keeps_it(site):
    ben = someone(site.clinic, Role.TH, "Ben")
    visits = [at_hand(site, site.therapist, days) for days in (1, 2)]
    assert assigned(site) == {"Teo Therapist": None}
    at_hand(site, ben, 1, visits[0], AT + MINUTE)
    assert assigned(site) == {"Teo Therapist": None, "Ben": local_day(AT + 31 * DAY, site.clinic.zone)}
    at_hand(site, ben, 2, visits[1], AT + 2 * MINUTE)
    assert assigned(site) == {"Ben": None}
    assert kinds_of(browser(site.therapist), site.patient) == [403, 403]
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    assert Line.objects.filter(verb="relation.end", patient_id=site.patient.pk).count() == 1
    for visit in visits:
        visit.refresh_from_db()
        scheduling.give_up_visit(
            visit=visit, to=VisitState.CANCELLED, reason="patient_ill", by=site.desk, at=AT + 3 * MINUTE
        )
    assert assigned(site) == {}


def test_p1_a_visit_takes_back_nobody_who_was_named_or_who_met_the_patient(site):
    assign(site, site.therapist)
    scheduling.give_up_visit(
        visit=at_hand(site, site.therapist, 1), to=VisitState.CANCELLED, reason="patient_ill", by=site.desk, at=AT
    )
    assert assigned(site) == {"Teo Therapist": None}
    ben = someone(site.clinic, Role.TH, "Ben")
    met = at_hand(site, ben, 1)
    Visit.objects.filter(pk=met.pk).update(state=VisitState.CLOSED)
    scheduling.give_up_visit(
        visit=at_hand(site, ben, 2), to=VisitState.CANCELLED, reason="patient_ill", by=site.desk, at=AT + MINUTE
    )
    assert set(assigned(site)) == {"Teo Therapist", "Ben"}


def test_p1_who_stood_in_until_a_day_that_is_over_stands_in_again_and_does_not_stay(site):
    assign(site, site.therapist, local_day(AT, site.clinic.zone))
    CareRelation.objects.update(until=local_day(AT - DAY, site.clinic.zone))
    at_hand(site, site.therapist, 1)
    assert assigned(site) == {"Teo Therapist": local_day(AT + 31 * DAY, site.clinic.zone)}


def test_p1_who_held_a_visit_that_took_place_with_somebody_else_met_nobody(site):
    ben = someone(site.clinic, Role.TH, "Ben")
    visits = [at_hand(site, site.therapist, days) for days in (1, 2)]
    at_hand(site, ben, 1, visits[0], AT + MINUTE)
    Visit.objects.filter(pk=visits[0].pk).update(state=VisitState.CLOSED)
    Hold.objects.filter(visit=visits[0]).update(is_held=False)
    at_hand(site, ben, 2, Visit.objects.get(pk=visits[1].pk), AT + DAY + 2 * timedelta(hours=1))
    assert assigned(site) == {"Ben": None}
    assert kinds_of(browser(site.therapist), site.patient) == [403, 403]


def test_p1_who_was_booked_for_somebody_who_never_came_loses_the_record(site):
    visit = at_hand(site, site.therapist, 1)
    scheduling.move_visit(visit=visit, to=VisitState.NO_SHOW, by=site.desk, at=AT + DAY + timedelta(hours=2))
    assert assigned(site) == {}


def test_p1_two_visits_exchanged_in_one_act_turn_nobody_round(site):
    ben = someone(site.clinic, Role.TH, "Ben")
    first, second = at_hand(site, site.therapist, 1), at_hand(site, ben, 2)
    before = assigned(site)
    moves = [
        replace(as_value(visit), person=str(who.user_id)) for visit, who in ((first, ben), (second, site.therapist))
    ]
    plan = {"moves": moves, "without_place": [], "versions": {str(one.pk): one.version for one in (first, second)}}
    scheduling.carry_out(**plan, words="", reason="staff", by=site.desk, at=AT + MINUTE)
    assert assigned(site) == before == {"Teo Therapist": None, "Ben": local_day(AT + 32 * DAY, site.clinic.zone)}


def test_p1_who_is_booked_anew_after_a_cancelling_is_the_patients_own_again(site):
    ben = someone(site.clinic, Role.TH, "Ben")
    first, second = at_hand(site, site.therapist, 1), at_hand(site, ben, 2)
    ill = {"to": VisitState.CANCELLED, "reason": "patient_ill", "by": site.desk}
    scheduling.give_up_visit(visit=first, at=AT + MINUTE, **ill)
    assert assigned(site) == {"Ben": None}
    at_hand(site, site.therapist, 3, None, AT + 2 * MINUTE)
    assert assigned(site) == {"Teo Therapist": None, "Ben": local_day(AT + 32 * DAY, site.clinic.zone)}
    first, again = CareRelation.objects.filter(user_id=site.therapist.user_id).order_by("created_at")
    assert (first.created_at, again.goes_on) == (AT, first)  # what the patient shared with them is theirs to read
    scheduling.give_up_visit(visit=Visit.objects.get(pk=second.pk), at=AT + 3 * MINUTE, **ill)
    assert assigned(site) == {"Teo Therapist": None}


def test_p1_who_stood_in_until_a_day_that_is_over_is_nobodys_own_half_a_year_later(site):
    olga, ben = someone(site.clinic, Role.TH, "Olga"), someone(site.clinic, Role.TH, "Ben")
    assign(site, olga)
    met = at_hand(site, ben, 1)
    Visit.objects.filter(pk=met.pk).update(state=VisitState.CLOSED)
    later, last = AT + 180 * DAY, local_day(AT + 31 * DAY, site.clinic.zone)
    people.end_relation(CareRelation.objects.get(user_id=olga.user_id), by=site.desk, at=later)
    visit = at_hand(site, site.therapist, 181, None, later)
    scheduling.give_up_visit(
        visit=visit, to=VisitState.CANCELLED, reason="patient_ill", by=site.desk, at=later + MINUTE
    )
    assert assigned(site) == {"Ben": last}


def test_p6_a_therapist_of_another_practice_is_planned_for_their_own_and_not_past_their_last_day(site):
    guest = someone(site.clinic, Role.ET, "Gil Guest")
    scheduling.give_skill(user=User.objects.get(pk=guest.user_id), skill="therapy", by=site.desk, at=AT)
    span = Span(AT, AT + timedelta(days=21))

    def seen():
        house = calendar.house_of(site.clinic, span).for_patient(str(site.patient.pk))
        return next(one for one in house.people if one.id == str(guest.user_id))

    Staff.objects.create(
        organisation_id=site.clinic.organisation_id, clinic=site.clinic, created_at=AT, user_id=guest.user_id,
        role=Role.RC,
    )  # fmt: skip
    assert seen().skills == frozenset()  # also where they refer patients here
    assert str(guest.user_id) not in therapists_of(site, str(guest.user_id))
    until = local_day(AT + 5 * DAY, site.clinic.zone)
    assign(site, guest, until)
    assert seen().skills == {Skill.THERAPY}
    assert max(local_day(span.ends, site.clinic.zone) for span in seen().here) <= until
    assign(site, guest, None)
    assert max(span.ends for span in seen().here) > AT + 14 * DAY


def test_p6_a_day_planned_anew_offers_nobody_of_another_practice_and_is_not_refused(site):
    """Their own is away on the day of the first integration visit; the guest is free at that very hour."""
    assign(site, site.therapist)
    site.book()
    guest = someone(site.clinic, Role.ET, "Gil Guest")
    scheduling.give_skill(user=User.objects.get(pk=guest.user_id), skill="therapy", by=site.desk, at=AT)
    visit = Visit.objects.filter(kind=VisitKind.INTEGRATION).order_by("starts_at")[0]
    scheduling.add_absence(
        kind=AbsenceKind.ILL, user=User.objects.get(pk=site.therapist.user_id), by=site.desk, at=AT,
        starts_at=visit.starts_at, ends_at=visit.ends_at,
    )  # fmt: skip
    setting, lost = anew.setting_now(site.desk, AT)
    found = replan(setting, lost)
    assert lost == [str(visit.pk)]
    assert str(guest.user_id) not in {move.after.person for move in found.moves}
    versions = {move.after.key: Visit.objects.get(pk=move.after.key).version for move in found.moves}
    moves = [move.after for move in found.moves]
    plan = {"moves": moves, "without_place": [], "versions": versions, "words": ""}
    assert scheduling.carry_out(**plan, reason="staff", by=site.desk, at=AT)
    assign(site, guest, local_day(AT + 30 * DAY, site.clinic.zone))  # the failing twin: now they may
    scheduling.place_visit(
        visit=Visit.objects.get(pk=visit.pk), reason="staff", by=site.desk, at=AT,
        one=replace(as_value(visit), person=str(guest.user_id)),
    )  # fmt: skip


# -- whose the duty is -------------------------------------------------------------------------------------------------


def owed(site, dose):
    duty = open_integration(dose, dose.starts_at, by=site.nurses[0], at=AT)
    return lambda: (duty.refresh_from_db(), duty.owner.name if duty.owner else "", str(duty.owner_role), duty.title)[1:]


def test_p6_the_integration_visit_that_waited_at_the_desk_is_the_therapists_with_the_booking_and_waits_again_after_it(
    site,
):
    """workflow.md, 6: a task to the therapist; the desk has it only while there is none."""
    dose = Visit.objects.filter(patient=site.patient, kind=VisitKind.DOSE).first() or dose_of(site)
    whose = owed(site, dose)
    assert whose() == ("", "FD", "Find a therapist for the integration visit")
    visit = at_hand(site, site.therapist, 2)
    assert whose() == ("Teo Therapist", "TH", "Integration visit")
    ben = someone(site.clinic, Role.TH, "Ben")
    at_hand(site, ben, 2, visit, AT + MINUTE)
    assert whose() == ("Ben", "TH", "Integration visit")
    visit.refresh_from_db()
    scheduling.give_up_visit(
        visit=visit, to=VisitState.CANCELLED, reason="patient_ill", by=site.desk, at=AT + 2 * MINUTE
    )
    assert whose() == ("", "FD", "Find a therapist for the integration visit")


def post_ends(site, who):
    post = Staff.objects.get(user_id=who.user_id, clinic=site.clinic)
    Staff.objects.filter(pk=post.pk).update(ended_at=AT + MINUTE)
    for follows in posts.left:
        follows(post, someone(site.clinic, Role.AD), AT + MINUTE)


def test_p6_whoever_works_here_no_more_is_nobodys_therapist_and_the_desk_finds_another(site):
    assign(site, site.therapist)
    whose = owed(site, dose_of(site))
    assert whose() == ("Teo Therapist", "TH", "Integration visit")
    post_ends(site, site.therapist)
    assert assigned(site) == {}
    assert whose() == ("", "FD", "Find a therapist for the integration visit")


def test_p6_whoever_keeps_another_post_as_a_therapist_stays(site):
    assign(site, site.therapist)
    Staff.objects.create(
        organisation_id=site.clinic.organisation_id, clinic=site.clinic, created_at=AT, role=Role.RN,
        user_id=site.therapist.user_id,
    )  # fmt: skip
    nurse = Staff.objects.get(user_id=site.therapist.user_id, role=Role.RN)
    for follows in posts.left:
        follows(nurse, someone(site.clinic, Role.AD), AT + MINUTE)
    assert assigned(site) == {"Teo Therapist": None}


def test_p6_an_integration_visit_that_is_no_therapists_in_person_is_the_desks(site):
    assign(site, site.therapist)
    whose = owed(site, dose_of(site))
    people.end_relation(CareRelation.objects.get(user_id=site.therapist.user_id), by=site.desk, at=AT)
    Duty.objects.filter(kind=outcomes.INTEGRATION).update(owner=None)
    outcomes.hand_back(site.patient, by=site.desk, at=AT + MINUTE)
    assert whose() == ("", "FD", "Find a therapist for the integration visit")


def dose_of(site):
    return scheduling.book_visit(
        patient=site.patient, kind=VisitKind.DOSE, starts_at=AT + 3 * DAY, ends_at=AT + 3 * DAY + timedelta(hours=2),
        by=site.desk, at=AT,
    )  # fmt: skip


def test_with_two_therapists_the_work_after_a_dose_is_owed_by_whom_it_is_booked_with(site):
    assign(site, site.therapist)
    site.book()
    work = Visit.objects.filter(kind=VisitKind.INTEGRATION).order_by("starts_at")[0]
    other = someone(site.clinic, Role.TH, "Olga Other")
    one = replace(as_value(work), person=str(other.user_id))
    scheduling.place_visit(visit=work, one=one, reason="staff", by=site.desk, at=AT)
    assert owed(site, work.follows)()[0] == "Olga Other"
    last = Visit.objects.filter(kind=VisitKind.INTEGRATION).order_by("starts_at").last()
    assert owed(site, last.follows)()[0] == "Teo Therapist"


def test_p6_a_therapist_whose_post_was_ended_on_its_page_is_nobodys_therapist(site):
    user = User.objects.get(pk=site.therapist.user_id)
    people.relate(patient=site.patient, user=user, kind="therapist", by=site.desk, at=AT)
    administrator = someone(site.clinic, Role.AD)
    for post in Staff.objects.filter(user=user, clinic=site.clinic):
        ended_here(post, words="Moved away", by=administrator, at=AT)
    assert not CareRelation.objects.filter(user=user, ended_at=None).exists()
