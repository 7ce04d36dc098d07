"""From a case to parts that can be predicted: which model for which dose, and what of it is S and what R."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ketacare.medicine.pharmacology import reader
from ketacare.medicine.pharmacology.kinetics import Kinetics
from ketacare.medicine.pharmacology.terms import Dose, Drug, Model, PredictionRefused, Route, Site

FILMS = ("film", "oral_film", "thin_film")
# What a product is: a name that means one drug by one route is not given as another (H1).
PRODUCTS = {"spravato": (Drug.ESKETAMINE, Route.IN)} | dict.fromkeys(FILMS, (Drug.ESKETAMINE, Route.SL))


@dataclass(frozen=True)
class Part:
    """Doses predicted by one model. `drug` is what is followed of them; `site` is where its blood is drawn."""

    kinetics: Kinetics
    drug: Drug
    doses: tuple[Dose, ...]


def default_model(dose: Dose) -> str:
    """Which model answers for this dose when none is named."""
    if dose.drug is Drug.ESKETAMINE:
        if dose.route is Route.IN or dose.route is Route.PO:
            return "perez-ruixo-2021"
        if dose.route is Route.SL and dose.product in FILMS:
            return "simons-2022"
    return "kamp-2020"


def models_of(regimen: Sequence[Dose], chosen: str | None) -> tuple[tuple[Model, tuple[Dose, ...]], ...]:
    """Each model with its doses, in the order of the regimen; refused where the chosen model cannot answer."""
    found: dict[str, list[Dose]] = {}
    faults = []
    for place, dose in enumerate(regimen):
        model = reader.model(chosen or default_model(dose))
        if dose.drug not in model.drugs or dose.route not in model.routes:
            routes, drugs = ", ".join(model.routes), ", ".join(model.drugs)
            faults.append(
                f"regimen[{place}]: {model.id} knows {drugs} by {routes}, not {dose.drug} by {dose.route}. "
                "Leave model out, or choose another."
            )
        found.setdefault(model.id, []).append(dose)
    if faults:
        raise PredictionRefused(*faults)
    return tuple((reader.model(name), tuple(doses)) for name, doses in found.items())


def site_of(model: Model, asked: Site | None) -> Site:
    """Where this model's blood is drawn: as asked where it can, else its own."""
    wanted = asked or Site.VENOUS
    return wanted if wanted in model.sites else model.sites[0]


def parts(model: Model, doses: tuple[Dose, ...], site: Site, enantiomer: Drug | None = None) -> tuple[Part, ...]:
    """What is predicted separately and added: everything given, or one enantiomer of it.

    A racemate is followed whole where the model means the racemate, and as halves of S and R where it means S.
    """
    routes = frozenset(dose.route for dose in doses)
    kinetics = Kinetics(model, routes, site)
    if enantiomer is not None:
        halves = tuple(half for dose in doses for half in _share(dose, enantiomer))
        return (Part(kinetics, enantiomer, halves),) if halves else ()
    found = []
    for drug in Drug:
        some = tuple(dose for dose in doses if dose.drug is drug)
        if some and drug is Drug.KETAMINE and model.given_as is not Drug.KETAMINE:
            found += [Part(kinetics, one, tuple(h for d in some for h in _share(d, one))) for one in _ENANTIOMERS]
        elif some:
            found.append(Part(kinetics, drug, some))
    return tuple(found)


_ENANTIOMERS = (Drug.ESKETAMINE, Drug.ARKETAMINE)


def _share(dose: Dose, enantiomer: Drug) -> tuple[Dose, ...]:
    if dose.drug is enantiomer:
        return (dose,)
    if dose.drug is Drug.KETAMINE:
        return (replace(dose, dose_mg=dose.dose_mg / 2),)
    return ()
