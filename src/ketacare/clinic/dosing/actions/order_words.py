"""Whoever is named as the prescriber of what was given says whether it was theirs, and takes a slip of that back."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.dosing.models import Session, TimelineEntry
from ketacare.clinic.dosing.queries import as_needed
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.supervision.reader import watching

duties.ends_by_word(as_needed.DENIED, "What was ordered, by whom, and what was decided")


def ask_to_confirm(session: Session, entry: TimelineEntry, who: User, *, by: Actor, at: datetime) -> None:
    """Whoever is named says that it was theirs: an order that was misheard, or never given, shows the same hour."""
    duties.open_duty(
        kind=as_needed.CONFIRM,
        title="Confirm a medicine given by your order",
        why="It was charted with you as the prescriber. Read it and say that it was your order, or that it was not.",
        link=as_needed.link_of(entry),
        patient=session.visit.patient,
        visit_id=session.visit_id,
        owner_role=Role.RX,
        owner=who,
        due_at=at,
        late_at=at + watching().own_order_confirmed_within,
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


def refuse_another(word: TimelineEntry, *, in_error: bool, by: Actor) -> None:
    """It is the word of one person: nobody else unsays it, and put otherwise it would be said anew."""
    if not in_error or word.recorded_by_id != by.user_id:
        words = "What was said of an order is only struck out, by whoever said it."
        raise Refused(Refusal("in_error", words, "Tick “Entered in error”; then it can be answered anew.", "policy"))


def unsay(session: Session, struck: TimelineEntry, *, by: Actor, at: datetime) -> None:
    """It is asked again, and nobody looks for an order that was only denied by a slip."""
    entry = as_needed.order_of_word(struck)
    for duty in as_needed.to_clear_up(entry):
        duties.close_duty(duty, evidence=struck, reason="It was struck out", by=by, at=at)
    open_still = as_needed.stands(entry) and as_needed.word_on(entry) is None
    if open_still and not as_needed.waiting_for_word(entry):
        ask_to_confirm(session, entry, User.objects.get(pk=entry.body["prescriber"]), by=by, at=at)
