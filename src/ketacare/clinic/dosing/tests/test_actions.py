"""A session from check-in to close, and everything that must not happen on the way."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from ketacare.clinic.dosing.actions import (
    checking,
    drawing,
    giving,
    leaving,
    orders,
    preparing,
    release,
    sessions,
    timeline,
)
from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import checklist, dose, flowsheet, note, proving, timeline_words
from ketacare.clinic.dosing.queries.facts import known
from ketacare.clinic.dosing.queries.ordered import order_of
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.clinic.monitoring.tests.factories import Bedside, a_device
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once, someone
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.pharmacy.models import Container
from ketacare.clinic.supervision import actions as supervision
from ketacare.clinic.supervision import queries as posts
from ketacare.clinic.supervision.tests.factories import Room
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    return f.a_day()


def test_the_whole_way_from_check_in_to_close(day):
    f.to_left(day)
    release.waste_rest(
        session=day.session, vial_too=True, method="drain", witness=day.user(day.second), by=day.nurse, at=f.later(106)
    )
    with pytest.raises(Refused, match=r"T\+20: not taken, and nobody said why: Blood pressure"):
        release.close(session=day.session, why={"30": "Asleep and calm"}, by=day.nurse, at=f.later(107))
    release.close(
        session=day.session, why={"30": "Asleep and calm"}, why_rest="Cuff off", by=day.nurse, at=f.later(107)
    )
    said = {column.id: column.reason for column in flowsheet.filled(day.session, f.later(107)) if column.reason}
    assert (said["20"], said["30"]) == ("Cuff off", "Asleep and calm")
    day.session.refresh_from_db()
    assert day.session.state == SessionState.CLOSED
    assert day.session.ready_at == f.later(100)
    assert day.session.left_at == f.later(105)
    assert ledger.amounts_of(day.visit).given_mg == Decimal("40.000")
    assert Container.objects.get(pk=day.vial.pk).balance_mg == 0


def test_leaving_opens_what_is_asked_afterwards(day):
    f.to_left(day)
    kinds = set(Duty.objects.filter(visit_id=day.visit.pk).values_list("kind", flat=True))
    assert any("integration" in kind for kind in kinds)
    assert Ask.objects.filter(visit=day.visit).count() >= 3


def test_h1_the_vial_must_hold_what_the_order_says(day):
    f.to_go(day)
    orders.sign_order(session=day.session, order=f.an_order(day), by=day.prescriber, at=f.later(2))
    strong = f.pharmacy.receive_container(
        product=f.pharmacy.Product(f.DRUG, Decimal(50), Decimal(10)), serial="S", lot="L",
        expires_on=f.date(2027, 3, 31), by=day.nurse, at=f.AT,
    )  # fmt: skip
    with pytest.raises(Refused, match=r"holds 50 mg/mL, 10 mL \(500 mg\); the order is for 10 mg/mL"):
        f.draw(day, [strong])


def test_h2_ten_times_the_dose_is_refused(day):
    f.to_go(day)
    with pytest.raises(Refused, match="above the most allowed"):
        orders.sign_order(session=day.session, order=f.an_order(day, "5"), by=day.prescriber, at=f.later(2))


def test_a_nurse_does_not_sign_an_order(day):
    with pytest.raises(NotAllowed):
        orders.sign_order(session=day.session, order=f.an_order(day), by=day.nurse, at=f.later(2))


def test_no_draw_without_a_go(day):
    orders.sign_order(session=day.session, order=f.an_order(day), by=day.prescriber, at=f.later(2))
    with pytest.raises(Refused, match="no go"):
        f.draw(day)


def test_unknown_is_not_go(day):
    with pytest.raises(Refused) as refused:
        preparing.decide(session=day.session, go=True, overrides={}, words="", by=day.nurse, at=f.later(1))
    assert {"RD-01", "RD-04", "RD-18"} <= {refusal.field for refusal in refused.value.refusals}


def test_while_nobody_has_said_when_the_clinic_closes_the_prescriber_goes_on_with_a_reason(day):
    f.make_ready(day)
    Clinic.objects.filter(pk=day.clinic.pk).update(is_open_all_night=False)
    day.session.visit.clinic.refresh_from_db()
    with pytest.raises(Refused) as refused:
        preparing.decide(session=day.session, go=True, overrides={}, words="", by=day.nurse, at=f.later(2))
    [refusal] = refused.value.refusals
    assert (refusal.field, refusal.remedy) == ("RD-24", "The prescriber decides, with a reason.")
    lift = {"RD-24": "I stay until she is home"}
    entry = preparing.decide(session=day.session, go=True, overrides=lift, words="", by=day.prescriber, at=f.later(2))
    assert (entry.name, entry.body["overrides"]) == ("go", lift)


def test_h14_only_a_prescriber_lifts_a_check(day):
    f.make_ready(day)
    preparing.record_facts(
        session=day.session, item="escort", facts={"escort": known("by phone")}, words="", by=day.nurse, at=f.later(1)
    )
    lift = {"RD-03": "sister phoned, arrives 13:30"}
    with pytest.raises(Refused, match="phone only"):
        preparing.decide(session=day.session, go=True, overrides={}, words="", by=day.nurse, at=f.later(2))
    with pytest.raises(Refused, match="Only a prescriber"):
        preparing.decide(session=day.session, go=True, overrides=lift, words="", by=day.nurse, at=f.later(2))
    entry = preparing.decide(session=day.session, go=True, overrides=lift, words="", by=day.prescriber, at=f.later(2))
    assert entry.body["overrides"] == lift


def test_rul_08_a_raised_pressure_after_a_calm_one_keeps_the_dose_from_starting(day):
    f.to_checked(day)
    checking.time_out(session=day.session, said=f.SAID, birth_year="1985", initials="JR", by=day.nurse, at=f.later(9))
    f.vitals(day, "190/116", at=f.later(9))
    repeat = checklist.repeat_due(day.session, f.later(9))
    assert (repeat.left_s, repeat.words) == (0, "Very high: take it again at once. Both are kept.")
    with pytest.raises(Refused, match="its repeat is still due"):
        giving.start(session=day.session, by=day.nurse, at=f.later(10))
    f.vitals(day, "194/118", at=f.later(10))
    with pytest.raises(Refused, match="180/110 confirmed"):
        giving.start(session=day.session, by=day.nurse, at=f.later(11))


def test_h14_what_expires_between_check_and_dose_stops_the_start(day):
    f.to_checked(day)
    checking.time_out(session=day.session, said=f.SAID, birth_year="1985", initials="JR", by=day.nurse, at=f.later(7))
    preparing.record_facts(
        session=day.session,
        item="risk",
        facts={"suicide_risk_tier": known("T3")},
        words="",
        by=day.nurse,
        at=f.later(8),
    )
    with pytest.raises(Refused, match="tier T3 or T4") as refused:
        giving.start(session=day.session, by=day.nurse, at=f.later(10))
    with pytest.raises(Refused, match="tier T3 or T4"):
        checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(9))
    (stop,) = refused.value.refusals
    assert stop.remedy == "Nobody lifts this today: call the dose off and book another visit."


def test_e4_a_probe_that_slipped_sends_nobody_home_it_is_measured_again(day):
    f.to_checked(day)
    read = {"session": day.session, "said": f.SAID, **f.said_by(day), "by": day.nurse}
    f.vitals(day, spo2=82, at=f.later(7))
    with pytest.raises(Refused, match="SpO2 under 92 %") as refused:
        checking.time_out(**read, at=f.later(8))
    assert [one.remedy for one in refused.value.refusals] == [preparing.AGAIN]
    f.vitals(day, spo2=97, at=f.later(8.5))
    checking.time_out(**read, at=f.later(9))


def test_e2_h4_a_time_out_for_another_person_says_so_first_and_all_that_is_missing_at_once(day):
    f.to_checked(day)
    with pytest.raises(Refused) as found:
        checking.time_out(
            session=day.session, said={"drug"}, birth_year="1986", initials="JR", by=day.nurse, at=f.later(9)
        )
    assert [one.field for one in found.value.refusals] == ["birth_year", "said"]


def test_start_is_impossible_without_a_double_check(day):
    f.to_drawn(day)
    with pytest.raises(Refused, match="double check"):
        giving.start(session=day.session, by=day.nurse, at=f.later(10))


def test_start_is_impossible_without_a_fresh_time_out(day):
    f.to_checked(day)
    checking.time_out(session=day.session, said=f.SAID, birth_year="1985", initials="JR", by=day.nurse, at=f.later(9))
    with pytest.raises(Refused, match="last 10 minutes"):
        giving.start(session=day.session, by=day.nurse, at=f.later(20))


def test_d10_no_dose_begins_under_alarms_that_nobody_tried_without_a_name_and_a_word_why(monkeypatch):
    """A self-test of this session or of the station, on this day, and a monitor on the patient where there are any."""
    tried = f.screen_tried
    monkeypatch.setattr(f, "screen_tried", lambda _: None)
    day = f.a_day()
    f.to_checked(day)
    checking.time_out(session=day.session, said=f.SAID, birth_year="1985", initials="JR", by=day.nurse, at=f.later(9))
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(10))
    client, address = browser(day.nurse), f"/sessions/{day.visit.pk}/"
    page = client.get(address).content.decode()
    assert "No screen has passed its alarm self-test for this session." in page
    assert "data-self-test" in page
    assert "data-live=" in page, "the link is measured on this page"
    start = reverse("session-start", kwargs={"visit_id": day.visit.pk})
    assert client.post(start, once()).status_code == 422
    tried(day, f.later(-60 * 24))
    assert client.post(start, once()).status_code == 422, "yesterday's proves nothing today"
    a_device(day.clinic)
    tried(day, f.later(9))
    refused = client.post(start, once())
    assert refused.status_code == 422
    assert "No monitor is paired with this patient." in refused.content.decode()
    assert client.post(start, once(unproven="The cable is broken")).status_code == 302
    line = TimelineEntry.objects.get(visit=day.visit, kind=Kind.ALARMS)
    assert line.recorded_by_id == day.nurse.user_id
    assert timeline_words.words_of(line) == "Started without: a paired monitor. The cable is broken"


def test_h38_a_supervisor_whose_page_has_long_been_silent_is_nobody_at_the_start():
    day = f.a_day()
    f.to_checked(day)
    supervision.move(visit=day.visit, task="supervises", place="remote", by=day.prescriber, at=f.later(1))
    found = proving.missing(day.session, day.nurse, at=f.later(9))
    assert [one.words for one in found] == ["Nobody supervises this session."]
    supervision.move(visit=day.visit, task="supervises", place="site", by=day.prescriber, at=f.later(9))
    assert proving.missing(day.session, day.nurse, at=f.later(9)) == ()


def test_d10_with_a_screen_tried_nothing_is_asked(day):
    f.to_running(day)
    assert not TimelineEntry.objects.filter(visit=day.visit, kind=Kind.ALARMS).exists()


def test_d5_the_third_dose_is_started_with_a_word_why_and_the_page_asks_for_it(day, monkeypatch):
    for number in range(2):
        chair = Room(Bedside(clinic=day.clinic, address=f"bed {number}"), chair=f"Chair {11 + number}")
        supervision.take(visit=chair.visit, task="watches", place="room", by=day.nurse, at=f.later(1))
    f.to_checked(day)
    checking.time_out(session=day.session, said=f.SAID, birth_year="1985", initials="JR", by=day.nurse, at=f.later(9))
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(10))
    client, address = browser(day.nurse), f"/sessions/{day.visit.pk}/"
    assert "Why one more" in client.get(address).content.decode()
    assert "Why one more" not in browser(day.second).get(address).content.decode()
    start = reverse("session-start", kwargs={"visit_id": day.visit.pk})
    refused = client.post(start, once(unproven="Paired next"))
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "You watch 2 chairs already" in page
    assert "Why one more" in page
    assert 'value="Paired next"' in page, "E2: what was typed stays, in a field that stays"
    assert "data-live=" in page
    started = client.post(start, once(words="Ben is at lunch", unproven="Paired next"))
    assert started.status_code in (302, 303)
    line = TimelineEntry.objects.get(visit=day.visit, kind=Kind.SUPERVISION)
    assert (line.name, line.words) == ("taken", "Ben is at lunch")
    assert posts.post(day.visit, "watches").person_id == day.nurse.user_id


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"dose": "4"}, "dose"),
        ({"rate": "15"}, "rate"),
        ({"birth_year": "1986"}, "patient"),
        ({"initials": "JB"}, "patient"),
    ],
)
def test_a_blind_mismatch_names_the_field_and_stops(day, change, field):
    f.to_drawn(day)
    assert f.check(day, **change) == (field,)
    day.session.refresh_from_db()
    assert day.session.state == SessionState.DRAWN
    entry = TimelineEntry.objects.get(visit=day.visit, kind=Kind.DOUBLE_CHECK)
    assert entry.body["differing"] == [field]
    assert "40" not in str(entry.body)


def test_nobody_double_checks_their_own_draw(day):
    f.to_drawn(day)
    with pytest.raises(Refused, match="second person"):
        f.check(day, by=day.nurse)


def test_h16_a_second_start_is_refused(day):
    f.to_running(day)
    with pytest.raises(Refused, match="cannot become"):
        giving.start(session=day.session, by=day.second, at=f.later(10))


def test_h17_one_milligram_open_does_not_close(day):
    f.to_recovery(day)
    assert ledger.amounts_of(day.visit).open_mg == 0
    early = f.a_day("Chair 4", day.clinic, family="Rowe")
    f.to_running(early)
    giving.stop(session=early.session, reason="distress", by=early.nurse, at=f.later(49))
    assert ledger.amounts_of(early.visit).open_mg == Decimal("1.000")
    f.make_well(early)
    release.let_go(session=early.session, by=early.nurse, at=f.later(105))
    with pytest.raises(Refused, match="1 mg not accounted for"):
        release.close(session=early.session, by=early.nurse, at=f.later(106))


def test_l3_waste_by_self_is_refused(day):
    f.to_running(day)
    giving.stop(session=day.session, reason="distress", by=day.nurse, at=f.later(40))
    with pytest.raises(Refused, match="own act"):
        release.waste_rest(
            session=day.session,
            vial_too=False,
            method="drain",
            witness=day.user(day.nurse),
            by=day.nurse,
            at=f.later(41),
        )


def test_ex2_paused_at_75_ml_the_rest_is_what_is_wasted(day):
    """EX-2: 46 mg, paused at T+30, 34.5 mg given, 11.5 mg left."""
    f.to_running(day)
    sessions.pause(session=day.session, reason="BP 184/108", by=day.nurse, at=f.later(40))
    order = order_of(day.visit)
    assert dose.given_by_pump(day.session, order, f.later(45)).amount == Decimal("30.000")
    giving.stop(session=day.session, reason="BP confirmed", by=day.nurse, at=f.later(45))
    assert ledger.amounts_of(day.visit).open_mg == Decimal("10.000")
    told = note.drug_part(day.visit, note.Clock("UTC", day.session))["sum"]
    assert told == "Drawn 40 mg = given 30 mg + wasted 0 mg + returned 0 mg + 10 mg not yet accounted for"


def test_a_rate_change_keeps_old_and_new(day):
    f.to_running(day)
    giving.change_rate(session=day.session, new_ml_per_h=Decimal(100), reason="distress", by=day.nurse, at=f.later(20))
    given = dose.given_by_pump(day.session, order_of(day.visit), f.later(50)).amount
    assert given == Decimal("30.000")  # 25 mL and 50 mL of 0.4 mg/mL


def test_h12_leaving_before_ready_needs_a_prescriber_with_a_reason(day):
    f.to_recovery(day)
    with pytest.raises(Refused, match="MOAA/S"):
        release.let_go(session=day.session, by=day.nurse, at=f.later(105))
    with pytest.raises(Refused, match="MOAA/S"):
        release.let_go(session=day.session, by=day.prescriber, at=f.later(105))
    insists = leaving.Leaving(leaving.EARLY, {"why": "insists, capable", "prescriber_told": "here"})
    with pytest.raises(Refused, match="Only a prescriber"):
        leaving.leave_otherwise(session=day.session, leaving=insists, by=day.nurse, at=f.later(105))
    leaving.leave_otherwise(session=day.session, leaving=insists, by=day.prescriber, at=f.later(105))
    assert Session.objects.get(pk=day.session.pk).ready_at is None


def test_undo_is_for_ten_seconds_and_for_oneself(day):
    f.to_running(day)
    entry = timeline.record(session=day.session, kind=Kind.EVENT, name="nausea", by=day.nurse, at=f.later(20))
    with pytest.raises(Refused, match="Amend"):
        timeline.undo(session=day.session, entry=entry, by=day.second, at=f.later(20))
    with pytest.raises(Refused, match="Amend"):
        timeline.undo(session=day.session, entry=entry, by=day.nurse, at=f.later(20.5))
    timeline.undo(session=day.session, entry=entry, by=day.nurse, at=f.later(20.1))
    assert not TimelineEntry.objects.current().filter(kind=Kind.EVENT).exists()


def test_i1_an_amendment_keeps_the_old_words_and_says_why(day):
    f.to_running(day)
    entry = timeline.record(session=day.session, kind=Kind.REMARK, name="", words="calm", by=day.nurse, at=f.later(20))
    with pytest.raises(Refused, match="says why"):
        timeline.amend(session=day.session, entry=entry, words="anxious", reason=" ", by=day.nurse, at=f.later(30))
    newer = timeline.amend(
        session=day.session, entry=entry, words="anxious", reason="wrong value", by=day.nurse, at=f.later(30)
    )
    assert (newer.amends, newer.happened_at) == (entry, entry.happened_at)


def test_alice_may_bob_may_read_charlie_may_not(day):
    for role in (Role.FD, Role.AD, Role.TH, Role.AU, Role.MD):
        with pytest.raises(NotAllowed):
            preparing.record_facts(
                session=day.session, item="risk", facts={"suicide_risk_tier": known("T0")}, words="",
                by=someone(day.clinic, role), at=f.later(1),
            )  # fmt: skip


def test_calling_off_waits_for_the_syringe(day):
    f.to_drawn(day)
    with pytest.raises(Refused, match="syringe"):
        release.call_off(session=day.session, reason="fever", by=day.nurse, at=f.later(5))
    drawing.undo_draw(session=day.session, witness=day.user(day.second), reason="fever", by=day.nurse, at=f.later(5))
    supervision.take(visit=day.visit, task="watches", place="room", by=day.nurse, at=f.later(5))
    release.call_off(session=day.session, reason="fever", by=day.nurse, at=f.later(6))
    assert posts.post(day.visit, "watches") is None, "it counts among nobody's chairs (D5)"
    assert Container.objects.get(pk=day.vial.pk).balance_mg == Decimal("160.000")


def test_t6_a_score_or_a_reason_ends_the_asking(day):
    f.to_running(day)

    def asked():
        day.visit.watch.refresh_from_db()
        return {ask.key for ask in monitoring.state_of(day.visit.watch).asks}

    assert {"nausea@15", "rr@15"} <= asked()
    timeline.score(session=day.session, name="nausea", value="2", by=day.nurse, at=f.later(27))
    timeline.skip(session=day.session, column="30", reason="Asleep and calm", by=day.nurse, at=f.later(42))
    assert not {"nausea@15", "nausea@30", "rr@30"} & asked()
    assert "rr@15" in asked()


def test_a_late_score_stands_under_the_moment_that_waited_for_it(day):
    f.to_running(day)
    timeline.score(session=day.session, name="nausea", value="2", by=day.nurse, at=f.later(32))
    columns = {column.id: column for column in flowsheet.filled(day.session, f.later(33))}
    assert columns["15"].cells["nausea"]["comment"] == "taken 7 min after it was due"
