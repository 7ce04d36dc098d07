"""The patient's chart: who, the course on one line, what is next, what is known, what happened, who looked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from math import ceil
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ketacare.clinic.audit import queries as audit
from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.access import reads_conditions
from ketacare.clinic.candidacy.models import Choice, Vitals
from ketacare.clinic.duties import queries as duties
from ketacare.clinic.enrolment.models import Plan
from ketacare.clinic.outcomes import queries as outcomes
from ketacare.clinic.outcomes.models import Score
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, actor_of, granted, guarded, moment_of, patient_of, relations_to
from ketacare.clinic.people.models import Allergies, BodyMeasure, Patient, PatientFact, Role, User
from ketacare.clinic.pharmacy import queries as pharmacy
from ketacare.clinic.pharmacy.queries import VisitAmounts
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.therapy import queries as worked
from ketacare.medicine.quantities.terms import Weight
from ketacare.web.pages.standing import OVER, Standing, next_step, number, route, standing
from ketacare.web.pages.windows import window_marks, window_sentence

PHQ9 = "phq-9"
PHQ9_MOST = 27
NEWEST = 30
SHEETS = ("windows",)  # the windows after each dose on the course's line
PART_WORDS = {"people.breakglass": "opened in an emergency, not assigned"}


@guarded("demographics", "R")
def chart(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    patient = patient_of(actor, patient_id, at=at)
    where, sees = standing(patient), rights(actor, patient)
    shown = {
        "patient": patient,
        "header": people.header(patient, at=at, zone=actor.zone),
        "where": where,
        "flag": safety.flag(patient) if granted(actor.role, "concerns", "R", relations_to(actor, patient)) else None,
        "next": next_step(actor, patient, where, at),
        "sees": sees,
        "ribbon": ribbon(patient, where, sees, at, actor.zone),
        "facts": known(patient, ZoneInfo(actor.zone)) if "readings" in sees else None,
        "under": candidacy.under(patient, local_day(at, actor.zone)) if treats(actor, sees) else (),
        "medicines": candidacy.medicines(patient) if "evaluation" in sees else None,
        "scores": list(outcomes.scores(patient, PHQ9).reverse()[:6]) if "scores" in sees else [],
        "scales": other_scales(patient) if "scores" in sees else [],
        "enters": granted(actor.role, "scores", "C", relations_to(actor, patient)),
        "owed": list(duties.open_about(patient)) if "duties" in sees else [],
        "contact": people.contact(patient),
        "entries": happened(patient, where, sees, ZoneInfo(actor.zone)),
        "team": people.care_team(patient, local_day(at, actor.zone)),
        "therapist_options": [(user.pk, user.name) for user in therapists(actor, patient)],
        "opened": who_opened(patient) if "audit" in sees else None,
        "session_of": lambda visit: route("session", visit.pk) if "session" in sees else "",
        "overdue": protocols.past_review(SHEETS if "therapy" in sees else (), local_day(at, actor.zone)),
    }
    return render(request, "pages/chart.jinja", shown)


def treats(actor: Actor, sees: frozenset[str]) -> bool:
    """Does this person read what was written to those who treat, and not the decision in plain words alone?"""
    return "evaluation" in sees and reads_conditions(actor)


def other_scales(patient: Patient) -> list[tuple[str, Score]]:
    """The newest score of every scale but the PHQ-9, which has its own place, and the moods, which are drawn."""
    newest: dict[str, Score] = {}
    for row in outcomes.ratings(patient).exclude(instrument__in=(PHQ9, "mood-vas", "anxiety-vas")):
        newest.setdefault(row.instrument, row)
    return [(outcomes.instrument(name).name, row) for name, row in newest.items()]


def therapists(actor: Actor, patient: Patient) -> list[User]:
    """Whom this person may assign; nobody where they may not."""
    if not granted(actor.role, "demographics", "U", relations_to(actor, patient)):
        return []
    return [user for role in (Role.TH, Role.ET) for user in people.colleagues(clinic_id=actor.clinic_id, role=role)]


SECTIONS = (
    "appointments",
    "referral",
    "intake",
    "evaluation",
    "plan",
    "session",
    "dose",
    "readings",
    "therapy",
    "scores",
    "duties",
    "audit",
)


def rights(actor: Actor, patient: Patient) -> frozenset[str]:
    """The sections this person may read of this patient; the rest of the chart is as if it were not there."""
    relations = relations_to(actor, patient)
    return frozenset(name for name in SECTIONS if granted(actor.role, name, "R", relations))


def known(patient: Patient, local: ZoneInfo) -> list[tuple[str, str | None, str]]:
    """What holds now, each with its age; what is missing says so."""
    weight, height, vitals = (
        people.latest_measure(patient),
        people.latest_height(patient),
        candidacy.latest_vitals(patient),
    )
    return [
        ("Weight", Weight(weight.weight_kg).written_both() if weight else None, day_of(weight, local)),
        (
            "Height",
            f"{height.height_cm.normalize():f} cm" if height and height.height_cm else None,
            day_of(height, local),
        ),
        (
            "Pressure",
            f"{vitals.systolic_mmhg}/{vitals.diastolic_mmhg} mmHg" if vitals else None,
            day_of(vitals, local),
        ),
    ]


def day_of(row: PatientFact | None, local: ZoneInfo) -> str:
    return f"{row.happened_at.astimezone(local):%d-%b-%Y}" if row else ""


# -- the course on one line -----------------------------------------------------------------------------------------


def ribbon(patient: Patient, where: Standing, sees: frozenset[str], at: datetime, zone: str) -> dict[str, Any] | None:
    """From the first referral to the last visit planned; places are days from the first."""
    local = ZoneInfo(zone)
    scores = [row for row in outcomes.scores(patient, PHQ9) if row.total is not None] if "scores" in sees else []
    marks = milestones(where, sees)
    moments = [moment for moment, _, _ in marks] + [visit.starts_at for visit in where.visits]
    moments += [row.happened_at for row in scores]
    if not moments:
        return None
    first = datetime.combine(min(moments).astimezone(local).date(), time(), tzinfo=local)

    def place(moment: datetime) -> float:
        return round((moment - first) / timedelta(days=1), 2)

    amounts = pharmacy.amounts_by_visit(where.doses) if "dose" in sees else {}
    step, today = next_words(where, local), place(at)
    told = worked.windows(patient, at) if "therapy" in sees and where.doses else []
    windows = window_marks(told, place, local)
    return {
        "days": ceil(max([today, *map(place, moments), *(one["to_day"] for one in windows)])),
        "today": max(0, today),
        "windows": windows,
        "windows_words": window_sentence(told, at, local),
        "steps": [{"day": place(moment), "words": words, "href": href} for moment, words, href in marks],
        "doses": [dose_mark(visit, amounts.get(visit.pk), place, sees, local) for visit in where.doses],
        "therapy": [
            {"from_day": place(visit.starts_at), "to_day": place(visit.ends_at), "words": "Integration therapy"}
            for visit in where.visits
            if visit.kind == VisitKind.INTEGRATION
        ],
        "scores": [{"day": place(row.happened_at), "value": int(row.total or 0)} for row in scores],
        "score_name": "PHQ-9",
        "score_max": PHQ9_MOST,
        "next": step,
        "sentence": f"{where.words('evaluation' in sees)}.",
    }


def milestones(where: Standing, sees: frozenset[str]) -> list[tuple[datetime, str, str]]:
    marks: list[tuple[datetime, str, str]] = []
    if "referral" in sees:
        marks += [(row.happened_at, "referral", route("referral", row.pk)) for row in where.referrals[-1:]]
    if where.judged is not None and "evaluation" in sees:
        chosen = "accepted" if where.judged.choice == Choice.ACCEPT else where.judged.get_choice_display().lower()
        marks.append((where.judged.happened_at, chosen, ""))
    if where.plan is not None and "plan" in sees:
        marks.append((where.plan.happened_at, "plan signed", route("plan-summary", where.plan.patient_id)))
    return marks


def dose_mark(
    visit: Visit,
    amounts: VisitAmounts | None,
    place: Callable[[datetime], float],
    sees: frozenset[str],
    local: ZoneInfo,
) -> dict[str, Any]:
    """A dot as large as its mg; planned ones are empty and small."""
    given = amounts.given_mg if amounts is not None and visit.state in OVER else None
    outcome = f"{given.normalize():f} mg given" if given else visit.get_state_display().lower()
    return {
        "day": place(visit.starts_at),
        "mg": given or 1,
        "words": f"Dose {number(visit)}, {visit.starts_at.astimezone(local):%d-%b-%Y}: {outcome}",
        "href": route("session", visit.pk) if "session" in sees else "",
        "planned": visit.state not in OVER,
    }


def next_words(where: Standing, local: ZoneInfo) -> dict[str, str] | None:
    visit = where.next_visit
    if visit is None or (where.paused_at is not None and visit.kind == VisitKind.DOSE):
        return None
    when = visit.starts_at.astimezone(local)
    return {
        "words": f"{visit.get_kind_display().lower()} {number(visit)}".strip(),
        "href": "",
        "when": f"{when:%a %d-%b-%Y %H:%M}",
    }


# -- what happened ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """A line of the timeline as the component reads it."""

    at: datetime
    words: str
    who: str = ""
    detail: str = ""
    late: bool = False
    was: tuple[dict[str, Any], ...] = ()
    t: str = ""
    source: str = ""
    error: None = None
    amend_href: str = ""


def happened(patient: Patient, where: Standing, sees: frozenset[str], local: ZoneInfo) -> list[Entry]:
    """Newest first; only what this person may read."""
    entries: list[Entry] = []
    if "referral" in sees:
        entries += [entry_of(row, f"Referred, {row.get_urgency_display().lower()}") for row in where.referrals]
    if where.judged is not None and "evaluation" in sees:
        entries.append(
            entry_of(where.judged, f"Decided: {where.judged.get_choice_display().lower()}", where.judged.reason)
        )
    if where.plan is not None and "plan" in sees:
        entries.append(entry_of(where.plan, f"Plan signed: {where.plan.sessions} sessions", was=plan_before(where)))
    if "readings" in sees:
        entries += [entry_of(row, f"Weighed {weight_words(row)}", was=weight_before(row)) for row in measures(patient)]
        entries += vitals_entries(patient)
    if "scores" in sees:
        entries += [
            entry_of(row, score_words(row)) for row in outcomes.scores(patient, PHQ9).select_related("recorded_by")
        ]
    entries += [entry_of(row, allergy_words(row)) for row in allergy_lists(patient)]
    return [dated(entry, local) for entry in sorted(entries, key=lambda entry: entry.at, reverse=True)[:NEWEST]]


def entry_of(row: Any, words: str, detail: str = "", was: Iterable[dict[str, Any]] = ()) -> Entry:
    who = row.recorded_by.name if row.recorded_by else "Ketacare"
    return Entry(row.happened_at, words, who, detail, row.is_late_entry, tuple(was))


def dated(entry: Entry, local: ZoneInfo) -> Entry:
    return replace(entry, t=f"{entry.at.astimezone(local):%d-%b-%Y}")


def plan_before(where: Standing) -> list[dict[str, Any]]:
    plan = where.plan
    earlier = plan.amends if plan is not None else None
    if plan is None or not isinstance(earlier, Plan):
        return []
    old = f"{earlier.dose}, {earlier.sessions} sessions"
    who = plan.recorded_by.name if plan.recorded_by else "Ketacare"
    return [{"words": old, "who": who, "at": plan.recorded_at, "why": plan.amend_reason}]


def vitals_entries(patient: Patient) -> list[Entry]:
    """The pressure as it stands, with what it replaced struck through beneath."""
    row = candidacy.latest_vitals(patient)
    if row is None:
        return []
    was = []
    if isinstance(row.amends, Vitals):
        old = f"{row.amends.systolic_mmhg}/{row.amends.diastolic_mmhg} mmHg"
        who = row.recorded_by.name if row.recorded_by else "Ketacare"
        was.append({"words": old, "who": who, "at": row.recorded_at, "why": row.amend_reason})
    return [entry_of(row, f"Pressure {row.systolic_mmhg}/{row.diastolic_mmhg} mmHg", was=was)]


def weight_words(row: BodyMeasure) -> str:
    return Weight(row.weight_kg).written_both()


def weight_before(row: BodyMeasure) -> list[dict[str, Any]]:
    if not isinstance(row.amends, BodyMeasure):
        return []
    who = row.recorded_by.name if row.recorded_by else "Ketacare"
    return [{"words": weight_words(row.amends), "who": who, "at": row.recorded_at, "why": row.amend_reason}]


def measures(patient: Patient) -> list[BodyMeasure]:
    rows = BodyMeasure.objects.current().filter(patient=patient).select_related("recorded_by", "amends")
    return list(rows.order_by("-happened_at")[:NEWEST])


def allergy_lists(patient: Patient) -> list[Allergies]:
    return list(Allergies.objects.current().filter(patient=patient).select_related("recorded_by"))


def allergy_words(row: Allergies) -> str:
    named = ", ".join(entry["substance"] for entry in row.entries)
    return f"Allergies asked: {named or row.get_state_display().lower()}"


def score_words(row: Any) -> str:
    return f"PHQ-9 {int(row.total)}, {row.band}" if row.total is not None else "PHQ-9 without a total"


# -- who looked ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opening:
    """In plain words: who opened which part of this record, and when."""

    who: str
    role: str
    part: str
    at: datetime


def who_opened(patient: Patient) -> list[Opening]:
    lines = list(audit.opened_by(patient.pk).filter(verb__in=("chart.open", "emergency.open"))[:NEWEST])
    names: dict[UUID | None, str] = dict(
        User.objects.filter(pk__in={line.actor_id for line in lines}).values_list("pk", "name")
    )
    return [
        Opening(
            names.get(line.actor_id, "Ketacare"),
            line.role,
            PART_WORDS.get(line.object_kind, line.object_kind.replace("_", " ")),
            line.at,
        )
        for line in lines
    ]
