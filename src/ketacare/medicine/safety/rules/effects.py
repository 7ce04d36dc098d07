"""What a dose did, graded from the record. A person confirms, changes or sets aside each; nothing is decided here.

An effect becomes an event when it is severe, or moderate and treated: what is mild, or passes by itself, stays an
effect. One surge inside a session is never graded by one reading. A sign that alarms, an emergency, a way to hospital
are never mild by themselves: somebody says what each was.
"""

from collections.abc import Callable
from decimal import Decimal

from ketacare.medicine.safety.terms import Charted, EffectSheet, Graded

MILD, MODERATE, SEVERE, LIFE = 1, 2, 3, 4
TO_JUDGE = 0
PRESSURE_CRISIS, OTHER, GRAVE_COURSE = "EM-03", "other", "grave_course"
Found = tuple[int, str] | None


def graded(charted: Charted, sheet: EffectSheet) -> tuple[Graded, ...]:
    """Every effect the record shows, the gravest first; what the prescriber must judge stands before all."""
    found = {effect: judge(charted, sheet) for effect, judge in _JUDGES.items()}
    for effect, grade in charted.tapped.items():
        known = found.get(effect)
        if effect in sheet.terms and (known is None or grade > known[0] > TO_JUDGE):
            found[effect] = (grade or MILD, "charted at the chair")
    for effect in charted.signs & sheet.terms.keys():
        known = found.get(effect)
        if known is None or known[0] < SEVERE:  # a grave grade that was charted is shown, not hidden by its own sign
            found[effect] = (TO_JUDGE, "seen at the chair")
    if charted.grave_course and not any(map(_explains, found.values())):
        found[GRAVE_COURSE] = (TO_JUDGE, charted.grave_course)
    told = [_graded(charted, sheet, effect, *one) for effect, one in found.items() if one is not None]
    return tuple(sorted(told, key=lambda one: (one.grade != TO_JUDGE, -one.grade, one.term)))


def _explains(found: Found) -> bool:
    """May an emergency have been for this? Then that is what is judged, and nothing beside it."""
    return found is not None and (found[0] == TO_JUDGE or found[0] >= SEVERE)


def _graded(charted: Charted, sheet: EffectSheet, effect: str, grade: int, why: str) -> Graded:
    treated = effect in charted.treated or (effect == "vomiting" and "nausea" in charted.treated)
    is_event = grade == TO_JUDGE or grade >= SEVERE or (grade == MODERATE and treated)
    return Graded(effect, sheet.terms[effect].term, grade, why, is_event)


# --- each effect ------------------------------------------------------------------------------------------------------


def _sedation(charted: Charted, sheet: EffectSheet) -> Found:
    for grade in (LIFE, SEVERE, MODERATE, MILD):
        if charted.moaas is not None and charted.moaas <= sheet.lines[f"sedation_{grade}"].value:
            return grade, f"MOAA/S {charted.moaas:f}"
    return None


def _anxiety(charted: Charted, sheet: EffectSheet) -> Found:
    found = _by_score(charted.distress, "distress", sheet)
    if found is None:
        return (MODERATE, "a medicine was given") if "anxiety" in charted.treated else None
    grade, why = found
    return (LIFE, f"{why}, danger") if charted.danger and grade == SEVERE else (grade, why)


def _nausea(charted: Charted, sheet: EffectSheet) -> Found:
    """Beside vomiting it is the same trouble and stays an effect: the vomiting is the event."""
    found = _by_score(charted.nausea, "nausea", sheet)
    if found is not None and charted.vomited:
        return MILD, f"{found[1]}, with vomiting"
    return found


def _by_score(score: Decimal | None, name: str, sheet: EffectSheet) -> Found:
    if not score:
        return None
    grade = next((g for g in (SEVERE, MODERATE) if score >= sheet.lines[f"{name}_{g}"].value), MILD)
    return grade, f"{name} {score:f} of 10"


def _vomiting(charted: Charted, _sheet: EffectSheet) -> Found:
    if not charted.vomited:
        return None
    treated = "vomiting" in charted.treated or "nausea" in charted.treated
    return (MODERATE, "a medicine was given") if treated else (MILD, "no treatment")


def _hypoxia(charted: Charted, sheet: EffectSheet) -> Found:
    under, lasting = sheet.lines["spo2_under"].value, sheet.lines["spo2_for"].value
    if charted.spo2 is None or charted.spo2 >= under:
        return None
    words = f"SpO2 {charted.spo2:f} %, {charted.hypoxia_s:f} s under {under:f} %"
    return (MODERATE if charted.hypoxia_s >= lasting else MILD), words


def _respiratory_depression(charted: Charted, sheet: EffectSheet) -> Found:
    """Slow breathing in a sedated person may be it: the prescriber says."""
    slow = charted.breaths is not None and charted.breaths < sheet.lines["breaths_under"].value
    asleep = charted.moaas is not None and charted.moaas <= sheet.lines["sedation_2"].value
    return (TO_JUDGE, f"{charted.breaths:f} breaths a minute, MOAA/S {charted.moaas:f}") if slow and asleep else None


def _hypertension(charted: Charted, _sheet: EffectSheet) -> Found:
    if PRESSURE_CRISIS in charted.emergencies:
        return LIFE, "a hypertensive emergency was opened"
    if charted.pressure and (charted.stopped or "hypertension" in charted.treated):
        return SEVERE, "the dose was stopped" if charted.stopped else "a medicine was given"
    grades: dict[str, Found] = {
        "low": (MILD, "one notice"),
        "medium": (MODERATE, "a second reading beyond"),
        "high": (MODERATE, "confirmed, without a medicine or a stop"),
    }
    return grades.get(charted.pressure)


def _tachycardia(charted: Charted, _sheet: EffectSheet) -> Found:
    if not charted.pulse:
        return None
    return (MODERATE, "a medicine was given") if "tachycardia" in charted.treated else (MILD, "no treatment")


_JUDGES: dict[str, Callable[[Charted, EffectSheet], Found]] = {
    "sedation": _sedation,
    "respiratory_depression": _respiratory_depression,
    "anxiety": _anxiety,
    "nausea": _nausea,
    "vomiting": _vomiting,
    "hypoxia": _hypoxia,
    "hypertension": _hypertension,
    "tachycardia": _tachycardia,
}
