"""Saying that a visit was billed, or why it is not; and saying otherwise, with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.billing import queries
from ketacare.clinic.billing.models import BillingMark, Outcome
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.refusals import Refusal, Refused

LONGEST = {"number": 60, "authorisation": 60, "reason": 200, "amend_reason": 200}


@dataclass(frozen=True)
class Said:
    """As it was typed. `seen` is the word that stood on the page, of which there is one at most (I4), and `figures` a
    digest of what it said of the visit."""

    outcome: str
    number: str = ""
    authorisation: str = ""
    reason: str = ""
    amend_reason: str = ""
    seen: str = ""
    figures: str = ""


@transaction.atomic
def mark(*, session: Session, said: Said, by: Actor, at: datetime) -> BillingMark:
    """The first word creates; each later one amends, and says why."""
    visit = Visit.objects.select_for_update(no_key=True, of=("self",)).get(pk=session.visit_id)
    before = BillingMark.objects.current().filter(visit=visit).first()
    access.require(by, "billing", "U" if before else "C", patient=visit.patient)
    if said.seen != (str(before.pk) if before else ""):
        raise Refused(Refusal("outcome", "Somebody else has said something meanwhile.", "Look at the page again."))
    figures = queries.figures(session, by.zone)
    if said.figures != figures.digest:
        raise Refused(Refusal("outcome", "The record of this visit has changed meanwhile.", "Look at the page again."))
    refuse_if_not_whole(said, before)
    row = BillingMark.objects.create(
        **about(visit.patient, by, at),
        visit=visit,
        outcome=said.outcome,
        number=said.number,
        authorisation=said.authorisation,
        reason=said.reason,
        figures=figures.kept(),
        amends=before,
        amend_reason=said.amend_reason if before else "",
    )
    audit.note(by=by, at=at, verb=f"billing.{said.outcome}", on=row, patient=visit.patient, purpose="billing")
    return row


def refuse_if_not_whole(said: Said, before: BillingMark | None) -> None:
    refusals = [
        Refusal(name, f"is longer than {most} letters.", "Shorten it.")
        for name, most in LONGEST.items()
        if len(getattr(said, name)) > most
    ]
    if said.outcome not in Outcome.values or (said.outcome == Outcome.OPEN and before is None):
        refusals.append(Refusal("outcome", "Nothing was chosen.", "Choose billed, or not billable."))
    if said.outcome == Outcome.NOT_BILLABLE and not said.reason:
        refusals.append(Refusal("reason", "Why it is not billable is empty.", "Say why."))
    if before is not None and not said.amend_reason:
        refusals.append(Refusal("amend_reason", "An amendment says why.", "Say what was wrong, or what changed."))
    if refusals:
        raise Refused(refusals)
