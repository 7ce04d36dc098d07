"""What is watched all the time beside the schedule, and why: 3-lead ECG and capnography (MON-*). A fact that nobody
told is not a no, nor is one on which records disagree: what hangs on it is said to be not known."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from ketacare.medicine.dosing.rules.holding import number
from ketacare.medicine.dosing.terms import AlsoWatched
from ketacare.medicine.evidence.terms import Fact, Facts, Figure
from ketacare.medicine.protocols.terms import Protocol

ECG, CAPNOGRAPHY = "ecg", "capnography"
TITLES = {ECG: "3-lead ECG", CAPNOGRAPHY: "Capnography"}
# What is told by a yes, and how it is said; a no of each must have been told.
TOLD = {
    ECG: {"cardiac_history": "heart disease", "qt_medicine": "a medicine that prolongs QT"},
    CAPNOGRAPHY: {"sleep_apnoea": "sleep apnoea", "sedative_given": "a sedative given"},
}
# What is measured, the line on the sheet, how it is said, and whether the line itself counts.
_FROM, _OVER, _MOST = "_from", "_over", "_most"
_MEASURED = {"age": ("age_years", "age {}"), "bmi": ("bmi", "BMI {}"), "dose": ("dose_mg_per_kg", "{} mg/kg by vein"),
             "moaas": ("moaas_lowest", "MOAA/S {}")}  # fmt: skip
_UNTOLD = {"dose_mg_per_kg": "the dose"}
# Before anybody looked at sedation nothing is owed to it.
_NOT_YET = frozenset({"moaas_lowest"})


def also_watched(facts: Facts, protocol: Protocol) -> tuple[AlsoWatched, ...]:
    """Each of the two, with what asks for it and what of it nobody knows; none where the sheet has no lines for it."""
    found = ((name, _lines(protocol.figures, name)) for name in TITLES)
    return tuple(_one(name, lines, facts) for name, lines in found if lines)


def _lines(figures: Mapping[str, Figure], name: str) -> dict[str, Decimal]:
    begins = f"also.{name}."
    return {key.removeprefix(begins): figure.value for key, figure in figures.items() if key.startswith(begins)}


def _one(name: str, lines: Mapping[str, Decimal], facts: Facts) -> AlsoWatched:
    because, unknown = list[str](), list[str]()
    for key, line in lines.items():
        subject, way = key.rsplit("_", 1)
        fact, words = _MEASURED[subject]
        value = _last(facts.all(fact))
        if value is None:
            unknown += [] if fact in _NOT_YET else [_UNTOLD.get(fact, words.removesuffix(" {}"))]
        elif _crossed(number(value.value), line, f"_{way}"):
            because.append(words.format(f"{number(value.value).normalize():f}"))
    for fact, words in TOLD[name].items():
        said = {one.value for one in facts.all(fact)}
        if not said:
            unknown.append(words)
        elif len(said) > 1:
            unknown.append(f"{words} (records disagree)")
        elif True in said:
            because.append(words)
    return AlsoWatched(name, TITLES[name], tuple(because), tuple(unknown))


def _crossed(value: Decimal, line: Decimal, way: str) -> bool:
    return value > line if way == _OVER else value <= line if way == _MOST else value >= line


def _last(facts: Sequence[Fact]) -> Fact | None:
    return facts[-1] if facts else None
