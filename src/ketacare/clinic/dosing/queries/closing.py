"""What still stands between a session and its close."""

from __future__ import annotations

from ketacare.clinic.dosing.models import Session, SessionState
from ketacare.clinic.dosing.queries import effects
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.medicine.pharmacy.rules import reconcile
from ketacare.medicine.pharmacy.terms import Line, LineKind, Reconciliation
from ketacare.medicine.quantities.terms import Mass


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
