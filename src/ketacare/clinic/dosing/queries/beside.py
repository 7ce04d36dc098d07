"""Two rows beneath the signs of the flowsheet: what was given by each moment, and what happened until the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import dose, moments, timeline, trend
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.medicine.pharmacy.rules import given_mg
from ketacare.medicine.quantities.terms import Mass

GIVEN, HAPPENED = "given", "happened"


def rows(session: Session, order: Ordered, columns: Sequence[moments.Column], at: datetime) -> dict[str, Any]:
    """Read off the timeline; nothing is typed here."""
    return {
        "name": "Dose and events",
        "closed": False,
        "rows": [
            row(GIVEN, "Given so far", "mg", [given_cell(session, order, column, at) for column in columns]),
            row(HAPPENED, "Events", "", [events_cell(found) for found in events_of(session, columns)]),
        ],
    }


def row(key: str, name: str, unit: str, cells: list[dict[str, Any] | None]) -> dict[str, Any]:
    return {"key": key, "name": name, "unit": unit, "input": False, "parse": None, "cells": cells}


def given_cell(session: Session, order: Ordered, column: moments.Column, at: datetime) -> dict[str, Any] | None:
    """A moment that lies ahead has no amount."""
    if column.at > at:
        return None
    return cell(dose.in_tenths(given_by(session, order, column.at)).split(" ")[0], "", column.at)


def given_by(session: Session, order: Ordered, moment: datetime) -> Mass:
    """By the steps up to then: what was done later says nothing of it."""
    steps = [step for step in dose.steps_of(session) if step.happened_at <= moment]
    if steps and steps[-1].name in dose.ENDED:
        return Mass(Decimal(steps[-1].body["given_mg"]))
    if order.infused and steps:
        flows_to = dose.flows_to(steps, order)
        return given_mg(dose.rate_steps(steps, order), dose.bag_concentration(order), moment, bag=flows_to)
    return Mass(sum((Decimal(step.body["mg"]) for step in steps if "mg" in step.body), Decimal(0)))


def events_of(session: Session, columns: Sequence[moments.Column]) -> list[list[TimelineEntry]]:
    """Each event with the last moment that it did not precede; what came before them all, with the first."""
    found: list[list[TimelineEntry]] = [[] for _ in columns]
    for entry in timeline.standing(session.visit, Kind.EVENT):
        reached = [place for place, column in enumerate(columns) if column.at <= entry.happened_at]
        if columns:
            found[reached[-1] if reached else 0].append(entry)
    return found


def events_cell(entries: Sequence[TimelineEntry]) -> dict[str, Any] | None:
    if not entries:
        return None
    words = ", ".join(entry.words or trend.label(entry) for entry in entries)
    return cell(" ".join(trend.letter(entry) for entry in entries), words, entries[0].happened_at)


def cell(value: str, comment: str, at: datetime) -> dict[str, Any]:
    return {"value": value, "source": "", "quality": "ok", "corrected": False, "was": "", "comment": comment,
            "abnormal": None, "trend": None, "at": at}  # fmt: skip
