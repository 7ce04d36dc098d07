"""A dose as it was given, in the words of the kinetics: stretches from the timeline, never from the plan."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import course
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.medicine.dosing.rules.choices import Way, way_of
from ketacare.medicine.pharmacology.predictions import Curve, predict
from ketacare.medicine.pharmacology.terms import Case, Dose
from ketacare.medicine.pharmacy.terms import GivenStep


def way(order: Ordered) -> Way | None:
    """The way that a model knows, if one does."""
    return way_of(order.drug, order.route)


def as_given(session: Session, order: Ordered, at: datetime) -> tuple[Dose, ...]:
    """What has gone in by `at`, each stretch at its own rate; nothing before the start."""
    known = way(order)
    if known is None:
        return ()
    return as_doses(known, course.as_given(session, at))


def as_doses(way: Way, steps: Iterable[GivenStep]) -> tuple[Dose, ...]:
    """Stretches as the kinetics read them."""
    return tuple(
        Dose(way.drug, way.route, float(one.start_min), float(one.mass.amount), float(one.minutes), way.product)
        for one in steps
    )


@lru_cache(maxsize=128)
def curve_of(case: Case) -> Curve:
    """The course with its band; kept, since what was given does not change."""
    return predict(case).curves["ketamine"]
