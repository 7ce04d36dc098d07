"""What still stands between a session and its close."""

from __future__ import annotations

from ketacare.clinic.dosing.models import Session, SessionState
from ketacare.clinic.dosing.queries import effects, flowsheet, moments, schedule
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.medicine.pharmacy.rules import reconcile
from ketacare.medicine.pharmacy.terms import Line, LineKind, Reconciliation
from ketacare.medicine.quantities.terms import Mass

NO_REASON = "no reason given"


def reconciliation(session: Session) -> Reconciliation:
    amounts = ledger.amounts_of(session.visit)
    return reconcile(
        [
            Line(LineKind.DRAWN, Mass(amounts.drawn_mg)),
            Line(LineKind.GIVEN, Mass(amounts.given_mg)),
            Line(LineKind.WASTED, Mass(amounts.wasted_mg)),
            Line(LineKind.RETURNED, Mass(amounts.returned_mg)),
        ]
    )


def unexplained(session: Session) -> list[moments.Column]:
    """Moments of the schedule at which something was not taken, and nobody said why (workflow 4.3, step 15)."""
    if session.started_at is None or session.left_at is None:
        return []
    columns = flowsheet.filled(session, session.left_at)
    return [column for column in columns if column.state == "skipped" and not column.reason]


def not_taken(column: moments.Column) -> str:
    """What is missing there: the rest of the column may well have been taken."""
    return ", ".join(schedule.LABELS.get(key, key) for key in flowsheet.TYPED if key in column.missing)


def missing(session: Session) -> list[str]:
    """Every reason at once, in words; empty when the session may close."""
    words = []
    if session.state != SessionState.LEFT:
        words.append("The patient has not left: record the release first.")
    waits = ", ".join(one.term.lower() for one in effects.to_judge(session))
    if waits:
        words.append(f"Nobody has said whether this is an adverse event: {waits}.")
    judged = reconciliation(session)
    if not judged.balanced:
        words.append(f"The drug does not add up: {judged.words}")
    used = ledger.used_in(session.visit)
    if used:
        serials = ", ".join(one.serial for one in used)
        words.append(f"Used devices are not in the controlled waste yet: {serials}. Record it with a witness.")
    return words
