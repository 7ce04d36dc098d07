"""The conditions of a clearance in a plan: who reads their words, and when they only came to their end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.careplan.models import CarePlanVersion
from ketacare.medicine.careplan.terms import Difference, Kind, Section, Statement

UNDER = "under "  # how the key of such a statement begins; it ends with that of its record
# Whoever is not to read them is told that there are some.
IN_SHORT = "Only under conditions", "Asked for with a clearance: the prescriber says which"


def told_to(found: Iterable[Section], reads_conditions: bool) -> tuple[Section, ...]:
    if reads_conditions:
        return tuple(found)
    return tuple(replace(one, statements=tuple(in_short(said) for said in one.statements)) for one in found)


def differing_to(found: Iterable[Difference], reads_conditions: bool) -> tuple[Difference, ...]:
    return tuple(one if reads_conditions else shortened(one) for one in found)


def shortened(one: Difference) -> Difference:
    before, now = (None if said is None else in_short(said) for said in (one.before, one.now))
    label = IN_SHORT[0] if is_condition(one) else one.label
    return replace(one, label=label, before=before, now=now)


def in_short(said: Statement) -> Statement:
    return Statement(said.key, *IN_SHORT) if said.key.startswith(UNDER) else said


def is_condition(one: Difference) -> bool:
    return any(said is not None and said.key.startswith(UNDER) for said in (one.before, one.now))


def came_by_itself(one: Difference, signed: CarePlanVersion, day: date) -> bool:
    """Did nobody do anything: its last day passed, or it was on record when the plan was signed?"""
    said = one.now or one.before
    if said is None or one.kind is Kind.CHANGED or not is_condition(one):
        return False
    row = candidacy.clearance_of(signed.patient, said.key.rpartition(" ")[2])
    if row is None:
        return False
    if one.kind is Kind.REMOVED:
        return row.until is not None and row.until < day
    return not row.by_link and row.recorded_at <= signed.recorded_at
