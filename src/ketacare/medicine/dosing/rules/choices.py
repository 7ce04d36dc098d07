"""Regimens put side by side: what is given by which way, as doses the kinetics follow, and the lines it may pass."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from ketacare.medicine.dosing.rules.descriptors import AMOUNTS, CONFIRMATION, figure, rules_by_id
from ketacare.medicine.evidence.terms import Figure, Grade, Series, Source
from ketacare.medicine.pharmacology import reader as kinetics
from ketacare.medicine.pharmacology.terms import Dose, Drug, Route
from ketacare.medicine.protocols import reader
from ketacare.medicine.protocols.terms import Phase, Protocol, TwoSteps
from ketacare.medicine.quantities.terms import Mass, MassPerWeight, Weight, plain

MG_PER_KG, MG, DEVICES = "mg/kg", "mg", "devices"
_DEVICE_SHEET, _CONTENT, _REST = "esketamine-device-1", "DEV-1", "DEV-2"
_MOST, _TWO_PEOPLE = "WD-4", "TI-5"
_STEPPED = "p-iv-2step"
_AS_ORDERED = (_STEPPED, "p-sl-home")  # their phases are parts or ceilings of one dose, not doses of their own
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Way:
    """A drug by a route. `timed` has minutes of its own; `most` names its ceilings in the sheet of amounts, `most_of`
    the sheet that has one for it alone."""

    key: str
    words: str
    drug: Drug
    route: Route
    timed: bool = False
    product: str | None = None
    most: tuple[str, ...] = ()
    stepped: bool = False
    most_of: tuple[str, str] | None = None

    @property
    def units(self) -> tuple[str, ...]:
        return (DEVICES, MG) if self.product == "spravato" else (MG_PER_KG, MG)


WAYS = (
    Way("ketamine-iv", "racemic ketamine into a vein", Drug.KETAMINE, Route.IV, timed=True,
        most=("iv_two_people", "iv_mg")),
    Way("ketamine-iv-steps", "racemic ketamine into a vein, in two steps", Drug.KETAMINE, Route.IV, timed=True,
        most=("iv_two_people", "iv_mg"), stepped=True),
    Way("ketamine-im", "racemic ketamine into a muscle", Drug.KETAMINE, Route.IM, most=("im", "im_mg")),
    Way("ketamine-in", "racemic ketamine into the nose", Drug.KETAMINE, Route.IN, timed=True,
        most_of=("p-in-rac", "routes.IN.most")),
    Way("ketamine-po", "racemic ketamine by mouth", Drug.KETAMINE, Route.PO, most=("po", "po_mg")),
    Way("ketamine-sl", "racemic ketamine under the tongue", Drug.KETAMINE, Route.SL, most=("sl_mg",)),
    Way("esketamine-in", "esketamine nasal devices", Drug.ESKETAMINE, Route.IN, product="spravato",
        most=("esketamine_mg",)),
    Way("esketamine-iv", "esketamine into a vein", Drug.ESKETAMINE, Route.IV, timed=True,
        most=("iv_two_people", "iv_mg")),
    Way("esketamine-po", "esketamine by mouth", Drug.ESKETAMINE, Route.PO, most=("po", "po_mg")),
)  # fmt: skip
_BY_KEY = {way.key: way for way in WAYS}
_DRUGS = {"ketamine (racemic)": Drug.KETAMINE, "esketamine": Drug.ESKETAMINE}


class NoSuchRegimen(ValueError):
    """A regimen that cannot be put beside another: field, rule and remedy in its words."""

    def __init__(self, field: str, words: str) -> None:
        self.field = field
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Choice:
    """One regimen: how much, in which unit, by which way, over how many minutes."""

    way: Way
    amount: Decimal
    unit: str
    minutes: Decimal | None = None

    def mass(self, weight: Weight) -> Mass:
        """In milligrams, exact; rounded once, when it is ordered."""
        if self.unit == MG_PER_KG:
            return MassPerWeight(self.amount).for_weight(weight)
        return device().times(self.amount) if self.unit == DEVICES else Mass(self.amount)

    @property
    def words(self) -> str:
        one = self.unit == DEVICES and self.amount == 1
        amount = f"{plain(self.amount)} {'device' if one else self.unit}"
        if self.way.stepped and self.minutes:
            steps, first = two_steps(), plain(two_steps().first.amount)
            rest = plain(self.minutes - steps.first.amount)
            share = plain(steps.first_share_percent)
            return f"{amount} over {plain(self.minutes)} min: {share} % in {first} min, the rest in {rest} min"
        return f"{amount} over {plain(self.minutes)} min" if self.minutes else amount


def two_steps() -> TwoSteps:
    """How an infusion in two steps is divided."""
    found = reader.protocol(_STEPPED).steps
    assert found is not None  # as the sheet writes it
    return found


def device() -> Mass:
    """What one nasal device holds."""
    return Mass(figure(rules_by_id(_DEVICE_SHEET)[_CONTENT], "device").value)


def choice(way: str, amount: Decimal, unit: str, minutes: Decimal | None) -> Choice:
    """A regimen as asked for, or NoSuchRegimen."""
    found = _BY_KEY.get(way)
    if found is None:
        raise NoSuchRegimen("way", f"Way: {way!r} is not known. Choose one of the list.")
    if unit not in found.units:
        units = " or ".join(found.units)
        raise NoSuchRegimen("unit", f"Unit: {found.words} is given in {units}, not {unit or 'nothing'}. Choose one.")
    if amount <= 0:
        raise NoSuchRegimen("amount", "Dose: must be above zero. Enter digits.")
    if found.timed and not minutes:
        raise NoSuchRegimen("minutes", "Over: an infusion has minutes. Enter them.")
    _plausible(amount, unit, minutes)
    if found.product is not None:
        _whole_devices(amount, unit)
    if found.stepped and minutes is not None:
        _second_step_fits(minutes)
    return Choice(found, amount, unit, minutes if found.timed else None)


def _plausible(amount: Decimal, unit: str, minutes: Decimal | None) -> None:
    """What no prediction is made from is refused before its course is laid out, minute by minute."""
    lines = kinetics.effect_numbers("plausible")
    longest, heaviest = Decimal(str(lines["duration_most"])), Decimal(str(lines["weight_high"]))
    if minutes is not None and minutes > longest:
        words = f"Over: {plain(minutes)} min is more than {plain(longest)}. Check the minutes."
        raise NoSuchRegimen("minutes", words)
    by_weight = Decimal(str(lines["dose_by_weight_most"]))
    in_all = by_weight * heaviest
    most = {MG_PER_KG: by_weight, MG: in_all, DEVICES: (in_all / device().amount).to_integral_value(ROUND_FLOOR)}[unit]
    if amount > most:
        words = f"Dose: {plain(amount)} {unit} is more than {plain(most)}. Check the number and its unit."
        raise NoSuchRegimen("amount", words)


def _whole_devices(amount: Decimal, unit: str) -> None:
    content = device()
    count = amount if unit == DEVICES else Mass(amount).share_of(content)
    if count != count.to_integral_value():
        raise NoSuchRegimen("amount", f"Dose: esketamine is given in whole devices of {content}. Enter a multiple.")


def _second_step_fits(minutes: Decimal) -> None:
    steps = two_steps()
    least, most = steps.first + steps.second_least, steps.first + steps.second_most
    if not least.amount <= minutes <= most.amount:
        raise NoSuchRegimen("minutes", f"Over: two steps take {least} to {most} in all. Enter minutes between.")


def doses(one: Choice, weight: Weight) -> tuple[Dose, ...]:
    """The regimen as the kinetics follow it: each device a dose of its own, with the rest of the sheet between; the
    two steps of an infusion one after the other."""
    mass = one.mass(weight)
    way, minutes = one.way, float(one.minutes or 0)
    if way.stepped:
        first, share = float(two_steps().first.amount), two_steps().first_share_percent / _HUNDRED
        half = mass.times(share)
        return (
            Dose(way.drug, way.route, 0.0, float(half.amount), first),
            Dose(way.drug, way.route, first, float((mass - half).amount), minutes - first),
        )
    if way.product is None:
        return (Dose(way.drug, way.route, 0.0, float(mass.amount), minutes),)
    content, rest = device(), float(figure(rules_by_id(_DEVICE_SHEET)[_REST], "rest").value)
    count = int(mass.share_of(content))
    return tuple(
        Dose(way.drug, way.route, number * rest, float(content.amount), product=way.product) for number in range(count)
    )


# --- lines a dose may pass --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a sheet that a dose passes: what the order will ask or refuse, and who says so."""

    words: str
    refused: bool
    grade: Grade
    sources: tuple[Source, ...]


def lines_passed(one: Choice, weight: Weight) -> tuple[Line, ...]:
    """Caps first, then what two people or the prescriber must confirm."""
    mass = one.mass(weight)
    return (*_over_most(one, mass, weight), *_confirmed(one, mass), *_two_people(one, mass, weight))


def _over_most(one: Choice, mass: Mass, weight: Weight) -> Iterator[Line]:
    rule = rules_by_id(AMOUNTS)[_MOST]
    lines = [figure(rule, name) for name in one.way.most]
    if one.way.most_of is not None:
        sheet, name = one.way.most_of
        lines.append(reader.protocol(sheet).figures[name])
    for most in lines:
        if mass > _in_mg(most, weight):
            words = f"Above the most of a single dose, {plain(most.value)} {most.unit}: no order may be written for it."
            yield Line(words, True, most.grade, most.sources)


def _in_mg(line: Figure, weight: Weight) -> Mass:
    return MassPerWeight(line.value).for_weight(weight) if line.unit == MG_PER_KG else Mass(line.value)


def _confirmed(one: Choice, mass: Mass) -> Iterator[Line]:
    line = figure(rules_by_id(AMOUNTS)[CONFIRMATION], "confirm_over")
    if one.way.route is Route.IV and mass > Mass(line.value):
        words = f"Above {plain(line.value)} {line.unit}: the prescriber confirms it when the order is written."
        yield Line(words, False, line.grade, line.sources)


def _two_people(one: Choice, mass: Mass, weight: Weight) -> Iterator[Line]:
    rule = rules_by_id("titration-1")[_TWO_PEOPLE]
    over, under = figure(rule, "over_by_weight"), figure(rule, "under_minutes")
    if one.way.route is Route.IV and mass > MassPerWeight(over.value).for_weight(weight):
        quick = one.minutes is not None and one.minutes < under.value
        soon = f" in under {plain(under.value)} min" if quick else ""
        words = f"Above {plain(over.value)} {over.unit}{soon}: two people say why."
        yield Line(words, False, rule.grade, rule.sources)


# --- from the sheets --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Preset:
    """A dose of a published sheet, or why it cannot be drawn."""

    sheet_id: str
    title: str
    phase: str
    choice: Choice | None
    why_not: str = ""


NO_MODEL = "No model of this route is published: no course can be drawn."
NO_DOSE = "The sheet gives no single dose."


def drug_of(name: str) -> Drug | None:
    """The drug of a sheet, as the kinetics and the rules between sessions call it."""
    return _DRUGS.get(name)


def way_of(drug: str, route: str, *, stepped: bool = False) -> Way | None:
    """The way of a sheet's drug and route, if a model knows it."""
    known, ways = _DRUGS.get(drug), (way for way in WAYS if way.stepped is stepped)
    return next((way for way in ways if way.drug is known and way.route == route.lower()), None)


def presets() -> tuple[Preset, ...]:
    """Every dose of every protocol sheet, in the order of the sheets."""
    return tuple(
        preset
        for sheet_id in dict.fromkeys((*reader.PROTOCOLS, *reader.REGIMENS))
        for preset in (
            (of_protocol(reader.protocol(sheet_id)),)
            if sheet_id in _AS_ORDERED or sheet_id not in reader.REGIMENS
            else _of_regimen(sheet_id)
        )
    )


def of_protocol(sheet: Protocol) -> Preset:
    """The first dose of a protocol."""
    way = way_of(sheet.drug, sheet.route, stepped=sheet.steps is not None)
    if way is None:
        return Preset(sheet.id, sheet.title, "", None, NO_MODEL)
    minutes = None if sheet.minutes is None else sheet.minutes.amount
    return Preset(sheet.id, sheet.title, "", _in_units(way, sheet.dose.amount, sheet.dose.unit, minutes))


def _of_regimen(sheet_id: str) -> tuple[Preset, ...]:
    sheet = reader.regimen(sheet_id)
    way, title = way_of(sheet.drug, sheet.route), sheet.header.title
    if sheet.refused is not None:
        return (Preset(sheet_id, title, "", None, f"{sheet.refused.words} ({sheet.refused.rule})."),)
    found: dict[Choice, Preset] = {}
    for phase in sheet.phases if way is not None else ():
        for one in _choices(phase, way):
            found.setdefault(one, Preset(sheet_id, title, phase.name, one))
    return tuple(found.values()) or (Preset(sheet_id, title, "", None, NO_MODEL if way is None else NO_DOSE),)


def _choices(phase: Phase, way: Way | None) -> Iterator[Choice]:
    dose, minutes = phase.figures.get("dose"), phase.figures.get("minutes")
    if dose is None or way is None:
        return
    for amount in _values(dose):
        for over in _values(minutes) if minutes is not None and way.timed else (None,):
            yield _in_units(way, amount, dose.unit, over)


def _values(numbers: Figure | Series) -> tuple[Decimal, ...]:
    return numbers.values if isinstance(numbers, Series) else (numbers.value,)


def _in_units(way: Way, amount: Decimal, unit: str, minutes: Decimal | None) -> Choice:
    if way.product is not None:
        return Choice(way, Mass(amount).share_of(device()), DEVICES)
    return Choice(way, amount, unit, minutes if way.timed else None)
