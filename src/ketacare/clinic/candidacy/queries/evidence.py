"""The figures behind a verdict, each with how sure it is and who says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ketacare.clinic.candidacy.queries.vocabulary import plain
from ketacare.medicine.candidacy.terms import Medicine, TrialJudgement, TrialLines, form_of
from ketacare.medicine.evidence.terms import Figure, Grade, Series


@dataclass(frozen=True)
class Evidence:
    """A figure with how sure it is and who says so."""

    label: str
    value: str
    grade: Grade
    sources: tuple[str, ...]

    @property
    def unconfirmed(self) -> bool:
        return self.grade is Grade.M


def evidence_of(judgement: TrialJudgement, lines: TrialLines) -> Iterable[Evidence]:
    medicine = judgement.medicine
    if medicine is None:
        return
    yield from doses_of(medicine, judgement)
    days = medicine.days or lines.figures["days"]
    yield figured("Long enough", days, "days")
    for label, name, unit in (("Gaps allowed", "gap_days", "days"), ("Taken on at least", "adherence", "% of days")):
        yield figured(label, lines.figures[name], unit)
    yield figured("A response is", lines.figures["response"], "% better or more")


def doses_of(medicine: Medicine, judgement: TrialJudgement) -> Iterable[Evidence]:
    form = medicine.forms.get(form_of(judgement.trial))
    part = f", as {medicine.dose_of}" if medicine.dose_of else ""
    yield figured(f"Minimum dose{part}", (form and form.least) or medicine.least)
    if medicine.level_least is not None:
        yield figured("Drug level at least", medicine.level_least, medicine.level_least.unit)
    usual = (form and form.usual) or medicine.usual
    if usual is not None:
        yield figured("Usual dose", usual)
    for label, figure in (("Largest dose", (form and form.most) or medicine.most), ("Low dose", medicine.low)):
        if figure is not None:
            yield figured(label, figure)
    if medicine.reduced is not None:
        yield figured(f"Ceiling for {', '.join(medicine.reduced_when)}", medicine.reduced)
    if medicine.rxcui is not None:
        yield Evidence("RxNorm", medicine.rxcui.code, medicine.rxcui.grade, (medicine.rxcui.source.citation,))


def figured(label: str, figure: Figure | Series, unit: str = "") -> Evidence:
    numbers = figure.values if isinstance(figure, Series) else (figure.value,)
    shown = " to ".join(dict.fromkeys(plain(number) for number in numbers))
    told_unit = unit or {"mg/d": "mg a day", "mcg/d": "mcg a day"}.get(figure.unit, figure.unit)
    return Evidence(label, f"{shown} {told_unit}", figure.grade, tuple(s.citation for s in figure.sources))
