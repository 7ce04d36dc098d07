"""No dose acts under alarms that nobody tried (D10): the self-test of a screen, the monitor on this patient; nor with
nobody supervising it (H38)."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, Session
from ketacare.clinic.dosing.queries import proving
from ketacare.clinic.people.access import Actor
from ketacare.clinic.tenancy.refusals import Refusal, Refused


def require(session: Session, unproven: str, *, by: Actor, at: datetime) -> None:
    """Asked at the start, in its transaction. Started all the same, it is by a name and a word why in the timeline."""
    missing = proving.missing(session, by, at=at)
    if not missing:
        return
    if not unproven.strip():
        raise Refused([Refusal("unproven", one.words, one.remedy, "policy") for one in missing])
    body = {"missing": [one.name for one in missing]}
    write(visit=session.visit, kind=Kind.ALARMS, name="unproven", body=body, words=unproven.strip(), by=by, at=at)
