"""An act that judges a session by how it is now holds its row and reads it anew: another device may have moved it."""

from __future__ import annotations

from ketacare.clinic.dosing.models import Session

MOVES = ("state", "started_at", "dose_ended_at", "left_at", "ready_at", "version")


def hold(session: Session) -> None:
    """Until the end of the transaction."""
    Session.objects.select_for_update(no_key=True).get(pk=session.pk)
    session.refresh_from_db(fields=list(MOVES))
