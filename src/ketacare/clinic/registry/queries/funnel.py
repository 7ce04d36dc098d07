"""How far people come: from referral to a response that lasts, by site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import numpy as np
from django.db.models import Count, Model, QuerySet

from ketacare.clinic.candidacy.models import Choice, Judgement
from ketacare.clinic.enrolment.models import Referral
from ketacare.clinic.registry.queries.courses import Told
from ketacare.clinic.registry.queries.sites import Site
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.terms import Measures, Yes

Row = TypeVar("Row", bound=Model)

STEPS = (
    ("referred", "Referred"),
    ("evaluated", "Evaluated"),
    ("accepted", "Accepted"),
    ("started", "First dose"),
    ("completed", "All planned doses"),
    ("measured", "Measured by the scale"),
    ("responded", "Responded"),
    ("kept", "Kept it 3 months"),
)


@dataclass(frozen=True)
class Way:
    """One site's counts, in the order of STEPS."""

    site: str
    counts: tuple[int, ...]


def ways(of: Sequence[Site], told: Told, *, since: datetime | None, measures: Measures) -> tuple[Way, ...]:
    """One row per site: referrals and people as far as accepted, then courses; by the site that took the step."""
    referred = by_clinic(Referral.objects.current(), of, since, "happened_at", "pk")
    judged = Judgement.objects.current()
    evaluated = by_clinic(judged, of, since, "happened_at", "patient")
    accepted = by_clinic(judged.filter(choice=Choice.ACCEPT), of, since, "happened_at", "patient")
    lines = rules.lines_of(told.instrument)
    measured = rules.measured(told.courses, lines)
    responded = ~np.isnan(rules.response_day(told.courses, lines))
    kept = rules.kept(told.courses, lines, measures, measures.kept_days)
    return tuple(
        Way(
            site.name,
            (
                referred.get(site.id, 0),
                evaluated.get(site.id, 0),
                accepted.get(site.id, 0),
                *(at_site(told, number, which) for which in (None, told.completed, measured, responded, kept)),
            ),
        )
        for number, site in enumerate(of)
    )


def by_clinic(rows: QuerySet[Row], of: Sequence[Site], since: datetime | None, when: str, what: str) -> dict[UUID, int]:
    rows = rows.filter(clinic_id__in=[site.id for site in of])
    if since is not None:
        rows = rows.filter(**{f"{when}__gte": since})
    return dict(rows.values_list("clinic_id").annotate(count=Count(what, distinct=True)).order_by())


def at_site(told: Told, number: int, which: Yes | None) -> int:
    here = told.courses.site == number
    return int((here if which is None else here & which).sum())
