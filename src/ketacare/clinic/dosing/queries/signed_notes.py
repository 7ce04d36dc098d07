"""The note as somebody signed it: what must be there before, the draft until then, and whether the record moved on."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ketacare.clinic.dosing.models import NoteDraft, NotePart, Session, SignedNote
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.scheduling.models import Visit

# The alarm log, which nothing changes (A18), and lines that stand elsewhere in the note in another order: a note that
# was signed before these stood in it stays what was signed.
UNSIGNED = frozenset({"alarms", "limits", "happened"})


def digest(note: dict[str, Any], words: str) -> str:
    signed = {name: part for name, part in note.items() if name not in UNSIGNED}
    return hashlib.sha256(json.dumps([signed, words], sort_keys=True).encode()).hexdigest()


def signed(visit: Visit) -> SignedNote | None:
    return SignedNote.objects.filter(visit=visit, part=NotePart.NOTE).select_related("recorded_by").first()


def addenda(visit: Visit) -> list[SignedNote]:
    rows = SignedNote.objects.filter(visit=visit, part=NotePart.ADDENDUM).select_related("recorded_by")
    return list(rows.order_by("recorded_at"))


def draft_words(visit: Visit, author_id: Any) -> str:
    draft = NoteDraft.objects.filter(visit=visit, author_id=author_id).first()
    return draft.words if draft else ""


def written_by_another(visit: Visit, author_id: Any) -> str:
    """Whose draft there is, where it is not one's own: their name, and none of their words."""
    draft = NoteDraft.objects.filter(visit=visit).exclude(author_id=author_id).select_related("author").first()
    return draft.author.name if draft else ""


def missing(session: Session) -> list[str]:
    """What must be there before anybody signs."""
    words = ["The patient has not left."] if session.left_at is None else []
    return [*words, "The drug does not add up yet."] if ledger.amounts_of(session.visit).open_mg != 0 else words


def mark_of(session: Session, note: dict[str, Any], row: SignedNote | None) -> str:
    """DRAFT until signed; AMENDED when the record has been corrected since."""
    if session.visit.clinic.is_training:
        return "TRAINING"
    if row is None:
        return "DRAFT"
    return "" if row.digest == digest(note, row.words) else "AMENDED"
