"""Going through the medicines with the patient on the day of a dose, signed by who did it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from ketacare.clinic.candidacy import actions as candidacy
from ketacare.clinic.candidacy import queries as treatable
from ketacare.clinic.candidacy.models import ListState, Source
from ketacare.clinic.dosing.actions.preparing import before_start
from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import reconciling
from ketacare.clinic.dosing.queries.facts import known
from ketacare.clinic.people import access
from ketacare.clinic.people.above import telling_once
from ketacare.clinic.people.access import Actor
from ketacare.clinic.tenancy.refusals import Refusal, Refused

MEANING = "I went through the medicines and what changed with the patient today"


@transaction.atomic
@telling_once()
def reconcile(
    *,
    session: Session,
    last_taken: Mapping[UUID, datetime | None],
    answers: Mapping[str, str],
    words: str,
    by: Actor,
    at: datetime,
) -> TimelineEntry:
    """The list as it is today with when each was last taken, today's answers, and one signed line. A check that cannot
    run is not signed: it would look like one that found nothing (H15)."""
    access.require(by, "session", "U", patient=session.visit.patient)
    before_start(session)
    patient = session.visit.patient
    row = treatable.medicines(patient)
    if row is None or row.state == ListState.NOT_ASKED:
        raise Refused(Refusal("medicines", "Nobody has asked which medicines are taken.", "Ask, and list them first."))
    entries = [replace(one, last_taken_at=last_taken.get(one.key)) for one in row.medicines]
    row = candidacy.record_medicines(
        patient=patient,
        state=ListState(row.state),
        entries=entries,
        amend_reason="gone through on the day",
        by=by,
        at=at,
    )
    for name, answer in answers.items():
        candidacy.record_history(patient=patient, name=name, answer=answer, source=Source.PATIENT, by=by, at=at)
    found = reconciling.checked(session, at, by.zone)
    if found.failed:
        raise Refused(Refusal("medicines", found.failed, "Nothing is signed. Tell the prescriber.", "policy"))
    body = {
        "facts": {"medicines_reconciled": known(True)},
        "list": str(row.pk),
        "meaning": MEANING,
        "held_back": [f"{reason.criterion}: {reason.words}" for reason in found.holding],
        "sheets": [f"{ref.id} {ref.version}" for ref in treatable.sheet(patient).refs],
    }
    return write(
        visit=session.visit, kind=Kind.FACT, name=reconciling.ITEM, body=body, words=words.strip(), by=by, at=at
    )
