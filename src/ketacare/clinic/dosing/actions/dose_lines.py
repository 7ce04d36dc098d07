"""A pause, a resuming or a rate that was charted wrongly: struck out or given its right time, with the reason (I1).

Only while the pump is under way: what was given is reckoned from these lines, and once it is in the ledger it is
corrected there. A device that was given is in the ledger at once.
"""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import dose, timeline
from ketacare.clinic.tenancy.refusals import Refusal, Refused

LEADS_TO = {dose.PAUSE: SessionState.PAUSED, dose.RESUME: SessionState.RUNNING}


def refuse_if_fixed(session: Session, entry: TimelineEntry, happened_at: datetime | None, *, in_error: bool) -> None:
    """A pause and a resuming stand in turn: the last is struck, not one between. A time stays between its
    neighbours."""
    now = Session.objects.select_for_update(no_key=True).get(pk=session.pk)
    if now.state not in dose.FLOWS:
        words = "is in the ledger: the dose has ended."
        raise Refused(Refusal("Dose step", words, "Correct the ledger, and add a remark.", "policy"))
    lines = dose.steps_of(session)
    place = [row.pk for row in lines].index(entry.pk)
    if in_error and entry.name in LEADS_TO and any(row.name in LEADS_TO for row in lines[place + 1 :]):
        raise Refused(Refusal("in_error", "The pump was paused or resumed since.", "Strike that first.", "policy"))
    if happened_at is not None and not in_error:
        before = lines[place - 1].happened_at
        after = lines[place + 1].happened_at if place + 1 < len(lines) else happened_at
        if not before <= happened_at <= after:
            words = "is before the step that came before, or after the one that followed."
            raise Refused(Refusal("happened_at", words, "Look at the timeline, and enter it again."))


def state_after(session: Session, struck: TimelineEntry) -> SessionState | None:
    """What the pump does now that this line does not stand; None where it says nothing of that."""
    if struck.name not in LEADS_TO:
        return None
    turns = [row.name for row in timeline.standing(session.visit, Kind.DOSE) if row.name in LEADS_TO]
    return LEADS_TO[turns[-1]] if turns else SessionState.RUNNING
