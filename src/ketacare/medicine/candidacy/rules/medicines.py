"""Medicines beside ketamine: what each one means for this person, and how far it holds treatment back.

Nothing is taken as safe because nobody asked or because its name is not known: both are unknown (RUL-13). Holds are
judged on the dosing day; at the evaluation they are instructions. A hold never ends a medicine abruptly.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache

from ketacare.medicine.candidacy.rules.diazepam import blunting_reason, equivalents
from ketacare.medicine.candidacy.rules.exposure import action_by, group_reasons, ratio_reasons
from ketacare.medicine.candidacy.rules.formulary import matched
from ketacare.medicine.candidacy.rules.substances import substance_reasons
from ketacare.medicine.candidacy.rules.together import together_reasons
from ketacare.medicine.candidacy.rules.uses import hours, possible, use_reason
from ketacare.medicine.candidacy.terms import Case, Knowledge, Route
from ketacare.medicine.candidacy.terms.case import TakenMedicine
from ketacare.medicine.candidacy.terms.medicines import (
    Action,
    Does,
    Drug,
    Formulary,
    InteractionRow,
    InteractionSheet,
    MedicineJudgement,
    Taken,
    Use,
)
from ketacare.medicine.evidence.rules import in_order
from ketacare.medicine.evidence.terms import Effect, FactUsed, Figure, Reason, Result, Source

UNMATCHED = "MED-UNK"
NOT_ASKED = "MED-ASK"
# These rows say what is not checked; no sheet has them.
_RULING = (Source("RUL-13", "House ruling on names that match no medicine; the medical director adopts or changes it"),)
_SEVERITY = (Action.STOP, Action.ASK, Action.HOLD, Action.CONTINUE)


def reasons(case: Case, knowledge: Knowledge) -> tuple[Reason, ...]:
    """Every reason that medicines and substances give, in an order that does not depend on the order of the list."""
    sheet = knowledge.interactions
    substances = substance_reasons(case, sheet)
    if case.medicines is None:
        return _ordered([_nobody_asked(), *substances])
    judged = judged_medicines(case, knowledge)
    taken = taken_in(judged)
    blunting = blunting_reason(taken, sheet)
    found = [
        *(reason for one in judged for reason in one.reasons),
        *([] if blunting is None else [blunting]),
        *ratio_reasons(taken, case, sheet),
        *together_reasons(taken, case, sheet),
        *substances,
    ]
    if len(taken) == len(judged):
        found += [_all_checked(taken), *_rows_without(taken, knowledge)]
    return _ordered(found)


def _ordered(found: Sequence[Reason]) -> tuple[Reason, ...]:
    """Each once. Reasons that are equal stand together, so each is held against those of its own words alone."""
    alike: dict[tuple[str, str, str], list[Reason]] = {}
    for reason in found:
        same = alike.setdefault((reason.criterion, reason.title, reason.words), [])
        if reason not in same:
            same.append(reason)
    return tuple([reason for key in sorted(alike) for reason in alike[key]])


def _nobody_asked() -> Reason:
    """Nobody lifts it: RUL-13 lets the prescriber accept a name, and no list has none."""
    words = "Nobody has asked which medicines are taken"
    return Reason(
        NOT_ASKED,
        "Medicines",
        Result.UNKNOWN,
        Effect.CLEAR,
        words,
        missing=("medicines",),
        sources=_RULING,
        override="none",
    )


def _all_checked(taken: Sequence[Taken]) -> Reason:
    words = "Every medicine of the list was checked" if taken else "Asked: no medicine is taken"
    return Reason(UNMATCHED, "Medicine not checked", Result.NOT_MET, Effect.CLEAR, words, sources=_RULING)


def taken_in(judged: Iterable[MedicineJudgement]) -> tuple[Taken, ...]:
    """Those that were matched, by name, so that no answer depends on the order of the list."""
    taken = [Taken(one.medicine, one.drug, one.form) for one in judged if one.drug is not None]
    return tuple(sorted(taken, key=lambda one: (one.drug.name, repr(one.medicine))))


def _rows_without(taken: Sequence[Taken], knowledge: Knowledge) -> list[Reason]:
    """The rows of which nothing is taken: said only when every name on the list was matched."""
    present = {row for one in taken for row in (*one.drug.rows, *one.drug.groups)}
    return [reason for row, reason in _none_taken(knowledge.formulary, knowledge.interactions) if row not in present]


@cache
def _none_taken(formulary: Formulary, sheet: InteractionSheet) -> tuple[tuple[str, Reason], ...]:
    asked = {row.id for row in (*sheet.substances, *sheet.habits)}
    return tuple(
        (
            row.id,
            Reason(
                criterion=row.id,
                title=row.title,
                result=Result.NOT_MET,
                effect=_worst_of(row, formulary),
                words=f"None taken: {row.title}",
                sources=row.sources,
                grade=row.grade,
            ),
        )
        for row in sheet.rows.values()
        if row.id not in asked
    )


def _worst_of(row: InteractionRow, formulary: Formulary) -> Effect:
    """The most that a row can do to anybody."""
    uses = [use for drug in formulary.drugs for use in drug.uses if use.row == row.id]
    if "consult" in row.by_route.values() or any(use.consult for use in uses):
        return Effect.CLEAR
    if any(use.hold is not None for use in uses):
        return row.unmet
    cautions = row.missed or row.watch is not None or "caution" in row.by_route.values()
    return Effect.CAUTION if cautions or any(use.caution for use in uses) else Effect.NOTE


# --- one medicine ----------------------------------------------------------------------------------------------------


def judged_medicines(case: Case, knowledge: Knowledge) -> tuple[MedicineJudgement, ...]:
    """Each medicine of the list, in the order of the list. The decision and its page ask this of the same case: it is
    judged once."""

    def judge() -> tuple[MedicineJudgement, ...]:
        return tuple([judged_medicine(one, case, knowledge) for one in case.medicines or ()])

    return case.once("medicines", knowledge, judge)


def judged_medicine(medicine: TakenMedicine, case: Case, knowledge: Knowledge) -> MedicineJudgement:
    match = matched(medicine.name, medicine.form, knowledge.formulary)
    if match is None:
        return _unchecked(medicine)
    sheet, taken = knowledge.interactions, Taken(medicine, match.drug, match.form)
    uses, _ = possible(taken, case, sheet)
    use = use_reason(taken, case, sheet)
    found = [*([] if use is None else [use]), *group_reasons(taken, case, sheet)]
    rows = tuple(sheet.rows[row] for row in in_order([*(use.row for use in uses), *_groups(match.drug)]))
    action = _action(uses, match.drug, case, sheet)
    return MedicineJudgement(
        medicine=medicine,
        drug=match.drug,
        form=match.form,
        action=action,
        words=_words(action, uses, taken),
        does=_does(match.drug, rows),
        rows=rows,
        holds=tuple(use.hold for use in uses if use.hold is not None),
        hours_left=_hours_left(uses, medicine, case),
        equivalents=equivalents(taken, sheet),
        by_route=_by_route(match.drug, sheet),
        never_abrupt=match.drug.never_abrupt,
        reasons=tuple(found) or (_no_rule(taken),),
    )


def _unchecked(medicine: TakenMedicine) -> MedicineJudgement:
    """A name that no drug bears: unknown, never safe, until it is mapped or a prescriber accepts it with a reason."""
    title, accepted = "Medicine not checked", medicine.accepted_unchecked.strip()
    if accepted:
        words = f"{medicine.name}: not checked, accepted by the prescriber: {accepted}"
        reason = Reason(
            UNMATCHED, title, Result.MET, Effect.CAUTION, words, _named(medicine), sources=_RULING, override="P"
        )
    else:
        words = f"{medicine.name}: not checked, no drug of the formulary bears this name"
        missing = (f"{medicine.name}: which medicine",)
        reason = Reason(
            UNMATCHED,
            "Medicine not checked",
            Result.UNKNOWN,
            Effect.CLEAR,
            words,
            _named(medicine),
            missing,
            _RULING,
            override="P",
        )
    told = "Not checked, accepted" if accepted else "Not checked"
    return MedicineJudgement(
        medicine, None, "", Action.UNCHECKED, told, (), (), (), None, (), {}, never_abrupt=False, reasons=(reason,)
    )


def _named(medicine: TakenMedicine) -> tuple[FactUsed, ...]:
    return (FactUsed("medicine", medicine.name, None, None, "medicine list"),)


def _no_rule(taken: Taken) -> Reason:
    """Known by name, and no row is about it: said, so that silence is not read as a finding."""
    words = f"{taken.label[:1].upper()}{taken.label[1:]}: no rule is known for it"
    return Reason("MED-NONE", "No rule known", Result.MET, Effect.NOTE, words, _named(taken.medicine), sources=_RULING)


def _groups(drug: Drug) -> tuple[str, ...]:
    return tuple(drug.groups)


def prolongs_qt(name: str, form: str, knowledge: Knowledge) -> bool | None:
    """By itself or as its class does; None where the name is not known."""
    match, rows = matched(name, form, knowledge.formulary), knowledge.interactions.rows
    if match is None:
        return None
    listed = [rows[row] for row in in_order([*match.drug.rows, *_groups(match.drug)])]
    return Does.QT in _does(match.drug, listed)


def _does(drug: Drug, rows: Sequence[InteractionRow]) -> tuple[Does, ...]:
    """What it does itself where that differs from its class; else what its rows do."""
    by_class = [row for row in rows if not drug.does or row.id in drug.groups]
    does = in_order([*drug.does, *(does for row in by_class for does in row.does)])
    return tuple(one for one in does if one is not Does.NONE) or does


def _action(uses: Sequence[Use], drug: Drug, case: Case, sheet: InteractionSheet) -> Action:
    """The severest of what could apply; whoever decides first comes before a hold."""
    actions = [Action.ASK if use.consult else use.action for use in uses]
    for group, strength in drug.groups.items():
        if strength == "strong":
            asks = action_by(sheet.rows[group], case.route) == "consult"
            actions.append(Action.ASK if asks else Action.CONTINUE)
        elif strength == "weak":
            actions.append(Action.CONTINUE)
    return min(actions, key=_SEVERITY.index, default=Action.NOTHING_KNOWN)


def _words(action: Action, uses: Sequence[Use], taken: Taken) -> str:
    """The action with its hours: "Hold 12 h before (IR), 24 h before (ER)"."""
    held = [use for use in uses if use.hold is not None and use.action in (Action.HOLD, Action.STOP)]
    times = ", ".join(in_order(f"{hours(_value(use.hold))} before{_form(use, taken)}" for use in held))
    if action is Action.ASK:
        also = f"; hold {times}" if times else "; continue meanwhile" if _continues(uses) else ""
        return f"Ask first{also}"
    if action is Action.STOP:
        return f"None for {times}"
    return f"Hold {times}" if action is Action.HOLD else {Action.CONTINUE: "Continue"}.get(action, "No rule known")


def _continues(uses: Sequence[Use]) -> bool:
    return bool(uses) and all(use.action is Action.CONTINUE for use in uses)


def _value(figure: Figure | None) -> Decimal:
    assert figure is not None  # asked only of holds
    return figure.value


def _form(use: Use, taken: Taken) -> str:
    return f" ({use.form})" if use.form and use.form != taken.form else ""


def _hours_left(uses: Sequence[Use], medicine: TakenMedicine, case: Case) -> Decimal | None:
    """Until every hold that could apply is over; None without a hold, or while nobody knows when it was last taken."""
    holds = [
        _value(use.hold) for use in uses if use.hold and use.action in (Action.HOLD, Action.STOP) and _by(use, case)
    ]
    if not holds or medicine.hours_since_last is None:
        return None
    return max(Decimal(0), max(holds) - medicine.hours_since_last)


def _by(use: Use, case: Case) -> bool:
    return case.route is None or case.route in use.routes


def _by_route(drug: Drug, sheet: InteractionSheet) -> dict[Route, str]:
    """What its enzyme groups ask for by each route of ketamine, where that is more than a note."""
    told: dict[Route, str] = {}
    for group, strength in drug.groups.items():
        row = sheet.rows[group]
        for route, action in row.by_route.items():
            if strength == "strong" and action != "note":
                told[route] = f"{row.does[0].words}{', ask first' if action == 'consult' else ''}"
    return told


# --- for the day -----------------------------------------------------------------------------------------------------


def closer_pressure(judged: Iterable[MedicineJudgement], knowledge: Knowledge) -> tuple[str, ...]:
    """The medicines for which pressure is read more closely, met holds or not; empty when none is known to be taken."""
    sheet = knowledge.interactions
    return tuple(sorted(one.label for one in taken_in(judged) if sheet.extra_pressure_rows & set(one.drug.rows)))


def abrupt_stop(medicine: TakenMedicine, knowledge: Knowledge) -> str | None:
    """Why stopping this at once is refused, or None where it may be: what is only taken as needed may be left out."""
    match = matched(medicine.name, medicine.form, knowledge.formulary)
    if match is None or not match.drug.never_abrupt or medicine.as_needed is True:
        return None
    return knowledge.interactions.never_abrupt.replace("{name}", match.drug.name)
