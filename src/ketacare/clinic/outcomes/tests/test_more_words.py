"""H13: what somebody writes while a concern of theirs stands, or the flag, is somebody's at once, whatever it says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from ketacare.clinic.channels import Gateways
from ketacare.clinic.channels.gateways import mail_id
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes import actions
from ketacare.clinic.outcomes.letters import MESSAGES
from ketacare.clinic.outcomes.models import MessageReply
from ketacare.clinic.outcomes.tests.test_bounces import notification
from ketacare.clinic.outcomes.tests.test_messages import NUMBER, Said, reached
from ketacare.clinic.outcomes.views import messages
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role, User
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import tasks
from ketacare.clinic.safety.models import Concern, ConcernCall, ConcernRung, HelpText

pytestmark = pytest.mark.django_db
NOTHING_HEARD = "The belt is over there and I know what to do"


@pytest.fixture
def here() -> Place:
    return place(telephone="555 0100")


def put_on_call(here: Place, nurse: Actor) -> None:
    user, times = User.objects.get(pk=nurse.user_id), {"starts_at": AT, "ends_at": AT + timedelta(hours=24)}
    safety.put_on_call(user=user, role=Role.RN, **times, by=here.staff(Role.MD), at=AT)


def write(patient: Patient, words: str, after: int, name: str = "") -> None:
    at = AT + timedelta(minutes=after)
    actions.receive_reply(patient=patient, reply_id=name or words + str(after), words=words, at=at, sender=NUMBER)


def calls() -> int:
    return ConcernCall.objects.filter(rung__rung="owner").values("rung").distinct().count()


def test_h13_words_beside_a_concern_call_whoever_has_it_anew_once_however_many_there_are(here: Place) -> None:
    nurse, patient = here.staff(Role.RN), reached(here)
    put_on_call(here, nurse)
    write(patient, "I want to die", 0)
    (concern,) = Concern.objects.all()
    for minute in range(1, 5):
        write(patient, NOTHING_HEARD, minute)
    concern.refresh_from_db()
    assert (concern.state, calls()) == ("open", 1), "nobody has seen it yet: its ladder goes on as it does"
    safety.acknowledge(concern, by=nurse, at=AT + timedelta(minutes=6))
    for minute in range(7, 12):
        write(patient, NOTHING_HEARD, minute)
    concern.refresh_from_db()
    assert (concern.state, concern.owner_id, calls()) == ("open", nurse.user_id, 2)
    assert Concern.objects.count() == 1, "no concern of their own"
    page = browser(nurse).get(f"/concerns/{concern.pk}/said/").content.decode()
    assert page.count(NOTHING_HEARD) == 9
    safety.acknowledge(concern, by=nurse, at=AT + timedelta(minutes=13))
    for words in ("STOP", "START", "stop please"):
        write(patient, words, 14)
    concern.refresh_from_db()
    assert (concern.state, calls()) == ("seen", 2)


def test_h13_words_of_somebody_at_high_risk_are_a_concern_of_the_day_and_of_nobody_else(here: Place) -> None:
    nurse, patient, other = here.staff(Role.RN), reached(here), here.patient(family="Roe", given="Jo")
    put_on_call(here, nurse)
    safety.raise_flag(patient=patient, words="Plans, and the means", by=nurse, at=AT)
    write(patient, NOTHING_HEARD, 1)
    write(patient, NOTHING_HEARD, 2)
    write(other, NOTHING_HEARD, 3)
    (concern,) = Concern.objects.all()
    assert (concern.patient_id, concern.tier, concern.reason_code, calls()) == (patient.pk, 2, "said.at_risk", 1)
    assert concern.owner == User.objects.get(pk=nurse.user_id)


NIGHT = 12 * 60  # minutes after AT, when nobody of the clinic is there


def test_h13_at_night_whoever_is_on_call_reads_what_is_not_plainly_harmless(here: Place) -> None:
    nurse, patient = here.staff(Role.RN), reached(here)
    put_on_call(here, nurse)
    for after, words in enumerate(("Thanks, see you Tuesday at 9!", "STOP", "START", "Muchas gracias")):
        write(patient, words, NIGHT + after)
    write(patient, NOTHING_HEARD, 1)
    assert (calls(), HelpText.objects.count()) == (0, 0), "plain words, and words by day, wait to be read"
    for after in range(10, 15):
        write(patient, NOTHING_HEARD, NIGHT + after)
    assert (calls(), Concern.objects.count()) == (1, 0), "many messages are one call"
    first = MessageReply.objects.get(reply_id=f"{NOTHING_HEARD}{NIGHT + 10}")
    at = first.happened_at
    assert (first.duty.owner_id, first.duty.due_at) == (nurse.user_id, at + timedelta(minutes=30))
    assert HelpText.objects.get(source_id=first.pk).state == "waiting"
    tasks.climb_due(at + timedelta(minutes=61))
    here.enter()
    assert ConcernRung.objects.filter(rung="backup", duty=first.duty).exists()
    actions.read_words(row=first, note="Called, is well", by=nurse, at=at + timedelta(minutes=62))
    taken = ConcernRung.objects.count()
    tasks.climb_due(at + timedelta(hours=4))
    here.enter()
    assert ConcernRung.objects.count() == taken, "read: nobody more is called"


@pytest.mark.parametrize(
    ("allowed", "address", "why"),
    [
        ({}, "+12075550142", ""),
        ({"may_text": False}, "a@b.example", ""),
        ({"telephone": ""}, "a@b.example", ""),
        ({"may_text": None, "may_email": False}, "", "only a call reaches them"),
    ],
)
def test_h13_words_of_danger_by_mail_are_answered_with_where_help_is(
    here: Place, allowed: dict[str, Any], address: str, why: str
) -> None:
    patient = reached(here, **allowed)
    raw = b"From: a@b.example\nMessage-ID: <1@b.example>\n\nI want to kill myself"
    assert messages.keep_mail(raw, AT) == "kept: a person reads it"
    here.enter()
    (concern,), (help_text,), way = Concern.objects.filter(patient=patient), HelpText.objects.all(), Said()
    assert (help_text.address, help_text.source_id) == (address, concern.source_id)
    assert help_text.why.startswith(why)
    tasks.send_help(AT, Gateways({"text": way, "mail": way}))
    here.enter()
    help_text.refresh_from_db()
    assert [letter.address for letter in way.letters] == ([address] if address else [])
    assert help_text.state == ("sent" if address else "held")
    assert ("Only a call reaches them" in concern.duty.why) is not bool(address)


def test_h13_words_typed_elsewhere_are_of_the_concern_that_stands_told_at_once_and_read_with_it(here: Place) -> None:
    nurse, patient = here.staff(Role.RN), reached(here)
    put_on_call(here, nurse)

    def typed(after: int, *texts: str) -> tuple[list[Concern], bool]:
        told = {"patient": patient, "of": patient, "reason_code": "words.own_page", "by": nurse}
        return actions.heed_words(texts=texts, **told, at=AT + timedelta(minutes=after))

    assert typed(0, NOTHING_HEARD) == ([], False), "beside nothing that stands it is what it was typed for"
    write(patient, "I want to die", 1)
    (concern,) = Concern.objects.all()
    safety.acknowledge(concern, by=nurse, at=AT + timedelta(minutes=6))
    assert typed(7, "Maria Reed", "+1 207 555 0142", "Thank you very much") == ([], False)
    assert typed(8, NOTHING_HEARD) == ([], True)
    concern.refresh_from_db()
    assert (concern.state, calls(), Concern.objects.count()) == ("open", 2, 1)
    safety.acknowledge(concern, by=nurse, at=AT + timedelta(minutes=9))
    assert typed(10, NOTHING_HEARD) == ([], False), "sent again it calls nobody twice"
    raised, _ = typed(11, "My sister, I want to kill myself")
    page = browser(nurse).get(f"/concerns/{raised[0].pk}/said/").content.decode()
    assert NOTHING_HEARD in page
    assert "My sister, I want to kill myself" in page
    messages_page = browser(here.staff(Role.FD)).get(reverse("patient-messages", args=[patient.pk])).content.decode()
    assert NOTHING_HEARD not in messages_page, "who reads messages reads nothing of what was typed elsewhere"


@pytest.mark.parametrize("action", ["failed", "delayed"])
def test_h23_a_mail_that_says_where_help_is_and_comes_back_is_somebodys_in_the_same_moment(
    here: Place, action: str
) -> None:
    nurse, patient = here.staff(Role.RN), reached(here, telephone="")
    put_on_call(here, nurse)
    messages.keep_mail(b"From: a@b.example\nMessage-ID: <1@b.example>\n\nI want to kill myself", AT)
    here.enter()
    way = Said()
    tasks.send_help(AT, Gateways({"text": way, "mail": way}))
    here.enter()
    help_text = HelpText.objects.get()
    back = notification(returned=f"X-Ketacare-Receipt: {mail_id(help_text, MESSAGES)}\n", action=action)
    for _ in range(2):
        assert messages.keep_mail(back, AT + timedelta(minutes=3)) == "kept: failed"
        here.enter()
    duty = Duty.objects.get(kind="help.not_reached")
    concern = Concern.objects.get(patient=patient)
    assert (duty.patient_id, duty.owner_id, duty.due_at) == (patient.pk, nurse.user_id, AT + timedelta(minutes=3))
    assert duty.link == f"/concerns/{concern.pk}/"


def test_h23_named_by_its_address_alone_it_is_found_and_after_the_decision_nobody_is_asked(here: Place) -> None:
    nurse, doctor, patient = here.staff(Role.RN), here.staff(Role.RX), reached(here, telephone="")
    messages.keep_mail(b"From: a@b.example\nMessage-ID: <1@b.example>\n\nI want to kill myself", AT)
    here.enter()
    way = Said()
    tasks.send_help(AT, Gateways({"text": way, "mail": way}))
    here.enter()
    concern = Concern.objects.get(patient=patient)
    safety.acknowledge(concern, by=nurse, at=AT)
    safety.decide(concern, finding="Spoke with them", action="None", by=doctor, at=AT)
    since = AT - timedelta(days=1)
    assert safety.receive_help_unnamed({"A@b.example": "it bounced"}, since=since, at=AT) == 1
    assert safety.receive_help_unnamed({"A@b.example": "it bounced"}, since=since, at=AT) == 0
    assert (HelpText.objects.get().state, Duty.objects.filter(kind="help.not_reached").count()) == ("failed", 0)
