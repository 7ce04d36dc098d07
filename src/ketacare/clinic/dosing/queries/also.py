"""What is watched all the time beside the flowsheet of this person: 3-lead ECG, capnography, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import as_needed, effects, going_home, schedule
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.rules.also_watched import CAPNOGRAPHY
from ketacare.medicine.dosing.terms import AlsoWatched
from ketacare.medicine.evidence.terms import Fact, Facts
from ketacare.medicine.monitoring.terms import Channel

BY_VEIN = "IV"


@dataclass(frozen=True)
class Line:
    """`wanted` is None while nobody can say."""

    name: str
    title: str
    wanted: bool | None
    words: str
    unseen: bool = False


def lines(
    session: Session, order: Ordered | None, latest: Mapping[Channel, Any] | None, at: datetime, zone: str
) -> list[Line]:
    """Those that are wanted, or of which nobody can say; what no monitor and nobody gave since is said to be so."""
    found = rules.also_watched(Facts(facts(session, order, at, zone)), schedule.protocol_of(session))
    unseen = latest is not None and Channel.ETCO2 not in latest
    return [line(one, unseen=unseen and one.name == CAPNOGRAPHY) for one in found if one.wanted is not False]


def wants_breath(lines: Iterable[Line]) -> bool:
    """Whether the carbon dioxide of breath is to be watched."""
    return any(one.name == CAPNOGRAPHY and one.wanted for one in lines)


def line(one: AlsoWatched, *, unseen: bool) -> Line:
    if one.wanted is None:
        return Line(one.name, one.title, None, f"not known: {', '.join(one.unknown)}")
    return Line(one.name, one.title, True, ", ".join(one.because), unseen)


def facts(session: Session, order: Ordered | None, at: datetime, zone: str) -> list[Fact]:
    local = at.astimezone(ZoneInfo(zone))
    given = [row.body["name"] for row in as_needed.given(session)]
    found = [
        going_home.age(session, local),
        *candidacy.watched_more(session.visit.patient, given, at=at, zone=zone),
        Fact("sedative_given", bool(as_needed.drowsy_at(session)), None, local, "timeline"),
    ]
    if order is not None and order.route == BY_VEIN and order.dose_mg_per_kg is not None:
        found.append(Fact("dose_mg_per_kg", Decimal(order.dose_mg_per_kg), "mg/kg", local, "order"))
    deepest = effects.least(effects.values(session, [Channel.MOAAS])[Channel.MOAAS])
    return found if deepest is None else [*found, Fact("moaas_lowest", deepest, "{score}", local, "readings")]
