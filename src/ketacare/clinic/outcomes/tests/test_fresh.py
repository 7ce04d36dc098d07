"""K1: a link lives a day. A form may live longer: who comes late gets another link, and a stranger gets nothing."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes import access, actions, fresh, letters, queries, tasks
from ketacare.clinic.outcomes.actions.asking import message_times
from ketacare.clinic.outcomes.models import Ask, MessageOut, MessageState
from ketacare.clinic.outcomes.tests.factories import the_asks
from ketacare.clinic.people.models import Role

pytestmark = pytest.mark.django_db
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def here() -> Place:
    return place(telephone="555 0100")


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch):
    return lambda moment: monkeypatch.setattr("ketacare.web.clock.now", lambda: moment)


@pytest.fixture
def week(here: Place) -> Ask:
    """A form of two days, so that its first link ends in the middle of it."""
    ask = the_asks(here)["week"]
    ask.closes_at = ask.link_until = ask.opens_at + 2 * DAY
    ask.save(update_fields=["closes_at", "link_until"])
    return ask


def url(name: str, token: str, *more: int) -> str:
    return reverse(name, args=[token, *more])


def post(client: Client, where: str, **fields: str):
    return client.post(where, {"once": str(uuid4()), **fields})


def test_k1_a_link_lives_a_day_from_when_it_was_handed_out_and_never_longer_than_its_form(week: Ask) -> None:
    day = access.link_lives()
    assert day == DAY
    early, late = week.opens_at - 9 * DAY, week.link_until - HOUR
    for made, ends in (
        (early, week.opens_at + day),
        (week.opens_at + HOUR, week.opens_at + HOUR + day),
        (late, week.link_until),
    ):
        found = access.link_ends(week, access.token_for(week, made))
        assert abs(found - ends) < timedelta(seconds=1), "what was handed out before the form opened lives from then"
    ends = week.opens_at + day
    assert queries.standing(week, ends - MINUTE, ends=ends).opens
    assert queries.standing(week, ends, ends=ends).why == "stale"
    assert queries.standing(week, week.link_until, ends=ends).why == "expired"


def test_k1_a_link_of_yesterday_opens_nothing_and_a_new_one_goes_to_the_patient(here: Place, week: Ask, at) -> None:
    old, later = access.token_for(week, week.opens_at), week.opens_at + DAY + MINUTE
    at(later)
    stranger = Client()
    closed = stranger.get(url("check-in", old))
    page = closed.content.decode()
    assert closed.status_code == 410
    assert "Send me a new link" in page
    assert "988" in page
    assert "Fern" not in page
    assert post(stranger, url("check-in-step", old, 1), answer="7").status_code == 410
    sent = post(stranger, url("check-in-fresh", old))
    assert "on its way" in stranger.get(sent.headers["Location"]).content.decode()
    post(stranger, url("check-in-fresh", old))
    here.enter()
    assert queries.values(week, week.instruments[0]) == {}
    message = MessageOut.objects.get(ask=week, code="fresh")
    tasks.deliver_due(later, caught=True)
    here.enter()
    message.refresh_from_db()
    assert message.state == MessageState.CAUGHT
    new = letters.link_in(message).rstrip("/").rpartition("/")[2]
    assert new != old
    assert f"/{new}/" in letters.words_of(message)
    assert Client().get(url("check-in", new)).status_code == 200
    at(later + 20 * MINUTE)
    post(stranger, url("check-in-fresh", old))
    here.enter()
    assert MessageOut.objects.filter(ask=week, code="fresh").count() == 2, "once more after a while, if it never came"


def test_k1_who_began_in_time_goes_on_in_the_same_browser(here: Place, week: Ask, at) -> None:
    token, ends = access.token_for(week, week.opens_at), week.opens_at + DAY
    mine, other = Client(), Client()
    at(ends - MINUTE)
    page = mine.get(url("check-in-step", token, 1)).content.decode()
    made = page.partition('name="made" value="')[2].partition('"')[0]
    at(ends + MINUTE)
    assert post(mine, url("check-in-step", token, 1), answer="1", made=made).status_code == 303
    assert mine.get(url("check-in-step", token, 2)).status_code == 200
    assert other.get(url("check-in-step", token, 2)).status_code == 410
    at(week.link_until)
    assert mine.get(url("check-in-step", token, 2)).status_code == 410
    here.enter()
    assert queries.values(week, week.instruments[0])


def test_k1_a_new_link_is_sent_at_night_only_to_a_device_of_the_patients_own(here: Place, week: Ask) -> None:
    night = (week.opens_at + DAY).replace(hour=7, minute=0)  # three in the morning in New York
    link = access.link_actor(week)
    mine, stranger = (
        actions.send_fresh(week, by=link, at=night + n * HOUR, is_theirs=is_theirs)
        for n, is_theirs in enumerate((True, False))
    )
    assert mine is not None
    assert stranger is not None
    assert (mine.send_after, fresh.became(week, night)) == (night, fresh.Became.MORNING)
    assert stranger.send_after.astimezone(ZoneInfo(here.clinic.zone)).strftime("%H:%M") == "08:00"
    assert actions.send_fresh(week, by=link, at=night + HOUR + MINUTE) is None
    week.link_until = stranger.send_after
    assert fresh.goes_at(week, night, is_theirs=False) is None, "the form is over by then"
    MessageOut.objects.filter(ask=week, code="fresh").update(send_after=night - 2 * HOUR, created_at=night - 2 * HOUR)
    assert fresh.became(week, night) == fresh.Became.OVER, "what went two hours ago is no promise"
    week.link_until += 2 * DAY
    assert fresh.became(week, night) == fresh.Became.AGAIN


def test_k1_by_hand_where_no_gateway_is(here: Place, week: Ask) -> None:
    at = week.opens_at + 23 * HOUR  # nine in the morning
    assert actions.send_fresh(week, by=access.link_actor(week), at=at) is not None
    tasks.deliver_due(at, caught=False)
    here.enter()
    message = MessageOut.objects.select_related("duty").get(ask=week, code="fresh")
    assert message.duty is not None
    assert (message.duty.owner_role, message.duty.is_open) == (Role.FD, True)
    words = letters.words_of(message, at=at + 3 * HOUR)
    token = words.partition("/c/")[2].partition("/")[0]
    assert access.link_ends(week, token) - at > DAY, "from when somebody hands it out"


def test_k1_whoever_holds_an_old_link_asks_three_times_a_day_at_most(here: Place, week: Ask, at) -> None:
    old, first = access.token_for(week, week.opens_at), week.opens_at + DAY
    moments = [first + n * 16 * MINUTE for n in range(4)]
    for moment in moments:
        at(moment)
        sent = post(Client(), url("check-in-fresh", old))
    page = Client().get(sent.headers["Location"]).content.decode()
    assert "New links have been sent today" in page
    here.enter()
    assert MessageOut.objects.filter(ask=week, code="fresh").count() == 3
    assert fresh.may_go(week, first + DAY + MINUTE)


def test_k1_a_device_of_the_patients_own_is_one_that_answered(here: Place, week: Ask) -> None:
    actions.know_device(ask=week, device="mine", by=access.link_actor(week), at=week.opens_at)
    assert fresh.is_their_device(week.patient, "mine")
    assert not fresh.is_their_device(week.patient, "other")
    assert not fresh.is_their_device(week.patient, "")
    assert not fresh.is_their_device(here.patient(), "mine")


def test_k1_no_new_link_of_a_form_that_is_over_or_not_open(here: Place, week: Ask, at) -> None:
    link = access.link_actor(week)
    for moment in (week.opens_at - MINUTE, week.link_until):
        assert actions.send_fresh(week, by=link, at=moment) is None
    at(week.opens_at + HOUR)
    token = access.token_for(week)
    for answer in (Client().get(url("check-in-fresh", token)), post(Client(), url("check-in-fresh", token))):
        assert answer.status_code == 303
    here.enter()
    assert not MessageOut.objects.filter(code="fresh").exists()


def test_k1_a_form_of_a_week_has_a_living_link_on_its_last_day(week: Ask) -> None:
    week.closes_at = week.link_until = week.opens_at + 7 * DAY
    times = [when - week.opens_at for _, when in message_times(week)]
    assert times == [timedelta(0), 42 * HOUR, 84 * HOUR, 144 * HOUR]
    week.closes_at = week.opens_at + 8 * HOUR
    assert len(message_times(week)) == 3
    assert week.opens_at > AT
