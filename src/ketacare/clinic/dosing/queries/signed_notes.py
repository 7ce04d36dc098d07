"""The note as somebody signed it: what must be there before, the draft until then, and whether the record moved on."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from typing import Any

from ketacare.clinic.dosing.models import NoteDraft, NotePart, Session, SignedNote
from ketacare.clinic.dosing.queries.closing import NO_REASON
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.scheduling.models import Visit

# The alarm log, which nothing changes (A18), and lines that stand elsewhere in the note in another order: a note that
# was signed before these stood in it stays what was signed.
UNSIGNED = frozenset({"alarms", "limits", "happened"})
TAKEN = "taken"  # each value with the minute in which it was taken
AT = re.compile(r" \((?:taken )?T[+−]\d+\)$")  # when a value or a set was taken that stands beside another moment


def digest(note: dict[str, Any], words: str) -> str:
    signed = {name: part for name, part in note.items() if name not in UNSIGNED}
    return hashlib.sha256(json.dumps([signed, words], sort_keys=True).encode()).hexdigest()


def is_as_signed(note: dict[str, Any], row: SignedNote) -> bool:
    """Whether the record still says what was signed. The words of a note may be written otherwise than in the version
    that it was signed in, and that amends nothing: what was kept is told apart by what it says, and when of each value.
    A note that was signed before it said when is read without that."""
    note = {name: part for name, part in note.items() if name != TAKEN or TAKEN in row.content}
    if row.digest == digest(note, row.words):
        return True
    lines = row.content.get("readings", [])
    unexplained = {AT.sub("", line[0]) for line in lines if line[-1].endswith(NO_REASON)}
    return row.digest == digest(row.content, row.words) and said(row.content) == said(note, unexplained)


def said(note: dict[str, Any], unexplained: Collection[str] = ()) -> str:
    """The note without the words that other versions did not write: how late a value was saved, what of a moment is
    missing, beside which moment a value stands, and how long nobody was counted. `unexplained`: the moments of which
    nobody had said why nothing was taken; that somebody said it since, as closing asks, takes nothing back."""
    trend = {name: re.sub(r", saved \d+ min later$", "", words) for name, words in note.get("trend", {}).items()}
    rows = note.get("readings", [])
    cells = sorted([place, AT.sub("", cell)] for row in rows for place, cell in enumerate(row[1:-1]) if cell != "–")
    whys = sorted([AT.sub("", row[0]), re.sub(r"^not taken \(.*?\): ", "not taken: ", row[-1])] for row in rows)
    said_why = [one for one in whys if one[1] and not one[1].endswith(NO_REASON) and one[0] not in unexplained]
    people = {"people": {**note["people"], "without": [], "lapses": []}} if "people" in note else {}
    happened = {"happened": sorted(note["happened"])} if "happened" in note else {}
    return digest({**note, **people, **happened, "trend": trend, "readings": [cells, said_why]}, "")


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
    return "" if is_as_signed(note, row) else "AMENDED"
