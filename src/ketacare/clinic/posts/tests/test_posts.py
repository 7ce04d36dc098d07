"""Safety.md section 6: nobody gives a post alone, rights end with the next request, a clinic is never without a
director or an administrator."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import IntegrityError, transaction
from django.urls import reverse

from ketacare.clinic.audit.models import Line
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.people import actions as people
from ketacare.clinic.people import tasks
from ketacare.clinic.people.access import Actor, NotAllowed, NotHere
from ketacare.clinic.people.models import Patient, Role, Staff, User
from ketacare.clinic.people.queries import roles_of
from ketacare.clinic.people.tests.factories import (
    AT,
    PASSWORD,
    a_clinic,
    a_patient,
    browser,
    just_confirmed,
    once,
    someone,
)
from ketacare.clinic.posts import access, actions, queries
from ketacare.clinic.posts.models import PostAsked, PostEnd
from ketacare.clinic.recovery import actions as recovery
from ketacare.clinic.recovery import queries as recoveries
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db
NEW = {"name": "Kit Alvarez", "address": "kit@example.org", "role": "RN", "words": "Begins on Monday"}
SEEN = "Licence seen"
LATER = AT + timedelta(days=1)


@pytest.fixture
def staff() -> dict[str, Actor]:
    clinic = a_clinic()
    return {role: someone(clinic, role) for role in ("MD", "AD", "RN", "RX", "FD", "TH", "AU")}


def clinic_of(actor: Actor) -> Clinic:
    return Clinic.objects.get(pk=actor.clinic_id)


def asked(staff, **more) -> PostAsked:
    return actions.ask(**NEW | more, by=staff["AD"], at=AT)


def test_the_administrator_asks_the_director_gives_and_two_give_the_first_password(staff):
    row = asked(staff, address=" Kit@Example.org ")
    assert not User.objects.filter(email="kit@example.org").exists(), "nothing is opened by asking"
    duty = Duty.objects.get(kind=actions.DECIDE)
    assert (duty.owner_role, duty.link, duty.state) == (Role.MD, reverse("post-asked", args=[row.pk]), "open")
    post = actions.give(row, words=SEEN, by=staff["MD"], at=AT + timedelta(hours=1))
    assert (post.user.name, post.role, post.user.has_usable_password()) == ("Kit Alvarez", "RN", False)
    assert Duty.objects.get(pk=duty.pk).state == DutyState.CLOSED
    assert [one.signs_in for one in queries.at_work(staff["MD"].clinic_id, AT.date()) if one.post == post] == [
        queries.NEVER
    ]
    then = AT + timedelta(hours=2)
    first = recovery.ask(address="kit@example.org", saw="photo_id", words="New here", by=staff["RN"], at=then)
    recovery.give(first, saw="photo_id", words="New here", by=staff["MD"], at=then)
    user = User.objects.get(pk=post.user_id)
    assert user.check_password(recoveries.password_of(first))
    assert queries.signs_in(user) == queries.HALF
    lines = Line.objects.filter(verb__startswith="post.").order_by("at").values_list("verb", "role", "reason")
    assert list(lines) == [("post.ask", "AD", ""), ("post.begin", "MD", "RN")]


@pytest.mark.parametrize("role", ["RN", "RX", "FD", "TH", "AU"])
def test_nobody_else_asks_gives_or_ends(staff, role):
    row, by = asked(staff), staff[role]
    post = Staff.objects.get(user_id=staff["TH"].user_id)
    for act in (
        lambda: actions.ask(**NEW | {"role": "RX"}, by=by, at=AT),
        lambda: actions.give(row, words=SEEN, by=by, at=AT),
        lambda: actions.refuse(row, words=SEEN, by=by, at=AT),
        lambda: actions.end(post, words="Left", by=by, at=AT),
    ):
        with pytest.raises(NotAllowed):
            act()
    with pytest.raises(NotAllowed):
        actions.give(row, words=SEEN, by=staff["AD"], at=AT)
    with pytest.raises(NotAllowed):
        actions.ask(**NEW | {"role": "RX"}, by=staff["MD"], at=AT)


def test_nobody_gives_what_they_asked_for_or_what_is_their_own(staff):
    both = someone(clinic_of(staff["MD"]), Role.AD)
    row = actions.ask(**NEW, by=both, at=AT)
    as_director = Actor(**{**both.__dict__, "role": "MD"})
    with pytest.raises(Refused, match="You asked for it yourself"):
        actions.give(row, words=SEEN, by=as_director, at=AT)
    user = User.objects.get(pk=staff["MD"].user_id)
    own = asked(staff, name=user.name, address=user.email)
    with pytest.raises(Refused, match="It is your own"):
        actions.give(own, words=SEEN, by=staff["MD"], at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        PostAsked.objects.filter(pk=row.pk).update(decided_by_id=both.user_id, decided_at=AT)


def test_an_address_mistyped_gives_nobody_elses_account_a_post(staff):
    other = User.objects.get(pk=staff["TH"].user_id)
    row = asked(staff, address=other.email)
    with pytest.raises(Refused, match="under another name"):
        actions.give(row, words=SEEN, by=staff["MD"], at=AT)
    assert roles_of(other, staff["MD"].clinic_id) == {"TH"}
    same = asked(staff, address=other.email, name=other.name.upper(), role="RX")
    assert actions.give(same, words=SEEN, by=staff["MD"], at=AT).user == other


def test_a_no_and_a_post_taken_back_give_nothing_and_close_the_duty(staff):
    row = asked(staff)
    actions.refuse(row, words="No licence", by=staff["MD"], at=AT)
    back = asked(staff)
    actions.withdraw(back, by=staff["AD"], at=AT)
    for one in (row, back):
        with pytest.raises(Refused, match="decided already"):
            actions.give(one, words=SEEN, by=staff["MD"], at=AT)
    assert not User.objects.filter(email="kit@example.org").exists()
    assert not Duty.objects.filter(kind=actions.DECIDE, state="open").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", " "), ("name", "x" * 201), ("address", "kit"), ("role", ""), ("role", "PT"), ("role", "IC")),
        *(("words", " "), ("words", "x" * 301)),
    ],
)
def test_what_is_missing_or_wrong_is_named(staff, field, value):
    with pytest.raises(Refused) as told:
        asked(staff, **{field: value})
    assert [one.field for one in told.value.refusals] == [field]
    assert not PostAsked.objects.exists()


def test_the_same_post_is_asked_for_once(staff):
    asked(staff)
    with pytest.raises(Refused, match="asked for already"):
        asked(staff)
    user = User.objects.get(pk=staff["TH"].user_id)
    with pytest.raises(Refused, match="have this post already"):
        asked(staff, address=user.email, role="TH")


def test_p6_an_ended_post_opens_nothing_and_its_duties_go_back_to_the_role(staff):
    nurse = staff["RN"]
    client = browser(nurse)
    assert client.get(reverse("patients")).status_code == 200
    duty = duties.open_duty(
        kind="x.y", title="Call back", why="", link="/", patient=None, owner_role="RN", due_at=AT, by=nurse, at=AT,
        owner=User.objects.get(pk=nurse.user_id),
    )  # fmt: skip
    actions.end(Staff.objects.get(user_id=nurse.user_id), words="Moved away", by=staff["AD"], at=AT)
    assert Duty.objects.get(pk=duty.pk).owner is None
    UserSession.objects.create(user_id=nurse.user_id, session_key=client.session.session_key, ip="127.0.0.1")
    assert tasks.end_sessions_of_removed(AT) == 1
    assert client.get(reverse("patients")).status_code == 302
    end = PostEnd.objects.get()
    assert (end.words, end.recorded_by_id) == ("Moved away", staff["AD"].user_id)
    with pytest.raises(Refused, match="ended already"):
        actions.end(end.post, words="Again", by=staff["MD"], at=AT)


def test_before_a_post_ends_the_page_says_how_many_patients_lose_their_therapist(staff):
    post, therapist = Staff.objects.get(user_id=staff["TH"].user_id), User.objects.get(pk=staff["TH"].user_id)
    page, client = reverse("post", args=[post.pk]), just_confirmed(browser(staff["MD"]))
    assert "therapist with it" not in client.get(page).content.decode()
    for number, words in ((1, "1 patient loses their therapist with it"), (2, "2 patients lose their therapist")):
        patient = a_patient(staff["FD"], f"Left {number}")
        people.relate(patient=patient, user=therapist, kind="therapist", by=staff["FD"], at=AT)
        assert words in client.get(page).content.decode()
    actions.end(post, words="Moves away", by=staff["MD"], at=LATER)
    assert "lose their therapist" not in client.get(page).content.decode()
    assert queries.left_alone(post) == 0


def test_who_keeps_another_post_keeps_their_duties(staff):
    nurse = User.objects.get(pk=staff["RN"].user_id)
    second = actions.give(
        asked(staff, name=nurse.name, address=nurse.email, role="FD"), words=SEEN, by=staff["MD"], at=AT
    )
    duty = duties.open_duty(
        kind="x.y", title="Call back", why="", link="/", patient=None, owner_role="RN", due_at=AT, by=staff["RN"],
        at=AT, owner=nurse,
    )  # fmt: skip
    actions.end(second, words="Nurse only", by=staff["MD"], at=AT)
    assert Duty.objects.get(pk=duty.pk).owner == nurse


@pytest.mark.parametrize(("role", "by"), [("MD", "AD"), ("AD", "MD")])
def test_a_clinic_is_never_without_a_director_or_an_administrator(staff, role, by):
    post = Staff.objects.get(user_id=staff[role].user_id)
    with pytest.raises(Refused, match="Nobody would be left"):
        actions.end(post, words="Left", by=staff[by], at=AT)
    someone(clinic_of(staff[role]), role)
    actions.end(post, words="Left", by=staff[by], at=AT)
    assert not roles_of(post.user, post.clinic_id)


def test_one_person_with_both_posts_is_not_two(staff):
    sam = User.objects.get(pk=staff["AD"].user_id)
    actions.give(asked(staff, name=sam.name, address=sam.email, role="MD"), words=SEEN, by=staff["MD"], at=AT)
    with pytest.raises(Refused, match="Nobody would be left"):
        actions.end(Staff.objects.get(user_id=staff["MD"].user_id), words="Left", by=staff["AD"], at=AT)


def test_nobody_ends_their_own_post_and_another_clinics_is_not_here(staff):
    someone(clinic_of(staff["MD"]), Role.MD)
    with pytest.raises(Refused, match="It is your own"):
        actions.end(Staff.objects.get(user_id=staff["MD"].user_id), words="Bye", by=staff["MD"], at=AT)
    there = someone(a_clinic("South"), Role.RN)
    theirs = Staff.objects.get(user_id=there.user_id)
    tenancy.enter(organisation_id=staff["MD"].organisation_id)
    with pytest.raises(NotHere):
        access.post_of(staff["MD"], theirs.pk)


# --- a patient's own pages --------------------------------------------------------------------------------------------


def test_a_patients_pages_open_by_two_and_shut_by_one(staff):
    patient = a_patient(staff["FD"])
    post = actions.open_own_pages(patient=patient, address="Jo@Example.org", by=staff["FD"], at=AT)
    patient.refresh_from_db()
    assert (post.role, patient.user.email, patient.user.name) == ("PT", "jo@example.org", "Jo Reed")
    with pytest.raises(Refused, match="open already"):
        actions.open_own_pages(patient=patient, address="jo@example.org", by=staff["FD"], at=AT)
    row = recovery.ask(address="jo@example.org", saw="known", words="First time", by=staff["FD"], at=AT)
    recovery.give(row, saw="known", words="First time", by=staff["RN"], at=AT)
    mine = Actor(**{**staff["FD"].__dict__, "role": "PT", "user_id": patient.user_id, "patient_id": patient.pk})
    assert browser(mine).get(reverse("me")).headers["Location"] == "/account/password/set/"
    User.objects.filter(pk=patient.user_id).update(temporary_until=None)
    assert browser(mine).get(reverse("me")).status_code == 200
    actions.shut_own_pages(patient=patient, words="They wish it", by=staff["FD"], at=AT + timedelta(hours=1))
    assert not roles_of(patient.user, patient.clinic_id)
    with pytest.raises(Refused, match="shut already"):
        actions.shut_own_pages(patient=patient, words="Again", by=staff["FD"], at=AT)


def own_pages(staff, password: str = "") -> tuple[Patient, User]:
    patient = a_patient(staff["FD"])
    user = actions.open_own_pages(patient=patient, address="jo@example.org", by=staff["FD"], at=AT).user
    if password:
        user.set_password(password)
        user.save()
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "-"})
    return Patient.objects.get(pk=patient.pk), user


def test_k7_a_lost_telephone_opens_nothing_once_the_pages_were_shut(staff):
    patient, _ = own_pages(staff, "whoever-found-it-knows-this")
    actions.shut_own_pages(patient=patient, words="Lost the telephone", by=staff["FD"], at=AT)
    again = actions.open_own_pages(patient=patient, address="jo@example.org", by=staff["RN"], at=AT).user
    assert not again.check_password("whoever-found-it-knows-this")
    assert queries.signs_in(again) == queries.NEVER


def test_h28_another_address_is_the_same_account_whose_journal_stays_readable(staff):
    patient, user = own_pages(staff, "a-long-own-passphrase")
    actions.shut_own_pages(patient=patient, words="Another address", by=staff["FD"], at=AT)
    again = actions.open_own_pages(patient=patient, address="new@example.org", by=staff["FD"], at=AT).user
    assert (again.pk, again.email) == (user.pk, "new@example.org")
    assert not User.objects.filter(email="jo@example.org").exists()


def test_whoever_works_here_too_keeps_their_account_when_their_pages_are_shut(staff):
    patient, user = own_pages(staff, "a-long-own-passphrase")
    actions.give(asked(staff, name=user.name, address=user.email), words=SEEN, by=staff["MD"], at=AT)
    actions.shut_own_pages(patient=patient, words="They wish it", by=staff["FD"], at=AT)
    assert User.objects.get(pk=user.pk).check_password("a-long-own-passphrase")
    with pytest.raises(Refused, match="cannot be used here"):
        actions.open_own_pages(patient=patient, address="new@example.org", by=staff["FD"], at=AT)


def test_p4_the_administrator_helps_a_colleague_who_is_a_patient_too_as_any_other(staff):
    _, user = own_pages(staff)
    with pytest.raises(Refused, match="Nobody signs in here"):
        recovery.ask(address=user.email, saw="known", words="First time", by=staff["AD"], at=AT)
    actions.give(asked(staff, name=user.name, address=user.email), words=SEEN, by=staff["MD"], at=AT)
    row = recovery.ask(address=user.email, saw="known", words="First time", by=staff["AD"], at=AT)
    assert recoveries.is_shown(staff["AD"], row)


@pytest.mark.parametrize("role", ["RX", "PT"])
def test_k7_a_post_given_here_makes_nobody_master_of_an_account_that_is_at_home_elsewhere(staff, role):
    theirs = someone(a_clinic("South"), role, "Vera Victim")
    user = User.objects.get(pk=theirs.user_id)
    tenancy.enter(organisation_id=staff["MD"].organisation_id, user_id=staff["MD"].user_id)
    actions.give(asked(staff, name=user.name, address=user.email, role="RS"), words=SEEN, by=staff["MD"], at=LATER)
    row = recovery.ask(address=user.email, saw="known", words="Lost it", by=staff["RX"], at=LATER)
    with pytest.raises(Refused, match="first password elsewhere"):
        recovery.give(row, saw="known", words="Lost it", by=staff["MD"], at=LATER)
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)


def test_what_no_column_holds_is_refused_in_words(staff):
    long = "a" * 60 + "@" + ".".join(["b" * 60] * 4) + ".org"
    with pytest.raises(Refused, match="no e-mail address"):
        asked(staff, address=long)
    patient = a_patient(staff["FD"], family="F" * 110, given="G" * 110)
    assert len(actions.open_own_pages(patient=patient, address="a@example.org", by=staff["FD"], at=AT).user.name) == 200


def test_an_address_that_signs_in_already_opens_nobodys_record(staff):
    patient = a_patient(staff["FD"])
    for other in (staff["TH"], someone(a_clinic("South"), Role.RN)):
        tenancy.enter(organisation_id=staff["FD"].organisation_id)
        email = User.objects.get(pk=other.user_id).email
        with pytest.raises(Refused, match="cannot be used here"):
            actions.open_own_pages(patient=patient, address=email, by=staff["FD"], at=AT)
    assert Patient.objects.get(pk=patient.pk).user is None
    for role in ("TH", "AU"):
        with pytest.raises(NotAllowed):
            actions.open_own_pages(patient=patient, address="jo@example.org", by=staff[role], at=AT)


# --- the pages --------------------------------------------------------------------------------------------------------


def test_the_pages_ask_decide_and_end(staff):
    desk, boss = just_confirmed(browser(staff["AD"])), just_confirmed(browser(staff["MD"]))
    wrong = desk.post(reverse("post-ask"), once(**NEW | {"role": ""}))
    assert wrong.status_code == 422
    assert "Kit Alvarez" in wrong.content.decode()
    there = desk.post(reverse("post-ask"), once(**NEW))
    assert "Waits for the director" in desk.get(there.url).content.decode()
    row = PostAsked.objects.get()
    empty = boss.post(reverse("post-decide", args=[row.pk]), once(do="give", words=""))
    assert (empty.status_code, User.objects.filter(email=NEW["address"]).exists()) == (422, False)
    boss.post(reverse("post-decide", args=[row.pk]), once(do="give", words=SEEN))
    page = desk.get(reverse("posts")).content.decode()
    assert "Kit Alvarez" in page
    assert queries.NEVER in page
    post = Staff.objects.get(user__email=NEW["address"])
    assert "End this post now" in desk.get(reverse("post", args=[post.pk])).content.decode()
    desk.post(reverse("post-end", args=[post.pk]), once(words="Did not come"))
    assert "Did not come" in boss.get(reverse("post", args=[post.pk])).content.decode()
    last = Staff.objects.get(user_id=staff["MD"].user_id)
    assert "It cannot end" in desk.get(reverse("post", args=[last.pk])).content.decode()
    reader = browser(staff["AU"])
    assert reader.get(reverse("posts")).status_code == 200
    assert "Ask the director" not in reader.get(reverse("posts")).content.decode()


def test_k6_whoever_changes_rights_says_again_who_they_are(staff):
    desk = browser(staff["AD"])
    assert "reauthenticate" in desk.get(reverse("posts")).headers.get("Location", "")
    assert "reauthenticate" in desk.post(reverse("post-ask"), once(**NEW)).headers.get("Location", "")
    assert not PostAsked.objects.exists()


def test_the_administrator_sees_no_patients_post(staff):
    patient = a_patient(staff["FD"])
    post = actions.open_own_pages(patient=patient, address="jo@example.org", by=staff["FD"], at=AT)
    desk = just_confirmed(browser(staff["AD"]))
    assert "jo@example.org" not in desk.get(reverse("posts")).content.decode()
    assert desk.get(reverse("post", args=[post.pk])).status_code == 404
