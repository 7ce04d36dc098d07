"""What a clinician pressed beside each fact that the patient told: as told, otherwise, or a ruling."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.actions.taking_over import Fact, Verdict
from ketacare.clinic.candidacy.forms.facts import told
from ketacare.clinic.candidacy.models import MISSING
from ketacare.clinic.candidacy.queries.intake import GoneOver
from ketacare.clinic.tenancy.refusals import Refusal, Refused

AS_TOLD, OTHERWISE, RULING = "as_told", "otherwise", "ruling"


def verdicts(
    post: Any, over: Mapping[str, GoneOver], parts: Mapping[str, tuple[str, ...]], today: date
) -> list[Verdict]:
    """One for each fact somebody touched. `all_of` names a part of which everything still open is as told."""
    found, faults = [], []
    whole = parts.get(post.get("all_of", ""), ())
    for name, item in over.items():
        pressed = post.get(f"check-{name}", "")
        if not pressed and name in whole and item.verdict == "open" and item.told.answer not in MISSING:
            pressed = AS_TOLD
        try:
            if pressed:
                found.append(verdict(item, pressed, post, today))
        except Refused as refused:
            faults += refused.refusals
    if faults:
        raise Refused(faults)
    if not found:
        raise Refused(Refusal("said", "Nothing is pressed.", "Say of at least one answer how you found it."))
    return found


def verdict(item: GoneOver, pressed: str, post: Any, today: date) -> Verdict:
    row, title = item.told, queries.kinds()[item.name].title
    if pressed == AS_TOLD:
        if row.answer in MISSING:
            words = f"{title}: the patient did not say."
            raise Refused(Refusal(item.name, words, "Choose what you found instead."))
        return Verdict(item.name, Fact(row.answer, row.typed, row.to_month, row.words))
    if pressed not in (OTHERWISE, RULING):
        raise Refused(Refusal(item.name, f"{title}: this cannot be pressed here.", "Choose again."))
    given = told(queries.kinds()[item.name], post, today)
    if given is None:
        raise Refused(Refusal(item.name, f"{title}: what you found is missing.", "Choose or write it."))
    return Verdict(item.name, Fact(given.answer, given.typed, given.to_month), settles=pressed == RULING)
