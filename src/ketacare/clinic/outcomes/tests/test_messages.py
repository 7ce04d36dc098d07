"""H23: messages to patients by pluggable ways, with receipts; quiet hours, wishes, STOP."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from ketacare.clinic.audit.models import Line
from ketacare.clinic.channels import Gateways, NotSent, receipt_id
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes import access, actions, danger, letters, queries, tasks
from ketacare.clinic.outcomes.models import Ask, MessageOut, MessageReply, MessageWish, UnknownReply
from ketacare.clinic.outcomes.numbers import is_same, settled
from ketacare.clinic.outcomes.tests.factories import a_visit, the_asks
from ketacare.clinic.outcomes.views.messages import signature
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Contact, Patient, Role
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db
BOTH = frozenset({"text", "mail"})
NUMBER = "+1 (207) 555-0142"


@pytest.fixture
def here() -> Place:
    return place(telephone="555 0100")


class Said:
    """A way that remembers, or does not take it."""

    def __init__(self, fault: str = "") -> None:
        self.fault, self.letters = fault, []

    def send(self, letter: letters.Letter) -> None:
        if self.fault:
            raise NotSent(self.fault)
        self.letters.append(letter)


def reached(here: Place, **wishes: Any) -> Patient:
    patient = here.patient()
    told = {"telephone": NUMBER, "email": "a@b.example", "may_text": True, "may_email": True} | wishes
    Contact.objects.create(
        patient=patient, organisation_id=patient.organisation_id, clinic_id=patient.clinic_id,
        happened_at=AT, recorded_at=AT, **told,
    )  # fmt: skip
    return patient


def evening(here: Place, **wishes: Any) -> Ask:
    """A check-in whose messages go out at any hour."""
    return the_asks(here, reached(here, **wishes))["same_evening"]


def play(here: Place, at: datetime, way: Said | None = None, channels: frozenset[str] = BOTH) -> MessageOut:
    """A round of the worker, then of the sender; the first message as it is then."""
    tasks.deliver_due(at, caught=False, channels=channels)
    if way is not None:
        tasks.send_due(at, Gateways(dict.fromkeys(channels, way)))
    tasks.follow_silence(at)
    here.enter()
    return MessageOut.objects.filter(ask__key="same_evening", code="first").select_related("duty").get()


def waiting(kind: str = "message.send") -> list[Duty]:
    return list(Duty.objects.filter(kind=kind, state="open"))


# -- out ---------------------------------------------------------------------------------------------------------------


def test_a_text_goes_to_the_number_they_allow_with_a_link_and_no_name(here: Place) -> None:
    ask, way = evening(here), Said()
    message = play(here, ask.opens_at, way)
    (letter,) = way.letters
    assert (message.state, message.channel, message.sent_at) == ("sent", "text", ask.opens_at)
    assert letter.address == "+12075550142"
    assert access.token_for(ask) in letter.words
    assert "STOP" in letter.words
    for name in ("Fern", "Quill", "Marisol", here.clinic.name):
        assert name not in letter.words + letter.subject
    assert not waiting()


def test_mail_goes_where_texts_are_not_wanted_and_carries_the_link_that_stops_it(here: Place) -> None:
    ask, way = evening(here, may_text=False), Said()
    message = play(here, ask.opens_at, way)
    assert (message.channel, way.letters[0].address) == ("mail", "a@b.example")
    assert letters.stop_token(message) in way.letters[0].body


@pytest.mark.parametrize(
    ("wishes", "why"),
    [
        ({"may_text": None, "email": ""}, "Not asked whether text messages are safe"),
        ({"may_text": False, "may_email": False}, "They do not want text messages"),
        ({"telephone": "555 0142", "may_email": None}, "The telephone number does not begin with + and the country"),
        ({"telephone": "", "email": ""}, "No address for text messages is known"),
    ],
)
def test_without_a_way_they_allow_a_person_sends_it(here: Place, wishes: dict[str, Any], why: str) -> None:
    ask = evening(here, **wishes)
    assert play(here, ask.opens_at, Said()).state == "waiting"
    assert [duty.why for duty in waiting()] == [why]


def test_h23_a_gateway_that_takes_nothing_is_a_duty_within_a_minute(here: Place) -> None:
    ask, dead = evening(here), Said("the gateway answered 503")
    states = [play(here, ask.opens_at + timedelta(seconds=second), dead).state for second in range(0, 60, 5)]
    assert states[0] == "ready"
    assert states[-1] == "failed"
    (duty,) = waiting()
    assert duty.why == "Not delivered: the gateway answered 503"
    assert (duty.created_at - ask.opens_at).total_seconds() <= 60
    assert "0142" not in duty.why + duty.title


def test_h23_with_the_sender_dead_a_person_has_it_within_a_minute(here: Place) -> None:
    ask = evening(here)
    for second in range(0, 60, 10):
        message = play(here, ask.opens_at + timedelta(seconds=second))
    assert (message.state, message.failure) == ("failed", "the sender did not take it")
    assert (waiting()[0].created_at - ask.opens_at).total_seconds() <= 60


def test_h23_a_text_of_which_no_receipt_comes_is_followed_and_mail_is_not(here: Place) -> None:
    ask = evening(here)
    play(here, ask.opens_at, Said())
    assert play(here, ask.opens_at + timedelta(seconds=44)).state == "sent"
    assert play(here, ask.opens_at + timedelta(seconds=45)).state == "failed"
    assert [duty.why for duty in waiting()] == ["Not delivered: no receipt came"]
    MessageOut.objects.update(state="sent", channel="mail")
    tasks.follow_silence(ask.opens_at + timedelta(hours=1))
    here.enter()
    assert set(MessageOut.objects.values_list("state", flat=True)) == {"sent"}


def test_h39_a_training_clinic_writes_to_nobody_outside_this_machine(here: Place, monkeypatch) -> None:
    monkeypatch.setattr(Clinic, "is_training", property(lambda _: True, lambda *_: None))
    ask, out = evening(here), Said()
    message = play(here, ask.opens_at, out)
    assert (message.state, message.failure, out.letters) == ("failed", "a training clinic sends nothing out", [])
    assert [duty.why for duty in waiting()] == ["Not delivered: a training clinic sends nothing out"]


def test_h39_the_catcher_of_this_machine_takes_what_a_training_clinic_writes(here: Place, monkeypatch) -> None:
    monkeypatch.setattr(Clinic, "is_training", property(lambda _: True, lambda *_: None))
    ask, caught = evening(here), Said()
    monkeypatch.setattr(Said, "is_local", True, raising=False)
    assert play(here, ask.opens_at, caught).state == "sent"
    assert len(caught.letters) == 1


def test_a_channel_without_a_gateway_is_not_tried_again(here: Place) -> None:
    ask = evening(here)
    tasks.deliver_due(ask.opens_at, caught=False, channels=BOTH)
    tasks.send_due(ask.opens_at, Gateways({}))
    here.enter()
    assert waiting()[0].why == "Not delivered: no gateway is configured"


@pytest.mark.parametrize(("country", "number"), [("US", "911"), ("GB", "999"), ("NZ", "111"), ("ES", "112")])
def test_a_message_names_the_emergency_number_of_its_country(here: Place, country: str, number: str) -> None:
    message = evening(here).messages.get(code="first")
    message.clinic.country = country
    for channel in BOTH:
        assert f"call {number}" in letters.words_of(message, channel)


# -- receipts ----------------------------------------------------------------------------------------------------------


def report(message: MessageOut, **said: str) -> int:
    body = {"id": receipt_id(message, letters.MESSAGES), "state": "delivered"} | said
    return Client().post("/messages/receipts/", json.dumps(body), content_type="application/json").status_code


def test_h23_a_bounce_is_a_duty_at_once_and_a_late_delivery_ends_it(here: Place) -> None:
    ask = evening(here)
    message = play(here, ask.opens_at, Said())
    assert report(message, state="failed", why="Unknown subscriber +12075550142") == 204
    here.enter()
    message.refresh_from_db()
    assert (message.state, message.failure) == ("failed", "Unknown subscriber")
    assert len(waiting()) == 1
    assert report(message) == 204
    here.enter()
    message.refresh_from_db()
    assert (message.state, waiting()) == ("delivered", [])
    assert report(message, state="failed") == 204
    here.enter()
    message.refresh_from_db()
    assert message.state == "delivered", "a delivery is never taken back"


def test_a_failed_text_given_by_hand_is_no_work_a_second_time(here: Place) -> None:
    ask = evening(here)
    message = play(here, ask.opens_at, Said("it was refused (400)"))
    given = ask.opens_at + timedelta(seconds=30)
    actions.sent_by_hand(message, by=here.staff(Role.FD), at=given)
    for minutes in (1, 5):
        message = play(here, given + timedelta(minutes=minutes))
        assert (message.state, waiting()) == ("sent", [])
    assert report(message, state="failed") == 204
    here.enter()
    message.refresh_from_db()
    assert (message.state, waiting()) == ("sent", []), "a receipt that comes after it is no news"


def test_the_door_of_receipts_takes_its_own_and_nothing_else(here: Place) -> None:
    message = play(here, evening(here).opens_at, Said())
    assert report(message, id=receipt_id(message)) == 403, "the receipt of a call proves nothing about a message"
    assert report(message, state="seen") == 422
    assert report(message, state="failed", why="\ud800") == 422
    assert report(message, state="failed", why="\0") == 422
    assert report(message, id="x") == 403


# -- quiet hours -------------------------------------------------------------------------------------------------------


def test_leaving_that_is_charted_after_the_evening_is_over_wakes_nobody(here: Place) -> None:
    """The dose at 10:00 in New York, "Left" pressed at 06:00: the evening's message waits until 08:00."""
    patient, pressed = reached(here), AT + timedelta(hours=20)
    visit, left = a_visit(here, patient), {"seen_at": AT + timedelta(hours=2), "at": pressed}
    actions.schedule_asks(visit=visit, dose_at=AT, by=here.staff(Role.RN), **left)
    tasks.deliver_due(pressed, caught=True)
    here.enter()
    evening_ones = MessageOut.objects.filter(ask__key="same_evening", ask__visit=visit).order_by("send_after")
    assert [(one.state, one.send_after) for one in evening_ones][-1] == ("waiting", AT + timedelta(hours=22))
    assert "caught" not in {one.state for one in evening_ones}


def test_in_quiet_hours_a_message_waits_for_the_morning_and_of_several_one_goes(here: Place, monkeypatch) -> None:
    ask = the_asks(here, reached(here), AT + timedelta(hours=1))["next_day"]  # opens at 07:00 there
    tasks.deliver_due(ask.opens_at, caught=False, channels=BOTH)
    here.enter()
    held = ask.messages.get(code="first")
    assert (held.state, held.send_after - ask.opens_at) == ("waiting", timedelta(hours=1))
    monkeypatch.setattr("ketacare.web.clock.now", lambda: ask.opens_at)
    shown = browser(here.staff(Role.FD)).get(reverse("outbox")).content.decode()
    assert letters.link_in(held, at=ask.opens_at) in shown
    assert "Not before" in shown
    assert "I have sent it" not in shown
    assert "FERNÁNDEZ-QUILL, Marisol" in shown, "whose it is, for whoever sends it by hand"
    tasks.deliver_due(held.send_after, caught=False, channels=BOTH)
    here.enter()
    assert ask.messages.get(code="first").state == "ready"


def test_the_evening_of_a_dose_is_asked_in_the_evening(here: Place) -> None:
    ask = the_asks(here, reached(here), AT + timedelta(hours=8))["same_evening"]  # opens at 22:00 there
    assert play(here, ask.opens_at, Said()).state == "sent"


def test_the_clock_is_the_patients_where_it_is_known(here: Place) -> None:
    patient = reached(here)
    actions.set_wish(
        patient=patient, wanted=True, words="Moved west", zone="America/Los_Angeles", by=here.staff(Role.FD), at=AT
    )
    ask = the_asks(here, patient)["next_day"]
    morning = ask.opens_at + timedelta(hours=2)  # eight in New York, five in Los Angeles
    tasks.deliver_due(morning, caught=False, channels=BOTH)
    here.enter()
    assert "ready" not in ask.messages.values_list("state", flat=True)
    tasks.deliver_due(morning + timedelta(hours=3), caught=False, channels=BOTH)
    here.enter()
    assert "ready" in ask.messages.values_list("state", flat=True)


# -- stopping ----------------------------------------------------------------------------------------------------------


def test_by_the_link_in_a_message_they_stop_and_staff_call_instead(here: Place) -> None:
    ask = evening(here)
    message = play(here, ask.opens_at, Said())
    client, address = Client(), reverse("messages-stop", args=[letters.stop_token(message)])
    asked = client.get(address).content.decode()
    assert "Your treatment goes on as before" in asked
    here.enter()
    assert queries.wish(ask.patient) is None, "opening the link stops nothing: mail programs open links"
    for _ in range(2):
        assert client.post(address, {"once": str(uuid4())}).status_code == 303
    assert "You get no more messages" in client.get(address).content.decode()
    here.enter()
    wish = MessageWish.objects.get()
    assert (wish.wanted, wish.came) == (False, "link")
    assert [duty.title for duty in waiting("message.stopped")] == ["Ask how to reach them: they stopped our messages"]
    way = Said()
    play(here, ask.closes_at - timedelta(hours=1), way)
    assert way.letters == []
    assert [duty.title for duty in waiting()] == ["Call instead of a message: same-evening check-in"]
    assert "Fern" not in asked


def answered(words: str, number: str = NUMBER, reply_id: str = "r-1", **changes: str) -> int:
    said = {"id": reply_id, "from": number, "words": words}
    body = said | {"signature": signature(said)} | changes
    return Client().post("/messages/replies/", json.dumps(body), content_type="application/json").status_code


def test_a_reply_of_stop_stops_and_any_other_is_read_by_a_person(here: Place) -> None:
    patient = reached(here)
    assert answered("Who is this? I am not well") == 204
    assert answered("Who is this? I am not well") == 204
    here.enter()
    (row,) = MessageReply.objects.all()
    assert (row.is_stop, row.duty.title) == (False, "Read what somebody answered to a message")
    nurse = here.staff(Role.RN)
    with pytest.raises(Refused):
        actions.read_words(row=row, note=" ", by=nurse, at=AT)
    actions.read_words(row=row, note="Called, is well", by=nurse, at=AT)
    assert Duty.objects.get(pk=row.duty_id).state == "closed"
    assert answered("ALTO", reply_id="r-2") == 204
    here.enter()
    wish = queries.wish(patient)
    assert wish is not None
    assert (wish.wanted, wish.came) == (False, "reply")


@pytest.mark.parametrize("words", ["My husband hits me", "mi esposo me pega"])
def test_violence_told_as_of_other_days_is_read_by_a_clinician_and_sends_nothing_back(here: Place, words: str) -> None:
    """What is sent by itself may be read by the other. Of violence now somebody is called, as in the list of words."""
    patient = reached(here)
    assert answered(words) == 204
    here.enter()
    (row,) = MessageReply.objects.all()
    assert (row.patient, row.duty.state, row.duty.owner_role) == (patient, "open", "RN")
    assert not Concern.objects.filter(patient=patient).exists()
    assert answered("my husband is hitting me", reply_id="r-2") == 204
    here.enter()
    assert Concern.objects.get(patient=patient).reason_code == "words.reply"


def test_h13_a_stop_that_goes_on_stops_and_is_heard_from_a_number_written_otherwise(here: Place) -> None:
    patient = reached(here)
    assert answered("Stop. I want to die", NUMBER.removeprefix("+")) == 204
    here.enter()
    (row,), wish = MessageReply.objects.all(), queries.wish(patient)
    assert wish is not None
    assert (wish.wanted, row.is_stop, row.duty.state) == (False, False, "open"), "stopped, and read by a person"
    assert Concern.objects.get(patient=patient).reason_code == "words.reply"


@pytest.mark.parametrize(
    ("one", "other", "country", "same"),
    [
        ("+12075550144", "12075550144", "US", True),
        ("+1 (207) 555-0144", "2075550144", "US", True),
        ("+12075550144", "0012075550144", "US", True),
        ("(207) 555-0144", "+12075550144", "CA", True),
        ("+442079460018", "020 7946 0018", "GB", True),
        ("+44 (0)20 7946 0018", "442079460018", "US", True),
        ("+390669812345", "0669812345", "IT", False),
        ("+12075550144", "2075550145", "US", False),
        ("+12075550144", "2075550144", "GB", False),
        ("+12075550144", "50144", "US", False),
        ("", "", "US", False),
    ],
)
def test_one_number_is_one_however_it_is_written(one: str, other: str, country: str, same: bool) -> None:
    assert is_same(one, other, country) is is_same(other, one, country) is same


@pytest.mark.parametrize(
    ("written", "countries", "number"),
    [
        ("207-555-0144", ["US"], "+12075550144"),
        ("12075550144", ["US"], "+12075550144"),
        ("+44 (0)20 7946 0018", ["US"], "+442079460018"),
        ("020 7946 0018", ["GB"], "+442079460018"),
        ("442079460018", ["GB"], "+442079460018"),
        ("442079460018", ["US"], "+442079460018"),
        ("2075550144", ["GB", "US"], "+12075550144"),
        ("612345678", ["ES"], "+34612345678"),
        ("015112345678", ["DE"], "+4915112345678"),
        ("2075550144", ["GB"], ""),
        ("021 123 456", ["NZ"], "+6421123456"),
        ("72345", ["US"], ""),
        ("SHOP", ["US"], ""),
        ("ann2075550144@mail.example", ["US"], ""),
        ("", ["US"], ""),
    ],
)
def test_a_number_is_settled_by_the_country_of_the_clinic(written: str, countries: list[str], number: str) -> None:
    assert settled(written, countries) == number


def test_h13_a_number_without_its_country_is_read_as_of_no_other_clinics_country() -> None:
    """As of the US it would be the telephone of somebody else."""
    Clinic.objects.filter(pk=place().clinic.pk).update(country="US")
    assert danger.number_of("7946001800", Clinic(country="GB")) == ""
    assert danger.number_of("07946001800", Clinic(country="GB")) == "+447946001800"


def test_h13_the_whole_of_an_answer_is_looked_at_and_its_number_may_be_long(here: Place) -> None:
    patient = reached(here)
    words = "Está lloviendo. " * 300 + "quiero morir"
    for _ in range(2):
        assert answered(words, reply_id="r" * 90) == 204
    assert answered("Good night", reply_id="r" * 91) == 204
    here.enter()
    assert [row.words for row in MessageReply.objects.order_by("words")] == [words, "Good night"]
    assert Concern.objects.get(patient=patient).reason_code == "words.reply"


def test_h13_whoever_is_called_about_words_reads_them_by_right_and_it_is_noted(here: Place) -> None:
    patient = reached(here)
    assert answered("I want to die tonight") == 204
    here.enter()
    concern, row = Concern.objects.get(patient=patient), MessageReply.objects.get()
    director, place = here.staff(Role.MD), reverse("concern-said", args=[concern.pk])
    assert f'href="{place}">What was written' in browser(director).get(f"/concerns/{concern.pk}/").content.decode()
    page = browser(director).get(place)
    assert "I want to die tonight" in page.content.decode()
    here.enter()
    assert Line.objects.filter(verb="concern.words", object_id=str(row.pk), actor_id=director.user_id).count() == 1
    assert browser(here.staff(Role.FD)).get(place).status_code == 403


def test_only_the_gateway_may_tell_what_somebody_answered(here: Place, settings: Any) -> None:
    reached(here)
    assert answered("STOP", signature="0" * 64) == 403
    assert answered("STOP", signature="é") == 403
    assert answered("STOP", id="\ud800") == 422
    assert answered("STOP", more="x") == 422
    assert answered("STOP", id="") == 422
    settings.MESSAGES_TOKEN = ""
    assert answered("STOP", signature="0" * 64) == 403
    here.enter()
    assert not MessageWish.objects.exists()


def test_h23_an_answer_from_an_unknown_number_is_kept_and_is_the_desks(here: Place) -> None:
    reached(here)
    desk = here.staff(Role.FD)
    for _ in range(2):
        assert answered("Is it today?", "+12075550199", "u1") == 204
        here.enter()
    (row,), (duty,) = UnknownReply.objects.all(), waiting("message.unknown")
    assert (row.sender, row.words, duty.owner_role, duty.patient) == ("+12075550199", "Is it today?", "FD", None)
    client = browser(desk)
    assert "Is it today?" in client.get("/outbox/").content.decode()
    assert client.post("/outbox/", once(reply=row.pk, note=" ")).status_code == 422
    assert client.post("/outbox/", once(reply=row.pk, note="A wrong number")).status_code == 302
    here.enter()
    assert not waiting("message.unknown")
    assert client.post("/outbox/", once(reply=uuid4(), note="x")).status_code == 404


def test_again_only_by_staff_with_a_reason(here: Place) -> None:
    patient, desk = reached(here), here.staff(Role.FD)
    link = access.link_actor(the_asks(here, patient)["next_day"])
    actions.stop_messages(patient=patient, came="link", by=link, at=AT)
    with pytest.raises(Refused, match="reason is empty"):
        actions.set_wish(patient=patient, wanted=True, words="", zone="", by=desk, at=AT)
    with pytest.raises(Refused, match="no time zone"):
        actions.set_wish(patient=patient, wanted=True, words="Asked", zone="Mars/Base", by=desk, at=AT)
    for actor in (here.staff(Role.AU), here.the_patient(here.patient())):
        with pytest.raises(NotAllowed):
            actions.set_wish(patient=patient, wanted=True, words="Asked", zone="", by=actor, at=AT)
    client = browser(desk)
    address = reverse("patient-messages", args=[patient.pk])
    assert "No messages are wanted" in client.get(address).content.decode()
    assert client.post(address, once(wanted="yes", words="")).status_code == 422
    assert client.post(address, once(wanted="yes", words="On the telephone")).status_code == 302
    here.enter()
    wish = queries.wish(patient)
    assert wish is not None
    assert (wish.wanted, wish.came, wish.words) == (True, "staff", "On the telephone")
    assert not waiting("message.stopped")


def test_the_desk_puts_a_number_and_an_address_right_and_says_how_it_knows(here: Place) -> None:
    patient, desk = reached(here), browser(here.staff(Role.FD))
    address = reverse("patient-messages", args=[patient.pk])
    said = {"act": "contact", "telephone": "+1 207 555 0177", "email": "new@example.org", "may_text": "yes"}
    for wrong, words in (
        ({"reason": ""}, "The reason is empty"),
        ({"telephone": "555", "reason": "By telephone"}, "no telephone number"),
        ({"email": "nobody", "reason": "By telephone"}, "no address"),
        ({"email": f"{'n' * 250}@example.org", "reason": "By telephone"}, "longer than 254 letters"),
    ):
        answer = desk.post(address, once(**(said | wrong)))
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert 'value="new@example.org"' in answer.content.decode() or "email" in wrong, "what was typed stays"
    assert desk.post(address, once(**said, reason="By telephone, birth date given")).status_code == 302
    here.enter()
    contact = Contact.objects.current().get(patient=patient)
    assert (contact.telephone, contact.email, contact.may_text, contact.may_email) == (
        "+1 207 555 0177", "new@example.org", True, None,
    )  # fmt: skip
    assert contact.amend_reason == "By telephone, birth date given"
    assert queries.wish(patient) is None, "whether they want messages was not spoken of"
    told = {"telephone": "", "email": "", "may_text": None, "may_email": None, "reason": "x", "at": AT}
    for role in (Role.AU, Role.TH, Role.RS):
        with pytest.raises(NotAllowed):
            people.amend_contact(patient=patient, by=here.staff(role), **told)


# -- in a demo ---------------------------------------------------------------------------------------------------------


class Caught(Said):
    """The catcher, which is on this machine."""

    is_local = True


def test_a_demo_shows_what_was_caught_once_by_the_way_it_would_have_gone_and_only_on_this_machine(here: Place) -> None:
    ask, text, mail = evening(here, may_text=False), Caught(), Caught()
    tasks.deliver_due(ask.opens_at, caught=True)
    assert tasks.show_caught(ask.opens_at, Gateways({"mail": Said()})) == 1
    for _ in range(2):
        tasks.show_caught(ask.opens_at, Gateways({"text": text, "mail": mail}))
    here.enter()
    assert not text.letters
    (letter,) = mail.letters
    message = MessageOut.objects.get(ask=ask, code="first")
    assert access.token_for(ask) in letter.words
    assert letters.stop_token(message) in letter.words
    assert (message.state, message.channel) == ("caught", "")
    actions.receive_receipt(receipt=message.receipt, delivered=True, at=ask.opens_at)
    message.refresh_from_db()
    assert message.state == "caught", "nothing was delivered"


@pytest.mark.parametrize("fault", ["the gateway answered 503", ""])
def test_what_the_catcher_refused_is_shown_later_and_never_when_its_link_has_ended(here: Place, fault: str) -> None:
    ask, way = evening(here), Caught(fault)
    tasks.deliver_due(ask.opens_at, caught=True)
    tasks.show_caught(ask.opens_at, Gateways({"text": way}))
    way.fault = ""
    tasks.show_caught(ask.link_until - timedelta(seconds=1), Gateways({"text": way}))
    assert len(way.letters) == 1
    MessageOut.objects.filter(ask=ask).update(tries=0)
    tasks.show_caught(max(ask.link_until, ask.opens_at + tasks.SHOWN_FOR), Gateways({"text": way}))
    assert len(way.letters) == 1
