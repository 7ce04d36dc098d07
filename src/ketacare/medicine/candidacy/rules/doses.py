"""A daily dose as people write it, read back in milligrams; what cannot be, and what is asked about once.

"225 mg", "0.5 g", "25 mcg", "1 mg twice a day" and "2 x 1 mg" are understood. A bare number is milligrams only where
the drug is taken in milligrams: otherwise it could be wrong by a thousand. What is counted in tablets or the like is
kept as told: without the strength of one, its milligrams are not known.
"""

import re
from decimal import Decimal

from ketacare.medicine.candidacy.rules.diazepam import equivalents
from ketacare.medicine.candidacy.rules.formulary import matched
from ketacare.medicine.candidacy.terms import Knowledge
from ketacare.medicine.candidacy.terms.case import TakenMedicine
from ketacare.medicine.candidacy.terms.medicines import DailyDose, Taken, Writing
from ketacare.medicine.candidacy.terms.names import plain_name
from ketacare.medicine.quantities.terms import plain

_DOSE = re.compile(
    r"(?:(?P<before>\d{1,2})\s*[x×]\s*)?(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?)"
    r"\s*(?P<unit>[^\W\d]+)?\s*(?:[x×]\s*(?P<after>\d{1,2})\b)?(?P<rest>.*)",
    re.IGNORECASE,
)

_PIECE = re.compile(r"(?:tab(?:let)?|cap(?:sule)?|pill|lozenge|sachet)s?", re.IGNORECASE)


class DoseRefused(ValueError):
    """A dose that cannot be kept as typed: the rule, and the remedy."""

    def __init__(self, rule: str, remedy: str) -> None:
        self.rule, self.remedy = rule, remedy
        super().__init__(f"{rule} {remedy}")


def daily_dose(text: str, name: str, form: str, knowledge: Knowledge) -> DailyDose:
    """What was typed as a dose for a day, in milligrams where its unit has a weight; or DoseRefused."""
    typed = " ".join(text.split())
    read = _DOSE.fullmatch(typed)
    if read is None and in_pieces(typed) and not typed.startswith(("-", "−")):
        return DailyDose(None, typed)
    if read is None:
        what = "a dose cannot be below zero" if typed.startswith(("-", "−")) else "this is not understood"
        raise DoseRefused(f"Dose: {typed!r}: {what}.", "Write it as 100 mg, 0.5 g or 1 mg twice a day.")
    writing = knowledge.formulary.writing
    number = _number(read["number"])
    pieces = in_pieces(read["unit"] or read["rest"])
    unit = "" if pieces else _unit(read["unit"], name, form, typed, knowledge)
    times = Decimal(1) if pieces else _times(read, typed, writing)
    if number == 0 or times == 0:
        raise DoseRefused(f"Dose: {typed!r} is nothing.", "Take the medicine off the list, or correct the dose.")
    if unit not in writing.units:
        return DailyDose(None, typed)
    mg = number * writing.units[unit].value * times
    if mg > writing.impossible.value:
        raise DoseRefused(f"Dose: {plain(mg)} mg a day cannot be.", "Check the number and its unit.")
    return DailyDose(mg, typed)


def in_pieces(text: str) -> bool:
    """Is it told in tablets or the like, and so not known in milligrams?"""
    return any(_PIECE.fullmatch(word.strip(".,;-")) for word in text.split())


def _number(digits: str) -> Decimal:
    """1,000 and 1,000.5 have their thousands marked; 0,5 is half."""
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", digits) and not digits.startswith("0"):
        return Decimal(digits.replace(",", ""))
    return Decimal(digits.replace(",", "."))


def _unit(written: str | None, name: str, form: str, typed: str, knowledge: Knowledge) -> str:
    match = matched(name, form, knowledge.formulary)
    if written is None:
        if match is not None and match.drug.unit == "mg":
            return "mg"
        usual = f", {match.drug.name} is usually taken in {match.drug.unit}" if match else ""
        raise DoseRefused(f"Dose: {typed!r} has no unit{usual}.", "Write the unit: mg, mcg or g.")
    writing = knowledge.formulary.writing
    folded = written.casefold()
    unit = writing.spelled.get(folded, folded)
    if unit in writing.units or unit in writing.spelled.values():
        return unit
    raise DoseRefused(
        f"Dose: {written!r} is not a unit known here.", "Write mg, mcg, g, units, puffs, drops, mL or tablets."
    )


def _times(read: re.Match[str], typed: str, writing: Writing) -> Decimal:
    """How many times a day: by a number beside it, or in words."""
    often = plain_name(read["rest"])
    if often and often not in writing.often:
        raise DoseRefused(
            f"Dose: {read['rest'].strip()!r} is not understood.",
            "Write how often as daily, twice a day, three times a day or at night.",
        )
    told = [Decimal(read[key]) for key in ("before", "after") if read[key]]
    told += [writing.often[often].value] if often else []
    if len(told) > 1 and not (len(told) == 2 and often and writing.often[often].value == 1):
        raise DoseRefused(f"Dose: {typed!r} says twice how often.", "Say it once.")
    return max(told, default=Decimal(1))


def question(name: str, form: str, mg: Decimal | None, knowledge: Knowledge) -> str | None:
    """What is asked once before so high, or so small, a dose is kept; None where nothing is unlikely about it."""
    if mg is None:
        return None
    writing = knowledge.formulary.writing
    if mg > writing.unlikely.value:
        return f"{plain(mg)} mg a day is more than {plain(writing.unlikely.value)} mg."
    match = matched(name, form, knowledge.formulary)
    if match is None:
        return None
    if match.drug.unit == "mcg" and mg >= 1:  # a whole milligram of what is counted in thousandths of one
        return f"{plain(mg)} mg a day is {plain(mg * 1000)} mcg; {match.drug.name} is usually taken in mcg."
    most = _most(match.drug.name, knowledge)
    if most is not None and mg * 1000 <= most:  # a thousandth of what people take: mcg written for mg
        return f"{plain(mg)} mg a day is a thousandth of {plain(mg * 1000)} mg; {match.drug.name} is taken in mg."
    if most is not None and mg > most:
        return f"{plain(mg)} mg a day is above the largest usual dose of {match.drug.name}, {plain(most)} mg."
    equal = equivalents(Taken(TakenMedicine(name, form, mg), match.drug), knowledge.interactions)
    largest = max((e.most_mg for e in equal), default=Decimal(0))
    if largest > writing.unlikely_as_diazepam.value:
        return f"{plain(mg)} mg a day equals up to {plain(largest.quantize(Decimal(1)))} mg of diazepam."
    return None


def _most(name: str, knowledge: Knowledge) -> Decimal | None:
    """The largest daily dose that the adequate-dose table gives for it, in any form or setting."""
    row = knowledge.trials.medicine(name)
    if row is None or row.dose_of or row.not_oral:
        return None
    figures = (row.most, row.most_inpatient, *(form.most for form in row.forms.values()))
    return max((figure.value for figure in figures if figure is not None), default=None)
