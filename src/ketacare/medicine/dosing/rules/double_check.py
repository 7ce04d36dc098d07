"""The blind second entry: two people, two sign-ins, one comparison that names fields and never values (H2)."""

from ketacare.medicine.dosing.terms import DoseEntry, Order, Working
from ketacare.medicine.quantities.terms import Mass, MassPerWeight, Weight


def compare(first: DoseEntry, second: DoseEntry) -> tuple[str, ...]:
    """The fields that differ, by name only: naming a value would unblind the second person. What the first entry does
    not have (a pump rate of a lozenge) is not asked of the second."""
    pairs: dict[str, tuple[object, object]] = {
        "patient": (first.patient.strip().casefold(), second.patient.strip().casefold()),
        "drug": (first.drug.strip().casefold(), second.drug.strip().casefold()),
        "route": (first.route or None, second.route),
        "dose": (first.dose, second.dose),
        "concentration": (first.concentration, second.concentration),
        "volume": (first.volume, second.volume),
        "total": (first.total, second.total),
        "rate": (first.rate, second.rate),
        "pieces": (first.pieces, second.pieces),
        "serials": (frozenset(first.serials), frozenset(second.serials)),
    }
    return tuple(field for field, (one, other) in pairs.items() if one not in (None, frozenset()) and one != other)


def planned_entry(patient: str, drug: str, order: Order, working: Working) -> DoseEntry:
    """What the second person ought to arrive at, blind."""
    return DoseEntry(
        patient,
        drug,
        working.drawn,
        concentration=order.vial,
        volume=working.draw,
        total=None if working.rate is None else working.total,
        rate=working.rate,
        pieces=working.pieces,
        route=order.protocol.route,
    )


def per_kg(dose: Mass, weight: Weight) -> MassPerWeight:
    """The same dose by weight, shown beside the absolute one (H2)."""
    return dose.per_kg(weight).rounded()
