"""What is said at the chair is told to the decision to treat as well: one fact, not two, with its source and time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy import actions as candidacy
from ketacare.clinic.candidacy import queries as treatable
from ketacare.clinic.candidacy.models import HistoryAnswer, Source
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor, may
from ketacare.clinic.people.models import Allergies, AllergyState
from ketacare.clinic.people.standing import newest
from ketacare.medicine.candidacy.reader.allergens import allergens
from ketacare.medicine.candidacy.rules.allergens import allergic
from ketacare.medicine.candidacy.terms.allergens import Allergic
from ketacare.medicine.evidence.terms import FactValue

Said = Mapping[str, FactValue]
# Name, answer, from whom, when it was so, and in what words.
Told = tuple[str, str, Source, datetime, str]


def tell(session: Session, item: str, said: Said, *, by: Actor, at: datetime) -> None:
    if not may(by, "evaluation", "C"):
        return
    told = of_state(said, at) if item == "state" else TELLING[item](said, by, at) if item in TELLING else ()
    for name, answer, source, happened_at, words in list(told):
        candidacy.record_history(
            patient=session.visit.patient,
            name=name,
            answer=answer,
            source=source,
            words=words,
            happened_at=happened_at,
            by=by,
            at=at,
        )
    for slip in slips(session, said, by) if item == "state" else ():
        candidacy.record_history(
            patient=session.visit.patient,
            name=slip.name,
            answer="no",
            source=Source.CLINICIAN,
            words=FOUND_HERE,
            amends=slip,
            amend_reason=SLIP,
            by=by,
            at=at,
        )
    if item == "allergies" and said.get("ketamine_allergy") == "yes":
        list_ketamine(session, by=by, at=at)


def of_pregnancy(said: Said, by: Actor, at: datetime) -> Iterable[Told]:
    """A test without its day is kept at the chair alone (CI-50)."""
    possible, tested_on = said.get("childbearing_potential"), said.get("pregnancy_tested_on")
    if isinstance(possible, bool):
        yield "childbearing_potential", "yes" if possible else "no", Source.PATIENT, at, ""
    if "pregnancy_test" in said and isinstance(tested_on, date):
        noon = datetime.combine(tested_on, time(12), ZoneInfo(by.zone))
        yield "pregnancy_test", str(said["pregnancy_test"]), Source.TEST, min(noon, at), ""


# What a clinician finds and what a test shows is not the patient's word.
TOLD_BY = {"clinician": Source.CLINICIAN, "test": Source.TEST}


def of_the_day(said: Said, by: Actor, at: datetime) -> Iterable[Told]:
    for name, value in said.items():
        kind = treatable.kinds().get(name)
        if kind is not None and name not in treatable.ELSEWHERE:
            yield name, as_answered(value), TOLD_BY.get(kind.told_by, Source.PATIENT), at, ""


def as_answered(value: FactValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


ALLERGY = {"yes": "yes", "no": "no", "doubtful": "unable"}
DOUBTFUL = "Doubtful, asked before a dose"


def of_allergy(said: Said, by: Actor, at: datetime) -> Iterable[Told]:
    """CI-04. In doubt is no answer, and no longer the no of an earlier day."""
    answer = str(said.get("ketamine_allergy", ""))
    if answer in ALLERGY:
        words = DOUBTFUL if answer == "doubtful" else "Asked before a dose"
        yield treatable.ALLERGIC, ALLERGY[answer], Source.PATIENT, at, words


TOLD = "told before a dose"


def list_ketamine(session: Session, *, by: Actor, at: datetime) -> None:
    """A list that names no ketamine yet names it from now on: the header and the emergency card are read from it, and
    say so where nobody has asked for the other allergies."""
    listed = newest(Allergies, session.visit.patient)
    entries = [] if listed is None else list(listed.entries)
    is_asked = listed is not None and listed.state != AllergyState.NOT_ASKED
    if allergic((entry["substance"] for entry in entries), allergens()) is Allergic.YES:
        return
    people.keep_allergies(
        patient=session.visit.patient,
        state=AllergyState.LISTED,
        entries=[*entries, {"substance": "ketamine", "reaction": TOLD if is_asked else f"{TOLD}; others not asked"}],
        amend_reason=TOLD,
        by=by,
        at=at,
    )


# What is found at the chair stays known for the next dose (CI-30, CI-32, CI-34), not for this one alone.
FOUND = {"new psychosis": "active_psychosis", "mania": "mania_now", "delirium": "delirium"}
FOUND_HERE = "Found before a dose"


AS_PLANNED = "as planned"


SLIP = "As planned: the answer before was a slip"


def of_state(said: Said, at: datetime) -> Iterable[Told]:
    found = FOUND.get(str(said.get("mental_state")))
    if found is not None:
        yield found, "yes", Source.CLINICIAN, at, FOUND_HERE


def slips(session: Session, said: Said, by: Actor) -> list[HistoryAnswer]:
    """What was found by a slip that "as planned" puts right: by whoever said it, or who may rule on it. It is amended,
    for a newer no beside it would not undo it. Another finding takes none back, and "as planned" says nothing of what
    was found earlier."""
    if said.get("mental_state") != AS_PLANNED:
        return []
    told = [row for row in treatable.history(session.visit.patient) if row.source == Source.CLINICIAN]
    named = [[row for row in told if row.name == name] for name in FOUND.values()]
    return [rows[0] for rows in named if is_put_right(rows, session.created_at) and is_theirs(rows[0], by)]


def is_put_right(rows: Sequence[HistoryAnswer], since: datetime) -> bool:
    """Was it said at this chair today, last, and by nobody before? `rows`: newest first."""
    here = [row for row in rows if row.words == FOUND_HERE and row.happened_at >= since]
    before = next((row.answer for row in rows if row not in here), "")
    return bool(here) and rows[0] == here[0] and here[0].answer == "yes" and before != "yes"


def is_theirs(row: HistoryAnswer, by: Actor) -> bool:
    return row.recorded_by_id == by.user_id or may(by, "evaluation", "S")


TELLING: Mapping[str, Callable[[Said, Actor, datetime], Iterable[Told]]] = {
    "pregnancy": of_pregnancy,
    "today": of_the_day,
    "allergies": of_allergy,
}
