"""Reads of the ledger that other rooms share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.pharmacy.models import Container, LedgerEntry, Move, Place
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.days import local_day

NOTHING = Decimal("0.000")


@dataclass(frozen=True)
class VisitAmounts:
    """What one visit did with the drug. Each is a sum of ledger lines; planned never stands among them (E8)."""

    drawn_mg: Decimal
    given_mg: Decimal
    wasted_mg: Decimal
    returned_mg: Decimal
    vial_wasted_mg: Decimal

    @property
    def open_mg(self) -> Decimal:
        """Still in the syringe, as far as the book knows. Must be nothing before the session closes (L6)."""
        return self.drawn_mg - self.given_mg - self.wasted_mg - self.returned_mg


NONE_MOVED = VisitAmounts(NOTHING, NOTHING, NOTHING, NOTHING, NOTHING)


def containers_in_stock(*, clinic_id: UUID, drug: str, on: date) -> QuerySet[Container]:
    return Container.objects.filter(clinic_id=clinic_id, drug=drug, balance_mg__gt=0, expires_on__gte=on).order_by(
        "concentration_mg_per_ml", "piece_mg", "expires_on", "serial"
    )


def amounts_of(visit: Visit) -> VisitAmounts:
    return amounts_by_visit([visit])[visit.pk]


def amounts_by_visit(visits: Iterable[Visit]) -> dict[UUID, VisitAmounts]:
    """The sums of every visit given, in one question however long the course is."""
    ids = [visit.pk for visit in visits]
    sums = {
        "drawn_mg": _total(Move.DRAW),
        "given_mg": _total(Move.GIVE),
        "wasted_mg": _total(Move.WASTE, source=Place.SYRINGE),
        "returned_mg": _total(Move.RETURN),
        "vial_wasted_mg": _total(Move.WASTE, source=Place.CONTAINER),
    }
    by_visit = LedgerEntry.objects.filter(visit__in=ids).values("visit_id").annotate(**sums)
    rows = by_visit.values_list("visit_id", *sums)
    found = {visit_id: VisitAmounts(**dict(zip(sums, moved, strict=True))) for visit_id, *moved in rows}
    return {visit_id: found.get(visit_id, NONE_MOVED) for visit_id in ids}


def _total(kind: Move, **more: str) -> Sum:
    return Sum("amount_mg", filter=Q(kind=kind, **more), default=NOTHING)


def entries_of(visit: Visit) -> list[LedgerEntry]:
    return list(
        LedgerEntry.objects.filter(visit=visit)
        .select_related("container", "recorded_by", "witness")
        .order_by("recorded_at", "id")
    )


def open_in(visit: Visit) -> list[tuple[Container, Decimal]]:
    """What was drawn and has no place yet, by the container it came from."""
    of_syringe = Q(kind=Move.WASTE, source=Place.SYRINGE) | Q(kind__in=(Move.GIVE, Move.RETURN))
    drawn, placed = (
        Sum("amount_mg", filter=Q(kind=Move.DRAW), default=NOTHING),
        Sum("amount_mg", filter=of_syringe, default=NOTHING),
    )
    rows = LedgerEntry.objects.filter(visit=visit).values("container_id").annotate(open_mg=drawn - placed)
    left = {row["container_id"]: row["open_mg"] for row in rows if row["open_mg"] > 0}
    found = Container.objects.filter(pk__in=left).order_by("serial")
    return [(container, left[container.pk]) for container in found]


def used_in(visit: Visit) -> list[Container]:
    """What was counted by itself and given here, a device in the hand, and is not in the controlled waste yet."""
    rows = LedgerEntry.objects.filter(visit=visit)
    gone = rows.filter(kind=Move.DISCARD).values("container_id")
    given = rows.filter(kind=Move.GIVE).exclude(container_id__in=gone).values("container_id")
    return list(Container.objects.filter(pk__in=given, piece="device").order_by("serial"))


def given_between(patient: Patient, since: datetime, until: datetime) -> Decimal:
    """What the book says this patient was given in a time."""
    rows = LedgerEntry.objects.filter(patient=patient, kind=Move.GIVE, happened_at__gte=since, happened_at__lt=until)
    total: Decimal = rows.aggregate(total=Sum("amount_mg", default=NOTHING))["total"]
    return total


@dataclass(frozen=True)
class Unplaced:
    """Lines and containers whose amounts another nurse must not read yet."""

    entries: frozenset[UUID]
    containers: frozenset[UUID]


def drawn_by_others(actor: Actor) -> Unplaced:
    """What somebody else holds in a syringe at this moment. Whoever reads its amount here could not check it blind, so
    the book shows it once it has been given, wasted or put back."""
    of_syringe = Q(kind=Move.WASTE, source=Place.SYRINGE) | Q(kind__in=(Move.GIVE, Move.RETURN))
    drawn = Sum("amount_mg", filter=Q(kind=Move.DRAW), default=NOTHING)
    placed = Sum("amount_mg", filter=of_syringe, default=NOTHING)
    rows = LedgerEntry.objects.filter(clinic_id=actor.clinic_id, visit__isnull=False)
    still = rows.values("visit_id").annotate(open_mg=drawn - placed).filter(open_mg__gt=0).values("visit_id")
    theirs = rows.filter(kind=Move.DRAW, visit_id__in=still).exclude(recorded_by_id=actor.user_id)
    found = list(theirs.values_list("pk", "container_id"))
    return Unplaced(frozenset(pk for pk, _ in found), frozenset(container for _, container in found))


def drawn_container(visit: Visit) -> Container | None:
    """The vial of the latest draw of this visit."""
    entry = LedgerEntry.objects.filter(visit=visit, kind=Move.DRAW).order_by("recorded_at").last()
    return entry.container if entry else None


def containers(actor: Actor) -> list[Container]:
    """Vials that still hold something, soonest to expire first."""
    access.require(actor, "ledger", "R")
    return list(Container.objects.filter(clinic_id=actor.clinic_id, balance_mg__gt=0).order_by("expires_on", "serial"))


def still_to_count(actor: Actor, vials: Iterable[Container], *, at: datetime) -> frozenset[UUID]:
    """Of these, what this person can count blind: they have entered no count of it today since it last moved. What the
    book says is left stays off their page until they have (L4). Whoever may not count has nothing to be blind to."""
    if not access.may(actor, "ledger", "C"):
        return frozenset()
    found = {vial.pk for vial in vials}
    rows = LedgerEntry.objects.filter(container_id__in=found).values_list("container_id", "recorded_at")
    moved: dict[UUID, datetime] = {}
    for vial, when in rows.exclude(kind=Move.COUNT):
        moved[vial] = max(when, moved.get(vial, when))
    theirs = rows.filter(kind=Move.COUNT, recorded_by_id=actor.user_id)
    today = local_day(at, actor.zone)
    counted = {vial for vial, when in theirs if local_day(when, actor.zone) == today and when >= moved.get(vial, when)}
    return frozenset(found - counted)


def register(actor: Actor) -> list[LedgerEntry]:
    """The last lines of the register, newest first."""
    access.require(actor, "ledger", "R")
    rows = LedgerEntry.objects.filter(clinic_id=actor.clinic_id)
    return list(rows.select_related("container", "recorded_by", "witness").order_by("-recorded_at", "-id")[:200])


COUNTS_SHOWN = 12


def counts_of(container: Container) -> list[LedgerEntry]:
    """Who counted this vial when, and whether the book agreed; newest first."""
    rows = LedgerEntry.objects.filter(container=container, kind=Move.COUNT).select_related("recorded_by", "witness")
    return list(rows.order_by("-recorded_at", "-id")[:COUNTS_SHOWN])
