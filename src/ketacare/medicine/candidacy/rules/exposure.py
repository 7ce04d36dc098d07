"""What medicines do to the exposure to ketamine: enzyme groups by route, and the ratios that were published.

A group is classed by its mechanism, a ratio was measured; both are shown, and neither ever suggests a higher dose.
"""

from collections.abc import Sequence
from decimal import Decimal

from ketacare.medicine.candidacy.rules.formulary import sorted_out
from ketacare.medicine.candidacy.rules.uses import Answer, named, told_fact
from ketacare.medicine.candidacy.terms import Case, Knowledge, Route
from ketacare.medicine.candidacy.terms.case import TakenMedicine
from ketacare.medicine.candidacy.terms.medicines import (
    ExposureEffect,
    InteractionRow,
    InteractionSheet,
    Ratio,
    Taken,
)
from ketacare.medicine.evidence.rules import used
from ketacare.medicine.evidence.rules.facts import as_of
from ketacare.medicine.evidence.terms import Effect, Fact, FactUsed, Reason, Result, weakest
from ketacare.medicine.quantities.terms import plain

_NAMED = "named"  # the drug's own use stands in place of its group (RUL-11)
_EFFECTS = {"consult": Effect.CLEAR, "caution": Effect.CAUTION, "note": Effect.NOTE}
_SEVEREST = ("consult", "caution", "note")


def group_reasons(taken: Taken, case: Case, sheet: InteractionSheet) -> list[Reason]:
    """One reason for each enzyme group of a drug, by the route of the case, or by the worst while none is chosen."""
    return [
        _group_reason(taken, sheet.rows[group], strength, case)
        for group, strength in taken.drug.groups.items()
        if strength != _NAMED
    ]


def _group_reason(taken: Taken, row: InteractionRow, strength: str, case: Case) -> Reason:
    answer = _by_route(taken, row, strength, case.route)
    return Reason(
        criterion=row.id,
        title=row.title,
        result=answer.result,
        effect=answer.effect,
        words=answer.words,
        facts=(told_fact(taken.medicine),),
        sources=row.sources,
        grade=row.grade,
        override=answer.override,
    )


def _by_route(taken: Taken, row: InteractionRow, strength: str, route: Route | None) -> Answer:
    does = " and ".join(does.words for does in row.does)
    if strength == "weak":
        return Answer(Result.MET, Effect.NOTE, f"{named(taken)}: weak, noted only")
    action = action_by(row, route)
    if action == "note":
        return Answer(Result.MET, Effect.NOTE, f"{named(taken)}: {does} by other routes; noted for {route}")
    where = f"by {route}" if route else f"by {_routes(row, action)}, and no route is chosen yet"
    return Answer(Result.MET, _EFFECTS[action], f"{named(taken)}: {does} {where}. {row.advice}", "P")


def action_by(row: InteractionRow, route: Route | None) -> str:
    if route is not None:
        return row.by_route[route]
    return min(row.by_route.values(), key=_SEVEREST.index)


def _routes(row: InteractionRow, action: str) -> str:
    return "/".join(route for route, does in row.by_route.items() if does == action)


# --- published ratios ------------------------------------------------------------------------------------------------


def ratio_reasons(taken: Sequence[Taken], case: Case, sheet: InteractionSheet) -> list[Reason]:
    """Each ratio that was measured with what this person takes, or with the state of their liver."""
    names = {one.drug.name: one for one in taken}
    found = []
    for ratio in sheet.ratios:
        matters = case.route is None or case.route in ratio.routes
        fact = _fact_of(ratio, case) if ratio.fact else None
        if matters and fact is not None:
            found.append(_ratio_reason(ratio, (used(fact, case.at),)))
        elif matters and ratio.drug in names:
            found.append(_ratio_reason(ratio, ()))
    return found


def _fact_of(ratio: Ratio, case: Case) -> Fact | None:
    """The recorded fact that the ratio is about, if it says so; what is not known is asked by the liver's own rows."""
    fact = as_of(case.facts, case.at).told(ratio.fact)
    return fact if fact is not None and fact.value == ratio.when else None


def _ratio_reason(ratio: Ratio, facts: tuple[FactUsed, ...]) -> Reason:
    figures = [figure for figure in (ratio.auc, ratio.cmax) if figure is not None]
    return Reason(
        criterion=ratio.id,
        title=ratio.title,
        result=Result.MET,
        effect=ratio.effect,
        words=f"{ratio_words(ratio)}. {ratio.advice}",
        facts=(*facts, *_ratio_facts(ratio)),
        sources=ratio.auc.sources,
        grade=weakest([figure.grade for figure in figures]),
        override="P" if ratio.effect is Effect.CAUTION else "none",
    )


def _ratio_facts(ratio: Ratio) -> tuple[FactUsed, ...]:
    auc = FactUsed("AUC ratio", ratio.auc.value, "1", None, "published")
    return (auc,) if ratio.cmax is None else (auc, FactUsed("Cmax ratio", ratio.cmax.value, "1", None, "published"))


def ratio_words(ratio: Ratio) -> str:
    """Exposure with over without, as found: "itraconazole 200 mg once a day, S-ketamine by mouth: AUC × 1"."""
    range_words = "" if ratio.auc_range is None else f" ({_to(ratio.auc_range.values)})"
    cmax = "" if ratio.cmax is None else f", Cmax × {plain(ratio.cmax.value)}"
    given = f"{ratio.drug} {ratio.given}" if ratio.drug else ratio.given
    return f"{given}, {ratio.victim}: AUC × {plain(ratio.auc.value)}{range_words}{cmax}"


def _to(values: tuple[Decimal, ...]) -> str:
    return " to ".join(plain(value) for value in values)


# --- for dosing ------------------------------------------------------------------------------------------------------


def exposure_effects(
    medicines: Sequence[TakenMedicine], route: Route, knowledge: Knowledge
) -> tuple[ExposureEffect, ...]:
    """Inhibitors and inducers among these medicines, what they do by this route, and the ratios measured by it.

    `counts` is whether it matters by this route. A dose is never raised for an inducer: that is for a person to weigh.
    """
    taken, _ = sorted_out(tuple(medicines), knowledge.formulary)
    sheet = knowledge.interactions
    return tuple(
        ExposureEffect(
            drug=one.drug.name,
            group=group,
            direction=sheet.rows[group].does[0],
            strength=strength,
            counts=_counts(one, group, strength, route, sheet),
            ratios=tuple(r for r in sheet.ratios if r.drug == one.drug.name and route in r.routes),
        )
        for one in sorted(taken, key=lambda one: one.drug.name)
        for group, strength in one.drug.groups.items()
    )


def _counts(taken: Taken, group: str, strength: str, route: Route, sheet: InteractionSheet) -> bool:
    if strength == _NAMED:
        return any(route in use.routes for use in taken.drug.uses)
    return strength != "weak" and action_by(sheet.rows[group], route) != "note"
