"""Measures, vital signs and lists as they are typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from ketacare.clinic.people.models import AllergyState, BodyMeasure
from ketacare.clinic.tenancy.asked import question
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.dosing import rules as dosing
from ketacare.medicine.monitoring import reader as monitoring
from ketacare.medicine.monitoring.rules.entry import parse_blood_pressure, parse_rate, parse_spo2
from ketacare.medicine.monitoring.terms import Channel, Entry, Tier
from ketacare.medicine.protocols import reader as protocols
from ketacare.medicine.quantities.terms import ImpossibleAmount, Weight

_WEIGHT = re.compile(r"(\d{1,4}(?:[.,]\d{1,2})?)\s*(kg|lbs?)?", re.IGNORECASE)


@dataclass(frozen=True)
class Weighed:
    weight: Weight
    height_cm: Decimal | None
    typed: str


def weighed(post: QueryDict, last: BodyMeasure | None, height: BodyMeasure | None) -> Weighed:
    """A weight in kg or lb, held against the last one and the height; an unlikely one is asked about once (H3)."""
    weight = weight_from(post.get("weight_kg", ""))
    height_cm = height_from(post.get("height_cm", ""))
    known_height = height_cm or (height.height_cm if height else None)
    lines = protocols.protocol(protocols.PROTOCOLS[0]).weight
    asked = dosing.weight_holds(weight, lines, dosing=Weight(last.weight_kg) if last else None, height_cm=known_height)
    holds = [hold.words for hold in asked if hold.kind == "ask"]
    about = ("weight_kg", "height_cm")
    open_still = [one for words in holds for one in question(post, "weight_kg", words, "", about=about)]
    if open_still:
        raise Refused(open_still)
    return Weighed(weight, height_cm, post.get("weight_kg", "").strip())


def weight_from(text: str) -> Weight:
    match = _WEIGHT.fullmatch(text.strip())
    if match is None:
        raise Refused(Refusal("weight_kg", f"Weight: {text!r} is not a weight.", "Write 72, or 158 lb."))
    number = match[1].replace(",", ".")
    try:
        weight = (
            Weight.from_pounds(number) if (match[2] or "").lower().startswith("lb") else Weight.of(number).rounded()
        )
    except ImpossibleAmount as fault:
        raise Refused(Refusal("weight_kg", str(fault), ""))
    if not Decimal(20) <= weight.amount <= Decimal(400):
        raise Refused(Refusal("weight_kg", f"Weight: {weight} is outside 20 to 400 kg.", "Weigh again."))
    return weight


def height_from(text: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        height = Decimal(text.strip().replace(",", ".").removesuffix("cm").strip())
    except ArithmeticError:
        raise Refused(Refusal("height_cm", f"Height: {text!r} is not a height.", "Write centimetres, as 170."))
    if not Decimal(90) <= height <= Decimal(250):
        words = f"Height: {height} cm is outside 90 to 250."
        raise Refused(Refusal("height_cm", words, "If you measured in inches, multiply by 2.54."))
    return height.quantize(Decimal("0.1"))


def vitals_from(post: QueryDict) -> dict[str, int | None]:
    """Pressure as it is said, pulse and saturation if taken; impossible is refused, unlikely asked about once."""
    limits, likely = monitoring.limits(), monitoring.likely()
    pressure = parse_blood_pressure(post.get("pressure", ""), limits, likely)
    pulse_typed, spo2_typed = post.get("pulse", "").strip(), post.get("spo2", "").strip()
    pulse = parse_rate(pulse_typed, Channel.HR, limits, likely) if pulse_typed else None
    spo2 = parse_spo2(spo2_typed, limits, likely) if spo2_typed else None
    typed = {"pressure": pressure, "pulse": pulse, "spo2": spo2}
    faults = [fault for name, entry in typed.items() if entry for fault in faults_in(name, entry, post)]
    if faults:
        raise Refused(faults)
    return {
        "systolic_mmhg": int(pressure.values[Channel.NIBP_SYS]),
        "diastolic_mmhg": int(pressure.values[Channel.NIBP_DIA]),
        "pulse_per_min": int(pulse.values[Channel.HR]) if pulse else None,
        "spo2_percent": int(spo2.values[Channel.SPO2]) if spo2 else None,
    }


def faults_in(name: str, entry: Entry, post: QueryDict) -> list[Refusal]:
    impossible = [remark for remark in entry.remarks if remark.tier is Tier.IMPOSSIBLE]
    if impossible:
        return [Refusal(name, f"{remark.field}: {remark.rule}", remark.remedy) for remark in impossible]
    return [
        one
        for remark in entry.to_confirm
        for one in question(post, name, f"{remark.field}: {remark.rule}", remark.remedy, about=(name,))
    ]


def allergies_from(post: QueryDict) -> tuple[AllergyState, list[dict[str, str]]]:
    return AllergyState(state_from(post, AllergyState)), pairs(post, "substance", "reaction")


def state_from(post: QueryDict, states: Any) -> str:
    """The chosen state of a list; a list without entries and entries without a list contradict each other."""
    state = post.get("state", "")
    named = any(name.strip() for name in post.getlist("substance") + post.getlist("name"))
    if state not in states.values:
        raise Refused(Refusal("state", "Nothing is chosen.", "Choose one of the answers."))
    if named != (state == "listed"):
        words = "There are entries, but the answer is another." if named else "The list is empty."
        raise Refused(Refusal("state", words, "Name what there is, or choose another answer."))
    return str(state)


def pairs(post: QueryDict, first: str, second: str) -> list[dict[str, str]]:
    """Rows typed side by side; empty ones are left out."""
    rows = zip(post.getlist(first), post.getlist(second), strict=False)
    return [{first: one.strip()[:80], second: other.strip()[:80]} for one, other in rows if one.strip()]
