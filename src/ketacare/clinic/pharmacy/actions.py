"""Every movement of a controlled drug. Each takes the container's lock, moves an exact amount and writes one line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import User
from ketacare.clinic.pharmacy.models import NEEDS_WITNESS, Container, LedgerEntry, Move, Place
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.quantities.terms import Mass

THOUSANDTH = Decimal("0.001")
DIFFERENCE = "ledger-difference"
CAUSE_MOST = 200


def locked(container: Container) -> Container:
    """One container, one lock: whoever comes second sees what the first has left."""
    return Container.objects.select_for_update().get(pk=container.pk)


def exact(amount_mg: Decimal) -> Decimal:
    """Milligrams to three places; what does not fit is refused rather than rounded away."""
    rounded = amount_mg.quantize(THOUSANDTH)
    if rounded != amount_mg or rounded <= 0:
        raise Refused(
            Refusal("amount_mg", f"{amount_mg} mg is not an amount to 0.001 mg above zero.", "Check the amount.")
        )
    return rounded


def volume_of(container: Container, amount_mg: Decimal) -> Decimal | None:
    """What is counted has no volume."""
    strength = container.concentration_mg_per_ml
    return None if strength is None else (amount_mg / strength).quantize(THOUSANDTH)


def written(amount_mg: Decimal) -> str:
    return Mass(amount_mg).written()


def witnessed(by: Actor, witness: User | None, kind: Move) -> User | None:
    if witness is None and kind in NEEDS_WITNESS:
        raise Refused(
            Refusal("witness", f"{kind.label} needs a second person who saw it.", "Ask a witness to sign in.", "policy")
        )
    if witness is not None and witness.pk == by.user_id:
        raise Refused(
            Refusal("witness", "Nobody witnesses their own act.", "Ask a second person who saw it.", "policy")
        )
    return witness


def move(
    *,
    container: Container,
    kind: Move,
    source: Place,
    destination: Place,
    amount_mg: Decimal,
    by: Actor,
    at: datetime,
    visit: Visit | None = None,
    witness: User | None = None,
    reason: str = "",
    step: str | None = None,
    happened_at: datetime | None = None,
) -> LedgerEntry:
    """The one way milligrams move: lock, check, balance, line, audit."""
    access.require(by, "ledger", "C")
    amount = exact(amount_mg)
    seen_by = witnessed(by, witness, kind)
    container = locked(container)
    balance = container.balance_mg
    balance += amount if destination == Place.CONTAINER else 0
    balance -= amount if source == Place.CONTAINER else 0
    if balance < 0:
        raise Refused(
            Refusal(
                "amount_mg",
                f"{written(amount)} is more than the {written(container.balance_mg)} in {container.serial}.",
                "Choose another vial or check the amount.",
            )
        )
    Container.objects.filter(pk=container.pk).update(balance_mg=balance, version=container.version + 1)
    entry = LedgerEntry.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        happened_at=happened_at or at,
        recorded_at=at,
        recorded_by_id=by.user_id,
        container=container,
        kind=kind,
        source=source,
        destination=destination,
        amount_mg=amount,
        volume_ml=volume_of(container, amount),
        balance_after_mg=balance,
        visit=visit,
        patient=visit.patient if visit else None,
        witness=seen_by,
        reason=reason,
        step=step,
    )
    audit.note(by=by, at=at, verb=f"ledger.{kind}", on=entry, patient=visit.patient if visit else None)
    return entry


@dataclass(frozen=True)
class Product:
    """What a container holds: a solution of a strength and volume, or counted pieces of one content."""

    drug: str
    concentration_mg_per_ml: Decimal | None = None
    volume_ml: Decimal | None = None
    piece: str = ""
    piece_mg: Decimal | None = None
    pieces: int = 1

    @property
    def content_mg(self) -> Decimal:
        if self.piece_mg is not None:
            return self.piece_mg * self.pieces
        assert self.concentration_mg_per_ml is not None
        assert self.volume_ml is not None
        return self.concentration_mg_per_ml * self.volume_ml


@transaction.atomic
def receive_container(
    *, product: Product, serial: str, lot: str, expires_on: date, by: Actor, at: datetime
) -> Container:
    """A vial, device or pack comes in: its whole content moves from the supplier."""
    access.require(by, "ledger", "C")
    if Container.objects.filter(clinic_id=by.clinic_id, serial=serial).exists():
        raise Refused(Refusal("serial", f"{serial} is already in the ledger.", "Check the label; receive it once."))
    container = Container.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        created_at=at,
        drug=product.drug,
        concentration_mg_per_ml=product.concentration_mg_per_ml,
        volume_ml=product.volume_ml,
        piece=product.piece,
        piece_mg=product.piece_mg,
        content_mg=product.content_mg.quantize(THOUSANDTH),
        balance_mg=0,
        serial=serial,
        lot=lot,
        expires_on=expires_on,
    )
    move(
        container=container,
        kind=Move.RECEIVE,
        source=Place.SUPPLIER,
        destination=Place.CONTAINER,
        amount_mg=product.content_mg,
        by=by,
        at=at,
    )
    return Container.objects.get(pk=container.pk)


@transaction.atomic
def draw(*, container: Container, visit: Visit, amount_mg: Decimal, step: str, by: Actor, at: datetime) -> LedgerEntry:
    """From the vial into a syringe for one patient. An expired vial is refused."""
    if container.expires_on < local_day(at, by.zone):
        raise Refused(Refusal("container", f"{container.serial} has expired.", "Take another vial; waste this one."))
    return move(
        container=container,
        kind=Move.DRAW,
        source=Place.CONTAINER,
        destination=Place.SYRINGE,
        amount_mg=amount_mg,
        visit=visit,
        step=step,
        by=by,
        at=at,
    )


@transaction.atomic
def give(*, container: Container, visit: Visit, amount_mg: Decimal, step: str, by: Actor, at: datetime) -> LedgerEntry:
    """From the syringe into the patient: what was given, not what was planned."""
    return move(
        container=container,
        kind=Move.GIVE,
        source=Place.SYRINGE,
        destination=Place.PATIENT,
        amount_mg=amount_mg,
        visit=visit,
        step=step,
        by=by,
        at=at,
    )


@transaction.atomic
def waste(
    *,
    container: Container,
    source: Place,
    amount_mg: Decimal,
    witness: User | None,
    reason: str,
    by: Actor,
    at: datetime,
    visit: Visit | None = None,
    step: str | None = None,
) -> LedgerEntry:
    """What is left is made unusable, seen by a second person."""
    return move(
        container=container,
        kind=Move.WASTE,
        source=source,
        destination=Place.WASTE,
        amount_mg=amount_mg,
        visit=visit,
        witness=witness,
        reason=reason,
        step=step,
        by=by,
        at=at,
    )


@transaction.atomic
def return_unused(
    *,
    container: Container,
    visit: Visit,
    amount_mg: Decimal,
    witness: User | None,
    reason: str,
    by: Actor,
    at: datetime,
) -> LedgerEntry:
    """An untouched draw goes back into its vial, seen by a second person."""
    return move(
        container=container,
        kind=Move.RETURN,
        source=Place.SYRINGE,
        destination=Place.CONTAINER,
        amount_mg=amount_mg,
        visit=visit,
        witness=witness,
        reason=reason,
        by=by,
        at=at,
    )


@transaction.atomic
def discard(
    *, container: Container, visit: Visit, witness: User | None, reason: str, by: Actor, at: datetime
) -> LedgerEntry:
    """A used device, its dose given, into the controlled waste before a witness: never home, never in a bin. It holds
    nothing that the book knows of, so nothing moves; that it went there, by lot and serial, is the line."""
    access.require(by, "ledger", "C")
    seen_by = witnessed(by, witness, Move.DISCARD)
    container = locked(container)
    entry = LedgerEntry.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        happened_at=at,
        recorded_at=at,
        recorded_by_id=by.user_id,
        container=container,
        kind=Move.DISCARD,
        source=Place.PATIENT,
        destination=Place.WASTE,
        amount_mg=Decimal(0),
        balance_after_mg=container.balance_mg,
        visit=visit,
        patient=visit.patient,
        witness=seen_by,
        reason=reason,
        step=f"discard:{container.serial}"[:60],
    )
    audit.note(by=by, at=at, verb="ledger.discard", on=entry, patient=visit.patient)
    return entry


def open_case(entry: LedgerEntry, *, by: Actor, at: datetime) -> None:
    """A difference is the director's within the hour: recount by two people (L4). One vial has one case."""
    if cases_of(entry.container).exists():
        return
    within = timedelta(hours=1)
    duties.open_duty(
        kind=DIFFERENCE,
        title="Drug count differs from the book",
        patient=None,
        owner_role="MD",
        due_at=at + within,
        late_at=at + within,
        escalate_at=at + within,
        why=f"Vial {entry.container.serial}: recount by two people, then record the cause",
        link=case_link(entry.container),
        by=by,
        at=at,
    )


def case_link(container: Container) -> str:
    return f"/ledger/{container.pk}/difference/"


def cases_of(container: Container) -> QuerySet[Duty]:
    """Differences of this vial that nobody has cleared up; earlier versions named it by its serial alone."""
    of_it = Q(link=case_link(container)) | Q(link="/ledger/", why__startswith=f"Vial {container.serial}:")
    return Duty.objects.filter(of_it, clinic_id=container.clinic_id, kind=DIFFERENCE, state=DutyState.OPEN)


@transaction.atomic
def count_container(
    *, container: Container, counted_mg: Decimal, by: Actor, at: datetime, witness: User | None = None
) -> LedgerEntry:
    """What is really there, entered without sight of the book (L4). A count moves nothing; a difference is said."""
    access.require(by, "ledger", "C")
    container = locked(container)
    entry = LedgerEntry.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        happened_at=at,
        recorded_at=at,
        recorded_by_id=by.user_id,
        container=container,
        kind=Move.COUNT,
        source=Place.CONTAINER,
        destination=Place.CONTAINER,
        amount_mg=counted_mg,
        balance_after_mg=container.balance_mg,
        witness=witness,
        reason="" if counted_mg == container.balance_mg else "difference",
    )
    audit.note(by=by, at=at, verb="ledger.count", on=entry, outcome="difference" if entry.reason else "agrees")
    if entry.reason:
        open_case(entry, by=by, at=at)
    return entry


@transaction.atomic
def settle_difference(
    *, container: Container, counted_mg: Decimal, witness: User | None, cause: str, by: Actor, at: datetime
) -> LedgerEntry:
    """The director counts again with a second person and says what it was: the book then has what is there, by a line
    of its own that both have put their name to, and the case is over (L4)."""
    access.require(by, "ledger", "A")
    seen_by, words = witnessed(by, witness, Move.CORRECT), cause.strip()
    container = locked(container)
    cases = list(cases_of(container))
    found = []
    if not cases:
        found.append(Refusal("counted_ml", "No difference of this vial is open.", "Look at the ledger.", "policy"))
    counted = LedgerEntry.objects.filter(container=container, kind=Move.COUNT, reason="difference")
    since = min((case.created_at for case in cases), default=at)
    if seen_by and counted.filter(recorded_at__gte=since, recorded_by_id=seen_by.pk).exists():
        rule = f"{seen_by.name} made the count that differs, and is not both sides of it."
        found.append(Refusal("witness", rule, "Count again with another person.", "policy"))
    if not 0 <= counted_mg <= container.content_mg:
        rule = f"{counted_mg.normalize():f} mg is not between nothing and what was in it when it was full."
        found.append(Refusal("counted_ml", rule, "Count again, and enter what you see."))
    if not words:
        found.append(Refusal("cause", "The cause is empty.", "Say what it was; not found is a cause too."))
    if len(words) > CAUSE_MOST:
        found.append(Refusal("cause", f"is longer than {CAUSE_MOST} letters.", "Say it in a sentence."))
    if found:
        raise Refused(found)
    entry = count_container(container=container, counted_mg=counted_mg, witness=seen_by, by=by, at=at)
    short = container.balance_mg - counted_mg
    if short:
        places = (Place.CONTAINER, Place.DIFFERENCE) if short > 0 else (Place.DIFFERENCE, Place.CONTAINER)
        entry = move(
            container=container, kind=Move.CORRECT, source=places[0], destination=places[1], amount_mg=abs(short),
            witness=seen_by, reason=words, by=by, at=at,
        )  # fmt: skip
    for case in cases:
        duties.close_duty(case, evidence=entry, reason=words, by=by, at=at)
    return entry
