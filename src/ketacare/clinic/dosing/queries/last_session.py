"""What the record says of earlier sessions that is not over: the next dose waits for it, whoever answers."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.dosing.models import AdverseEvent, Kind, Outcome, Relatedness, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import between, effects
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.people.models import Patient
from ketacare.medicine.evidence.terms import Fact

NAME = "last_session"
# As the readiness sheet has them, the least first.
ANSWERS = ("reviewed", "first session", "grade 2 not addressed", "grade 3 unresolved")
ASK, STOP = ANSWERS[2:]
REVIEW, CALL = "leaving.review", "leaving.call"
GRAVE, COUNTS = 3, 2


def still_open(session: Session) -> list[tuple[str, str]]:
    """What is not over, each with the answer it amounts to and in words, the gravest first."""
    patient = session.visit.patient
    found = [*events_open(session), *duties_open(patient), *not_judged(session)]
    return sorted(found, key=lambda one: -ANSWERS.index(one[0]))


def events_open(session: Session) -> list[tuple[str, str]]:
    """A grave event that is not resolved stops; of grade 2, or with its cause not judged, it is to be addressed. What a
    prescriber judged to be unrelated stops nothing: it is decided about once, before the next dose."""
    rows = AdverseEvent.objects.current().filter(patient=session.visit.patient).exclude(outcome=Outcome.SET_ASIDE)
    rows = rows.exclude(visit=session.visit)
    rows = rows.filter(grade__gte=COUNTS) | rows.exclude(serious=[])
    found = []
    for row in rows.order_by("happened_at", "id"):
        ongoing, grave = row.outcome == Outcome.ONGOING, row.grade >= GRAVE or bool(row.serious)
        words = f"{row.term}, grade {row.grade}, {row.get_outcome_display().lower()}"
        if row.relatedness == Relatedness.UNRELATED:
            if ongoing and not decided_since(session, row):
                found.append((ASK, f"{words}, judged unrelated, still there"))
        elif grave and ongoing:
            found.append((STOP, words))
        elif ongoing or (grave and row.relatedness == Relatedness.NOT_JUDGED):
            found.append((ASK, f"{words}, cause {row.get_relatedness_display().lower()}"))
    return found


def decided_since(session: Session, event: AdverseEvent) -> bool:
    """Has a dose been decided about, at another visit, since this was said of it?"""
    rows = TimelineEntry.objects.filter(
        kind=Kind.DECISION, name="go", in_error=False, recorded_at__gt=event.recorded_at
    )
    return rows.filter(visit__patient=event.patient).exclude(visit=session.visit).exists()


def duties_open(patient: Patient) -> list[tuple[str, str]]:
    """Whoever left against advice or to hospital is decided about before the next dose."""
    rows = Duty.objects.filter(patient=patient, kind__in=(REVIEW, CALL), state=DutyState.OPEN).order_by("due_at", "id")
    return [(STOP if row.kind == REVIEW else ASK, row.title) for row in rows]


def not_judged(session: Session) -> list[tuple[str, str]]:
    """A session that was closed has nothing left to judge."""
    last = between.before(session.visit).exclude(state=SessionState.CLOSED).first()
    return [] if last is None else [(ASK, f"{one.term}: nobody has judged it") for one in effects.to_judge(last)]


def with_record(session: Session, answers: list[Fact], at: datetime) -> list[Fact]:
    """The answer that was given, or what the record amounts to, whichever is graver (nothing is typed twice)."""
    open_now = still_open(session)
    said = next((fact for fact in answers if fact.name == NAME), None)
    if not open_now or (said is not None and rank(said) >= ANSWERS.index(open_now[0][0])):
        return answers
    words = "; ".join(text for _, text in open_now)
    return [*(fact for fact in answers if fact.name != NAME), Fact(NAME, open_now[0][0], None, at, f"record: {words}")]


def rank(fact: Fact) -> int:
    return ANSWERS.index(str(fact.value)) if fact.value in ANSWERS else -1
