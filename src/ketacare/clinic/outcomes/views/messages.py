"""Messages and what comes back: receipts and answers of a gateway, the page that stops them, and staff's page."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from ketacare.clinic.channels import bounces, mails, receipts
from ketacare.clinic.links import access as links
from ketacare.clinic.links.pages import Arrival, arriving, see_other
from ketacare.clinic.outcomes import actions, danger, forms, letters, queries, ways
from ketacare.clinic.outcomes.models import MessageOut, MessageState, WishBy
from ketacare.clinic.outcomes.numbers import is_same
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, NotHere, actor_of, by_device, by_link, guarded, moment_of
from ketacare.clinic.people.actions import amend_contact
from ketacare.clinic.people.models import Contact, Patient
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import HELD_ONCE, HelpText
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.help import first_call
from ketacare.clinic.tenancy.models import Clinic, Organisation
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.safety.telephone import dialled

LINK = by_link("whoever was written to stops the messages by the link in one of them")
MAIL = frozenset({"mail"})
ANSWERED = ("id", "from", "words", "signature")
# The longest text that telephones send, 255 parts, every sign of it escaped.
REPLY_MOST_BYTES = 255 * 153 * 6
AT_ONCE = 64 * 1024
CUT_MOST = 2 * len(r"\ud83d")  # within one sign as JSON writes it
SHOWN = 50
TYPED = ("act", "wanted", "words", "zone", "telephone", "email", "may_text", "may_email", "reason")


# -- from a gateway ----------------------------------------------------------------------------------------------------


@csrf_exempt
@require_POST
@by_device("a gateway with the signed id of the message it was given")
def receipt(request: HttpRequest) -> HttpResponse:
    return receipts.take(request, letters.MESSAGES, keep_receipt)


def keep_receipt(receipt: UUID, delivered: bool, why: str, at: datetime) -> None:
    if actions.receive_receipt(receipt=receipt, delivered=delivered, why=why, at=at) is None:
        safety.receive_help_receipt(receipt=receipt, delivered=delivered, why=actions.kind_of(why), at=at)


@csrf_exempt
@require_POST
@by_device("a provider of mail with the key for what comes back")
def bounce(request: HttpRequest) -> HttpResponse:
    """A delivery status notification (RFC 3464) as it came, or as {"mail": …}; and what a person wrote to its address,
    for a person to read; of a long one the beginning. 204 when it is kept or counted, however often it is said; 403
    without the key, or while none is set; 404 where there is no clinic yet; 422 where it is no mail, or a status of no
    letter of ours; 503 where a clinic could not keep it."""
    key, given = settings.MESSAGES_BOUNCES_TOKEN, request.headers.get("Authorization", "")
    if not key or not hmac.compare_digest(f"Bearer {key}".encode(), given.encode()):
        return HttpResponse(status=403)
    raw = beginning(request)
    try:
        raw = unwrapped(raw) if request.content_type == "application/json" else raw
    except (receipts.Faulty, KeyError) as fault:
        wrong = fault if isinstance(fault, receipts.Faulty) else receipts.Faulty("mail", "It is missing.")
        return receipts.faulty(wrong)
    try:
        kept = keep_mail(raw, moment_of(request))
    except receipts.Faulty as fault:
        return receipts.faulty(fault)
    except NotEverywhere as some:
        return some.answer
    return HttpResponse(status=204 if kept else 404)


def beginning(request: HttpRequest) -> bytes:
    """What somebody wrote stands before the picture that makes a mail large. A provider is not cut off while it sends
    the rest."""
    kept = request.read(bounces.MOST_BYTES)
    while request.read(AT_ONCE):
        pass
    return kept


def unwrapped(raw: bytes) -> bytes:
    """The mail in {"mail": …}; of one that was cut, as much as is whole."""
    if len(raw) < bounces.MOST_BYTES:
        return receipts.read(raw, MAIL)["mail"].encode()
    for end in range(len(raw), len(raw) - CUT_MOST, -1):
        try:
            return receipts.read(raw[:end] + b'"}', MAIL)["mail"].encode()
        except receipts.Faulty:
            continue
    return receipts.read(raw, MAIL)["mail"].encode()


def keep_mail(raw: bytes, at: datetime) -> str:
    """What became of it; nothing where there is no clinic to keep it. Words of danger are heard in whatever mail they
    stand (H13). What a person wrote is of the patient whose letter it answers, else of nobody who is known. What
    software answered stays readable beside the letter and is nobody's work; of no letter, it is counted."""
    found, mail = bounces.read(raw, letters.MESSAGES), mails.read(raw, letters.MESSAGES)
    is_grave = mail is not None and danger.is_grave(mail.words)
    if found is not None:
        row = actions.receive_bounce(found, at=at) or help_came_back(found, at)
        if not is_grave:
            return f"kept: {row.state}" if row else "not kept: it says nothing that is not known, or of nothing here"
    is_marked = found is None and came_back_to(bounces.unnamed(raw), at) > 0
    if mail is None or (mail.is_status and not is_grave):
        if is_marked:
            return "kept: by its address"
        raise receipts.Faulty("mail", "This is no delivery status of a letter from here.")
    is_automatic = mail.is_automatic and not is_grave
    kept = "kept: software wrote it" if is_automatic else "kept: a person reads it"
    if mail.letter is not None:
        organisation_id, receipt = mail.letter
        with tenancy.tenant(organisation_id):
            message = MessageOut.objects.select_related("patient__clinic").filter(receipt=receipt).first()
            if message is not None:
                actions.receive_reply(
                    patient=message.patient, reply_id=mail.id, words=mail.words, is_automatic=is_automatic, at=at
                )
                return kept
    if is_automatic:
        actions.count_automatic(at=at)
        return "counted: software wrote it, to no letter from here"
    if keep_known(mail, at):
        return kept
    words = f"By mail from {mail.sender or 'nobody named'}:\n{mail.words}"
    return kept if keep_unknown({"id": mail.id, "from": mail.sender or "a mail", "words": words}, "", at) else ""


def keep_known(mail: mails.Mail, at: datetime) -> int:
    """A new mail names no letter, and the address it came from is somebody's here: how many have it."""
    done = 0
    for organisation in Organisation.objects.all() if mail.sender else ():
        with tenancy.tenant(organisation.pk):
            rows = Contact.objects.current().filter(email__iexact=mail.sender).select_related("patient__clinic")
            for contact in rows:
                actions.receive_reply(patient=contact.patient, reply_id=mail.id, words=mail.words, at=at)
                done += 1
    return done


def came_back_to(addresses: Mapping[str, str], at: datetime) -> int:
    done = 0
    for organisation in Organisation.objects.all() if addresses else ():
        with tenancy.tenant(organisation.pk):
            done += actions.receive_unnamed(addresses, at=at)
            done += safety.receive_help_unnamed(addresses, since=at - actions.tried_for(), at=at)
    return done


def help_came_back(bounce: bounces.Bounce, at: datetime) -> HelpText | None:
    """A mail that says where help is: nobody may think that they have it (H23)."""
    if not (bounce.came_back or bounce.is_held_up):
        return None
    with tenancy.tenant(bounce.organisation_id):
        return safety.receive_help_receipt(receipt=bounce.receipt, delivered=False, why=bounce.why, at=at)


@csrf_exempt
@require_POST
@by_device("the gateway for patients' texts, which signs each answer with its token")
def reply(request: HttpRequest) -> HttpResponse:
    """204 when it is kept, however often it is said; 403 signed by somebody else; 404 where there is no clinic yet;
    503 where a clinic could not keep it, so that the gateway says it again."""
    if len(request.body) > REPLY_MOST_BYTES:
        return HttpResponse(status=413)
    try:
        said = receipts.read(request.body, frozenset(ANSWERED))
        for field in ANSWERED:
            if not said.get(field, "").strip():
                raise receipts.Faulty(field, "This is missing.")
    except receipts.Faulty as fault:
        return receipts.faulty(fault)
    if not hmac.compare_digest(signature(said).encode(), said["signature"].encode()):
        return HttpResponse(status=403)
    try:
        known = keep_reply(said, moment_of(request))
    except NotEverywhere as some:
        return some.answer
    return HttpResponse(status=204 if known else 404)


class NotEverywhere(Exception):
    """Some clinics have it and one has not. It names kinds of faults, nobody's words."""

    def __init__(self, failed: int, of: int, kinds: list[str]) -> None:
        self.answer = HttpResponse(
            f"{failed} of {of} clinics could not keep it: {', '.join(sorted(set(kinds)))}", status=503
        )
        self.answer.keeps = True  # type: ignore[attr-defined]
        super().__init__(f"{failed} of {of}")


def signature(said: dict[str, str]) -> str:
    """HMAC-SHA256 by the gateway's token of id, number and words, a line each. Without a token nobody can sign."""
    token = settings.MESSAGES_TOKEN
    signed = "\n".join(said[field] for field in ANSWERED[:-1])
    return hmac.new(token.encode(), signed.encode(), hashlib.sha256).hexdigest() if token else "no token is set"


def keep_reply(said: dict[str, str], at: datetime) -> bool:
    """Everybody who has this number: who shares a telephone stops its messages for all. Words of danger are answered
    once, whomever they reached."""
    known, held = False, danger.held_back(said["from"], at)
    for organisation in Organisation.objects.all():
        with tenancy.tenant(organisation.pk):
            for contact in having(said["from"]):
                number = ways.address_of(contact, "text")  # as a text goes there: the gateway may have left out the +
                one = danger.number_of(number, contact.patient.clinic)
                held = held or (safety.LATELY if safety.told_lately(one, at) else "")
                row = actions.receive_reply(
                    patient=contact.patient, reply_id=said["id"], words=said["words"], at=at, sender=number, held=held
                )
                known, held = True, held or (HELD_ONCE if danger.went(row.pk) else "")
    return known or keep_unknown(said, held, at)


def keep_unknown(said: dict[str, str], held: str, at: datetime) -> bool:
    """From nobody's number. One gateway is every clinic's here, and its answers do not say whose: each has it, so that
    somebody hears it (H13); a training clinic only where there is no other. What one of them cannot keep keeps no other
    from it."""
    everywhere = list(Clinic.objects.order_by("pk"))
    clinics = [clinic for clinic in everywhere if not clinic.is_training] or everywhere
    faults: list[str] = []
    for clinic in clinics:
        try:
            with tenancy.tenant(clinic.organisation_id):
                row = actions.receive_unknown(
                    clinic=clinic, sender=said["from"], reply_id=said["id"], words=said["words"], at=at, held=held
                )
                held = held or (HELD_ONCE if danger.went(row.pk) else "")
        except (OperationalError, InterfaceError):
            raise
        except Exception as fault:  # noqa: BLE001 - said below, once the others have it; its own text may hold words
            faults.append(type(fault).__name__)
    if faults:
        raise NotEverywhere(len(faults), len(clinics), faults)
    return bool(clinics)


def having(number: str) -> list[Contact]:
    """However the number is written: with or without the + or the country."""
    sender = dialled(number)
    rows = Contact.objects.current().exclude(telephone="").select_related("patient", "patient__clinic")
    ends = rows.filter(telephone__endswith=sender[-2:]) if len(sender) > 2 else rows.none()
    return [row for row in ends if is_same(ways.address_of(row, "text"), number, row.patient.clinic.country)]


# -- by the patient ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipient(Arrival[Any]):
    """A request that came by the link that stops messages. It shows nothing of anybody."""

    routes = letters.MESSAGES
    phrases = forms.PHRASES

    @property
    def message(self) -> MessageOut:
        message: MessageOut = self.form
        return message

    def frame(self) -> dict[str, Any]:
        return {
            "lang": self.message.language,
            "say": self.say,
            "help": f"tel:{first_call(self.message.clinic)}",
            "clinic_telephone": self.message.clinic.telephone,
        }


def find(request: HttpRequest, token: str) -> Recipient:
    named, _ = links.named_by(letters.MESSAGES, token)
    message = MessageOut.objects.select_related("patient", "patient__clinic", "clinic", "ask").filter(pk=named).first()
    if message is None:
        raise NotHere
    return Recipient(request, token, message)


@require_http_methods(["GET", "POST"])
@arriving(find, LINK)
def stop(visit: Recipient) -> HttpResponseBase:
    """Asked once more, because a mail program may open a link by itself."""
    patient = visit.message.patient
    if visit.request.method == "POST":
        actions.stop_messages(patient=patient, came=WishBy.LINK, by=visit.actor, at=visit.at)
        return see_other(visit.url("messages-stop"))
    wish = queries.wish(patient)
    return visit.page("outcomes/stop.jinja", stopped=wish is not None and not wish.wanted, action=visit.request.path)


# -- by staff ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@guarded("messages", "C")
def patient_messages(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """How somebody is written to: what they want, what went out and what became of it, what they answered."""
    actor, at = actor_of(request), moment_of(request)
    patient = access.patient_of(actor, patient_id, "messages", "C", at=at)
    refusals: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            keep_wishes(request.POST, patient, by=actor, at=at)
            return HttpResponseRedirect(reverse("patient-messages", args=[patient.pk]))
        except Refused as refused:
            refusals = [
                {"field": r.field, "rule": r.rule, "remedy": r.remedy, "kind": r.kind} for r in refused.refusals
            ]
    wish = queries.wish(patient)
    context = {
        "patient": people.header(patient, at=at, zone=actor.zone),
        "contact": people.contact(patient),
        "patient_pk": patient.pk,
        "wish": wish,
        "zone": wish.zone if wish and wish.zone else "",
        "typed": {name: request.POST.get(name, "") for name in TYPED},
        "may_amend": access.may(actor, "demographics", "U"),
        "messages": queries.sent_to(patient).exclude(state=MessageState.NEEDLESS)[:SHOWN],
        "needless": queries.sent_to(patient).filter(state=MessageState.NEEDLESS).count(),
        "replies": queries.replies_of(patient)[:SHOWN],
        "may_answer": access.may(actor, "concerns", "U"),
        "refusals": refusals,
    }
    return render(request, "outcomes/patient_messages.jinja", context, status=422 if refusals else 200)


def keep_wishes(typed: QueryDict, patient: Patient, *, by: Actor, at: datetime) -> None:
    """Whether they want messages, or the number and the address to which these go."""
    told = {name: typed.get(name, "") for name in TYPED}
    if told["act"] != "contact":
        wanted = told["wanted"] == "yes"
        actions.set_wish(patient=patient, wanted=wanted, words=told["words"], zone=told["zone"], by=by, at=at)
        return
    answered = {"yes": True, "no": False}
    amend_contact(
        patient=patient,
        telephone=told["telephone"],
        email=told["email"],
        may_text=answered.get(told["may_text"]),
        may_email=answered.get(told["may_email"]),
        reason=told["reason"],
        by=by,
        at=at,
    )


@require_POST
@guarded("concerns", "U")
def seen(request: HttpRequest, words_id: UUID) -> HttpResponse:
    """Somebody has read what a patient wrote, in an answer or at the end of a check-in."""
    actor, at = actor_of(request), moment_of(request)
    row = queries.written(actor.clinic_id, words_id)
    if row is None:
        raise NotHere
    access.patient_of(actor, row.patient_id, "concerns", "U", at=at)
    actions.read_words(row=row, note=request.POST.get("note", ""), by=actor, at=at)
    return HttpResponseRedirect(reverse("patient-messages", args=[row.patient_id]))
