"""Signs that a person saw and that alarm (A17): which stand, since when, by whose word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import timeline
from ketacare.clinic.monitoring.queries import Standing
from ketacare.medicine.evidence.terms import Fact
from ketacare.medicine.monitoring.terms import Condition

# As the limit sheet names them, and as a button says it.
SIGNS = (
    ("chest pain", "Chest pain"),
    ("breathlessness", "Breathlessness"),
    ("new severe headache", "Severe headache"),
    ("stroke sign", "Stroke sign"),
    ("seizure", "Seizure"),
    ("syncope", "Fainted"),
    ("stridor", "Stridor"),
    ("screaming", "Screaming"),
    ("leaving", "Leaving"),
    ("new suicidal intent", "New suicidal intent"),
)
LABELS = dict(SIGNS)
OVER, PRESENT = "over", "present"
VOMITING, HELP_BUTTON, LEAVING = "vomiting", "help button", "leaving"
DISTRESS, STOP_WORD, SITTING = "distress", "stop_word", "sitting"
# Lines of another name that raise a sign.
HELP = "help"
RAISED = {"vomit": VOMITING, HELP: HELP_BUTTON}
# Which effect of the dose each may be, by the effect sheet. Leaving is none: the way out is its own record.
EFFECTS = {
    "chest pain": "chest_pain",
    "breathlessness": "dyspnoea",
    "new severe headache": "headache",
    "stroke sign": "stroke",
    "seizure": "seizure",
    "syncope": "syncope",
    "stridor": "laryngospasm",
    "screaming": "agitation",
    "new suicidal intent": "suicidal_ideation",
}
# Charted under the name of the effect these are the sign, and alarm like it.
SAME = {
    effect: sign for sign, effect in EFFECTS.items() if effect not in ("headache", "agitation", "suicidal_ideation")
}


@dataclass(frozen=True, slots=True)
class Seen:
    sign: str
    label: str
    since: datetime | None


def standing(watched: Standing | None) -> list[Seen]:
    """What somebody saw and nobody has yet said to be over. Vomiting and help have ways of their own."""
    if watched is None:
        return []
    found = [(one, name_of(one)) for one in watched.conditions if one.present]
    return [Seen(name, LABELS[name], one.since) for one, name in found if name in LABELS]


def name_of(condition: Condition) -> str:
    return condition.key.removeprefix("sign.") if condition.key.startswith("sign.") else ""


def raised_by(row: TimelineEntry) -> str:
    """Which sign this line raises; none, if it raises none."""
    if row.kind != Kind.EVENT:
        return ""
    if row.name in (DISTRESS, STOP_WORD):  # a tap at the chair is by whoever is there; from the sitting page it calls
        return HELP_BUTTON if row.body.get("place") == SITTING else ""
    return row.name if row.name in LABELS else RAISED.get(row.name, "")


def ended_by(row: TimelineEntry) -> str:
    """Which sign this line ends: somebody came, somebody listened, somebody said that it is over."""
    if row.kind == Kind.AIRWAY:
        return "" if row.body["open"] else VOMITING
    if row.kind != Kind.EVENT:
        return ""
    return HELP_BUTTON if row.name == PRESENT else str(row.body["sign"]) if row.name == OVER else ""


def stands(session: Session, sign: str) -> bool:
    """By what is written and still holds: was it seen after it was last over?"""
    stand = False
    for row in timeline.standing(session.visit, Kind.EVENT, Kind.AIRWAY):
        stand = (stand or raised_by(row) == sign) and ended_by(row) != sign
    return stand


def release_facts(session: Session) -> list[Fact]:
    """After a sign, also one that is over, what was found before says nothing any more (H12); a vomit undoes fluids.
    A press of the help button finds nothing: what whoever comes then sees is tapped by itself."""
    rows = [row for row in timeline.standing(session.visit, Kind.EVENT) if row.name != HELP]
    raised = [(row, sign) for row in rows if (sign := raised_by(row))]
    signs = [Fact("sign_at", row.happened_at, None, row.happened_at, sign) for row, sign in raised if sign != VOMITING]
    vomits = [Fact("vomited", True, None, row.happened_at, sign) for row, sign in raised if sign == VOMITING]
    return signs + vomits
