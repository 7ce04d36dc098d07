"""How many check-ins were answered, and which side effects they named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, F, Q

from ketacare.clinic.outcomes.models import Ask, AskState
from ketacare.clinic.registry.queries.sites import Site
from ketacare.medicine.outcomes.reader import cadence
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.terms import Measures, Rate
from ketacare.medicine.safety import reader as safety

# Every side effect of a check-in that was sent, with how often it was named of how often it was answered: whoever ended
# before the question, or would rather not say, has not said "no".
PICKED = """
select picked.key, count(*) filter (where picked.value = '1')::int, count(*)::int
from outcomes_answers a join outcomes_ask k on k.id = a.ask_id, jsonb_each_text(a.values) as picked
where a.instrument = 'side-effects' and k.clinic_id = any(%(clinics)s) and k.state = 'answered'
  and k.dose_at >= %(since)s and not a.in_error and picked.value is not null
  and not exists (select from outcomes_answers later where later.amends_id = a.id and later.amends_id is not null)
group by picked.key
"""


@dataclass(frozen=True)
class Captured:
    """One kind of check-in: answered of all whose window has closed. One that was stopped asked nobody."""

    title: str
    answered: Rate


@dataclass(frozen=True)
class Reported:
    """One side effect: named in how many of the check-ins in which it was asked and answered."""

    term: str
    named: Rate


def captured(of: Sequence[Site], *, since: datetime | None, at: datetime, measures: Measures) -> tuple[Captured, ...]:
    asks = Ask.objects.filter(clinic_id__in=[site.id for site in of], closes_at__lte=at)
    asks = asks.exclude(state=AskState.STOPPED)
    if since is not None:
        asks = asks.filter(dose_at__gte=since)
    in_time = Q(state=AskState.ANSWERED, answered_at__lt=F("closes_at"))
    rows = asks.values_list("key").annotate(all=Count("pk"), answered=Count("pk", filter=in_time))
    found = {key: (answered, everything) for key, everything, answered in rows.order_by()}
    return tuple(
        Captured(rule.title, rules.rate(*found[rule.key], measures)) for rule in cadence() if rule.key in found
    )


def reported(of: Sequence[Site], *, since: datetime | None, measures: Measures) -> tuple[Reported, ...]:
    """The commonest first."""
    words = {effect.id: effect.term for effect in safety.side_effects()}
    clinics = [site.id for site in of]
    with connection.cursor() as cursor:
        cursor.execute(PICKED, {"clinics": clinics, "since": since or "-infinity"})
        rows = [(words[key], named, answered) for key, named, answered in cursor.fetchall() if key in words]
    rows.sort(key=lambda row: -row[1])
    return tuple(Reported(term, rules.rate(named, answered, measures)) for term, named, answered in rows if named)
