"""H23: a mail that came back has somebody at once: read from the relay's pipe or a provider's post, known by its id."""

from __future__ import annotations

import json
import urllib.error
from dataclasses import dataclass, field
from datetime import timedelta
from time import process_time
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from ketacare.clinic.audit.models import Line
from ketacare.clinic.channels import bounces, gateways, mail_id, mails, receipt_id, receipts
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes import actions, letters, queries, tasks
from ketacare.clinic.outcomes.above import above
from ketacare.clinic.outcomes.models import MessageOut, UnknownReply
from ketacare.clinic.outcomes.tests.test_messages import Said, evening, play, waiting
from ketacare.clinic.outcomes.views import messages
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.safety.models import Concern
from ketacare.medicine.outcomes import reader

HOUSE, ID = UUID(int=7), UUID(int=11)
KIND = letters.MESSAGES


@dataclass
class Sent:
    organisation_id: UUID = HOUSE
    receipt: UUID = ID
    channel: str = "mail"
    address: str = "ada@home.example"
    words: str = "x"
    subject: str = "x"
    body: str = "x"


def notification(  # as a relay writes it: RFC 3464, example of its appendix E
    action: str = "failed", status: str = "5.1.1", returned: str = "", envelope: str = "", whole: bool = True
) -> bytes:
    kind = "message/rfc822" if whole else "text/rfc822-headers"
    return f"""\
From: MAILER-DAEMON@mx.example
To: bounces@clinic.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

<ada@home.example>: unknown user

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
{envelope}
Final-Recipient: rfc822; ada@home.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <ada@home.example> unknown user

--B
Content-Type: {kind}

{returned}Subject: A few questions

--B--
""".encode()


def came_back(**said: Any) -> bytes:
    return notification(returned=f"X-Ketacare-Receipt: {mail_id(Sent(), KIND)}\n", **said)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("name", ["X-Ketacare-Receipt: {}", "Message-ID: <{}@clinic.example>"])
def test_it_is_known_by_what_went_out_with_it(name: str, whole: bool) -> None:
    returned = name.format(mail_id(Sent(), KIND)) + "\n"
    found = bounces.read(notification(returned=returned, whole=whole), KIND)
    assert found == bounces.Bounce(HOUSE, ID, True, "the mail came back, the address is not known")


def test_it_is_known_by_its_envelope_alone() -> None:
    envelope = gateways.envelope_id(Sent(), KIND)
    assert len(envelope) <= 100
    found = bounces.read(notification(envelope=f"Original-Envelope-Id: {envelope}"), KIND)
    assert found is not None
    assert (found.organisation_id, found.receipt) == (HOUSE, ID)


@pytest.mark.parametrize(
    ("action", "status", "is_back", "why"),
    [
        ("failed", "5.2.2", True, "the mail came back, the mailbox takes nothing"),
        ("failed", "5.7.1", True, "the mail came back, their mail system refused it"),
        ("failed", "5.0.0", True, "the mail came back"),
        ("Failed", "", True, "the mail came back"),
        ("delayed", "4.4.1", False, "the mail is held up, their mail system cannot be reached"),
        ("relayed", "2.0.0", False, ""),
        ("delivered", "2.0.0", False, ""),
    ],
)
def test_what_became_of_it(action: str, status: str, is_back: bool, why: str) -> None:
    found = bounces.read(came_back(action=action, status=status), KIND)
    assert found is not None
    assert (found.came_back, found.is_held_up, found.why) == (is_back, action == "delayed", why)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\x00 not a mail",
        b"Subject: Out of office\n\nBack on Monday.",
        notification(),
        notification(returned=f"Message-ID: <{'0' * 64}.{'a' * 43}@clinic.example>\n"),
        notification(returned=f"X-Ketacare-Receipt: {mail_id(Sent())}\n"),
        notification(envelope="Original-Envelope-Id: QQ314159"),
        f"In-Reply-To: <{mail_id(Sent(), KIND)}@clinic.example>\n\nThank you!".encode(),
    ],
    ids=["nothing", "noise", "auto-reply", "no id", "forged", "of a call", "foreign envelope", "a person's answer"],
)
def test_what_is_none_of_ours_is_let_go(raw: bytes) -> None:
    assert bounces.read(raw, KIND) is None


ANSWERED = f"In-Reply-To: <{mail_id(Sent(), KIND)}@clinic.example>\n"


@pytest.mark.parametrize(
    ("raw", "letter", "words"),
    [
        (ANSWERED + "Subject: Re: Questions\n\nQuiero morir\n\n> Nobody reads", (HOUSE, ID), "Quiero morir"),
        (
            ANSWERED + "Content-Type: text/html\n\n<style>p{}</style><p>I can&#39;t go on</p>",
            (HOUSE, ID),
            "I can't go on",
        ),
        ("Subject: Help\nIn-Reply-To: <x@clinic>\n\nhello\0", None, "hello\n\nSubject: Help"),
        (
            "Subject: Re: x\nContent-Type: application/pdf\n\n%PDF",
            None,
            "Subject: Re: x\n\n(something in it could not be read)",
        ),
        ("From: a@b.example\nContent-Type: text/plain; charset=moon\n\nhello", None, "hello"),
        (
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nhello\n--b\n"
            "Content-Type: image/png\n\nx\n--b\nContent-Type: text/plain\n\nI want to die\n--b--\n",
            None,
            "hello\nI want to die\n\n(something in it could not be read)",
        ),
        (
            "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n \n--b\n"
            "Content-Type: text/html\n\n<p>I want to die</p>\n--b--\n",
            None,
            "I want to die",
        ),
        ("Subject: Re: I want to die\n\nok", None, "ok\n\nSubject: Re: I want to die"),
        ("From: a@b.example\n\n> I want to die\nok", None, "> I want to die\nok"),
        ("no mail", None, None),
        (
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>I want to die</p>\n--b\n"
            "Content-Type: text/plain\n\nVirus-free.\n--b\nContent-Type: text/plain\n"
            "Content-Disposition: attachment; filename=note.txt\n\nthe note\n--b--\n",
            None,
            "I want to die\n\nVirus-free.\nthe note",
        ),
        (
            "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nPlease view it\n--b\n"
            "Content-Type: text/html\n\n<p>I want to die</p>\n--b--\n",
            None,
            "Please view it\nI want to die",
        ),
        (
            "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nI am well\n--b\n"
            "Content-Type: text/html\n\n<p>I <b>am</b> well</p>\n--b--\n",
            None,
            "I am well",
        ),
        (
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/enriched\n\n<bold>bye</bold>\n--b\n"
            "Content-Type: application/octet-stream; name=note.txt\n\nI want to die\n--b--\n",
            None,
            "bye\nI want to die",
        ),
        (
            ANSWERED + "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
            "> Do you want to say something? I will not read it. To die is not\n--b\n"
            "Content-Type: text/html\n\n<p>I want to die</p>\n--b--\n",
            (HOUSE, ID),
            "I want to die",
        ),
        (
            ANSWERED + "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
            "I am well\n> How are you?\n--b\nContent-Type: text/html\n\n<p>I am well</p>How are you?\n--b--\n",
            (HOUSE, ID),
            "I am well",
        ),
    ],
    ids=[
        "answers",
        "html",
        "of nothing",
        "no text",
        "strange letters",
        "two texts",
        "text left empty",
        "subject",
        "what they quote is theirs",
        "no head",
        "html beside text",
        "a text that sends to the html",
        "html that says the same",
        "a text under another name",
        "html that says what is quoted in another order",
        "html that says the same and quotes",
    ],
)
def test_h13_what_a_person_wrote_is_read_whatever_it_is(raw: str, letter: Any, words: str | None) -> None:
    found = mails.read(raw.encode(), KIND)
    assert (found.letter, found.words) == (letter, words) if found and words else found is words is None


@pytest.mark.parametrize(
    "raw",
    [
        "From: " + "a@b, " * 60_000 + "\n\nI want to die",
        "From: " + "a." * 150_000 + "\n\nI want to die",
        "From: " + "(" * 300_000 + "\n\nI want to die",
        "Subject: " + "=?utf-8?q?a?= " * 20_000 + "\n\nI want to die",
        "Content-Type: text/plain" + "; a=b" * 20_000 + "\n\nI want to die",
        "Content-Type: text/html\n\nI want to die" + "<style " * 40_000,
        "Content-Type: text/html\n\nI want to die" + "<" * 300_000,
        "X: y\n\nI want to die" + "deliver" * 40_000,
        "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(5_000)) + "I want to die",
    ],
    ids=["addresses", "dots", "brackets", "subject", "kinds", "tags", "signs", "words", "parts"],
)
def test_h13_no_mail_keeps_those_that_wait_behind_it(raw: str) -> None:
    """Anybody may send one. Were it read again for each sign of it, this would last for minutes to hours."""
    began = process_time()
    found = mails.read(raw.encode(), KIND)
    assert (bounces.read(raw.encode(), KIND), bounces.unnamed(raw.encode())) == (None, {})
    assert found is not None
    assert "I want to die" in found.words
    assert process_time() - began < 20


@pytest.mark.parametrize(
    ("head", "is_automatic"),
    [
        ("Auto-Submitted: auto-replied", True),
        ("Auto-Submitted: auto-generated; owner=x", True),
        ("Auto-Submitted: no", False),
        ("Precedence: bulk", False),  # what passes on a person's words says so too
        ("Precedence: auto_reply", True),
        ("Precedence: first-class", False),
        ("X-Autoreply: yes", True),
        ("Return-Path: <>", False),  # it may be that a letter came back
        ("Subject: Undeliverable: x\nAuto-Submitted: auto-replied", False),
        ("Return-Path: <ada@home.example>", False),
        ("Subject: Automatic reply: I am away", False),  # anybody may write that
    ],
)
def test_what_software_answers_is_told_by_its_head(head: str, is_automatic: bool) -> None:
    found = mails.read(f"{head}\nFrom: ada@home.example\n\nBack on Monday".encode(), KIND)
    assert found is not None
    assert found.is_automatic is is_automatic


@pytest.mark.parametrize("of_letter", ["Message-ID: <{}@clinic.example>", "X-Ketacare-Receipt: {}"])
def test_h23_a_mail_system_that_says_it_in_plain_text_alone_is_understood(of_letter: str) -> None:
    copied = of_letter.format(mail_id(Sent(), KIND))
    raw = f"Return-Path: <>\nFrom: Mail <MAILER-DAEMON@mx.example>\n\nSorry.\n--- The letter:\n{copied}\n\nA link"
    assert bounces.read(raw.encode(), KIND) == bounces.Bounce(HOUSE, ID, True, "the mail came back")
    assert bounces.read(raw.replace("MAILER-DAEMON", "ada").encode(), KIND) is None
    assert bounces.read(raw.replace("<>", "<postmaster@mx.example>").encode(), KIND) is None, "a person's own"
    quoted = f"Return-Path: <>\nFrom: postmaster@ada.example\n{ANSWERED}\nI am well"
    assert bounces.read(quoted.encode(), KIND) is None, "an answer hands nothing back"


@dataclass
class Relay:
    """Stands for smtplib.SMTP: remembers, or refuses."""

    known: bool = True
    refuses: Any = None
    sent: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)

    def __call__(self, *_: Any, **__: Any) -> Relay:
        return self

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *_: object) -> None: ...

    def ehlo_or_helo_if_needed(self) -> None: ...

    def has_extn(self, name: str) -> bool:
        return self.known and name == "dsn"

    def send_message(self, message: Any, **more: Any) -> None:
        if self.refuses:
            raise self.refuses
        self.sent.append((message, more))


@pytest.mark.parametrize("known", [True, False])
def test_what_goes_out_comes_back_known(monkeypatch, known: bool) -> None:
    relay = Relay(known)
    monkeypatch.setattr("smtplib.SMTP", relay)
    gateways.Mail("smtp://mx.example", "Clinic <hello@clinic.example>", KIND, "bounces@clinic.example").send(Sent())
    ((message, more),) = relay.sent
    assert receipt_id(Sent(), KIND) not in message.as_string(), "what many can read is no receipt"
    assert more["from_addr"] == "bounces@clinic.example"
    assert message["Message-ID"].endswith("@clinic.example>")
    assert [option.split("=")[0] for option in more["mail_options"]] == (["RET", "ENVID"] if known else [])
    returned = message.as_bytes(policy=message.policy.clone(linesep="\n")).decode()
    found = bounces.read(notification(returned=returned.partition("\n\n")[0] + "\n"), KIND)
    assert found is not None
    assert found.receipt == ID


@pytest.mark.parametrize(
    ("codes", "is_final"), [({"a": (550, b"no"), "b": (554, b"no")}, True), ({"a": (450, b"greylisted")}, False)]
)
def test_a_relay_that_refuses_is_not_asked_again(monkeypatch, codes, is_final: bool) -> None:
    import smtplib

    monkeypatch.setattr("smtplib.SMTP", Relay(refuses=smtplib.SMTPRecipientsRefused(codes)))
    with pytest.raises(gateways.NotSent) as fault:
        gateways.Mail("smtp://mx.example", "hello@clinic.example", KIND).send(Sent())
    assert gateways.is_last_word(str(fault.value)) is is_final


@pytest.mark.parametrize(
    ("code", "is_final"),
    [
        *((code, False) for code in (408, 425, 429, 500, 502, 503, 504)),
        *((code, True) for code in (400, 401, 403, 404, 410, 422)),
    ],
)
def test_a_gateway_is_asked_again_only_where_that_may_help(monkeypatch, code: int, is_final: bool) -> None:
    def answer(*_: object, **__: object) -> None:
        raise urllib.error.HTTPError("https://gateway.example", code, "", None, None)  # type: ignore[arg-type]

    monkeypatch.setattr("urllib.request.urlopen", answer)
    with pytest.raises(gateways.NotSent) as fault:
        gateways.HttpGateway("https://gateway.example", "t", "r", KIND).send(Sent())
    assert gateways.is_last_word(str(fault.value)) is is_final
    assert str(code) in str(fault.value)


# -- kept --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def here(db) -> Place:
    return place(telephone="555 0100")


def a_mail(here: Place) -> MessageOut:
    """That the relay took."""
    ask = evening(here, may_text=False)
    message = play(here, ask.opens_at, Said())
    assert (message.state, message.channel) == ("sent", "mail")
    return message


@pytest.fixture
def mailed(here: Place) -> MessageOut:
    return a_mail(here)


def returned(message: MessageOut, **said: Any) -> bytes:
    return notification(returned=f"Message-ID: <{mail_id(message, KIND)}@clinic.example>\n", **said)


def test_h23_a_mail_that_came_back_is_a_duty_in_the_same_moment(here: Place, mailed: MessageOut) -> None:
    found = bounces.read(returned(mailed), KIND)
    assert found is not None
    for _ in range(2):  # a relay may say it twice
        actions.receive_bounce(found, at=mailed.sent_at + timedelta(seconds=9))
    here.enter()
    mailed.refresh_from_db()
    assert (mailed.state, mailed.failure) == ("failed", "the mail came back, the address is not known")
    (duty,) = waiting()
    assert (duty.why, duty.created_at - mailed.sent_at) == (
        "Not delivered: the mail came back, the address is not known", timedelta(seconds=9)
    )  # fmt: skip
    assert "home.example" not in duty.why


def test_h13_what_software_answers_is_nobodys_work_and_stays_readable_unless_it_speaks_of_danger(
    here: Place, mailed: MessageOut
) -> None:
    here.staff(Role.RX, "Dr Amin")
    head = f"In-Reply-To: <{mail_id(mailed, KIND)}@clinic.example>\nAuto-Submitted: auto-replied\nMessage-ID: "
    other = "Auto-Submitted: auto-replied\nFrom: shop@x.example\nMessage-ID: "
    assert messages.keep_mail(f"{head}<a@x>\n\nI am away until Monday".encode(), AT).startswith("kept")
    assert messages.keep_mail(f"{other}<a@x>\n\nWe are closed".encode(), AT).startswith("counted")
    here.enter()
    assert (waiting("message.reply"), waiting("message.unknown")) == ([], [])
    assert "I am away until Monday" in [row.words for row in queries.replies_of(mailed.patient)]
    assert Line.objects.filter(reason="automatic").count() == 2
    for one in (head, other):
        assert messages.keep_mail(f"{one}<b@x>\n\nI want to die".encode(), AT).startswith("kept")
    here.enter()
    assert Concern.objects.get().reason_code == "words.reply"
    assert UnknownReply.objects.get().duty.consequence == 1


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("From: noreply@mx.example\nReturn-Path: <>", "Your message could not be delivered"),
        ("From: MAILER-DAEMON@mx.example\nReturn-Path: <>\nContent-Type: text/html", "<p>Sorry.</p>"),
        ("From: list@x.example\nPrecedence: bulk", "I cannot do this any more, please call me"),
    ],
)
def test_h23_what_may_be_a_letter_that_came_back_or_a_persons_words_is_read_by_somebody(
    here: Place, head: str, words: str
) -> None:
    assert messages.keep_mail(f"{head}\n\n{words}".encode(), AT) == "kept: a person reads it"
    here.enter()
    assert len(waiting("message.unknown")) == 1


def test_h13_words_of_danger_are_heard_also_in_a_mail_that_says_a_letter_came_back(
    here: Place, mailed: MessageOut
) -> None:
    here.staff(Role.RX, "Dr Amin")
    person = f"Return-Path: <postmaster@ada.example>\nFrom: postmaster@ada.example\n{answers(mailed)}\n\nI want to die"
    assert messages.keep_mail(person.encode(), AT) == "kept: a person reads it"
    status = returned(mailed).replace(b"unknown user\n\n--B", b"unknown user. I want to die\n\n--B", 1)
    assert messages.keep_mail(status, mailed.sent_at) == "kept: a person reads it"
    here.enter()
    mailed.refresh_from_db()
    assert mailed.state == "failed", "and it is what came back all the same"
    assert Concern.objects.filter(reason_code="words.reply", patient=mailed.patient).count() == 2


def test_h13_a_new_mail_from_the_address_of_a_patient_is_theirs_and_no_unknown_persons(
    here: Place, mailed: MessageOut
) -> None:
    here.staff(Role.RX, "Dr Amin")
    head = "From: Fern <{}>\nMessage-ID: <{}@x>\nSubject: Re: your check-in"
    known = head.format("A@B.example", 1)
    for _ in ("once", "said again"):
        assert messages.keep_mail(f"{known}\n\nI want to kill myself".encode(), AT) == "kept: a person reads it"
    assert messages.keep_mail(head.format("else@x.example", 2).encode() + b"\n\nI want to die", AT).startswith("kept")
    here.enter()
    assert Concern.objects.get().patient == mailed.patient
    assert len(waiting("message.reply")) == 1
    duty = UnknownReply.objects.get().duty
    assert "number" not in duty.title
    assert "no number stands with it" in duty.why


def answers(message: MessageOut) -> str:
    return f"In-Reply-To: <{mail_id(message, KIND)}@clinic.example>"


def test_h23_a_mail_that_is_held_up_has_somebody_in_the_same_moment(here: Place, mailed: MessageOut) -> None:
    actions.receive_bounce(bounces.read(returned(mailed, action="delayed"), KIND), at=mailed.sent_at)
    here.enter()
    (duty,) = waiting()
    assert duty.why == "Not delivered: the mail is held up, the address is not known"


@pytest.mark.parametrize(("action", "said"), [("failed", "came back"), ("delayed", "is held up")])
def test_h23_a_status_that_hands_nothing_back_is_known_by_its_address(
    here: Place, mailed: MessageOut, action: str, said: str
) -> None:
    raw = notification(action=action).replace(b"rfc822; ada@home.example", b"rfc822;A@b.example")
    assert messages.keep_mail(raw, mailed.sent_at) == "kept: by its address"
    here.enter()
    assert [duty.why for duty in waiting()] == [f"Not delivered: the mail {said}, the address is not known"]


def test_h23_a_status_said_again_takes_no_older_mail(here: Place, mailed: MessageOut) -> None:
    """One that came weeks ago is not told as lost because the newest was."""
    late = mailed.sent_at + timedelta(days=8)
    here.enter()
    new = MessageOut.objects.get(pk=mailed.pk)
    new.pk, new.receipt, new.sent_at, new._state.adding = uuid4(), uuid4(), late, True
    new.code = "another"
    new.save()
    raw = notification().replace(b"rfc822; ada@home.example", b"rfc822;A@b.example")
    for _ in range(2):
        assert messages.keep_mail(raw, late) == "kept: by its address"
    here.enter()
    states = [MessageOut.objects.get(pk=one.pk).state for one in (mailed, new)]
    assert states == ["sent", "failed"]
    with pytest.raises(receipts.Faulty):
        messages.keep_mail(raw, late + timedelta(days=30))


def test_h23_a_mail_that_was_held_up_and_is_given_up_is_told_so(here: Place, mailed: MessageOut) -> None:
    for action in ("delayed", "failed", "delayed"):
        actions.receive_bounce(bounces.read(returned(mailed, action=action), KIND), at=mailed.sent_at)
    here.enter()
    assert [duty.why for duty in waiting()] == ["Not delivered: the mail came back, the address is not known"]


def test_a_letter_that_is_sent_by_hand_says_to_which_address(here: Place, mailed: MessageOut) -> None:
    actions.receive_bounce(bounces.read(returned(mailed), KIND), at=mailed.sent_at)
    here.enter()
    assert MessageOut.objects.filter(pk=mailed.pk).update(way="email") == 1
    page = browser(here.staff(Role.FD)).get("/outbox/").content.decode()
    assert "by e-mail, as they wished, to a@b.example" in page


def test_what_was_passed_on_is_left_alone(here: Place, mailed: MessageOut) -> None:
    assert actions.receive_bounce(bounces.read(returned(mailed, action="relayed"), KIND), at=mailed.sent_at) is None
    here.enter()
    assert waiting() == []


@pytest.mark.parametrize(
    ("said", "is_held_up"),
    [
        ("Warning: could not send message for past 4 hours. Will keep trying until it is 5 days old", True),
        ("This is a warning message only. You do not need to send it again.", True),
        ("Delivery is delayed; the system will be retried", True),
        ("Unknown user. Giving up.", False),
        ("Delivery will no longer be attempted", False),
        ("It will never be retried", False),
        ("You may still want to try sending it again", False),
        ("You will need to try another address", False),
    ],
)
def test_a_mail_system_that_tries_again_says_so_in_words_alone(said: str, is_held_up: bool) -> None:
    copied = f"Message-ID: <{mail_id(Sent(), KIND)}@clinic.example>"
    raw = f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\n\n{said}\n--- The letter:\n{copied}\n\nA link"
    found = bounces.read(raw.encode(), KIND)
    assert found is not None
    assert (found.came_back, found.is_held_up) == (not is_held_up, is_held_up)


def test_h23_nobody_who_got_or_forged_a_mail_says_that_it_was_delivered(here: Place, mailed: MessageOut) -> None:
    actions.receive_bounce(bounces.read(returned(mailed), KIND), at=mailed.sent_at)
    here.enter()
    assert len(waiting()) == 1
    seen = [mail_id(mailed, KIND), gateways.envelope_id(mailed, KIND)]  # all that stands in a mail, or goes beside it
    for one in seen:
        said = json.dumps({"id": one, "state": "delivered"})
        assert Client().post("/messages/receipts/", said, content_type="application/json").status_code == 403
    forged = bounces.read(returned(mailed, action="delivered", status="2.0.0"), KIND)
    assert forged is not None
    actions.receive_bounce(forged, at=mailed.sent_at + timedelta(minutes=1))
    here.enter()
    mailed.refresh_from_db()
    assert (mailed.state, len(waiting())) == ("failed", 1)


def test_what_came_back_after_the_answer_is_nobodys_work(here: Place, mailed: MessageOut) -> None:
    ask = mailed.ask
    ask.state, ask.answered_at = "answered", mailed.sent_at
    ask.save()
    actions.receive_bounce(bounces.read(returned(mailed), KIND), at=mailed.sent_at)
    here.enter()
    mailed.refresh_from_db()
    assert (mailed.state, waiting()) == ("failed", [])


def test_a_provider_posts_it_with_its_key(here: Place, mailed: MessageOut, settings) -> None:
    def post(key: str, raw: bytes) -> int:
        said = {"content_type": "message/rfc822", "HTTP_AUTHORIZATION": f"Bearer {key}"}
        return Client().post("/messages/bounces/", raw, **said).status_code

    settings.MESSAGES_BOUNCES_TOKEN = ""
    assert post("", returned(mailed)) == 403, "closed while no key is set"
    settings.MESSAGES_BOUNCES_TOKEN = "k1"
    assert post("k2", returned(mailed)) == 403
    assert post("k1", notification()) == 422
    here.enter()
    assert waiting() == []
    answer = f"In-Reply-To: <{mail_id(mailed, KIND)}@clinic.example>\n\nI am going to kill myself tonight."
    assert [post("k1", answer.encode()), post("k1", answer.encode())] == [204, 204]
    assert post("k1", b"From: else@home.example\nSubject: Out of office\n\nBack on Monday.") == 204
    here.enter()
    assert Concern.objects.get(patient=mailed.patient).reason_code == "words.reply"
    assert "else@home.example:\nBack on Monday." in UnknownReply.objects.get().words
    assert [post("k1", returned(mailed)), post("k1", returned(mailed))] == [204, 204]
    here.enter()
    assert len(waiting()) == 1


def test_h13_words_are_heard_before_a_picture_however_large_it_is(here: Place, settings) -> None:
    here.staff(Role.RX, "Dr Amin")
    settings.MESSAGES_BOUNCES_TOKEN = "k1"
    head = "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nI want to die, \\ ¿no?\r\n"
    raw = f"{head}--b\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n{'é/9j' * 700_000}"
    for body, kind in ((raw, "message/rfc822"), (json.dumps({"mail": raw}), "application/json")):
        said = {"content_type": kind, "HTTP_AUTHORIZATION": "Bearer k1"}
        assert Client().post("/messages/bounces/", body.encode(), **said).status_code == 204
    here.enter()
    rows = UnknownReply.objects.all()
    assert len(rows) == 2
    for row in rows:
        assert row.duty.consequence == 1
        assert row.words.endswith("I want to die, \\ ¿no?\n\n(something in it could not be read)")


@pytest.mark.parametrize("wrapped", ['{"mail": "x"}', '{"post": "x"}', "{}", r'{"mail": "\ud800"}', "[" * 100_000])
def test_a_provider_that_wraps_it_says_mail(settings, db, wrapped: str) -> None:
    settings.MESSAGES_BOUNCES_TOKEN = "k1"
    said = {"content_type": "application/json", "HTTP_AUTHORIZATION": "Bearer k1"}
    assert Client().post("/messages/bounces/", wrapped, **said).status_code == 422


def test_a_receipt_that_names_nothing_here_is_let_go(here: Place) -> None:
    assert actions.receive_bounce(bounces.Bounce(here.clinic.organisation_id, uuid4(), True), at=AT) is None


# -- texts -------------------------------------------------------------------------------------------------------------


def test_h23_a_text_nobody_confirms_has_somebody_within_a_minute(here: Place) -> None:
    ask = evening(here)
    message = play(here, ask.opens_at, Said())
    sheet = reader.outreach()
    assert sheet.no_receipt.integer + 10 <= 60  # the worker looks every ten seconds
    play(here, message.sent_at + timedelta(seconds=sheet.no_receipt.integer - 1))
    assert waiting() == []
    play(here, message.sent_at + timedelta(seconds=sheet.no_receipt.integer))
    assert [duty.why for duty in waiting()] == ["Not delivered: no receipt came"]


def test_h23_a_gateway_that_refuses_is_not_asked_again(here: Place) -> None:
    ask = evening(here)
    play(here, ask.opens_at, Said("it was refused (400)"))
    assert [duty.why for duty in waiting()] == ["Not delivered: it was refused (400)"]


def test_a_stop_that_comes_while_a_message_waits_for_its_gateway_holds_it_back(here: Place) -> None:
    ask = evening(here)
    assert play(here, ask.opens_at, Said("the gateway answered 503")).state == "ready"
    actions.set_wish(
        patient=ask.patient, wanted=False, words="Rang the desk", zone="", by=here.staff(Role.FD), at=ask.opens_at
    )
    way = Said()
    message = play(here, ask.opens_at + timedelta(seconds=20), way)
    assert (way.letters, message.state) == ([], "waiting")
    assert [duty.why for duty in waiting()] == ["They want no messages"]


def test_nothing_is_written_to_the_telephone_of_somebody_who_has_died_and_their_silence_is_no_sign(
    here: Place, monkeypatch
) -> None:
    ask = evening(here)
    assert play(here, ask.opens_at, Said("the gateway answered 503")).state == "ready"
    monkeypatch.setattr(above, "has_died", lambda patient: patient.pk == ask.patient_id)
    way = Said()
    assert play(here, ask.opens_at + timedelta(seconds=20), way).state == "needless"
    play(here, ask.opens_at + timedelta(hours=2), way)
    tasks.close_missed(ask.closes_at)
    here.enter()
    ask.refresh_from_db()
    assert (way.letters, ask.state, ask.stopped_why) == ([], "stopped", "A death is on record")
    assert not Concern.objects.exists()


def test_a_text_that_is_undelivered_is_a_duty_at_once(here: Place) -> None:
    message = play(here, evening(here).opens_at, Said())
    body = {"id": receipt_id(message, KIND), "state": "undelivered", "why": "absent subscriber"}
    assert Client().post("/messages/receipts/", json.dumps(body), content_type="application/json").status_code == 204
    here.enter()
    assert len(waiting()) == 1
