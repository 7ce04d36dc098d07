"""Turns this room's sheets into terms."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader import SheetRefused, cite, read_sheet
from ketacare.medicine.evidence.terms import Figure, Grade, Series, Sheet, Source
from ketacare.medicine.outcomes.reader import instrument_from
from ketacare.medicine.outcomes.terms import Choice, Instrument, Item
from ketacare.medicine.safety.terms import (
    AnswerTiers,
    CrisisLine,
    DangerWords,
    Dosing,
    EffectSheet,
    EffectTerm,
    EmergencySheet,
    FirstActs,
    Interview,
    NeededDose,
    NeededMedicine,
    NeededSheet,
    PlanField,
    Question,
    RiskFinding,
    RiskSheet,
    RiskTier,
    SafetyPlanSheet,
    SideEffect,
    Tier,
    TimeCourse,
    TriageRow,
    TriageSheet,
    Unless,
)

_KNOWLEDGE = Path(__file__).parent / "knowledge"
_CONDITIONS = ("least", "most", "total", "rise", "worse_by", "above", "finding", "after_dose", "from_dose")


@cache
def _sheet(name: str) -> Sheet:
    return read_sheet(_KNOWLEDGE / f"{name}.toml")


@cache
def safety_items(language: str = "en") -> Instrument:
    """The five questions, in the form of any other instrument, so that one phone page shows all."""
    return _ours(_sheet("safety-items"), language)


@cache
def safety_first(language: str = "en") -> Instrument:
    """The questions before any treatment, in English or Spanish."""
    return _ours(_sheet("safety-first"), language)


@cache
def mania_items(language: str = "en") -> Instrument:
    """What is asked of mania on the days on which its scale is not."""
    return _ours(_sheet("mania-items"), language)


def _ours(sheet: Sheet, language: str) -> Instrument:
    """Both wordings are ours."""
    asked = instrument_from(sheet)
    if not language.startswith("es"):
        return asked
    rows = {row["id"]: row for row in _rows(sheet, "items")}
    return replace(asked, language="es", items=tuple(_in_spanish(item, rows[item.id]) for item in asked.items))


def _in_spanish(item: Item, row: Mapping[str, Any]) -> Item:
    words = zip(item.choices, row["answers_es"], strict=True)
    return replace(
        item, words=row["words_es"], choices=tuple(replace(choice, words=answer) for choice, answer in words)
    )


@cache
def triage_sheet() -> TriageSheet:
    sheet, items = _sheet("triage"), _sheet("safety-items")
    asked = [row for name in ("safety-items", "safety-first", "mania-items") for row in _rows(_sheet(name), "items")]
    tiers, missed = _table(sheet, "tiers"), _table(sheet, "missed")
    return TriageSheet(
        sheet=sheet,
        rows=tuple(_triage_row(sheet, row) for row in _rows(sheet, "rows")),
        items=safety_items(),
        first=safety_first(),
        mania=mania_items(),
        effects=side_effects_asked(),
        answer_tiers={row["id"]: _answer_tiers(row) for row in asked}
        | {effect.id: _ticked(effect) for effect in side_effects()},
        item_source=items.sources["HOUSE"],
        acknowledge_min=tiers["T1"]["acknowledge"],
        contact_h=tiers["T2"]["contact"],
        working_days=tiers["T3"]["working_days"],
        missed_once=missed["once"],
        missed_again=missed["again"],
        interviews=tuple(_interview(sheet, row) for row in _rows(sheet, "interviews")),
    )


def _interview(sheet: Sheet, row: Mapping[str, Any]) -> Interview:
    return Interview(
        row["asked"], row["title"], row["why"], tuple(row["after"]), _cited(sheet, row), Grade(row["grade"])
    )


def _triage_row(sheet: Sheet, row: Mapping[str, Any]) -> TriageRow:
    lines = ("least", "most", "total", "rise", "worse_by", "above")
    line: Figure | None = next((row[key] for key in lines if key in row), None)
    return TriageRow(
        row["id"],
        row["instrument"],
        Tier(row["tier"]),
        row["reason"],
        row.get("item"),
        **{key: row[key] for key in _CONDITIONS if key in row},
        group=row.get("group") or row.get("item") or row["id"],
        sources=line.sources if line else _cited(sheet, row),
        grade=line.grade if line else Grade(row["grade"]),
    )


def _answer_tiers(row: Mapping[str, Any]) -> AnswerTiers:
    if len(row["tiers"]) != len(row["answers"]):
        raise ValueError(f"{row['id']}: as many tiers as answers. Write an empty one for nothing.")
    usual = _tiers(row["tiers"])
    return AnswerTiers(row["id"], usual, _tiers(row["tiers_bipolar"]) if "tiers_bipolar" in row else usual)


def _ticked(effect: SideEffect) -> AnswerTiers:
    tiers = (None, effect.tier)
    return AnswerTiers(effect.id, tiers, tiers, effect.sources)


def _tiers(names: tuple[str, ...]) -> tuple[Tier | None, ...]:
    return tuple(Tier(name) if name else None for name in names)


@cache
def risk_sheet() -> RiskSheet:
    """How the screener is read, as it ships."""
    return risk_sheet_from(_sheet("risk-tiers"))


def risk_sheet_from(sheet: Sheet) -> RiskSheet:
    open_ones = _table(sheet, "unanswered")
    return RiskSheet(
        sheet=sheet,
        questions={row["id"]: _question(sheet, row) for row in _rows(sheet, "questions")},
        tiers={RiskTier(key): _finding(sheet, key, row) for key, row in _table(sheet, "tiers").items()},
        windows=_table(sheet, "windows"),
        unanswered=frozenset(open_ones["questions"]),
        unanswered_at_least=RiskTier(open_ones["at_least"]),
    )


def risk_findings() -> Mapping[RiskTier, RiskFinding]:
    """The tiers a clinician may find, with what each means for a dose and what it asks for."""
    return risk_sheet().tiers


def _finding(sheet: Sheet, key: str, row: Mapping[str, Any]) -> RiskFinding:
    return RiskFinding(
        RiskTier(key),
        row["name"],
        row["finding"],
        Dosing(row["dosing"]),
        row["override"],
        Tier(row["raises"]) if row["raises"] else None,
        row["actions"],
        _cited(sheet, row),
        Grade(row["grade"]),
        Grade(row["actions_grade"]),
    )


def _question(sheet: Sheet, row: Mapping[str, Any]) -> Question:
    cited = _cited(sheet, row)
    return Question(row["id"], row["meaning"], row["window"], row["asked"], cited, Grade(row["grade"]))


@cache
def safety_plan_sheet() -> SafetyPlanSheet:
    """The fields of a safety plan in their order."""
    sheet = _sheet("safety-plan-1")
    return SafetyPlanSheet(
        sheet=sheet,
        fields=tuple(_plan_field(sheet, row) for row in _rows(sheet, "fields")),
        review_within_d=_table(sheet, "about")["review_within"],
        contacts_h=_table(sheet, "contacts_after_t2")["hours"],
    )


def _plan_field(sheet: Sheet, row: Mapping[str, Any]) -> PlanField:
    cited = _cited(sheet, row)
    return PlanField(row["id"], row["title"], row["hint"], row["kind"], row["required"], cited, Grade(row["grade"]))


def _cited(sheet: Sheet, row: Mapping[str, Any]) -> tuple[Source, ...]:
    faults: list[str] = []
    cited = cite(row["source"], str(row.get("id", row.get("name"))), sheet.sources, faults)
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    return cited


@cache
def crisis_line(country: str, language: str = "en") -> CrisisLine | None:
    """Help in this country (ISO 3166 two letters), in the words of this language where the sheet has them; None means:
    the sheet knows none, show the clinic's own numbers."""
    sheet = _sheet("crisis-lines")
    row = _table(sheet, "lines").get(country.upper())
    if row is None:
        return None
    words = {key: row.get(f"{key}_{language[:2]}", row[key]) for key in ("name", "hours", "country")}
    return CrisisLine(
        country.upper(),
        words["name"],
        row["call"],
        row["text"],
        row["emergency"],
        words["hours"],
        words["country"],
        _cited(sheet, row),
        Grade(row["grade"]),
    )


def crisis_lines(language: str = "en") -> tuple[CrisisLine, ...]:
    """Every country that the sheet knows, by its name."""
    found = (crisis_line(country, language) for country in _table(_sheet("crisis-lines"), "lines"))
    return tuple(sorted(filter(None, found), key=lambda line: line.where.removeprefix("the ")))


@cache
def side_effects() -> tuple[SideEffect, ...]:
    sheet = _sheet("side-effects")
    return tuple(_side_effect(sheet, row) for row in _rows(sheet, "terms"))


def _side_effect(sheet: Sheet, row: Mapping[str, Any]) -> SideEffect:
    tier = Tier(row["tier"]) if "tier" in row else None
    cited = _cited(sheet, row) if tier else ()
    return SideEffect(row["id"], row["term"], row["words"], row.get("snomed"), row["words_es"], tier, cited)


@cache
def side_effects_asked(language: str = "en") -> Instrument:
    """The same list as one question with several answers, in the form of an instrument. It has no score."""
    spanish = language.startswith("es")
    yes_no = (Choice(0, "No"), Choice(1, "Sí" if spanish else "Yes"))
    return replace(
        safety_items(),
        header=_sheet("side-effects").header,
        name="Side effects",
        stem=(
            "Desde el tratamiento, ¿ha tenido algo de esto?"
            if spanish
            else "Since the treatment, have you had any of these?"
        ),
        notice="",
        language="es" if spanish else "en",
        items=tuple(
            Item(effect.id, effect.words_es if spanish else effect.words, choices=yes_no, high=1, scored=False)
            for effect in side_effects()
        ),
        sources=tuple(source.citation for source in _sheet("side-effects").sources.values()),
    )


@cache
def effects_sheet() -> EffectSheet:
    """The effects of a dose, as the sheet ships."""
    sheet = _sheet("effects-1")
    return EffectSheet(
        sheet=sheet,
        terms={row["id"]: _effect(sheet, row) for row in _rows(sheet, "effects")},
        lines=_table(sheet, "lines"),
        programme=_table(sheet, "programme"),
        courses=tuple(
            TimeCourse(row["effect"], row["route"], row["onset"], row["peak"], row["gone"])
            for row in _rows(sheet, "course")
        ),
        serious={row["id"]: row["words"] for row in _rows(sheet, "serious")},
    )


def _effect(sheet: Sheet, row: Mapping[str, Any]) -> EffectTerm:
    cited = _cited(sheet, row)
    return EffectTerm(row["id"], row["term"], row["tap"], row["grades"], cited, Grade(row["grade"]))


@cache
def needed_sheet() -> NeededSheet:
    """The medicines as needed, as the sheet ships. Who may give them is the clinic's to adopt."""
    sheet = _sheet("prn-1")
    return NeededSheet(sheet, {row["id"]: _needed(row) for row in _rows(sheet, "drugs")})


def _needed(row: Mapping[str, Any]) -> NeededMedicine:
    return NeededMedicine(
        **{key: row[key] for key in ("id", "name", "kind", "why", "not_if", "waits", "recheck")},
        repeat=row.get("repeat"),
        meant_for=row.get("meant_for", ""),
        how=row.get("how", ""),
        doses=tuple(NeededDose(one["route"], one["only"], one["amount"], one.get("most")) for one in row["doses"]),
    )


@cache
def emergencies() -> EmergencySheet:
    """What is done first in an emergency, in order, as the sheet ships."""
    sheet, faults = _sheet("emergencies-1"), list[str]()
    acts = tuple(
        FirstActs(
            **{key: row[key] for key in ("id", "title", "recognise", "acts", "note")},
            sources=cite(row["source"], row["id"], sheet.sources, faults),
            grade=Grade(row["grade"]),
        )
        for row in _rows(sheet, "emergencies")
    )
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    told = tuple(_with_figures(row) for row in _rows(sheet, "call"))
    return EmergencySheet(sheet, acts, told, _table(sheet, "lines")["called_within"])


_SPOKEN = {"mm[Hg]": " mmHg", "{score}": "", "/min": " a minute", "%": " %", "s": " s", "min": " min"}


def _with_figures(row: Mapping[str, Any]) -> str:
    """The sentence of a row with its own figures in it."""
    words = str(row["text"])
    for name, figure in row.items():
        if isinstance(figure, (Figure, Series)):
            numbers = figure.values if isinstance(figure, Series) else (figure.value,)
            told = " or ".join(f"{number:f}" for number in numbers) + _SPOKEN[figure.unit]
            words = words.replace(f"{{{name}}}", told)
    return words


@cache
def danger_words() -> DangerWords:
    """Words in free text that a clinician is told of, without the text."""
    sheet = _sheet("danger-words")
    table = _table(sheet, "words")
    families = [
        Unless(
            tuple(said_by(family)),
            tuple(family.get("unless", ())),
            tuple(family.get("unless_goes_on", ())),
            tuple(table["happened"]) if family.get("is_an_act", False) else (),
            bool(family.get("unless_directly", False)),
        )
        for family in table["families"]
        if not family.get("harmless", False)
    ]
    passed_over = (said for family in table["families"] if family.get("harmless", False) for said in said_by(family))
    always = (phrase for family in families for phrase in family.phrases if not family.ways)
    phrases = tuple(dict.fromkeys((*table["en"], *table["es"], *always)))
    again_after, unheard = _table(sheet, "help")["once_in"], _table(sheet, "unheard")
    return DangerWords(
        sheet,
        phrases,
        Tier(table["tier"]),
        again_after,
        unheard["read_within"],
        frozenset(unheard["plain"]),
        harmless=(*table["harmless"], *passed_over),
        spelt=table["spelt"],
        alone=tuple(table["alone"]),
        cries=tuple(table["cries"]),
        courtesies=tuple(table["courtesies"]),
        goes_on=frozenset(table["goes_on"]),
        denials=tuple(table["denials"]),
        beside_denials=tuple(table["beside_denials"]),
        unless=tuple(family for family in families if family.ways),
    )


def said_by(family: Mapping[str, Any]) -> Iterator[str]:
    """Every way to say it: one of each line, one after the other; an empty one is left out."""
    for parts in product(*family["parts"]):
        yield " ".join(part for part in parts if part)


def _table(sheet: Sheet, name: str) -> Mapping[str, Any]:
    table = sheet.body[name]
    assert isinstance(table, Mapping)
    return table


def _rows(sheet: Sheet, name: str) -> tuple[Mapping[str, Any], ...]:
    rows = sheet.body[name]
    assert isinstance(rows, tuple)
    return rows
