"""What a colleague outside must know of the planned treatment to say whether it may be given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.queries.vocabulary import PRODUCTS
from ketacare.clinic.people.models import Patient
from ketacare.clinic.protocols import queries as adopted
from ketacare.medicine.candidacy.terms import Route
from ketacare.medicine.candidacy.terms.pressure import ExpectedRise
from ketacare.medicine.protocols.terms import Protocol
from ketacare.medicine.quantities.terms import Mass, MassPerWeight

# As the sheet of blood pressure calls what it has figures for; of other products it has none.
RISE_OF = {Route.IV: "Racemic IV ", Route.IN: "Esketamine, "}


def planned(patient: Patient, at: datetime, zone: str) -> list[tuple[str, str]]:
    """Product and route, the doses of the protocols in force, and the rise of pressure that is to be expected."""
    so_far = queries.answer_so_far(patient, at=at, zone=zone)
    route = so_far.case.route
    if route is None:
        return [("Planned treatment", "ketamine or esketamine; product and route are not settled yet, please call us")]
    product = next(words for words, by in PRODUCTS.items() if by is route)
    protocols = [
        one
        for one in adopted.protocols_in_force(patient.clinic_id)
        if one.route == route and one.drug.split()[0] in product.split()
    ]
    doses = dict.fromkeys(dose.written() for one in protocols for dose in doses_of(one))
    told = [("Planned treatment", product)]
    told += [("Dose by our protocols", ", ".join(doses))] if doses else []
    begins = RISE_OF.get(route)
    rises = [one for one in so_far.knowledge.pressure.rises if begins and one.title.startswith(begins)]
    lacking = without_figures(doses, rises)
    told += [("Expected rise of blood pressure", "; ".join([*map(rise_in_words, rises), *lacking]) or NO_FIGURE)]
    return told


def without_figures(doses: Iterable[str], rises: Sequence[ExpectedRise]) -> list[str]:
    """Where the figures are of one dose, the others are named: nobody takes its rise for theirs."""
    named = {dose for dose in doses for rise in rises if f" {dose} " in f"{rise.title} "}
    others = [dose for dose in doses if dose not in named]
    return [f"of {', '.join(others)} our sheets have no figure"] if named and others else []


def doses_of(protocol: Protocol) -> tuple[MassPerWeight | Mass, ...]:
    """Those that may be ordered by it: the pieces it is given in, or each that the sheet itself names."""
    return (*protocol.doses,) or (protocol.dose, *protocol.listed)


NO_FIGURE = "our sheets have no figure for this route"


SUCH_A_RISE = "share with such a rise "


def rise_in_words(rise: ExpectedRise) -> str:
    """Whoever clears a heart reads how many rise far beside the mean."""
    source = ", ".join(source.citation for source in rise.systolic.sources)
    if rise.share is None:
        figures = f"systolic {rise.systolic.value} mmHg, diastolic {rise.diastolic.value} mmHg"
        return f"{rise.title}: {rise.words} {figures} ({source})"
    of_all = " to ".join(f"{value:f}" for value in rise.share.values)
    figures = f"systolic by {rise.systolic.value} mmHg or more, or diastolic by {rise.diastolic.value} mmHg or more"
    return f"{rise.title}: {of_all} % rose {figures}, {rise.words.removeprefix(SUCH_A_RISE)} ({source})"
