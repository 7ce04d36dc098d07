"""A course in words: how long a response took and held, what was done, what was scored in an earlier edition."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ketacare.clinic.outcomes.alike import told_apart
from ketacare.clinic.outcomes.models import Score
from ketacare.medicine.outcomes import rules
from ketacare.medicine.outcomes.terms import Holding, Instrument
from ketacare.web.pages.curves import Course, ScaleCourse, told
from ketacare.web.pages.lanes import Lane

RESPONDER = "responder"  # as the sheets of change call it


def measures(course: Course, one: ScaleCourse) -> list[tuple[str, str | None]]:
    """Each with its value, None where it is not known."""
    latest, held, sheet = one.course.latest, one.held, one.sheet
    if sheet.charted_only or latest is None:
        return []
    if (whole := of_change(sheet, latest.point.total)) is not None:
        return [(f"{whole[0]}, by what the scale asks", "yes" if whole[1] else "no")]
    if one.course.baseline is latest.point:  # nothing to hold it against: neither a response nor none
        return [(f"Since the baseline of {course.date(latest.point.at)}", "no score yet")]
    change = latest.change.value if latest.change else None
    found: list[tuple[str, str | None]] = [(f"On {course.date(latest.point.at)} against baseline", change)]
    best = one.course.risen_from
    if best is not None and best.total is not None:
        found.append(("Now against the best score", f"worse: {best.total.normalize():f} on {course.date(best.at)}"))
    if sheet.reliable_change is not None:
        sure = None if latest.reliable is None else "yes" if latest.reliable else "no"
        found.append((f"Changed beyond what the scale varies by ({sheet.reliable_change.value} points)", sure))
    if sheet.least_change is not None:
        found.append(("Least change that people notice", f"{sheet.least_change.value} points"))
    return found if held is None else [*found, *durations(course, held)]


def of_change(sheet: Instrument, total: Decimal | None) -> tuple[str, bool] | None:
    """Of a scale that asks about the change itself: what it calls better, and whether it is. It needs no baseline."""
    finding = next((one for one in sheet.findings if one.id == RESPONDER), None)
    if finding is None or total is None:
        return None
    return finding.title, bool(rules.score_as_given(sheet, {rules.TOTAL: int(total)}).subscales.get(RESPONDER))


def durations(course: Course, held: Holding) -> list[tuple[str, str | None]]:
    def days(found: float | None) -> str:
        return "not yet" if found is None else f"{found:.0f} days after the first dose"

    share = (
        f"{held.in_response:.0f} of {held.known:.0f} known days, of {held.since_first_dose:.0f} since the first dose"
    )
    lost = "no" if held.lost_since is None else f"since {course.date(held.lost_since)}"
    return [
        ("Response first seen", days(held.to_response)),
        ("Remission first seen", days(held.to_remission)),
        ("Time in response", share),
        ("Response lost", lost if held.to_response is not None else None),
    ]


def older_row(course: Course, sheet: Instrument, row: Score) -> list[str]:
    when = row.happened_at.astimezone(course.here).strftime("%d-%b-%Y %H:%M")
    first = course.taken_back.get(row.pk, "")
    apart = f"{told_apart(row, sheet)}: not on the same line"
    return [when, told(row), row.band, "", f"{apart}; {first}" if first else apart]


def happened(course: Course, rows: Sequence[Lane]) -> list[tuple[str, str]]:
    """What was done, in time: the lanes of the picture as a table."""
    told = [(mark.day, lane.name, mark.words) for lane in rows for mark in lane.marks]
    return [(name, words) for _, name, words in sorted(told)]
