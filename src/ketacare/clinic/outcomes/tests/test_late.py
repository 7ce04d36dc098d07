"""What was answered in time and comes late, because the phone had no connection: taken, or somebody's (H13, H23)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from ketacare.clinic.audit.models import Line
from ketacare.clinic.channels.models import Reach
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import Place, place
from ketacare.clinic.outcomes import access, actions, queries
from ketacare.clinic.outcomes.models import Ask, AskState, Told
from ketacare.clinic.outcomes.tests.factories import the_asks
from ketacare.clinic.outcomes.views.check_in import concerns
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once, someone
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Concern, ConcernState, OnCall

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
SAFETY = 4  # of the eight screens: have you had thoughts of ending your life


class Phone:
    """A telephone that shows a page, is tapped, and may be heard of much later."""

    def __init__(self, here: Place, monkeypatch: pytest.MonkeyPatch, key: str = "next_day") -> None:
        self.here, self.monkeypatch, self.client = here, monkeypatch, Client()
        self.ask = the_asks(here)[key]
        self.token = access.token_for(self.ask)

    def clock(self, at: datetime) -> None:
        self.monkeypatch.setattr("ketacare.web.clock.now", lambda: at)

    def url(self, name: str, *more: int) -> str:
        return reverse(name, args=[self.token, *more])

    def page(self, name: str, *more: int, at: datetime) -> str:
        """What the page was made with, as its form sends it back."""
        self.clock(at)
        page = self.client.get(self.url(name, *more)).content.decode()
        self.here.enter()
        found = re.search(r'name="made" value="([^"]+)"', page)
        assert found is not None
        return found[1]

    def sends(self, name: str, *more: int, at: datetime, **fields: str):
        self.clock(at)
        answer = self.client.post(self.url(name, *more), {"once": str(uuid4()), **fields})
        self.here.enter()
        return answer

    def shows(self, answer) -> str:
        return self.client.get(answer.headers["Location"]).content.decode()


@pytest.fixture
def here() -> Place:
    return place(telephone="555 0100")


@pytest.fixture
def phone(here: Place, monkeypatch: pytest.MonkeyPatch) -> Phone:
    return Phone(here, monkeypatch)


def last(ask: Ask) -> datetime:
    return ask.link_until - MINUTE


def test_h13_tapped_in_time_it_is_taken_after_the_end_and_counts_from_when_it_was_tapped(phone: Phone):
    ask, tapped = phone.ask, last(phone.ask)
    made = phone.page("check-in-step", SAFETY, at=tapped - MINUTE)
    came = ask.link_until + timedelta(hours=71)
    answer = phone.sends("check-in-step", SAFETY, at=came, answer="3", made=made, entered_at=tapped.isoformat())
    assert answer.headers["Location"] == phone.url("check-in-crisis", SAFETY)
    assert "tel:988" in phone.shows(answer)
    phone.here.enter()
    row = queries.kept(ask, "safety-items")
    assert row is not None
    assert (row.values, row.happened_at, row.recorded_at) == ({"s1": 3}, tapped, came)
    assert Concern.objects.get().raised_at == came
    assert Line.objects.filter(verb="ask.late", object_id=str(ask.pk)).count() == 1
    rest = phone.client.get(phone.url("check-in-step", SAFETY + 1))
    assert rest.status_code == 410
    assert "The time for these questions is over" in rest.content.decode()


def test_h13_a_time_gone_by_is_promised_to_nobody_and_nothing_is_promised_of_what_was_seen(phone: Phone):
    doctor, at = someone(phone.here.clinic, Role.RX, "Dr Amin"), phone.ask.opens_at + MINUTE
    OnCall.objects.create(
        organisation_id=phone.here.clinic.organisation_id, clinic=phone.here.clinic, created_at=at,
        user_id=doctor.user_id, role="RX", starts_at=at - 60 * MINUTE, ends_at=at + 600 * MINUTE,
    )  # fmt: skip
    Reach.objects.create(
        organisation_id=phone.here.clinic.organisation_id, clinic=phone.here.clinic, created_at=at,
        user_id=doctor.user_id, mobile="+12075550100", by_text=True,
    )  # fmt: skip

    def help_at(moment: datetime, language: str = "en") -> str:
        phone.clock(moment)
        Ask.objects.filter(pk=phone.ask.pk).update(language=language)
        page = phone.client.get(phone.url("check-in-help")).content.decode()
        phone.here.enter()
        return page

    answer = phone.sends("check-in-step", SAFETY, at=at, answer="3")
    assert "will read your answer by" in phone.shows(answer)
    phone.here.enter()
    concern = Concern.objects.get()
    assert "will read your answer by" in help_at(concern.see_by - MINUTE)
    actions.set_wish(
        patient=phone.ask.patient, wanted=True, words="Moved west", zone="America/Denver",
        by=phone.here.staff(Role.FD), at=at,
    )  # fmt: skip
    theirs = concern.see_by.astimezone(ZoneInfo("America/Denver"))
    assert f"by {theirs:%H:%M %Z} and then call you" in help_at(concern.see_by - MINUTE), (
        "nobody waits by another clock"
    )
    late = help_at(concern.see_by)
    assert "Nobody has read your answer in the time we promised" in late
    assert "will read your answer by" not in late
    assert "Nadie ha leído su respuesta en el plazo" in help_at(concern.see_by, "es")
    safety.acknowledge(concern, by=doctor, at=concern.see_by + MINUTE)
    assert "A clinician has read your answer" in help_at(concern.see_by + 2 * MINUTE)
    safety.decide(concern, finding="Spoke", action="Comes today", by=doctor, at=concern.see_by + 3 * MINUTE)
    decided = help_at(concern.see_by + 4 * MINUTE)
    assert re.search(r"The clinic answers the telephone from \d\d:\d\d E[DS]T to", decided)
    assert "read your answer" not in decided


def test_h13_what_waits_for_two_working_days_is_promised_with_its_day(phone: Phone):
    doctor, at = someone(phone.here.clinic, Role.RX, "Dr Amin"), phone.ask.opens_at + MINUTE
    OnCall.objects.create(
        organisation_id=phone.here.clinic.organisation_id, clinic=phone.here.clinic, created_at=at,
        user_id=doctor.user_id, role="RX", starts_at=at - 60 * MINUTE, ends_at=at + 600 * MINUTE,
    )  # fmt: skip
    page = phone.shows(phone.sends("check-in-step", SAFETY, at=at, answer="1"))
    phone.here.enter()
    by = Concern.objects.get().see_by.astimezone(ZoneInfo(phone.here.clinic.zone))
    assert f"by {by:%H:%M} on {by:%d-%b-%Y}" in page


def test_h13_what_was_said_anew_too_late_is_among_what_help_knows_of(phone: Phone):
    nurse, at = someone(phone.here.clinic, Role.RN), phone.ask.opens_at
    for source in (phone.ask.duty, actions.late.to_call(phone.ask, by=nurse, at=at)):
        safety.raise_concern(patient=phone.ask.patient, tier=1, reason_code="s1.3", source=source, by=nurse, at=at)
    assert len(concerns(phone.ask)) == Concern.objects.count() >= 1


def test_a_form_sent_in_time_is_scored_and_words_written_in_time_are_read(phone: Phone):
    ask, tapped = phone.ask, last(phone.ask)
    phone.sends("check-in-step", 1, at=tapped - MINUTE, answer="42")
    made, words = phone.page("check-in-end", at=tapped), phone.page("check-in-words", at=tapped)
    late, tapped_at = ask.link_until + MINUTE, tapped.isoformat()
    told = phone.sends("check-in-words", at=late, words="Slept badly", made=words, entered_at=tapped_at)
    assert told.status_code == 303
    assert Told.objects.get().words == "Slept badly"
    assert phone.sends("check-in-end", at=late, made=made, entered_at=tapped_at).status_code == 303
    ask.refresh_from_db()
    assert ask.state == AskState.ANSWERED
    assert "Your answers are with your clinic" in phone.client.get(phone.url("check-in-end")).content.decode()


@pytest.mark.parametrize(
    ("made", "tapped", "came"),
    [
        pytest.param(-2, 0, 1, id="tapped when it was over"),
        pytest.param(-2, -3, 1, id="tapped before there was a page"),
        pytest.param(-2, -1, 72 * 60, id="too long ago"),
        pytest.param(-2, None, 1, id="it is not said when"),
    ],
)
def test_h13_what_is_not_taken_is_a_call_and_its_danger_a_concern(
    phone: Phone, made: int, tapped: int | None, came: int
):
    """Minutes from the end of the link."""
    ask, end = phone.ask, phone.ask.link_until
    stamp = phone.page("check-in-step", SAFETY, at=end + made * MINUTE)
    said = {} if tapped is None else {"entered_at": (end + tapped * MINUTE).isoformat()}
    for times in range(2):
        answer = phone.sends("check-in-step", SAFETY, at=end + (came + times) * MINUTE, answer="3", made=stamp, **said)
        assert answer.headers["Location"] == phone.url("check-in-crisis", SAFETY)
    assert queries.values(ask, "safety-items") == {}
    assert [concern.tier for concern in Concern.objects.all()] == [1]
    assert Duty.objects.filter(kind=actions.FOLLOW_UP, visit_id=ask.visit_id, state="open").exists()
    calm = phone.sends("check-in-step", SAFETY, at=end + (came + 3) * MINUTE, answer="0", made=stamp, **said)
    assert "This answer came too late" in phone.shows(calm)


def test_without_a_page_of_this_link_made_in_time_nothing_is_taken_and_nobody_is_called(phone: Phone):
    ask, end = phone.ask, phone.ask.link_until
    asks = {one.key: one for one in Ask.objects.filter(visit=ask.visit_id)}
    phone.clock(end - MINUTE)
    other = access.token_for(asks["week"])
    phone.monkeypatch.setattr("ketacare.web.clock.now", lambda: asks["week"].opens_at)
    page = phone.client.get(reverse("check-in-step", args=[other, 1])).content.decode()
    anothers = re.search(r'name="made" value="([^"]+)"', page)
    assert anothers is not None
    for made in ("", "forged", anothers[1]):
        answer = phone.sends(
            "check-in-step", SAFETY, at=end + MINUTE, answer="3", made=made, entered_at=(end - MINUTE).isoformat()
        )
        assert answer.status_code == 410
    assert not Concern.objects.exists()
    assert not Line.objects.filter(verb__in=("ask.late", "ask.too_late")).exists()


def test_what_waited_while_the_form_was_sent_from_elsewhere_is_one_call_until_somebody_called(phone: Phone):
    ask, here, at = phone.ask, phone.here, phone.ask.opens_at + MINUTE
    stamp = phone.page("check-in-step", 2, at=at)
    phone.sends("check-in-step", 1, at=at, answer="42")
    for step in range(SAFETY, SAFETY + 3):
        phone.sends("check-in-step", step, at=at, answer="0")
    phone.sends("check-in-end", at=at)
    for value in ("30", "31"):
        late = phone.sends("check-in-step", 2, at=at + MINUTE, answer=value, made=stamp, entered_at=at.isoformat())
        assert "This answer came too late" in phone.shows(late)
        here.enter()
    same = phone.sends("check-in-step", 1, at=at + MINUTE, answer="42", made=stamp, entered_at=at.isoformat())
    assert same.status_code == 410, "what was said before is no news"
    duty = Duty.objects.get(kind=queries.LATE_CALL)
    assert (duty.owner_role, duty.state) == (Role.RN, "open")
    nurse = browser(here.staff(Role.RN))
    assert "An answer came too late" in nurse.get(reverse("visit-check-ins", args=[ask.visit_id])).content.decode()
    nurse.post(
        reverse("check-in-call", args=[ask.pk]),
        once(result="well", words="Says 30") | {f"asked-s{number}": "0" for number in range(1, 6)},
    )
    here.enter()
    duty.refresh_from_db()
    assert duty.state == "closed"


def test_another_device_gives_the_year_before_what_it_kept_is_taken(phone: Phone):
    ask, tapped = phone.ask, last(phone.ask)
    made = phone.page("check-in-step", SAFETY, at=tapped - MINUTE)
    phone.sends("check-in-step", 1, at=tapped - MINUTE, answer="42")
    stranger = Client()
    kept = {"answer": "3", "made": made, "entered_at": tapped.isoformat()}
    phone.clock(ask.link_until + MINUTE)
    door = stranger.post(phone.url("check-in-step", SAFETY), {"once": str(uuid4()), **kept}).content.decode()
    assert "Year of birth" in door
    assert f'name="made" value="{made}"' in door
    stranger.post(phone.url("check-in-step", SAFETY), {"once": str(uuid4()), "birth_year": "1985", **kept})
    phone.here.enter()
    assert queries.values(ask, "safety-items") == {"s1": 3}


def test_h13_danger_said_on_a_browser_that_is_not_known_calls_somebody_before_the_year_is_given(phone: Phone):
    ask, at = phone.ask, phone.ask.opens_at + MINUTE
    made = phone.page("check-in-step", SAFETY, at=at)
    phone.sends("check-in-step", 1, at=at, answer="42")
    phone.client = Client()
    helped = phone.sends("check-in-step", SAFETY, at=at + MINUTE, answer="3", made=made)
    assert helped.status_code == 200
    assert "tel:988" in helped.content.decode()
    assert "Year of birth" in helped.content.decode(), "the answer is carried along"
    assert [concern.tier for concern in Concern.objects.all()] == [1]
    assert queries.values(ask, "safety-items") == {}
    calm = phone.sends("check-in-step", SAFETY, at=at + MINUTE, answer="0", made=made)
    assert "Year of birth" in calm.content.decode()


WORDS = "I want to die tonight"


@pytest.mark.parametrize("ended", ["sent", "stopped", "over", "locked"])
def test_h13_own_words_of_a_form_that_takes_none_any_more_are_told_all_the_same(phone: Phone, ended: str):
    ask, at = phone.ask, phone.ask.opens_at + MINUTE
    made = phone.page("check-in-words", at=at)
    phone.sends("check-in-words", at=at, made=made, words="Slept badly")
    at = at + MINUTE if ended != "over" else ask.link_until + MINUTE
    gone = {
        "sent": {"state": AskState.ANSWERED, "answered_at": at},
        "stopped": {"state": AskState.STOPPED},
        "locked": {"locked_at": at},
        "over": {},
    }
    Ask.objects.filter(pk=ask.pk).update(**gone[ended])
    if ended == "locked":  # what has answered is not locked out
        phone.client = Client()
    calm = phone.sends("check-in-words", at=at, made=made, words="My knee is worse")
    assert "late=1" in calm.headers["Location"]
    assert not Concern.objects.exists()
    helped = phone.sends("check-in-words", at=at + MINUTE, made=made, words=WORDS)
    assert helped.headers["Location"] == phone.url("check-in-crisis", 9)
    assert "tel:988" in phone.shows(helped)
    phone.here.enter()
    assert [concern.tier for concern in Concern.objects.all()] == [1]
    assert set(queries.all_told(ask).values_list("words", flat=True)) == {"Slept badly", "My knee is worse", WORDS}
    assert Duty.objects.filter(kind="checkin.words", state="open").count() == 3, "what stood is still to be read"
    assert Line.objects.filter(verb="ask.too_late").count() == 2
    shown = browser(phone.here.staff(Role.RX)).get(reverse("visit-check-ins", args=[ask.visit_id])).content.decode()
    assert all(words in shown for words in ("Slept badly", "My knee is worse", WORDS))
    again = phone.sends("check-in-words", at=at + 2 * MINUTE, made=made, words=WORDS)
    assert again.status_code == 410, "what was said before is no news"
    assert phone.sends("check-in-words", at=at + 2 * MINUTE, made="forged", words="Anew").status_code == 410


def test_h13_words_of_danger_on_a_browser_that_is_not_known_call_somebody_before_the_year_is_given(phone: Phone):
    ask, at = phone.ask, phone.ask.opens_at + MINUTE
    made = phone.page("check-in-words", at=at)
    phone.sends("check-in-step", 1, at=at, answer="42")
    phone.client = Client()
    calm = phone.sends("check-in-words", at=at + MINUTE, words="Slept badly", made=made)
    assert "Year of birth" in calm.content.decode()
    assert not Told.objects.exists()
    helped = phone.sends("check-in-words", at=at + MINUTE, words=WORDS, made=made)
    assert helped.status_code == 200
    assert "tel:988" in helped.content.decode()
    assert "Year of birth" in helped.content.decode()
    assert [concern.tier for concern in Concern.objects.all()] == [1]
    phone.sends("check-in-words", at=at + 2 * MINUTE, words=WORDS, made=made, birth_year="1985")
    assert (Concern.objects.count(), queries.all_told(ask).count()) == (1, 1)


def test_h13_the_same_said_again_after_a_clinician_decided_is_another_concern_and_sent_again_that_one(phone: Phone):
    doctor, at = someone(phone.here.clinic, Role.RX, "Dr Amin"), phone.ask.opens_at + MINUTE
    words, item = phone.page("check-in-words", at=at), phone.page("check-in-step", SAFETY, at=at)

    def said(minutes: int) -> list[str]:
        when, step = at + minutes * MINUTE, ("check-in-step", SAFETY)
        answers = [phone.sends("check-in-words", at=when, made=words, words=WORDS)]
        answers += [phone.sends(*step, at=when + MINUTE / 2, made=item, answer="3")]
        return [phone.shows(one) if "Location" in one.headers else one.content.decode() for one in answers]

    def decided(minutes: int) -> None:
        phone.here.enter()
        for concern in Concern.objects.exclude(state=ConcernState.CLOSED):
            safety.acknowledge(concern, by=doctor, at=at + minutes * MINUTE)
            safety.decide(concern, finding="Spoke", action="Comes today", by=doctor, at=at + (minutes + 1) * MINUTE)

    said(0)
    decided(1)
    phone.client = Client()
    assert all("tel:988" in page for minutes in (3, 4) for page in said(minutes))
    phone.here.enter()
    assert [row.state for row in Concern.objects.all()].count(ConcernState.CLOSED) == 2
    assert Concern.objects.count() == 4
    decided(5)
    Ask.objects.filter(pk=phone.ask.pk).update(locked_at=at)
    assert all("tel:988" in page for page in said(7))
    phone.here.enter()
    assert Concern.objects.exclude(state=ConcernState.CLOSED).count() == 2
    for minutes in (9, 12):
        decided(minutes)
        said(minutes + 1)
        said(minutes + 2)
        phone.here.enter()
        assert Concern.objects.exclude(state=ConcernState.CLOSED).count() == 2, "as often as it was decided, and once"


def test_h13_too_late_and_decided_it_is_somebodys_anew_however_often(phone: Phone):
    doctor, end = someone(phone.here.clinic, Role.RX, "Dr Amin"), phone.ask.link_until
    stamp = phone.page("check-in-step", SAFETY, at=end - 2 * MINUTE)
    for times in range(1, 5):
        for again in (0, 1):
            at = end + (10 * times + again) * MINUTE
            phone.sends("check-in-step", SAFETY, at=at, answer="3", made=stamp, entered_at=end.isoformat())
        phone.here.enter()
        (concern,) = Concern.objects.exclude(state=ConcernState.CLOSED)
        safety.acknowledge(concern, by=doctor, at=at)
        safety.decide(concern, finding="Spoke", action="Comes today", by=doctor, at=at + MINUTE)
    assert Concern.objects.count() == 4


def test_a_browser_stays_known_while_it_answers(phone: Phone):
    at = phone.ask.opens_at + MINUTE
    phone.sends("check-in-step", 1, at=at, answer="42")
    before = phone.client.cookies["device"].value
    phone.page("check-in-step", 2, at=at + MINUTE)
    assert phone.client.cookies["device"]["max-age"] == 24 * 3600
    assert phone.client.cookies["device"].value.partition(":")[0] == before.partition(":")[0]
