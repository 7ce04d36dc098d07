"""Figures as a director types them, one field to a figure, and refusals beside the field that they mean."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django.http import QueryDict

from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.evidence import rules
from ketacare.medicine.evidence.rules import Amendment
from ketacare.medicine.evidence.terms import Figure, Series, Sheet


def amendments_in(post: QueryDict, sheet: Sheet) -> list[Amendment]:
    """The figures whose field says something else than the sheet. What is the same number is no amendment."""
    changed = []
    for entry in rules.figures_of(sheet):
        typed = post.get(entry.place)
        if typed is None or same(typed, entry.value):
            continue
        unit = post.get(f"unit {entry.place}", "")
        is_meant = post.get(f"meant {entry.place}") == typed.strip()  # what was asked about, and no other figure
        changed.append(Amendment(entry.place, typed, unit, post.get(f"why {entry.place}", ""), is_meant))
    return changed


def same(typed: str, figure: object) -> bool:
    assert isinstance(figure, Figure | Series)
    kept = figure.values if isinstance(figure, Series) else (figure.value,)
    try:
        return tuple(Decimal(part.strip()) for part in typed.split(",")) == kept
    except InvalidOperation:
        return False


def beside_fields(refused: Refused, sheet: Sheet) -> Refused:
    """The loader names places of the file; those that are fields keep theirs, the others are told in full."""
    places = {entry.place for entry in rules.figures_of(sheet)}
    return Refused([placed(refusal, places) for refusal in refused.refusals])


def placed(refusal: Refusal, places: set[str]) -> Refusal:
    place, _, part = refusal.field.rpartition(".")
    if part == "reason" and place in places:
        return Refusal(f"why {place}", refusal.rule, refusal.remedy, refusal.kind)
    field = place if part in ("unit", "value") else refusal.field
    if field in places:
        return Refusal(field, refusal.rule, refusal.remedy, refusal.kind)
    words = refusal.rule if field in ("figures", "sheet", "version") else f"{field}: {refusal.rule}"
    return Refusal("", words, refusal.remedy, refusal.kind)
