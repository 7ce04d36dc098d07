"""The whole programme by POST alone: each act sent as a browser sends it, sent again, and sent altered (I5)."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from django.http import HttpResponseBase
from django.urls import get_resolver
from tests.architecture.test_routes import ROUTES
from tests.crash.house import House, Sending, Step, a_house, clock_at, on
from tests.crash.killing import contents
from tests.crash.steps import ARGUMENTS, PROGRAMME

from ketacare.clinic.dosing.models import Session, SessionState
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.outcomes.models import Ask, AskState, Score
from ketacare.clinic.people.access import Guard
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.pharmacy.models import Container
from ketacare.clinic.safety.models import Concern, ConcernState

# What a view that acts cannot do without.
ACTS = ("require_POST", '"POST"', "request.POST")
# What the monitor said altered under a key already used is a line of its own, and waits until somebody has seen to it.
SEE_TO_THE_ALTERED = Step("see to what was altered", "RN", "close-refusal", on(9, "11:05"), page="mailroom")


def accepts_post(name: str) -> bool:
    return any(word in inspect.getsource(inspect.unwrap(callback_of(name))) for word in ACTS)


def is_no_act(guard: Guard | None) -> bool:
    return guard is not None and (guard.reads_only or guard.beats)


def callback_of(name: str) -> Callable[..., Any]:
    for entry in walk(get_resolver().url_patterns):
        if entry.name == name:
            return entry.callback
    raise KeyError(name)


def walk(patterns: list[Any]) -> Any:
    for entry in patterns:
        yield from walk(entry.url_patterns) if hasattr(entry, "url_patterns") else [entry]


def test_every_post_route_is_a_step():
    """Searches that are posted to keep names out of addresses only look (`reads_only`), and a page's sign of life
    (`beats`) is nobody's act. allauth's own pages (account/) are not ours: it guards, counts and tests them itself."""
    acts = {route.name for route in ROUTES if accepts_post(route.name) and not is_no_act(route.guard)}
    steps = {step.route for step in PROGRAMME}
    assert acts - steps == set()
    assert steps - acts == set()


def test_the_programme_by_post(fresh_database):
    house = a_house(ARGUMENTS)
    for step in [*PROGRAMME, SEE_TO_THE_ALTERED]:
        play(house, step)
    with house.inside():
        the_outcome(house)


def play(house: House, step: Step) -> None:
    sending = house.prepare(step)
    with clock_at(step.at):
        answer = sending.send()
        assert answer.status_code == step.status, f"{step}: {answer.status_code} {told(answer)}"
        after = contents(house.clinic.organisation_id)
        again = sending.send()
        if step.keeps_session:
            assert same(again, answer), f"{step}: sent again, {again.status_code}"
            assert other_body(sending).status_code == 422, f"{step}: sent altered"
    unlike = {table for table, held in contents(house.clinic.organisation_id).items() if held != after[table]}
    assert unlike <= step.repeated_in, f"{step}: sent again or altered, it changed {unlike}"


def other_body(sending: Sending) -> HttpResponseBase:
    return sending.send(**({"unheard": "of"} if sending.content_type else {"altered": "yes"}))


def same(one: HttpResponseBase, other: HttpResponseBase) -> bool:
    return (one.status_code, one.get("Location"), one.content) == (
        other.status_code,
        other.get("Location"),
        other.content,
    )


def told(answer: HttpResponseBase) -> str:
    """What the page says went wrong."""
    return answer.content.decode().partition("data-errors")[2][:600]


def the_outcome(house: House) -> None:
    """What a clinician would recognise."""
    given, called_off = Session.objects.order_by("created_at")
    assert (given.state, called_off.state) == (SessionState.CLOSED, SessionState.CALLED_OFF)
    amounts = ledger.amounts_of(given.visit)
    assert (amounts.drawn_mg - amounts.returned_mg, amounts.given_mg, amounts.wasted_mg) == (40, 40, 0)
    assert Container.objects.get().balance_mg == 0
    assert [score.total for score in Score.objects.filter(instrument="phq-9").order_by("happened_at")] == [21, 8]
    assert dict(Ask.objects.values_list("key", "state")) == {
        "same_evening": AskState.ANSWERED,
        "next_day": AskState.WAITING,  # called instead
        "week": AskState.ANSWERED,
    }
    assert set(Concern.objects.values_list("state", flat=True)) == {ConcernState.CLOSED}
    assert [duty.kind for duty in Duty.objects.filter(state=DutyState.OPEN)] == ["safety_plan.review"]  # in September
