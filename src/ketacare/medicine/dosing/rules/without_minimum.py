"""When a patient would have been ready had nobody to stay for the minimum time: the esketamine programme asks it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from ketacare.medicine.dosing.rules.release import release
from ketacare.medicine.evidence.terms import Facts, Figure
from ketacare.medicine.protocols.terms import Protocol

ESCORT = "RC-11"
MINIMUM, EXAMINED, PEAK = "after_start", "exam_after_start", "scales_after_start"


def ready_without_minimum(facts: Facts, protocol: Protocol, at: datetime) -> datetime | None:
    """By the same criteria, with the time after the start taken away. That time is why an examination long before its
    end says nothing of leaving: without it one counts from the peak on, as the scales do. The escort comes when the
    minimum time is over, and tells nothing of the patient."""
    lines = replace(protocol.release, figures=without(protocol.release.figures))
    judged = release(facts, replace(protocol, release=lines), at)
    own = [one.since for one in judged.criteria if one.id != ESCORT and one.since is not None]
    return max(own, default=None) if judged.ready else None


def without(figures: Mapping[str, Figure]) -> dict[str, Figure]:
    changed = dict(figures)
    changed[MINIMUM] = replace(changed[MINIMUM], value=Decimal(0))
    if EXAMINED in changed and PEAK in changed:
        changed[EXAMINED] = changed[PEAK]
    return changed
