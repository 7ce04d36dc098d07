"""Safety.md section 8 and K4: the events of signing in leave lines; one's own sign-ins can be seen and ended."""

from datetime import timedelta

import pytest
from allauth.account import signals as account
from allauth.mfa import signals as factors
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.test import Client, override_settings
from django.urls import reverse

from ketacare.clinic.audit.models import Line, Stranger
from ketacare.clinic.people import tasks
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role, Staff, User
from ketacare.clinic.people.tests.factories import AT, PASSWORD, a_clinic, browser, once, someone
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.web import account_words, sign_ins

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"


@pytest.fixture
def nurse() -> Actor:
    return someone(a_clinic(), Role.RN)


def email(actor: Actor) -> str:
    return User.objects.get(pk=actor.user_id).email


def sign_in(client: Client, login: str, password: str = PASSWORD):
    return client.post("/account/login/", {"login": login, "password": password}, headers={"User-Agent": FIREFOX})


def signed_in_by_hand(actor: Actor) -> Client:
    """Through the sign-in page; without a second factor there is nothing more to ask."""
    client = Client()
    assert sign_in(client, email(actor)).status_code == 302
    return client


def told(actor: Actor) -> list[tuple[str, str]]:
    """Lines about signing in, oldest first."""
    tenancy.enter(organisation_id=actor.organisation_id)
    words = ("sign", "factor", "password", "session.end")
    lines = Line.objects.filter(clinic_id=actor.clinic_id).order_by("at", "pk")
    return sorted((line.verb, line.outcome) for line in lines if line.verb.startswith(words))


def test_sign_in_and_sign_out_leave_lines(nurse):
    client = signed_in_by_hand(nurse)
    client.post("/account/logout/")
    assert told(nurse) == [("sign_in", "done"), ("sign_out", "done")]
    assert {line.actor_id for line in Line.objects.filter(verb__startswith="sign")} == {nurse.user_id}


@pytest.mark.parametrize(
    ("asked", "language", "words"),
    [
        ("es-MX,en;q=0.5", "es", ("Entrar", "Contraseña", "Usar una llave de acceso")),
        ("en-US", "en", ("Sign in", "Password")),
        ("", "en", ("Use a passkey",)),
        ("de", "en", ("Sign in",)),
    ],
)
def test_whoever_asks_for_spanish_signs_in_in_spanish(client, asked, language, words):
    page = client.get("/account/login/", headers={"Accept-Language": asked}).content.decode()
    assert f'<html lang="{language}"' in page
    assert all(word in page for word in words)


@pytest.mark.parametrize(
    ("asked", "words"),
    [("es", ("¿Olvidó su contraseña?", "No se envía ningún correo", "988")), ("en", ("No mail is sent", "555 0100"))],
)
def test_k7_whoever_lost_their_password_is_told_what_is_true(client, asked, words):
    a_clinic()
    tenancy.enter(organisation_id=None)
    for path in ("/account/password/reset/", "/account/password/reset/done/"):
        page = client.get(path, headers={"Accept-Language": asked}, follow=True).content.decode()
        assert all(word in page for word in words), path
        assert "<form" not in page.partition("<h1")[2]
    assert client.post("/account/password/reset/", {"email": "a@example.org"}).status_code == 405


def test_every_word_of_signing_in_is_there_in_both_languages():
    assert all(words["en"] and words["es"] for words in account_words.catalogue().values())


def test_a_wrong_password_is_about_the_account_and_not_an_act_of_its_owner(nurse):
    sign_in(Client(), email(nurse), "not the password")
    assert told(nurse) == [("sign_in", "refused")]
    line = Line.objects.get(verb="sign_in")
    assert (line.actor_id, line.object_id, line.address) == (None, str(nurse.user_id), "127.0.0.1")
    assert "not the password" not in repr(Line.objects.values())


def test_an_unknown_name_is_counted_and_what_was_typed_is_not_kept(nurse):
    sign_in(Client(), "correct-horse-battery@example.org", "x" * 12)
    assert told(nurse) == []
    assert "correct-horse" not in repr(Stranger.objects.values())
    assert Stranger.objects.get().address == "127.0.0.1"


@override_settings(AXES_FAILURE_LIMIT=2, ACCOUNT_RATE_LIMITS=False)
def test_k3_a_lock_leaves_a_line(nurse):
    answers = [sign_in(Client(), email(nurse), "wrong").status_code for _ in range(3)]
    assert answers[-1] == 429, (answers, told(nurse))
    assert ("sign_in.lock", "refused") in told(nurse)


@override_settings(AXES_FAILURE_LIMIT=2, ACCOUNT_RATE_LIMITS=False)
def test_k3_the_lock_is_of_one_account_and_not_of_everybody_at_its_address(nurse):
    for _ in range(3):
        sign_in(Client(), email(nurse), "wrong")
    tenancy.enter(organisation_id=nurse.organisation_id)
    colleague = User.objects.create_user("colleague@example.org", PASSWORD, name="A colleague")
    assert sign_in(Client(), colleague.email).status_code == 302
    assert sign_in(Client(), email(nurse)).status_code == 429


def test_nothing_that_was_typed_is_kept_beside_the_log_either(nurse):
    sign_in(Client(), "my-password-in-the-wrong-field", "wrong")
    sign_in(Client(), email(nurse), "another-wrong-one")
    kept = repr(AccessAttempt.objects.values())
    assert not [word for word in ("my-password", "another-wrong", email(nurse)) if word in kept]


@pytest.mark.parametrize(
    ("signal", "verb", "outcome"),
    [
        (account.password_changed, "password.change", "done"),
        (factors.authenticator_added, "factor.add", "done"),
        (factors.authenticator_removed, "factor.remove", "done"),
        (factors.authentication_failed, "sign_in.factor", "refused"),
    ],
)
def test_changes_of_password_and_factors_leave_lines(nurse, rf, signal, verb, outcome):
    client = browser(nurse)
    request = client.get("/").wsgi_request
    signal.send(sender=User, request=request, user=User.objects.get(pk=nurse.user_id), authenticator=None)
    assert told(nurse) == [(verb, outcome)]


def test_k4_ones_own_sign_ins_are_listed_and_nobody_elses(nurse):
    signed_in_by_hand(someone(a_clinic("South"), Role.RN))
    tenancy.enter(organisation_id=nurse.organisation_id)
    signed_in_by_hand(nurse)
    page = browser(nurse).get(reverse("sign-ins")).text
    assert page.count("<tr>") == 3  # the head, this one, the other one
    assert "Firefox on Linux" in page
    assert "This one" in page


def test_k4_another_sign_in_is_ended_and_this_one_stays(nurse):
    other, this = signed_in_by_hand(nurse), browser(nurse)
    assert this.get(reverse("sign-ins")).status_code == 200
    session = UserSession.objects.get(session_key=other.session.session_key)
    assert this.post(reverse("sign-ins-end"), once(session=session.pk)).status_code == 302
    assert this.get("/").status_code == 200
    assert other.get("/")["Location"].startswith("/account/login/")
    assert ("session.end", "done") in told(nurse)


def test_k4_all_others_at_once(nurse):
    others, this = [signed_in_by_hand(nurse) for _ in range(2)], browser(nurse)
    this.post(reverse("sign-ins-end"), once(session="others"))
    assert [other.get("/")["Location"][:15] for other in others] == ["/account/login/"] * 2
    assert this.get("/").status_code == 200


def test_somebody_elses_sign_in_is_not_here(nurse):
    theirs = signed_in_by_hand(someone(a_clinic("South"), Role.RN))
    tenancy.enter(organisation_id=nurse.organisation_id)
    key = UserSession.objects.get(session_key=theirs.session.session_key).pk
    assert browser(nurse).post(reverse("sign-ins-end"), once(session=key)).status_code == 404
    assert UserSession.objects.filter(pk=key).exists()


def test_k4_a_new_session_id_at_role_change_stays_on_the_list(nurse):
    client = signed_in_by_hand(nurse)
    browser(nurse)  # gives the account its second factor
    tenancy.enter(organisation_id=nurse.organisation_id)
    post = Staff.objects.get(user_id=nurse.user_id)
    before = client.session.session_key
    assert client.post(reverse("choose-post"), once(post=post.pk)).status_code == 302
    assert client.session.session_key != before
    assert UserSession.objects.get(user_id=nurse.user_id).session_key == client.session.session_key


def test_p6_sessions_of_somebody_removed_end_at_the_next_round(nurse):
    client = signed_in_by_hand(nurse)
    assert tasks.end_sessions_of_removed(AT) == 0
    tenancy.enter(organisation_id=nurse.organisation_id)
    Staff.objects.filter(user_id=nurse.user_id).update(ended_at=AT)
    assert tasks.end_sessions_of_removed(AT) == 1
    assert not UserSession.objects.exists()
    assert ("session.end", "done") in told(nurse)
    assert client.get("/")["Location"].startswith("/account/login/")


def test_p6_a_post_in_another_organisation_keeps_somebody_signed_in(nurse):
    signed_in_by_hand(nurse)
    south = a_clinic("South")
    user = User.objects.get(pk=nurse.user_id)
    Staff.objects.create(organisation_id=south.organisation_id, clinic=south, created_at=AT, user=user, role=Role.RN)
    tenancy.enter(organisation_id=nurse.organisation_id)
    Staff.objects.filter(user=user, clinic_id=nurse.clinic_id).update(ended_at=AT)
    assert tasks.end_sessions_of_removed(AT) == 0


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("", "A browser on a device we cannot name"),
    ],
)
def test_a_device_is_told_coarsely(agent, words):
    assert sign_ins.device(agent) == words


def test_k4_whoever_holds_two_roles_says_in_which_they_work(nurse):
    Staff.objects.create(
        organisation_id=nurse.organisation_id,
        clinic_id=nurse.clinic_id,
        created_at=AT + timedelta(minutes=1),
        user_id=nurse.user_id,
        role="MD",
    )
    client = browser(nurse)
    page = client.get(reverse("sign-ins")).text
    assert "Work as medical director" in page
    assert client.get(reverse("audit")).status_code == 403
    director = Staff.objects.get(user_id=nurse.user_id, role="MD")
    assert client.post(reverse("choose-post"), once(post=str(director.pk))).status_code == 302
    assert client.get(reverse("audit")).status_code == 200


# --- passwords typed again at the act (K3, K6, L3) -------------------------------------------------------------------


@pytest.fixture
def waiting(monkeypatch):
    """A session with an order to be signed."""
    from ketacare.clinic.dosing.tests import factories as dosing

    monkeypatch.setattr("ketacare.web.clock.now", lambda: dosing.later(5))
    return dosing.a_day()


def signs(day, password: str):
    fields = {"dose": "0.5", "minutes": "40", "vial": "10", "act": "sign", "password": password}
    return browser(day.prescriber).post(f"/sessions/{day.visit.pk}/order/", once(**fields))


@override_settings(AXES_FAILURE_LIMIT=2, ACCOUNT_RATE_LIMITS=False)
def test_k3_failures_at_a_signing_form_count_towards_the_lock_though_the_form_is_refused(waiting):
    assert [signs(waiting, "wrong").status_code for _ in range(2)] == [422, 422]
    assert AccessAttempt.objects.get().failures_since_start == 2
    tenancy.enter(organisation_id=waiting.clinic.organisation_id)
    lines = Line.objects.filter(verb__startswith="sign_in", object_id=str(waiting.prescriber.user_id))
    assert sorted(lines.values_list("verb", flat=True)) == ["sign_in", "sign_in", "sign_in.lock"]
    assert signs(waiting, PASSWORD).status_code == 422  # locked: not even looked at
    assert sign_in(Client(), email(waiting.prescriber)).status_code == 429


@override_settings(AXES_FAILURE_LIMIT=2, ACCOUNT_RATE_LIMITS=False)
def test_k3_a_witnesses_failures_are_theirs_and_an_unknown_name_counts_alike(waiting):
    from ketacare.clinic.dosing.tests import factories as dosing

    dosing.to_drawn(waiting)
    nurse, address = browser(waiting.nurse), f"/sessions/{waiting.visit.pk}/draw/undo/"

    def witness(who: str, password: str):
        return nurse.post(address, once(reason="Label", witness=who, witness_password=password))

    for who in (email(waiting.second), "nobody@example.org"):
        told = {witness(who, "wrong").content.count(b"does not match") for _ in range(2)}
        assert told == {2} or len(told) == 1
    assert {row.failures_since_start for row in AccessAttempt.objects.all()} == {2}
    assert "does not match" in witness(email(waiting.second), PASSWORD).content.decode()
    assert sign_in(Client(), email(waiting.nurse)).status_code == 302


def test_k7_whoever_has_chosen_their_own_password_goes_on_to_what_comes_next(db):
    from django.test import RequestFactory

    from ketacare.web.account import Adapter

    assert Adapter().get_password_change_redirect_url(RequestFactory().get("/")) == "/"
