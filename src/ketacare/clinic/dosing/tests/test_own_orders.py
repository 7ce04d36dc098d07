"""By a prescriber's own order: charted as it was given, asked about once, waited for at release, and confirmed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import own_orders
from ketacare.clinic.dosing.queries import as_needed as needed
from ketacare.clinic.dosing.queries import going_home, timeline_words
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_effects import refused
from ketacare.clinic.duties import queries as waiting
from ketacare.clinic.outcomes.models import MessageOut
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.models import AllergyState, User
from ketacare.clinic.people.tests.factories import browser, once, someone
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def day(running_day):
    listed(running_day, AllergyState.NONE_KNOWN, at=15)
    return running_day


def listed(day, state, *substances, at):
    people.record_allergies(
        patient=day.patient, state=state, entries=[{"substance": one, "reaction": "rash"} for one in substances],
        by=day.prescriber, at=f.later(at),
    )  # fmt: skip


def ordered(day, at=20, given_at=None, **more):
    told = {
        "medicine": "naloxone", "name": "", "route": "IV", "amount": Decimal("0.4"), "unit": "mg", "why": "sedation",
        "confirmed": False, "prescriber": User.objects.get(pk=day.prescriber.user_id),
    } | more  # fmt: skip
    order = own_orders.OwnOrder(**told)
    when = None if given_at is None else f.later(given_at)
    return own_orders.give_ordered(session=day.session, order=order, by=day.nurse, at=f.later(at), given_at=when)


def test_h12_a_prescribers_own_order_is_charted_without_an_adopted_set_and_release_waits_for_it(day):
    entry = ordered(day)
    assert timeline_words.words_of(entry) == "Naloxone 0.4 mg IV for sedation, by the order of " + day.prescriber.name
    assert [fact.name for fact in needed.release_facts(day.session)] == ["reversal_at"]
    assert [one.recheck_at for one in needed.looked_at(day.session)] == [f.later(23)]


def test_h12_another_medicine_makes_everybody_wait_as_after_the_longest(day):
    ordered(day, medicine="", name="Diphenhydramine", why="another reason", confirmed=True)
    assert [fact.name for fact in needed.release_facts(day.session)] == ["medicine_at"]
    f.giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(50))
    assert going_home.earliest(day.session, f.later(60)) == f.later(140)


def test_h12_driving_is_counted_from_what_makes_drowsy_where_that_was_later_than_the_dose(day):
    f.giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(50))
    assert going_home.drive_from(day.session) == f.later(50 + 24 * 60)
    ordered(day, at=55, medicine="labetalol", amount=Decimal(10), why="hypertension")
    assert going_home.drive_from(day.session) == f.later(50 + 24 * 60)
    ordered(day, at=60, medicine="midazolam", amount=Decimal(1), why="anxiety")
    assert going_home.drive_from(day.session) == f.later(60 + 24 * 60)
    entry = ordered(day, at=66, medicine="", name="Diphenhydramine", why="another reason", confirmed=True)
    assert going_home.drive_from(day.session) == f.later(66 + 24 * 60)
    f.timeline.amend(
        session=day.session, entry=entry, reason="Wrong patient", in_error=True, by=day.prescriber, at=f.later(67)
    )
    assert going_home.drive_from(day.session) == f.later(60 + 24 * 60)


def test_h12_a_sedative_that_was_charted_after_they_had_left_puts_off_the_word_on_driving():
    day = f.a_day()
    f.to_left(day)
    message = MessageOut.objects.get(code="driving")
    before = message.send_after
    ordered(day, at=120, given_at=100, medicine="midazolam", amount=Decimal(1), why="anxiety", confirmed=True)
    message.refresh_from_db()
    assert message.send_after == f.later(100 + 24 * 60) == going_home.drive_from(day.session) > before


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"prescriber": None}, "Whose order was it?"),
        ({"medicine": ""}, "Which medicine?"),
        ({"unit": "g"}, "counted in mg"),
        ({"amount": Decimal(0)}, "own_amount is empty"),
        ({"medicine": "propofol"}, "not in the list"),
        ({"route": " "}, "own_route is empty"),
    ],
)
def test_an_own_order_says_what_how_much_and_whose(day, more, words):
    refused(day, lambda: ordered(day, **more), words)


def test_a_prescriber_at_the_chair_orders_by_the_act(day, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    client, address = browser(day.prescriber), f"/sessions/{day.visit.pk}/effects/"
    assert "By a prescriber&#39;s own order" in client.get(address).content.decode().replace("'", "&#39;")
    what = {"own_drug": "labetalol", "own_amount": "10", "own_unit": "mg"}
    fields = what | {"own_route": "IV", "own_why": "hypertension"}
    assert client.post(address, once(act="ordered", **fields)).status_code == 302
    (one,) = needed.given(day.session)
    assert one.body["signed_by"] == day.prescriber.name
    assert client.post(address, once(act="ordered", **fields | {"own_unit": "g"})).status_code == 422


# --- asked about once -------------------------------------------------------------------------------------------------


def asked(day, **more):
    with pytest.raises(Refused) as found:
        ordered(day, **more)
    (one,) = found.value.refusals
    assert (one.field, one.kind) == ("own_amount", "unlikely")
    ordered(day, **more | {"confirmed": True})
    return one.rule


def test_h2_an_unlikely_amount_or_route_is_asked_about_once_and_kept_if_it_is_right(day):
    assert asked(day, amount=Decimal(4)) == ("Naloxone: the sheet has 0.4 to 2 mg IV.")
    assert "the sheet has it IM or IN or IV, not SC" in asked(day, at=25, route="SC")
    assert "12.5 mg of Diphenhydramine: no sheet knows" in asked(
        day, medicine="", name="Diphenhydramine", amount=Decimal("12.50")
    )


def test_h16_a_second_one_too_soon_or_more_than_the_most_is_asked_about(day):
    midazolam = {"medicine": "midazolam", "amount": Decimal(2), "why": "anxiety"}
    ordered(day, **midazolam)
    assert "again not before 3 min" in asked(day, at=22, **midazolam)
    assert "6 mg in all is over 5" in asked(day, at=30, **midazolam)


def test_h2_h15_right_as_entered_is_said_of_one_order_and_of_no_other(day, monkeypatch):
    """Asked about one amount, and another, or another medicine or way, sent with the tick: it is asked about too."""
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    client, address = browser(day.prescriber), f"/sessions/{day.visit.pk}/effects/"
    first = {"own_drug": "midazolam", "own_amount": "6", "own_unit": "mg", "own_route": "IV", "own_why": "anxiety"}
    shown = client.post(address, once(act="ordered", **first)).content.decode()
    assert 'name="own_amount_asked" value="6|midazolam||mg|IV|"' in shown
    said = {"act": "ordered", "confirm": "own_amount", "own_amount_asked": "6|midazolam||mg|IV|"}
    for changed in ({"own_amount": "10"}, {"own_drug": "lorazepam"}, {"own_route": "SC"}):
        assert client.post(address, once(**first | said | changed)).status_code == 422, changed
    assert client.post(address, once(**first | said | {"own_amount_asked": ""})).status_code == 422
    assert needed.given(day.session) == []
    assert client.post(address, once(**first | said)).status_code == 302
    assert [row.body["asked_and_confirmed"] for row in needed.given(day.session)] == [True]


def test_h16_a_way_typed_by_hand_is_the_sheets_own_where_it_is_one_of_them(day):
    entry = ordered(day, route=" intravenous", medicine="labetalol", amount=Decimal(20), why="hypertension")
    assert (entry.body["route"], [fact.name for fact in needed.release_facts(day.session)]) == ("IV", ["rescue_iv_at"])
    assert [needed.way_of(typed) for typed in ("iv", "Nebulised", "by mouth", "rectal ")] == [
        "IV", "nebulised", "PO", "rectal",
    ]  # fmt: skip


def test_h15_a_known_allergy_is_asked_about(day):
    listed(day, AllergyState.LISTED, "Naloxone hydrochloride", at=16)
    assert "an allergy to Naloxone hydrochloride is known" in asked(day)


def test_h15_an_allergy_list_that_nobody_has_asked_for_is_asked_about_too():
    day = f.a_day()
    f.to_running(day)
    assert asked(day) == "Nobody has asked for allergies yet."


def test_h17_it_is_charted_with_the_time_at_which_it_was_given(day):
    entry = ordered(day, at=30, given_at=21)
    assert (entry.happened_at, entry.recorded_at) == (f.later(21), f.later(30))
    assert entry.body["recheck_at"] == f.later(24).isoformat()
    refused(day, lambda: ordered(day, at=30, given_at=31), "in the future")
    refused(day, lambda: ordered(day, at=30, given_at=9), "before the dose")


# --- confirmed --------------------------------------------------------------------------------------------------------


def to_confirm(day):
    return list(waiting.open_for(day.patient, "order.confirm"))


def test_whoever_is_named_as_the_prescriber_confirms_it_and_nobody_else(day):
    entry = ordered(day)
    (duty,) = to_confirm(day)
    assert (duty.owner_id, duty.due_at) == (day.prescriber.user_id, f.later(20))
    (one,) = needed.looked_at(day.session)
    assert one.waits_for_word
    word = {"session": day.session, "entry": entry, "words": "", "at": f.later(40)}
    other = someone(day.clinic, "RX", "Another prescriber")
    with pytest.raises(Refused):
        own_orders.confirm(**word, was_theirs=True, by=other)
    with pytest.raises(Refused):
        own_orders.confirm(**word, was_theirs=None, by=day.prescriber)
    own_orders.confirm(**word, was_theirs=True, by=day.prescriber)
    assert to_confirm(day) == []
    (one,) = needed.looked_at(day.session)
    assert (one.word.words, one.waits_for_word) == ("Order of Naloxone confirmed", False)
    with pytest.raises(Refused):
        own_orders.confirm(**word | {"words": "twice"}, was_theirs=True, by=day.prescriber)


def test_an_order_that_nobody_gave_is_the_directors_to_clear_up(day):
    entry = ordered(day)
    own_orders.confirm(
        session=day.session, entry=entry, was_theirs=False, words="I said flumazenil", by=day.prescriber, at=f.later(40)
    )
    (duty,) = waiting.open_for(day.patient, "order.denied")
    assert duty.owner_role == "MD"


def test_what_was_struck_out_is_confirmed_by_nobody(day):
    entry = ordered(day)
    f.timeline.amend(
        session=day.session, entry=entry, reason="Wrong patient", in_error=True, by=day.prescriber, at=f.later(21)
    )
    assert to_confirm(day) == []


def test_it_is_confirmed_on_the_page_of_the_session(day, monkeypatch):
    entry = ordered(day)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(40))
    client, address = browser(day.prescriber), f"/sessions/{day.visit.pk}/effects/"
    assert "not confirmed yet" in client.get(address).content.decode()
    assert client.post(address, once(act="confirm", entry=str(entry.pk), was_theirs="yes")).status_code == 302
    assert to_confirm(day) == []


def test_h16_a_slip_in_the_word_on_an_order_is_struck_by_whoever_said_it_and_answered_anew(day):
    entry = ordered(day)
    word = {"session": day.session, "entry": entry, "by": day.prescriber}
    said = own_orders.confirm(**word, was_theirs=False, words="Another patient", at=f.later(30))
    struck = {"session": day.session, "entry": said, "reason": "A slip"}
    for who, how in ((day.nurse, {"in_error": True}), (day.prescriber, {"words": "Order of Naloxone confirmed"})):
        with pytest.raises(Refused, match="only struck out, by whoever said it"):
            f.timeline.amend(**struck, **how, by=who, at=f.later(31))
    f.timeline.amend(**struck, in_error=True, by=day.prescriber, at=f.later(32))
    (one,) = needed.looked_at(day.session)
    assert (one.word, one.waits_for_word, list(waiting.open_for(day.patient, "order.denied"))) == (None, True, [])
    assert [duty.owner_id for duty in to_confirm(day)] == [day.prescriber.user_id]
    own_orders.confirm(**word, was_theirs=True, words="", at=f.later(33))
    assert (to_confirm(day), needed.looked_at(day.session)[0].word.words) == ([], "Order of Naloxone confirmed")


def test_h16_the_directors_slip_is_struck_by_the_director_and_the_prescriber_is_asked_again(day, monkeypatch):
    entry, director = ordered(day), someone(day.clinic, "MD")
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(31))
    address = f"/sessions/{day.visit.pk}/effects/"

    def post(who, **form):
        return browser(who).post(address, once(**form)).status_code

    said = {"act": "confirm", "entry": str(entry.pk), "was_theirs": "no", "words": "Asked her"}
    assert post(director, **said) == 302
    word = needed.word_on(entry)
    assert "Said in error" in browser(director).get(address).content.decode()
    struck = {"act": "unsay", "entry": str(word.pk)}
    assert post(director, **struck, unsay_reason="") == 422
    assert post(day.prescriber, **struck, unsay_reason="A slip") == 422
    assert post(director, **struck, unsay_reason="Another order") == 302
    assert (needed.word_on(entry), list(waiting.open_for(day.patient, "order.denied"))) == (None, [])
    assert [duty.owner_id for duty in to_confirm(day)] == [day.prescriber.user_id]


def test_a_word_on_an_order_that_was_struck_out_itself_is_asked_for_no_more(day, monkeypatch):
    entry = ordered(day)
    said = own_orders.confirm(
        session=day.session, entry=entry, was_theirs=True, words="", by=day.prescriber, at=f.later(30)
    )
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(31))
    address = f"/sessions/{day.visit.pk}/effects/"
    shown = [browser(who).get(address).content.decode() for who in (day.prescriber, day.nurse)]
    assert ["Said in error" in page for page in shown] == [True, False]
    struck = {"session": day.session, "reason": "Wrong patient", "in_error": True, "by": day.prescriber}
    f.timeline.amend(**struck, entry=entry, at=f.later(31))
    f.timeline.amend(**struck, entry=said, at=f.later(32))
    assert to_confirm(day) == []
