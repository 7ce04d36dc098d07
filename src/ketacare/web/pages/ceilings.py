"""How often, how close together, how much and whether more and more, beside what the sheets call much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ketacare.clinic.dosing.queries.dosed import dosed
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.people.models import Patient
from ketacare.medicine.dosing.rules import reviewing, tolerance
from ketacare.medicine.dosing.rules.descriptors import figure, rules_by_id
from ketacare.medicine.dosing.rules.reviewing import SHEET, Ceiling, Reach
from ketacare.medicine.dosing.rules.tolerance import Dosed, Seen, Sum
from ketacare.medicine.protocols.terms import DosingRule
from ketacare.medicine.quantities.terms import plain
from ketacare.web.pages.forecasts import drug_of

Row = tuple[str, str, str, str]
KEPT_WORDS = {Reach.FAR: "kept", Reach.NEAR: "near", Reach.REACHED: "closer"}
REACH_WORDS = {Reach.FAR: "under", Reach.NEAR: "near", Reach.REACHED: "reached"}
CLOSE = "CE-3"


@dataclass(frozen=True)
class Ceilings:
    """How often and how much, beside the sheets: or why that cannot be said. `review`: why misuse and tolerance are to
    be looked at."""

    rows: tuple[Row, ...]
    why: str = ""
    sources: str = ""
    no_sum: str = ""
    review: tuple[str, ...] = ()


def ceilings(patient: Patient, doses: Sequence[datetime], at: datetime, zone: str, *, sees_dose: bool) -> Ceilings:
    """`sees_dose`: whether who reads this may know how much was given."""
    drug = drug_of(patient)
    if drug is None:
        return Ceilings((), "Not known: no signed plan names the drug.")
    began = enrolment.began_before(patient, max(doses)) if doses else None
    found = reviewing.ceilings(drug, list(doses), at, began)
    rows = [ceiling_row(one, ZoneInfo(zone)) for one in found]
    review = [one.rule for one in found if one.rule.id == CLOSE and one.reach is Reach.REACHED]
    rules = [one.rule for one in found]
    if sees_dose and doses:
        taken = dosed(patient)
        seen = [tolerance.rising(taken, at, began), tolerance.more_for_the_same(taken, at, began)]
        rows += [*(seen_row(one) for one in seen), *sum_rows(taken, at)]
        review = list(tolerance.to_review(taken, at, began))
        rules += [one.rule for one in seen]
    cited = dict.fromkeys(source.citation for rule in rules for source in rule.sources)
    return Ceilings(tuple(rows), "", "; ".join(cited), f"{rules_by_id(SHEET)['CE-6'].words}.", words_of(review))


def words_of(rules: Sequence[DosingRule]) -> tuple[str, ...]:
    return tuple(f"{rule.words}." for rule in rules)


def ceiling_row(one: Ceiling, here: ZoneInfo) -> Row:
    limit = f"{plain(one.most)} at least" if one.rule.id == CLOSE else f"{plain(one.most)} at most"
    then = f"one more from {one.next_from.astimezone(here):%d-%b-%Y}" if one.next_from is not None else ""
    if one.rule.id == CLOSE and one.next_from is None:
        stands = f"counts after week {plain(figure(one.rule, 'from_week').value)}"
    else:
        stands = KEPT_WORDS[one.reach] if one.rule.id == CLOSE else REACH_WORDS[one.reach]
    return one.words, f"{one.count}", limit, stands + (f", {then}" if then else "")


def seen_row(one: Seen) -> Row:
    back = plain(figure(one.rule, "back").value)
    if one.rule.id == "CE-4":
        words = f"higher doses at an interval no longer, in {back} days"
    else:
        up, down = (plain(figure(one.rule, name).value) for name in ("dose_up", "interval_down"))
        words = f"{up} % more or {down} % sooner than the dose before, in {back} days"
    stands = {Reach.FAR: "none seen", Reach.NEAR: "near", Reach.REACHED: "review misuse and tolerance"}[one.reach]
    missing = f", {one.unknown} not comparable (another drug, route or unit, or no order here)" if one.unknown else ""
    return words, f"{one.count}", f"a review from {one.enough} on", stands + missing


def sum_rows(taken: Sequence[Dosed], at: datetime) -> Iterator[Row]:
    for one in tolerance.sums(taken, at):
        kind = f"{one.drug}, {one.route}" if one.drug else "drug not known: no order here"
        lately = "; ".join(f"{sum_words(found)} in {days} days" for days, found in one.within)
        sessions = f"{one.whole.count} session{'' if one.whole.count == 1 else 's'}"
        yield f"in all, {kind}", f"{sum_words(one.whole)} in {sessions}", "none in mg", lately


def sum_words(found: Sum) -> str:
    """What nobody entered is not known, and never nothing."""
    if found.given is None:
        return "mg not entered"
    if not found.count:
        return "none"
    least = f"at least {found.given.written()} ({found.unknown} not entered)"
    return least if found.unknown else found.given.written()
