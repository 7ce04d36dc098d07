"""Reads what was tried from JSON: antidepressant trials and courses of other treatments; and tells their form."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ketacare.medicine.candidacy.reader.fields import (
    DATE,
    DAYS,
    FLAG,
    NAME,
    NOT_BELOW_ZERO,
    NUMBER,
    TEXT,
    Fault,
    date_at,
    days_at,
    flag_at,
    list_schema,
    listed,
    not_below_zero,
    number_at,
    object_at,
    one_of,
    or_null,
    record_schema,
    text_at,
)
from ketacare.medicine.candidacy.terms import Course, CourseKind, DoseStep, Improvement, Ruling, Side, ToldBy, Trial

T = TypeVar("T")

_NUMBERS = (*("improvement_percent", "adherence_percent", "level_ng_per_ml", "level_mmol_per_l", "reduced_ceiling_mg"),)
_FLAGS = ("relapsed_on_dose", "adherence_witnessed")
_WHY = "stopped_for_side_effects"
_WHOLES = ("gap_days", "days_since_gap", "days_alone")
_TEXTS = ("form", "reduced_for")
# By whose word it is known, and in the words of TRIAL-10; one list for trials and courses.
SOURCES = {str(source): source for source in ToldBy} | {
    "clinician record": ToldBy.CLINICIAN,
    "pharmacy record": ToldBy.PHARMACY,
}
TRIAL_KEYS = {
    *(
        "medicine",
        "steps",
        "in_current_episode",
        "started_with",
        "began_on",
        "ended_on",
        "improvement",
        "ruled",
        "source",
    ),
    *(_WHY, *_NUMBERS, *_FLAGS, *_WHOLES, *_TEXTS),
}
_STEP_KEYS = {"dose_mg", "days", "taken"}
_RULING_KEYS = {"counts", "by", "reason"}
_COURSE_FLAGS = ("responded", "in_current_episode", "by_manual", "trauma_focused")
COURSE_KEYS = {"kind", "sessions", "weeks", "side", "source", *_COURSE_FLAGS}


def trial_at(row: Any, at: str) -> Trial:
    row = object_at(row, at, TRIAL_KEYS)
    if not isinstance(row.get("medicine"), str) or not row["medicine"].strip():
        raise Fault(f"{at}.medicine: missing. Name the medicine as the patient does.")
    problems: list[str] = []
    steps, partners = listed(row, "steps", problems), listed(row, "started_with", problems)
    if problems:
        raise Fault(f"{at}.{problems[0]}")
    told: dict[str, Any] = {key: number_at(row.get(key), f"{at}.{key}") for key in _NUMBERS}
    told |= {key: flag_at(row.get(key), f"{at}.{key}") is True for key in _FLAGS}
    told[_WHY] = flag_at(row.get(_WHY), f"{at}.{_WHY}")
    told |= {key: days_at(row.get(key), f"{at}.{key}") for key in _WHOLES}
    told |= {key: text for key in _TEXTS if (text := text_at(row.get(key), f"{at}.{key}"))}
    came_to, ruling = row.get("improvement"), row.get("ruled")
    told |= {
        "gap_days": told["gap_days"] or 0,
        "steps": tuple(_step(step, f"{at}.steps[{place}]") for place, step in enumerate(steps)),
        "in_current_episode": flag_at(row.get("in_current_episode"), f"{at}.in_current_episode"),
        "started_with": tuple(
            name for place, one in enumerate(partners) if (name := text_at(one, f"{at}.started_with[{place}]"))
        ),
        **{key: None if row.get(key) is None else date_at(row[key], f"{at}.{key}") for key in ("began_on", "ended_on")},
        "improvement": None if came_to is None else one_of(came_to, f"{at}.improvement", Improvement),
        "ruled": None if ruling is None else _ruling(ruling, f"{at}.ruled"),
        "source": _source(row, at),
    }
    return _made(lambda: Trial(row["medicine"].strip(), **told), at)


def _step(row: Any, at: str) -> DoseStep:
    row = object_at(row, at, _STEP_KEYS)
    dose, days = number_at(row.get("dose_mg"), f"{at}.dose_mg"), days_at(row.get("days"), f"{at}.days")
    taken = flag_at(row.get("taken"), f"{at}.taken") is not False
    return _made(lambda: DoseStep(dose, days, taken), at)


def _ruling(row: Any, at: str) -> Ruling:
    row = object_at(row, at, _RULING_KEYS)
    counts = flag_at(row.get("counts"), f"{at}.counts")
    if counts is None:
        raise Fault(f"{at}.counts: missing. Say true or false.")
    by, reason = (text_at(row.get(key), f"{at}.{key}") for key in ("by", "reason"))
    return _made(lambda: Ruling(counts, by, reason), at)


def course_at(row: Any, at: str) -> Course:
    row = object_at(row, at, COURSE_KEYS)
    side = row.get("side")
    told: dict[str, Any] = {key: flag_at(row.get(key), f"{at}.{key}") for key in _COURSE_FLAGS}
    told |= {
        "kind": one_of(row.get("kind"), f"{at}.kind", CourseKind),
        "sessions": days_at(row.get("sessions"), f"{at}.sessions"),
        "weeks": not_below_zero(row.get("weeks"), f"{at}.weeks"),
        "side": None if side is None else one_of(side, f"{at}.side", Side),
        "source": _source(row, at),
    }
    return _made(lambda: Course(**told), at)


def _source(row: Mapping[str, Any], at: str) -> ToldBy:
    """What nobody says more of is only remembered."""
    told = row.get("source")
    if told is not None and told not in list(SOURCES):
        raise Fault(f"{at}.source: {told!r} is not one of {', '.join(SOURCES)}. Choose one, or leave it out.")
    return ToldBy.RECALL if told is None else SOURCES[told]


def _made(make: Callable[[], T], at: str) -> T:
    """The value, or what it itself refuses told as a fault of this place."""
    try:
        return make()
    except ValueError as wrong:
        raise Fault(f"{at}: {wrong}")


# --- the form ---

_SOURCE = {
    "enum": [*SOURCES, None],
    "description": "by whose word it is known; left out: recall. All but recall are records",
}


def trial_schema() -> dict[str, Any]:
    fields: dict[str, Any] = {"medicine": NAME} | dict.fromkeys(_NUMBERS, NUMBER) | dict.fromkeys((_WHY, *_FLAGS), FLAG)
    fields |= dict.fromkeys(_WHOLES, DAYS) | dict.fromkeys(_TEXTS, TEXT) | {"in_current_episode": FLAG}
    return fields | {
        "steps": or_null(list_schema({"dose_mg": NOT_BELOW_ZERO, "days": DAYS, "taken": FLAG}, ())),
        "started_with": or_null({"type": "array", "items": TEXT}),
        "began_on": or_null(DATE),
        "ended_on": or_null(DATE),
        "improvement": _choice(Improvement),
        "ruled": or_null(
            record_schema({"counts": {"type": "boolean"}, "by": NAME, "reason": NAME}, tuple(_RULING_KEYS))
        ),
        "source": _SOURCE,
    }


def course_schema() -> dict[str, Any]:
    fields: dict[str, Any] = {"kind": {"enum": list(CourseKind)}, "side": _choice(Side), "source": _SOURCE}
    return fields | {"sessions": DAYS, "weeks": NOT_BELOW_ZERO} | dict.fromkeys(_COURSE_FLAGS, FLAG)


def _choice(kind: Any) -> Mapping[str, Any]:
    return {"enum": [*kind, None]}
