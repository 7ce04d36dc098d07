"""H13: words of danger from a number that nobody here has are somebody's at any hour, in one clinic and in many."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from ketacare.clinic.channels import Gateways, receipt_id
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes import danger, letters
from ketacare.clinic.outcomes.actions import set_wish, stop_messages
from ketacare.clinic.outcomes.models import MessageReply, UnknownReply, WishBy
from ketacare.clinic.outcomes.tests.test_messages import NUMBER, Said, answered, reached, waiting
from ketacare.clinic.outcomes.views import messages
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import amend_contact
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import tasks as safety_tasks
from ketacare.clinic.safety.actions import helping
from ketacare.clinic.safety.models import Concern, ConcernCall, ConcernRung, HelpText, OnCall
from ketacare.clinic.tenancy.actions import SomeFailed
from ketacare.clinic.tenancy.models import Clinic

pytestmark = pytest.mark.django_db
WHO = "+12075550199"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    return place(telephone="555 0100")


def on_call(here: Place, doctor: Actor) -> None:
    OnCall.objects.create(
        organisation_id=here.clinic.organisation_id, clinic=here.clinic, created_at=AT, user_id=doctor.user_id,
        role="RX", starts_at=AT - timedelta(hours=1), ends_at=AT + timedelta(hours=9),
    )  # fmt: skip


def look(here: Place, minutes: float) -> None:
    safety_tasks.climb_due(AT + timedelta(minutes=minutes))
    here.enter()


def called(duty: Duty) -> dict[str, datetime]:
    rows = ConcernCall.objects.filter(rung__duty=duty, channel="screen").select_related("user")
    return {row.user.name: row.created_at for row in rows.order_by("-created_at")}


def test_h13_words_of_danger_from_an_unknown_number_are_whoevers_is_on_call(here: Place) -> None:
    doctor = here.staff(Role.RX, "Dr Amin")
    on_call(here, doctor)
    assert answered("I want to die", WHO, "u2") == 204
    here.enter()
    duty = UnknownReply.objects.get(reply_id="u2").duty
    assert (duty.owner_id, duty.consequence) == (doctor.user_id, 1)
    assert duty.late_at - duty.due_at == timedelta(minutes=15)


def test_h13_whoever_takes_the_shift_has_words_of_danger_from_an_unknown_number_with_it(here: Place) -> None:
    doctor, other = here.staff(Role.RX, "Dr Amin"), here.staff(Role.RX, "Dr Cho")
    on_call(here, doctor)
    assert answered("I want to die", WHO, "u3") == 204
    here.enter()
    row = OnCall.objects.get()
    safety.offer_shift(row, to=User.objects.get(pk=other.user_id), words="One worries me", by=doctor, at=AT)
    safety.take_shift(row, by=other, at=AT)
    assert UnknownReply.objects.get(reply_id="u3").duty.owner_id == other.user_id


def test_h13_without_a_roster_the_same_people_are_called_as_about_a_concern(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for role, name in ((Role.MD, "Dr Moss"), (Role.RX, "Dr Amin")):
        here.staff(role, name)
    assert answered("I want to die", WHO, "u1") == 204
    here.enter()
    (duty,) = waiting("message.unknown")
    assert called(duty) == {"Dr Moss": AT}
    assert (duty.owner_role, duty.owner.name) == ("MD", "Dr Moss")
    first = ConcernRung.objects.get(anybody=True)
    first.confirmed_at = AT  # the telephone took it; whoever has it sleeps
    first.save()
    look(here, 14)
    assert "Dr Amin" not in called(duty)
    nurse, patient = here.staff(Role.RN), here.patient()
    safety.raise_concern(patient=patient, tier=1, reason_code="s1.3", source=patient, by=nurse, at=AT)
    monkeypatch.setattr("ketacare.clinic.safety.tasks.actions.climb", lambda concern, at: 1 / 0)
    with pytest.raises(SomeFailed):
        look(here, 15)
    monkeypatch.undo()
    here.enter()
    assert "Dr Amin" in called(duty), "a concern that faults keeps nobody from being called"
    look(here, 31)
    assert ConcernRung.objects.filter(round=2).exists(), "and anew, until somebody has read it"


def test_h13_people_are_called_about_an_unknown_number_until_a_clinician_has_read_it(here: Place) -> None:
    doctor, director = here.staff(Role.RX, "Dr Amin"), here.staff(Role.MD, "Dr Bell")
    desk = here.staff(Role.FD)
    on_call(here, doctor)
    for _ in range(2):
        assert answered("I am going to kill myself", WHO, "u1") == 204
        here.enter()
    row = UnknownReply.objects.get()
    assert set(called(row.duty)) == {"Dr Amin"}
    assert not any(WHO in call.words or "kill" in call.words for call in ConcernCall.objects.all())
    assert answered("Is it today?", WHO, "u2") == 204
    here.enter()
    page = browser(doctor).get("/outbox/").content.decode()
    here.enter()
    assert "It speaks of danger." in page
    assert page.index("I am going to kill myself") < page.index("Is it today?"), "danger before all"
    assert f'href="tel:{WHO}"' in page
    assert ConcernCall.objects.get(user_id=doctor.user_id, channel="screen").state == "delivered"
    look(here, 60)
    assert "Dr Bell" in called(row.duty)
    assert "a clinician answers it" in browser(desk).get("/outbox/").content.decode()
    assert browser(desk).post("/outbox/", once(reply=row.pk, note="A wrong number")).status_code in (403, 404)
    here.enter()
    assert Duty.objects.get(pk=row.duty_id).is_open
    before = ConcernCall.objects.count()
    assert browser(director).post("/outbox/", once(reply=row.pk, note="Called, help sent")).status_code == 302
    look(here, 180)
    assert ConcernCall.objects.count() == before, "read, it calls nobody any more"


def test_h13_seen_calls_nobody_more_until_it_should_have_been_answered(here: Place) -> None:
    doctor, director, desk = here.staff(Role.RX, "Dr Amin"), here.staff(Role.MD, "Dr Bell"), here.staff(Role.FD)
    on_call(here, doctor)
    assert answered("I am going to kill myself", WHO, "u1") == 204
    here.enter()
    row = UnknownReply.objects.get()
    seen = {"reply": row.pk, "act": "seen"}
    assert browser(desk).post("/outbox/", once(**seen)).status_code in (403, 404)
    assert browser(doctor).post("/outbox/", once(**seen)).status_code == 302
    look(here, 239)
    assert set(called(row.duty)) == {"Dr Amin"}
    row.duty.refresh_from_db()
    assert (row.duty.state, row.duty.owner_id) == ("open", doctor.user_id), "seen is not answered"
    page = browser(director).get("/outbox/").content.decode()
    here.enter()
    assert "by Dr Amin, not answered" in page
    assert "I have seen it, it is mine" not in page
    for minutes in (240, 256):
        look(here, minutes)
    assert "Dr Bell" in called(row.duty), "nobody wrote in time what was done"


def texted(source_id: UUID) -> tuple[str, str]:
    row = HelpText.objects.get(source_id=source_id)
    return row.state, row.why


def send(at: datetime) -> list[letters.Letter]:
    way = Said()
    safety_tasks.send_help(at, Gateways({"text": way}))
    return way.letters


def test_h13_words_of_danger_by_text_are_answered_once_with_where_help_is(here: Place) -> None:
    doctor = here.staff(Role.RX, "Dr Amin")
    assert answered("I want to die", WHO, "u1") == 204
    (letter,) = send(AT)
    assert letter.address == WHO
    for words in ("call or text 988", "escribir al 988", "911", "Reply STOP", "Responda ALTO"):
        assert words in letter.words
    assert here.clinic.name not in letter.words
    here.enter()
    row = HelpText.objects.get()
    assert (row.state, row.sent_at, send(AT)) == ("sent", AT, [])
    here.enter()
    body = {"id": receipt_id(row, letters.MESSAGES), "state": "delivered"}
    for _ in range(2):
        assert Client().post("/messages/receipts/", body, content_type="application/json").status_code == 204
    here.enter()
    assert texted(row.source_id) == ("delivered", "")
    assert "was delivered to this telephone" in browser(doctor).get("/outbox/").content.decode()
    others = [("u2", WHO, safety.LATELY), ("u3", "72345", helping.NO_NUMBER)]
    assert answered("STOP", "+12075550177", "u4") == 204
    others.append(("u5", "+12075550177", danger.STOPPED))
    for reply_id, number, why in others:
        assert answered("I want to die", number, reply_id) == 204
        here.enter()
        assert texted(UnknownReply.objects.get(reply_id=reply_id).pk) == ("held", why)
        assert UnknownReply.objects.get(reply_id=reply_id).duty.consequence == 1, "and people are called all the same"
    assert send(AT) == []


@pytest.mark.parametrize("written", ["2075550199", "12075550199", "0012075550199", "(207) 555-0199", "+1 207 555 0199"])
def test_h13_words_of_danger_are_answered_however_the_gateway_writes_the_number(here: Place, written: str) -> None:
    assert answered("I want to die", written, "u1") == 204
    (letter,) = send(AT)
    assert letter.address == WHO
    assert answered("I want to die", WHO, "u2") == 204
    here.enter()
    assert texted(UnknownReply.objects.get(reply_id="u2").pk) == ("held", safety.LATELY), "it is one number"


def test_h13_where_the_first_text_does_not_arrive_the_next_one_goes_and_none_says_that_one_went(here: Place) -> None:
    for number in (1, 2, 3):
        assert answered("I want to die", WHO, f"u{number}") == 204
    here.enter()
    first = HelpText.objects.get(state="waiting")
    (taken,) = safety.take_help(AT)
    safety.note_help_sent(taken, "it was refused: 401", at=AT)
    rows = HelpText.objects.exclude(pk=first.pk)
    assert sorted(rows.values_list("state", flat=True)) == ["held", "waiting"]
    assert not rows.filter(why=helping.LATELY).exists()


@pytest.mark.parametrize(
    ("written", "countries", "is_known"),
    [
        ("7946001800", {"GB", "US"}, False),
        ("5551234567", {"US", "MX"}, False),
        ("2075550199", {"US"}, True),
        ("2075550199", {"US", "CA"}, True),
        ("+447946001800", {"GB", "US"}, True),
        ("447946001800", {"GB", "US"}, True),
        ("07946001800", {"GB", "US"}, True),
        ("72345", {"US"}, False),
    ],
)
def test_h13_no_text_goes_to_a_number_that_is_somebody_elses_in_another_clinics_country(written, countries, is_known):
    assert danger.is_of_one_country(written, countries) is is_known


def test_h13_after_stop_only_a_call_reaches_a_number_until_it_says_start(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Carriers deliver nothing from STOP to START: a text would only look as if somebody had been told."""
    here.staff(Role.RX, "Dr Amin")
    said = [("STOP", "2075550199"), ("I want to die", WHO), ("START", WHO), ("I want to die", WHO)]
    for minute, (words, number) in enumerate(said):
        monkeypatch.setattr("ketacare.web.clock.now", lambda at=AT + timedelta(minutes=minute): at)
        assert answered(words, number, f"u{minute}") == 204
        here.enter()
        if words == "I want to die" and minute == 1:
            barred = UnknownReply.objects.get(reply_id="u1")
            assert texted(barred.pk) == ("held", danger.STOPPED)
            assert danger.CALL_THEM in barred.duty.why
    lifted = UnknownReply.objects.get(reply_id="u3")
    assert texted(barred.pk)[0] == "waiting", "START: what was held back goes"
    assert danger.CALL_THEM not in UnknownReply.objects.get(reply_id="u1").duty.why, "a text reaches it again"
    assert (texted(lifted.pk), danger.CALL_THEM in lifted.duty.why) == (("held", helping.LATELY), False)
    assert len(send(AT + timedelta(minutes=3))) == 1


def told_of(receipt: UUID, state: str) -> None:
    messages.keep_receipt(receipt, state == "delivered", "unreachable", AT)


def test_h13_a_late_receipt_of_an_earlier_try_says_nothing_of_the_next(here: Place) -> None:
    assert answered("I want to die", WHO, "u1") == 204
    safety_tasks.send_help(AT, Gateways({"text": Said("the gateway does not answer (TimeoutError)")}))
    here.enter()
    first, row = HelpText.objects.get().receipt, HelpText.objects.get()
    told_of(first, "failed")
    assert texted(row.source_id)[0] == "waiting", "a second try waits"
    assert len(send(AT + timedelta(minutes=1))) == 1
    here.enter()
    told_of(first, "failed")
    assert texted(row.source_id)[0] == "sent", "the second try is on its way"
    second = HelpText.objects.get().receipt
    told_of(second, "failed")
    assert texted(row.source_id)[0] == "failed"
    told_of(first, "delivered")
    assert texted(row.source_id)[0] == "delivered", "by whichever try"


def test_h13_a_patient_who_answers_with_words_of_danger_is_told_where_help_is(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = reached(here)
    assert answered("I want to die", reply_id="p1") == 204
    here.enter()
    reply = MessageReply.objects.get()
    concern = Concern.objects.get(patient=patient)
    assert concern.source_id == reply.pk
    way = Said("it was refused (400)")
    safety_tasks.send_help(AT, Gateways({"text": way}))
    here.enter()
    assert texted(reply.pk) == ("failed", "it was refused (400)")
    page = browser(here.staff(Role.RX)).get(f"/concerns/{concern.pk}/").content.decode()
    here.enter()
    assert "The text that says where help is did not arrive: it was refused (400)." in page
    assert answered("STOP", reply_id="p2") == 204
    assert answered("I want to die", reply_id="p3") == 204
    here.enter()
    barred = MessageReply.objects.get(reply_id="p3").pk
    assert texted(barred) == ("held", danger.STOPPED)
    concern = Concern.objects.get(source_id=barred)
    assert concern.duty.why == danger.CALL_THEM
    reader = browser(here.staff(Role.RX))
    assert danger.CALL_THEM in reader.get(f"/concerns/{concern.pk}/").content.decode()
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT + timedelta(minutes=1))
    assert answered("START", reply_id="p4") == 204
    here.enter()
    page = reader.get(f"/concerns/{concern.pk}/").content.decode()
    assert danger.CALL_THEM not in page
    assert safety.NEEDED not in page, "it says nothing beside the reason"


def test_h13_start_lets_one_text_go_to_a_number_in_whichever_organisation(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = place(telephone="555 0101")
    for minute, words in enumerate(["STOP", "I want to die", "START"]):
        monkeypatch.setattr("ketacare.web.clock.now", lambda at=AT + timedelta(minutes=minute): at)
        assert answered(words, WHO, f"u{minute}") == 204
        here.enter()
    states = []
    for one in (here, other):
        one.enter()
        states += HelpText.objects.values_list("state", flat=True)
    assert sorted(states) == ["held", "waiting"]


NEW = "+12075550178"


@pytest.mark.parametrize(
    ("said", "is_held"),
    [
        (["STOP", "START"], False),
        (["STOP", "START", "STOP"], True),
        (["by link", "STOP"], True),
        (["by link"], False),
        (["STOP", "by staff"], True),
        (["Stop. I am fine now"], False),
        (["STOP", "Start again please"], True),
        (["STOP", "new number"], False),
    ],
)
def test_h13_whether_help_reaches_a_number_hangs_on_what_it_texted_alone(
    here: Place, monkeypatch: pytest.MonkeyPatch, said: list[str], is_held: bool
) -> None:
    patient, number, desk = reached(here), NUMBER, here.staff(Role.FD)
    for minute, one in enumerate([*said, "I want to die"]):
        at = AT + timedelta(minutes=minute)
        monkeypatch.setattr("ketacare.web.clock.now", lambda at=at: at)
        if one == "by link":
            stop_messages(patient=patient, came=WishBy.LINK, by=here.the_patient(patient), at=at)
        elif one == "by staff":
            set_wish(patient=patient, wanted=True, words="Rang the desk", zone="", by=desk, at=at)
        elif one == "new number":
            number = NEW
            told = {"telephone": NEW, "email": "", "may_text": True, "may_email": None, "reason": "Rang the desk"}
            amend_contact(patient=patient, **told, by=desk, at=at)
        else:
            assert answered(one, number, f"p{minute}") == 204
        here.enter()
    reply = MessageReply.objects.get(words="I want to die")
    assert texted(reply.pk) == (("held", danger.STOPPED) if is_held else ("waiting", ""))
    assert (Concern.objects.get(source_id=reply.pk).duty.why == danger.CALL_THEM) is is_held


@pytest.mark.parametrize("words", ["I am going to kill myself", "Is it today?"])
def test_h13_in_a_network_each_clinic_of_the_gateway_has_what_came_from_an_unknown_number(
    here: Place, words: str
) -> None:
    other = place(telephone="555 0101")
    training = place(telephone="555 0102", is_training=True)
    is_grave = "kill" in words
    for at in (here, other):
        at.enter()
        at.staff(Role.RX, "Dr Amin")
    assert answered(words, WHO, "u1") == 204
    for at in (here, other):
        at.enter()
        row = UnknownReply.objects.get()
        assert (row.clinic_id, row.words) == (at.clinic.pk, words)
        assert set(called(row.duty)) == ({"Dr Amin"} if is_grave else set())
    assert len(send(AT)) == is_grave, "once, whoever has it"
    training.enter()
    assert not UnknownReply.objects.exists()


def test_h29_once_a_clinic_says_it_is_theirs_the_others_look_for_nobody_and_read_nothing_of_whom(
    here: Place, django_capture_on_commit_callbacks: Any
) -> None:
    other = place(telephone="555 0101")
    for reply_id, words in (("u1", "Is it today?"), ("u2", "I want to die")):
        assert answered(words, WHO, reply_id) == 204
    here.enter()
    desk, doctor = here.staff(Role.FD), here.staff(Role.RX)
    for reply_id, by, act in (("u1", desk, "ours"), ("u2", doctor, "ours")):
        row = UnknownReply.objects.get(reply_id=reply_id)
        with django_capture_on_commit_callbacks(execute=True):
            kept = browser(by).post("/outbox/", once(reply=row.pk, note="Ada Reed, called her", act=act))
        assert kept.status_code == 302
        here.enter()
    other.enter()
    quiet, grave = (UnknownReply.objects.get(reply_id=reply_id) for reply_id in ("u1", "u2"))
    assert (quiet.duty.state, grave.duty.state) == ("closed", "open"), "of danger each clinic hears by itself"
    assert quiet.read.note == "Another clinic of this gateway has seen to it"
    assert "Reed" not in browser(other.staff(Role.FD)).get("/outbox/").content.decode()


def test_a_fault_of_another_clinic_undoes_nothing_of_what_was_read_and_enter_speaks_for_nobody_else(
    here: Place, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(telephone="555 0101")
    assert answered("Is it today?", WHO, "u1") == 204
    here.enter()
    desk = browser(here.staff(Role.FD))
    form = next(one for one in desk.get("/outbox/").content.decode().split("<form")[1:] if 'name="note"' in one)
    assert form.index("I have read it") < form.index('value="ours"'), "Enter presses the first button of a form"
    here.enter()
    row = UnknownReply.objects.get()
    monkeypatch.setattr("ketacare.clinic.outcomes.actions.unknown.quiet_in", lambda *_, **__: 1 / 0)
    with django_capture_on_commit_callbacks(execute=True):
        assert desk.post("/outbox/", once(reply=row.pk, note="Called her", act="ours")).status_code == 302
    here.enter()
    assert UnknownReply.objects.get().read.note == "Called her"


def test_h13_help_that_went_with_the_words_to_another_is_never_told_as_not_sent(here: Place) -> None:
    other = place(telephone="555 0101")
    assert answered("I want to die", WHO, "u1") == 204
    pages = []
    for each in (here, other):
        each.enter()
        pages.append(browser(each.staff(Role.RX)).get("/outbox/").content.decode())
    assert [page.count("waits to be sent") for page in pages] in ([1, 0], [0, 1])
    assert [page.count("goes to this number once, for everybody whom") for page in pages] in ([1, 0], [0, 1])
    assert not any("No text that says where help is" in page for page in pages)


def test_h13_who_shares_a_telephone_is_told_what_became_of_the_one_text_with_help(here: Place) -> None:
    both = [reached(here), reached(here)]
    assert answered("I want to die", NUMBER, "k1") == 204
    here.enter()
    sent = HelpText.objects.get(state="waiting")
    HelpText.objects.filter(pk=sent.pk).update(state="delivered", sent_at=AT, delivered_at=AT)
    doctor = here.staff(Role.RX)
    for concern in Concern.objects.filter(patient__in=both):
        page = browser(doctor).get(f"/concerns/{concern.pk}/").content.decode()
        assert "A text that says where help is was delivered to this telephone" in page
        here.enter()
    assert Concern.objects.count() == 2


def test_what_is_only_read_in_one_clinic_is_still_looked_for_in_the_others(here: Place) -> None:
    other = place(telephone="555 0101")
    assert answered("Is it today?", WHO, "u1") == 204
    here.enter()
    row = UnknownReply.objects.get()
    assert browser(here.staff(Role.FD)).post("/outbox/", once(reply=row.pk, note="Not ours")).status_code == 302
    other.enter()
    assert UnknownReply.objects.get().duty.is_open


def test_h13_what_one_clinic_cannot_keep_keeps_no_other_from_it_and_is_said_again(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = place(telephone="555 0101")
    keep: Any = messages.actions.receive_unknown

    def faulty(*, clinic: Clinic, **said: Any) -> UnknownReply:
        if clinic.pk == min(here.clinic.pk, other.clinic.pk):
            raise ValueError("this clinic's store is full")
        row: UnknownReply = keep(clinic=clinic, **said)
        return row

    with monkeypatch.context() as broken:
        broken.setattr(messages.actions, "receive_unknown", faulty)
        assert answered("I am going to kill myself", WHO, "u1") == 503
    kept = max((here, other), key=lambda at: at.clinic.pk)
    kept.enter()
    assert UnknownReply.objects.count() == 1
    assert answered("I am going to kill myself", WHO, "u1") == 204
    for at in (here, other):
        at.enter()
        assert UnknownReply.objects.count() == 1


def test_an_answer_where_there_is_no_clinic_yet_is_not_said_to_be_kept(db: None) -> None:
    assert answered("Is it today?", number=WHO) == 404


def test_a_training_clinic_that_is_alone_hears_what_comes_from_an_unknown_number() -> None:
    only = place(telephone="555 0102", is_training=True)
    assert answered("I am going to kill myself", number=WHO) == 204
    only.enter()
    assert UnknownReply.objects.count() == 1
