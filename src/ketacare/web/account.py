"""How Ketacare uses allauth: no sign-up by strangers, staff cannot work without a second factor, and each event of
signing in leaves an audit line.

The framework tells of these events by signals; this module is the one place that listens to them.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from allauth.account import signals as account
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa import signals as factors
from axes.handlers.proxy import AxesProxyHandler
from axes.signals import user_locked_out
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth import signals as django
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import salted_hmac

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, moment_of
from ketacare.clinic.people.models import Staff, User
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.web import clock


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: Any) -> bool:
        return False

    def pre_login(self, request: Any, user: Any, **told: Any) -> Any:
        """A password that two people gave opens nothing after its time (K7)."""
        if user.temporary_until is not None and clock.now() > user.temporary_until:
            return HttpResponseRedirect(reverse("account_reset_password"))
        return super().pre_login(request, user, **told)

    def get_password_change_redirect_url(self, request: Any) -> str:
        """On to what comes next: the second factor that is still owed, or the day."""
        return reverse("home")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """No mail is sent about accounts: recovery is by two people for staff (K7)."""


# What somebody did to their own account: the signal, the verb of the line, its outcome.
OWN_ACTS = (
    (account.user_logged_in, "sign_in", "done"),
    (django.user_logged_out, "sign_out", "done"),
    (account.password_changed, "password.change", "done"),
    (account.password_set, "password.change", "done"),
    (account.password_reset, "password.change", "done"),
    (factors.authenticator_added, "factor.add", "done"),
    (factors.authenticator_removed, "factor.remove", "done"),
    (factors.authenticator_reset, "factor.reset", "done"),
    (factors.authentication_failed, "sign_in.factor", "refused"),
)
LISTENING: list[Any] = []


def listen() -> None:
    """Once per process, however often the middleware is made. Signals hold receivers weakly, so they are kept here."""
    if LISTENING:
        return
    for signal, verb, outcome in OWN_ACTS:
        hear(signal, partial(own_act, verb=verb, outcome=outcome))
    hear(account.user_logged_in, spend)
    for changed in (account.password_changed, account.password_set):
        hear(changed, own_again)
    hear(django.user_login_failed, partial(named_by_typing, verb="sign_in"))
    hear(user_locked_out, partial(named_by_typing, verb="sign_in.lock"))


def hear(signal: Any, receiver: Any) -> None:
    LISTENING.append(receiver)
    signal.connect(receiver)


def own_act(*, verb: str, outcome: str, request: Any = None, user: Any = None, **_: Any) -> None:
    if isinstance(user, User):
        write(request, user, verb, outcome, by_them=outcome == "done")


def spend(*, request: Any = None, user: Any = None, **_: Any) -> None:
    """The password that two people gave has opened the account: it opens nothing any more, and this one sign-in is for
    choosing another (K7)."""
    if isinstance(user, User) and user.temporary_until is not None and request is not None:
        user.set_unusable_password()
        user.save(update_fields=["password"])
        request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()


def own_again(*, user: Any = None, **_: Any) -> None:
    if isinstance(user, User) and user.temporary_until is not None:
        user.temporary_until = None
        user.save(update_fields=["temporary_until"])


def named_by_typing(*, verb: str, request: Any = None, **told: Any) -> None:
    """Somebody typed this address: it is about that account, and not an act of its owner."""
    typed = typed_address(told.get("credentials") or getattr(request, "axes_credentials", None))
    user = User.objects.filter(email__iexact=typed).first() if typed else None
    write(request, user, verb, "refused", by_them=False)


def typed_address(credentials: dict[str, Any] | None) -> str:
    credentials = credentials or {}
    return str(credentials.get("email") or credentials.get("username") or "")


def counted_as(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Under which name failures of an account are counted (K3): a keyed digest, for somebody may have typed their
    password into the wrong field."""
    return digest_of(typed_address(credentials) or request.POST.get("login", ""))


def digest_of(typed: str) -> str:
    return salted_hmac("ketacare.sign-in", typed.strip().lower(), algorithm="sha256").hexdigest()[:32]


def is_locked(request: HttpRequest, typed: str) -> bool:
    """Too many failures in a row, here or at the sign-in page, from this place (K3)."""
    return not AxesProxyHandler.is_allowed(request, {"username": typed.strip().lower()})


def unlock(address: str) -> None:
    """From every place: the count of an account whose owner was seen in person begins anew (K7)."""
    AxesProxyHandler.reset_attempts(username=digest_of(address))


def count_failures(request: HttpRequest, failed: list[str]) -> None:
    """After the request: its refusal took back what it wrote. Each failure counts and leaves its line by the same
    signal as one at the sign-in page."""
    for typed in failed:
        credentials = {"username": typed.strip().lower()}
        with transaction.atomic():
            django.user_login_failed.send(sender=__name__, credentials=credentials, request=request)


def write(request: Any, user: User | None, verb: str, outcome: str, *, by_them: bool) -> None:
    """In the transaction of the act itself. A request that did not come through our middleware is a test's."""
    if not hasattr(request, "request_id"):
        return
    address = request.META.get("REMOTE_ADDR", "")
    post = post_for(user) if user is not None else None
    if user is None or post is None:
        audit.count_stranger(at=moment_of(request), address=address)
    else:
        tenancy.enter(organisation_id=post.organisation_id, user_id=user.pk)
        by = person_at(post, request, address, user if by_them else None)
        audit.note(by=by, at=moment_of(request), verb=verb, on=user, outcome=outcome)
    actor: Actor | None = request.actor
    tenancy.enter(organisation_id=actor.organisation_id if actor else None, user_id=actor.user_id if actor else None)


def post_for(user: User) -> Staff | None:
    """In which clinic's chain it is written: where they work now, else where they worked last."""
    tenancy.enter(user_id=user.pk)
    return next(iter(people.posts_of(user)), None) or people.last_post_of(user)


def person_at(post: Staff, request: Any, address: str, user: User | None) -> Actor:
    return Actor(
        user_id=user.pk if user else None,
        name=user.name if user else "",
        role=post.role if user else "",
        clinic_id=post.clinic_id,
        organisation_id=post.organisation_id,
        zone=post.clinic.zone,
        request_id=request.request_id,
        address=address,
    )
