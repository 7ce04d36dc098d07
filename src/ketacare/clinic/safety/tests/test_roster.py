"""The roster: one owner at any hour, handed over by name; a gap is loud, and a duty of the director."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ketacare.clinic.channels import actions as calls
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people.access import Actor, NotAllowed
from ketacare.clinic.people.models import Role, Staff, User
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, browser, once, someone
from ketacare.clinic.safety import actions, queries, tasks
from ketacare.clinic.safety.actions.roster import GAP
from ketacare.clinic.safety.models import Concern, OnCall
from ketacare.clinic.safety.views.roster import day_on_call
from ketacare.clinic.scheduling.models import Absence
from ketacare.clinic.tenancy.actions import enter
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


class House:
    def __init__(self) -> None:
        self.clinic = a_clinic()
        self.amin, self.cho = someone(self.clinic, Role.RX, "Dr Amin"), someone(self.clinic, Role.RX, "Dr Cho")
        self.director, self.nurse = someone(self.clinic, Role.MD, "Dr Moss"), someone(self.clinic, Role.RN)

    def user(self, actor: Actor) -> User:
        return User.objects.get(pk=actor.user_id)

    def shift(self, who: Actor, start: int, end: int, **more: object) -> OnCall:
        return actions.put_on_call(
            user=self.user(who), role=who.role, starts_at=AT + start * HOUR, ends_at=AT + end * HOUR, by=self.director,
            at=AT, **more,
        )  # fmt: skip

    def gap_duties(self) -> list[str]:
        return list(Duty.objects.filter(kind=GAP, state="open").values_list("owner_role", flat=True))


@pytest.fixture
def house() -> House:
    return House()


def test_a_gap_within_two_days_is_told_now_and_filled_it_is_done(house: House):
    house.shift(house.amin, -1, 10)
    assert house.gap_duties() == ["MD"]
    assert queries.cover(house.clinic.pk, AT).gap == queries.Uncovered(AT + 10 * HOUR, AT + 48 * HOUR)
    house.shift(house.cho, 10, 72)
    assert house.gap_duties() == []
    assert tasks.see_to_rosters(AT) >= 1
    enter(organisation_id=house.clinic.organisation_id)
    assert house.gap_duties() == []
    tasks.see_to_rosters(AT + 30 * HOUR)
    enter(organisation_id=house.clinic.organisation_id)
    assert house.gap_duties() == ["MD"], "as the days go by the end comes into sight"
    tasks.see_to_rosters(AT + 31 * HOUR)
    enter(organisation_id=house.clinic.organisation_id)
    assert house.gap_duties() == ["MD"], "told once"


def test_the_stretches_without_anybody(house: House):
    house.shift(house.amin, 2, 4)
    house.shift(house.cho, 4, 6)
    house.shift(house.amin, 8, 9)
    found = queries.uncovered(house.clinic.pk, AT, AT + 10 * HOUR)
    hours = [((gap.starts_at - AT) / HOUR, (gap.ends_at - AT) / HOUR) for gap in found]
    assert hours == [(0, 2), (6, 8), (9, 10)]
    User.objects.filter(pk=house.cho.user_id).update(is_active=False)
    found = queries.uncovered(house.clinic.pk, AT, AT + 10 * HOUR)
    assert (found[1].starts_at, found[1].ends_at) == (AT + 4 * HOUR, AT + 8 * HOUR)


def test_h13_a_shift_covers_nothing_once_the_post_of_its_owner_has_ended(house: House):
    house.shift(house.amin, -1, 10)
    house.shift(house.cho, 10, 72)
    assert house.gap_duties() == []
    Staff.objects.filter(user_id=house.amin.user_id).update(ended_at=AT - HOUR)
    assert queries.on_call(house.clinic.pk, AT) is None
    assert queries.uncovered(house.clinic.pk, AT, AT + 72 * HOUR) == [queries.Uncovered(AT, AT + 10 * HOUR)]
    week = day_on_call(house.director, AT.date(), AT)
    assert [part.shift.user.name for part in week.stretches if part.shift] == ["Dr Cho"]
    tasks.see_to_rosters(AT)
    enter(organisation_id=house.clinic.organisation_id)
    assert house.gap_duties() == ["MD"]


def test_h13_on_call_without_a_telephone_is_said_aloud_and_refused_to_nobody(house: House, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    house.shift(house.amin, -1, 20, backup=house.user(house.cho))
    house.shift(house.nurse, 60, 72)
    assert queries.cover(house.clinic.pk, AT).silent == ("Dr Amin", "Dr Cho", "Dr Moss"), "two days, and the gap"
    for path in ("/on-call/", "/"):
        page = browser(house.director).get(path).content.decode()
        enter(organisation_id=house.clinic.organisation_id)
        assert "No telephone: Dr Amin, Dr Cho, Dr Moss." in page
    for actor, by_voice in ((house.amin, True), (house.cho, False), (house.director, True)):
        calls.set_reach(mobile="+12075550100", by_text=False, by_voice=by_voice, by_mail=True, by=actor, at=AT)
    assert queries.cover(house.clinic.pk, AT).silent == ("Dr Cho",), "mail wakes nobody"
    calls.set_reach(mobile="+12075550100", by_text=True, by_voice=False, by_mail=False, by=house.cho, at=AT)
    assert queries.cover(house.clinic.pk, AT).silent == ()
    assert "No telephone" not in browser(house.director).get("/on-call/").content.decode()


def test_whoever_is_on_call_offers_the_shift_and_answers_until_it_is_taken(house: House):
    row = house.shift(house.amin, -1, 10, backup=house.user(house.cho))
    patient = a_patient(someone(house.clinic, Role.FD))
    concern = actions.raise_concern(patient=patient, tier=1, reason_code="s1.3", source=patient, by=house.nurse, at=AT)
    with pytest.raises(NotAllowed):
        actions.offer_shift(row, to=house.user(house.cho), words="Mine", by=house.nurse, at=AT)
    with pytest.raises(Refused, match="must know is empty"):
        actions.offer_shift(row, to=house.user(house.cho), words=" ", by=house.amin, at=AT)
    with pytest.raises(Refused, match="same person"):
        actions.offer_shift(row, to=house.user(house.amin), words="Calm", by=house.amin, at=AT)
    actions.offer_shift(row, to=house.user(house.cho), words="One worries me", by=house.amin, at=AT)
    assert queries.on_call(house.clinic.pk, AT + HOUR).user_id == house.amin.user_id
    with pytest.raises(NotAllowed):
        actions.take_shift(row, by=house.nurse, at=AT + HOUR)
    calls.set_reach(mobile="+12075550188", by_text=True, by_voice=True, by_mail=False, by=house.cho, at=AT)
    new = actions.take_shift(row, by=house.cho, at=AT + HOUR)
    assert new.telephone == "+12075550188", "whoever takes it over is called by their own"
    assert queries.on_call(house.clinic.pk, AT + HOUR) == new
    assert (new.backup, new.ends_at) == (None, AT + 10 * HOUR)
    concern = Concern.objects.get(pk=concern.pk)
    assert concern.owner_id == Duty.objects.get(pk=concern.duty_id).owner_id == house.cho.user_id
    with pytest.raises(Refused, match="does not run now"):
        actions.take_shift(row, by=house.cho, at=AT + 2 * HOUR)


def test_h13_in_a_gap_a_director_without_a_telephone_is_said_aloud(house: House):
    assert queries.cover(house.clinic.pk, AT).silent == ("Dr Moss",)
    house.shift(house.nurse, -1, 72)
    assert queries.cover(house.clinic.pk, AT).silent == (house.user(house.nurse).name,), "no gap"


def test_h13_steps_of_one_moment_are_told_as_the_ladder_goes(house: House):
    patient = a_patient(someone(house.clinic, Role.FD))
    concern = actions.raise_concern(patient=patient, tier=1, reason_code="s1.3", source=patient, by=house.nurse, at=AT)
    taken = [(rung.rung, rung.begun_at == AT) for rung in queries.rungs(concern)]
    assert taken == [("owner", True), ("backup", True), ("director", True)]


def away(house: House, who: Actor, start: int, end: int) -> None:
    Absence.objects.create(
        organisation_id=house.clinic.organisation_id, clinic=house.clinic, created_at=AT, user=house.user(who),
        kind="ill", starts_at=AT + start * HOUR, ends_at=AT + end * HOUR,
    )  # fmt: skip


def test_nobody_is_put_on_call_or_handed_a_shift_while_away(house: House):
    away(house, house.cho, 20, 30)
    with pytest.raises(Refused, match="is away"):
        house.shift(house.cho, 29, 40)
    with pytest.raises(Refused, match="is away"):
        house.shift(house.amin, 29, 40, backup=house.user(house.cho))
    row = house.shift(house.amin, 0, 40)
    with pytest.raises(Refused, match="is away"):
        actions.offer_shift(row, to=house.user(house.cho), words="Calm", by=house.amin, at=AT)


def test_whoever_falls_ill_on_call_leaves_a_gap_that_is_told(house: House):
    house.shift(house.amin, -1, 72)
    away(house, house.amin, 3, 5)
    assert queries.on_call(house.clinic.pk, AT + 4 * HOUR) is None
    assert queries.on_call(house.clinic.pk, AT + 5 * HOUR) is not None
    found = queries.uncovered(house.clinic.pk, AT, AT + 10 * HOUR)
    assert found == [queries.Uncovered(AT + 3 * HOUR, AT + 5 * HOUR)]
    tasks.see_to_rosters(AT)
    enter(organisation_id=house.clinic.organisation_id)
    assert house.gap_duties() == ["MD"]


def test_a_shift_taken_off_leaves_a_gap_that_is_told_and_its_time_is_free_again(house: House):
    now, coming = house.shift(house.amin, -1, 10), house.shift(house.cho, 10, 72)
    assert house.gap_duties() == []
    actions.end_shift(coming, by=house.director, at=AT)
    assert house.gap_duties() == ["MD"]
    assert queries.on_call(house.clinic.pk, AT + 11 * HOUR) is None
    house.shift(house.nurse, 10, 72)
    actions.end_shift(now, by=house.director, at=AT)
    assert queries.on_call(house.clinic.pk, AT) is None
    for row in (coming, now):
        with pytest.raises(Refused, match="is over"):
            actions.end_shift(row, by=house.director, at=AT)
    with pytest.raises(NotAllowed):
        actions.end_shift(coming, by=house.amin, at=AT)


def test_a_day_of_the_week_is_the_clinic_s_own_also_when_the_clocks_change(house: House):
    """01-Nov-2026 has 25 hours in New York; the shift ends at 09:00 standard time, the tenth hour of that day."""
    start, end = datetime(2026, 10, 31, 21, tzinfo=UTC), datetime(2026, 11, 1, 14, tzinfo=UTC)
    actions.put_on_call(user=house.user(house.amin), role="RX", starts_at=start, ends_at=end, by=house.director, at=AT)
    day = day_on_call(house.director, datetime(2026, 11, 1).date(), AT)
    assert [stretch.width for stretch in day.stretches] == [40, 60]
    assert [stretch.shift is not None for stretch in day.stretches] == [True, False]
    assert not day.is_covered


def test_h13_with_nobody_on_call_the_pages_name_who_is_called_and_nobody_who_is_away(house: House, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    assert queries.cover(house.clinic.pk, AT).called == "to the medical director"
    house.shift(house.amin, -1, 10, backup=house.user(house.cho))
    away(house, house.director, -1, 9)
    away(house, house.amin, -1, 9)
    assert queries.cover(house.clinic.pk, AT).called == "to the backup, Dr Cho,"
    away(house, house.cho, -1, 1)
    page = browser(house.nurse).get("/").content.decode()
    assert "to everybody else who can be called at once" in page
    assert "go to the medical director at once" not in page


def test_the_page_says_aloud_that_nobody_is_on_call_and_home_and_concerns_do_too(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    for address in ("/on-call/", "/concerns/", "/"):
        assert "Nobody is on call" in browser(house.amin).get(address).content.decode(), address
    assert browser(someone(house.clinic, Role.AU)).get("/on-call/").status_code == 403
    client = browser(house.director)
    enter(organisation_id=house.clinic.organisation_id)
    post = str(queries.may_answer(house.clinic.pk).get(user_id=house.amin.user_id).pk)
    begins, ends = (f"{AT + days * 24 * HOUR:%Y-%m-%dT%H:%M}" for days in (-2, 30))
    body = {"post": post, "starts_at": begins, "ends_at": ends}
    assert client.post("/on-call/", once(**body | {"ends_at": "x"})).status_code == 422
    assert client.post("/on-call/", once(**body)).status_code == 302
    assert client.post("/on-call/", once(**body)).status_code == 422, "double cover"
    for address in ("/on-call/", "/concerns/", "/"):
        assert "Nobody is on call" not in client.get(address).content.decode(), address


def test_a_slip_in_the_year_hides_no_gap(house: House):
    with pytest.raises(Refused, match="would hide every gap"):
        house.shift(house.amin, 0, 24 * 3653)
    with pytest.raises(Refused, match="ends before it starts"):
        house.shift(house.amin, 4, 2)
    house.shift(house.amin, 0, 8)
    with pytest.raises(Refused, match="Somebody else is on call"):
        house.shift(house.cho, 4, 12)


def test_h13_who_is_away_can_hand_over_and_the_director_puts_somebody_in_their_place(house: House, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    house.shift(house.amin, -1, 72)
    patient = a_patient(someone(house.clinic, Role.FD))
    concern = actions.raise_concern(patient=patient, tier=1, reason_code="s1.3", source=patient, by=house.nurse, at=AT)
    away(house, house.amin, -1, 5)
    path = "/on-call/offer/"
    told = {"to": str(house.cho.user_id), "words": "Ill"}
    assert browser(house.amin).post(path, told | once()).status_code == 302
    enter(organisation_id=house.clinic.organisation_id)
    row = OnCall.objects.get()
    assert (row.offered_to_id, row.ends_at) == (house.cho.user_id, AT + 72 * HOUR), "offered, and not theirs yet"
    assert browser(house.amin).post(path, told | {"now": "yes"} | once()).status_code == 403, "who is on call may offer"
    enter(organisation_id=house.clinic.organisation_id)
    refused = browser(house.director).post(path, told | {"now": "yes", "words": " "} | once())
    assert refused.status_code == 422
    enter(organisation_id=house.clinic.organisation_id)
    assert browser(house.director).post(path, told | {"now": "yes"} | once()).status_code == 302
    enter(organisation_id=house.clinic.organisation_id)
    new = queries.on_call(house.clinic.pk, AT)
    assert new is not None
    assert (new.user_id, new.starts_at, new.ends_at) == (house.cho.user_id, AT, AT + 72 * HOUR)
    row.refresh_from_db()
    assert (row.ends_at, row.offer_words) == (AT, "Ill"), "with a name and a reason"
    concern.refresh_from_db()
    assert concern.state != "closed"
    page = browser(house.director).get("/on-call/").content.decode()
    assert "Now: <strong>Dr Cho</strong>" in page
