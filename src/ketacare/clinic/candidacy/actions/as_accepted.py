"""A plan is of what was accepted: what was found since, what its own product or its place would stop, holds it."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.models import Judgement
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.evidence.rules import inside
from ketacare.medicine.evidence.terms import Reason
from ketacare.medicine.protocols.terms import Protocol

DECIDE_ANEW = "Decide anew in the evaluation, or give the programme up there."
OTHERWISE = "Propose it in the evaluation and decide anew, or choose a protocol of what was accepted."


def refuse_unlike(
    accepted: Judgement, protocol: Protocol, *, other_product: str, setting: str, at: datetime, zone: str
) -> None:
    """Everything that keeps this course from being signed under this acceptance, at once."""
    found = queries.course_judged(accepted, protocol, at=at, zone=zone)
    faults = held(found, protocol)
    if found.accepted_product and not other_product.strip():
        words = f"Accepted was {found.accepted_product}; this plan is {found.product}."
        faults.append(Refusal("other_product", words, "Say why, or choose a protocol of what was accepted.", "policy"))
    if found.asks_where and not setting.strip():
        for one in found.settings:
            words = f"{one.path.title} ({one.path.id}) asks for: {inside(one.asks)}. {protocol.title} is given in: "
            remedy = "Say where it is given and who covers around the clock, or choose a protocol of a hospital."
            faults.append(Refusal("setting", f"{words}{protocol.site_of_care}.", remedy, "policy"))
    if faults:
        raise Refused(faults)


def held(found: queries.CourseJudged, protocol: Protocol) -> list[Refusal]:
    """What no word beside the plan lifts."""
    faults = [Refusal("protocol", f"Found since it was accepted: {told(row)}", DECIDE_ANEW, "policy")
              for row in found.since]  # fmt: skip
    faults += [Refusal("protocol", f"For {found.product}: {told(row)}", OTHERWISE, "policy")
               for row in found.by_product]  # fmt: skip
    if found.at_home:
        for one in found.settings:
            words = f"{one.path.title} ({one.path.id}) asks for: {inside(one.asks)}. {protocol.title} is given at home."
            faults.append(Refusal("protocol", words, "Choose a protocol given in or with a hospital.", "policy"))
    return faults


def told(row: Reason) -> str:
    return f"{row.title} ({row.criterion}). {row.words}"
