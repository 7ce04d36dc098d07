"""What people type at the chair, turned into values; every refusal at once, beside its field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ketacare.clinic.dosing.asked import as_typed
from ketacare.clinic.dosing.queries.checklist import SAME, OfTheDay
from ketacare.clinic.dosing.queries.facts import Known, known
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.monitoring import reader
from ketacare.medicine.monitoring.rules import entry
from ketacare.medicine.monitoring.terms import Channel, Remark
from ketacare.medicine.quantities.terms import ImpossibleAmount, Weight

Typed = Mapping[str, str]
_PLAIN = re.compile(r"[0-9]{1,9}(\.[0-9]{0,9})?|\.[0-9]{1,9}")
_DECIMAL_COMMA = re.compile(r"0,[0-9]+|[0-9]+,[0-9]{1,2}")  # no group of thousands begins with 0 or has two digits
_TWO_WAYS = re.compile(r"[0-9]+(,[0-9]+)+(\.[0-9]+)?")


@dataclass
class Reader:
    """Reads one form and remembers what was wrong with it; `done()` raises everything together (E2)."""

    typed: Typed
    refusals: list[Refusal] = field(default_factory=list)

    def text(self, name: str) -> str:
        return self.typed.get(name, "").strip()

    def need(self, name: str, words: str) -> str:
        value = self.text(name)
        if not value:
            self.refuse(name, words, "")
        return value

    def refuse(self, name: str, rule: str, remedy: str, kind: Any = "impossible") -> None:
        self.refusals.append(Refusal(name, rule, remedy, kind))

    def amount(self, name: str, what: str, unit: str) -> Decimal | None:
        """An exact number as typed; anything else is refused with the unit it should have. A comma is a decimal point
        where it can be nothing else, and never left out: 0,5 is a half and not five (H2)."""
        typed = self.text(name)
        text = typed.replace(",", ".") if _DECIMAL_COMMA.fullmatch(typed) else typed
        if _PLAIN.fullmatch(text):
            return Decimal(text)
        if _TWO_WAYS.fullmatch(text):
            self.refuse(name, f"{what}: {typed} can be read in two ways.", f"Write it with a point or none, in {unit}.")
        elif typed:
            self.refuse(name, f"{what}: {typed} is not a number.", f"Enter digits in {unit}.")
        return None

    def needed_amount(self, name: str, what: str, unit: str) -> Decimal:
        value = self.amount(name, what, unit)
        if value is None and not any(refusal.field == name for refusal in self.refusals):
            self.refuse(name, f"{what} is empty.", f"Enter it in {unit}.")
        return value if value is not None else Decimal(0)

    def positive(self, name: str, what: str, unit: str) -> Decimal:
        """An amount that must be there and above zero. One where it is not, which `done()` then refuses."""
        value = self.needed_amount(name, what, unit)
        if not value and not any(refusal.field == name for refusal in self.refusals):
            self.refuse(name, f"{what} is zero.", f"Enter more than zero, in {unit}.")
        return value or Decimal(1)

    def confirms(self, name: str) -> bool:
        """What was asked about once and said to be right as entered: that value, and none written over it since."""
        return name in self.text("confirm").split() and self.text(f"{name}_asked") == as_typed(self.typed, name)

    def answer(self, name: str) -> bool | None:
        """Yes, no, or not answered: the last is not no."""
        return {"yes": True, "no": False}.get(self.text(name))

    def day(self, name: str, what: str) -> date | None:
        text = self.text(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.refuse(name, f"{what}: {text} is not a date.", "Choose it from the calendar.")
            return None

    def moment(self, name: str, at: datetime, zone: str, began_at: datetime | None = None) -> datetime | None:
        """0930, -5 or t+40; empty is nothing."""
        if not self.text(name):
            return None
        found = entry.parse_time(self.text(name), at=at.astimezone(ZoneInfo(zone)), began_at=began_at)
        if isinstance(found, Remark):
            self.refuse(name, f"Time {found.rule}", found.remedy)
            return None
        return found

    def done(self) -> None:
        if self.refusals:
            raise Refused(self.refusals)


# --- vital signs -----------------------------------------------------------------------------------------------------

SCORES = {"moaas": Channel.MOAAS, "distress": Channel.DISTRESS}


def vital_signs(form: Reader) -> dict[Channel, Decimal]:
    """A set of vital signs as typed, in three tiers: impossible refused, unlikely asked once, abnormal accepted."""
    limits, likely = reader.limits(), reader.likely()
    parsers: dict[str, Callable[[str], Any]] = {
        "bp": lambda text: entry.parse_blood_pressure(text, limits, likely),
        "hr": lambda text: entry.parse_rate(text, Channel.HR, limits, likely),
        "spo2": lambda text: entry.parse_spo2(text, limits, likely),
        "rr": lambda text: entry.parse_rate(text, Channel.RR, limits, likely),
        "etco2": lambda text: entry.parse_end_tidal_co2(text, limits, likely),
        "temp": lambda text: entry.parse_temperature(text, limits, likely),
        **{name: score_parser(channel) for name, channel in SCORES.items()},
    }
    values: dict[Channel, Decimal] = {}
    for name, parse in parsers.items():
        if form.text(name):
            values |= understood(form, name, parse(form.text(name)))
    return values


def score_parser(channel: Channel) -> Callable[[str], Any]:
    return lambda text: entry.parse_rate(text, channel, reader.limits(), reader.likely())


def understood(form: Reader, name: str, read: Any) -> dict[Channel, Decimal]:
    for remark in read.remarks:
        if not read.accepted:
            form.refuse(name, f"{remark.field} {remark.rule}", remark.remedy)
    if read.accepted and not form.confirms(name):
        for remark in read.to_confirm:
            form.refuse(name, f"{remark.field}: {remark.rule}", remark.remedy, "unlikely")
    return dict(read.values) if read.accepted else {}


def weight(form: Reader) -> Weight | None:
    """Kilograms, or pounds when `lb` stands after the number; both are shown back (H3)."""
    text = form.need("weight", "Weight is empty.").lower()
    match = re.fullmatch(r"(\d{1,3}(?:[.,]\d)?)\s*(kg|lb|lbs)?", text)
    if match is None:
        form.refuse("weight", f"Weight: {text} is not a weight.", "Write 72.5, or 160 lb.")
        return None
    number = match[1].replace(",", ".")
    try:
        return Weight.from_pounds(number) if (match[2] or "").startswith("lb") else Weight.of(number)
    except ImpossibleAmount as wrong:
        form.refuse("weight", str(wrong), "")
        return None


# --- the readiness list ----------------------------------------------------------------------------------------------


def identity_facts(form: Reader, *, agrees: bool) -> dict[str, Known]:
    form.need("birth_year", "Birth year is empty.")
    form.need("initials", "Initials are empty.")
    return {"identity_two_identifiers": known(agrees)}


def escort_facts(form: Reader) -> dict[str, Known]:
    """Named with phone and arrival is an escort; reached by phone only is something else; none is none."""
    standing = form.need("escort", "Say whether there is an escort.")
    facts = {"escort": known(standing)}
    if standing == "named":
        facts["escort_name"] = known(form.need("escort_name", "The escort's name is empty."))
        facts["escort_phone"] = known(form.need("escort_phone", "The escort's telephone is empty."))
        facts["escort_arrives"] = known(form.need("escort_arrives", "The arrival time is empty."))
    if form.text("escort_relation"):
        facts["escort_relation"] = known(form.text("escort_relation"))
    return facts


def fasting_facts(form: Reader, at: datetime, zone: str) -> dict[str, Known]:
    """Clock times of the last food and drink; a time still to come today was yesterday's."""
    facts = {}
    for name in ("solids_at", "clear_fluids_at"):
        text = form.text(name)
        if text and (moment := clock_before(form, name, text, at, zone)):
            facts[name] = known(moment)
    return facts


def clock_before(form: Reader, name: str, text: str, at: datetime, zone: str) -> datetime | None:
    match = re.fullmatch(r"(\d{1,2}):?(\d{2})", text)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        form.refuse(name, f"{text} is not a time of day.", "Write it as 2130.")
        return None
    local = at.astimezone(ZoneInfo(zone)).replace(hour=int(match[1]), minute=int(match[2]), second=0, microsecond=0)
    return local if local <= at else local - timedelta(days=1)


def pregnancy_facts(form: Reader) -> dict[str, Known]:
    possible = form.answer("childbearing_potential")
    if possible is None:
        form.refuse("childbearing_potential", "Say whether pregnancy is possible.", "Not applicable is an answer too.")
        return {}
    facts = {"childbearing_potential": known(possible)}
    tested_on = form.day("pregnancy_tested_on", "Date of the test")
    if possible and form.text("pregnancy_test"):
        facts["pregnancy_test"] = known(form.text("pregnancy_test"))
    if possible and tested_on:
        facts["pregnancy_tested_on"] = known(tested_on)
    return facts


def allergies_facts(form: Reader) -> dict[str, Known]:
    said = form.need("ketamine_allergy", "Say whether there is an allergy to ketamine.")
    if said == "yes" and form.text("list") == "none_known":
        form.refuse(
            "list", "Allergic to ketamine, and no known allergies: answered both ways.", "Choose which is right."
        )
    return {"ketamine_allergy": known(said)}


STATES = (
    ("as planned", "As planned for"),
    ("agitated", "Agitated"),
    ("suspicious", "Suspicious or paranoid"),
    ("new psychosis", "New or active psychosis"),
    ("mania", "Mania, hypomania or a mixed episode"),
    ("delirium", "Delirium"),
)
EVENTS = (
    ("none", "Nothing new"),
    ("fall", "A fall"),
    ("emergency visit", "An emergency visit"),
    ("heart symptom", "A new symptom of the heart"),
    ("nerve symptom", "A new symptom of the nerves"),
    ("chest pain", "Chest pain"),
    ("signs of a stroke", "Signs of a stroke, also if they passed"),
)
REGISTER = (
    ("nothing new", "Nothing new"),
    ("new sedative or ketamine", "A new sedative, or ketamine elsewhere that was told"),
    ("undisclosed ketamine", "Ketamine elsewhere that was not told"),
    ("no register", "There is no register here"),
)
LAST_SESSION = (
    ("reviewed", "Reviewed, nothing open"),
    ("first session", "This is the first"),
    ("grade 2 not addressed", "A grade 2 event is not addressed"),
    ("grade 3 unresolved", "A grade 3 event is not resolved"),
)
ACCESS = (
    ("flushes", "20 to 22 G, flushes"),
    ("more than 2 attempts", "Only after more than 2 attempts"),
    ("none", "None"),
)


def state_facts(form: Reader) -> dict[str, Known]:
    """What is seen and told today; each is left open where it was not asked."""
    facts = chosen(form, mental_state=STATES, new_event=EVENTS)
    seen = form.answer("visibly_intoxicated")
    panic = score(form, "panic_nrs", "Panic or fear")
    if seen is not None:
        facts["visibly_intoxicated"] = known(seen)
    if panic is not None:
        facts["panic_nrs"] = known(panic, "{score}")
    return facts


def records_facts(form: Reader) -> dict[str, Known]:
    """What the register said and on which day, and whether the last session was gone over."""
    facts = chosen(form, pdmp_found=REGISTER, last_session=LAST_SESSION)
    looked_up = form.day("pdmp_looked_up_on", "Day of the look-up")
    if looked_up is not None:
        facts["pdmp_looked_up_on"] = known(looked_up)
    return facts


def today_facts(form: Reader, asked: Iterable[OfTheDay]) -> dict[str, Known]:
    """What only this day can answer; a question that is left open stays open."""
    facts: dict[str, Known] = {}
    for one in asked:
        name, typed = one.kind.name, typed_beside(form, one)
        # What stands comes back checked with every form, and no browser can take a lone choice out again.
        if typed is not None and form.text(name) not in ("", one.answered):
            form.refuse(name, f"{one.kind.title}: answered both ways.", BOTH_WAYS[one.kind.kind])
        elif typed is not None:
            facts[name] = known(typed, one.kind.unit)
        elif one.before is not None and form.text(name) == SAME:
            facts[name] = known(one.before)
        elif one.kind.choices:
            facts |= chosen(form, **{name: one.choices})
        elif (said := form.answer(name)) is not None:
            facts[name] = known(said)
    return facts


BOTH_WAYS = {
    "hours or no": "Choose one, or type how many hours ago.",
    "date or no": "Choose one, or the day on which it was.",
    "number": "Type the number alone.",
}


def typed_beside(form: Reader, one: OfTheDay) -> Decimal | date | None:
    """Hours ago, the day of an event, or a number, in the field beside what is pressed."""
    name, title = one.kind.name, one.kind.title
    match one.kind.kind:
        case "hours or no":
            return form.amount(f"{name}_ago", title, "hours")
        case "date or no":
            return form.day(f"{name}_when", title)
        case "number":
            return form.amount(f"{name}_read", title, one.kind.unit or "")
    return None


def room_facts(form: Reader) -> dict[str, Known]:
    facts = chosen(form, iv_access=ACCESS)
    for name in ("room_ready", "rems_met"):
        if (said := form.answer(name)) is not None:
            facts[name] = known(said)
    return facts


def chosen(form: Reader, **offered: tuple[tuple[str, str], ...]) -> dict[str, Known]:
    """Answers among those offered; any other text is refused, an empty one leaves the question open."""
    facts = {}
    for name, choices in offered.items():
        text = form.text(name)
        if text and text not in dict(choices):
            form.refuse(name, f"{text} is not one of the answers.", "Choose one.")
        elif text:
            facts[name] = known(text)
    return facts


def consent_facts(form: Reader) -> dict[str, Known]:
    standing = form.need("consent", "Say what the patient said.")
    return {"consent": known(standing)}


# --- release ---------------------------------------------------------------------------------------------------------

YES_NO_CRITERIA = (
    "romberg", "gait", "on_air", "fluids_kept", "vomited", "frightening_perceptions", "new_suicidal_or_violent_intent",
    "safety_plan_held", "line_out", "site_fine", "pain_acceptable", "escort_present", "escort_told", "transport_seen",
    "instructions_taught_back", "emergency_number_given", "dizzy_standing",
)  # fmt: skip
# Found by measuring, with the unit each is kept in.
MEASURED = (
    ("standing_fall_sbp", "Fall of systolic on standing", "mm[Hg]"),
    ("standing_fall_dbp", "Fall of diastolic on standing", "mm[Hg]"),
    ("walk_s", "Timed walk", "s"),
)


def criteria(form: Reader) -> dict[str, Known]:
    """What was found after the dose; a question left open is not written."""
    facts = {name: known(answer) for name in YES_NO_CRITERIA if (answer := form.answer(name)) is not None}
    orientation = form.amount("orientation", "Orientation", "points of 5")
    if orientation is not None and orientation > 5:
        form.refuse("orientation", f"Orientation: {orientation} of 5 cannot be.", "Enter 0 to 5.")
    elif orientation is not None:
        facts["orientation"] = known(orientation, "{score}")
    for name, label, unit in MEASURED:
        amount = form.amount(name, label, unit)
        if amount is not None:
            facts[name] = known(amount, unit)
    for name in ("escort_name", "escort_relation", "escort_phone", "next_contact"):
        if form.text(name):
            facts[name] = known(form.text(name))
    return facts


def score(form: Reader, name: str, label: str) -> Decimal | None:
    value = form.amount(name, label, "points of 10")
    if value is not None and (value > 10 or value != value.to_integral_value()):
        form.refuse(name, f"{label}: {value} is not 0 to 10.", "Enter a whole number from 0 to 10.")
    return value
