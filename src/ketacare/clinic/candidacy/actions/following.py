"""What follows from a decision: duties that end and begin, the step that the referrer sees, and the letter."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Model

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.actions.letters import write_letter
from ketacare.clinic.candidacy.models import Choice, Judgement
from ketacare.clinic.candidacy.models.decision import two_sign
from ketacare.clinic.candidacy.queries.plain_words import DECLINES
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.enrolment import actions as enrolment
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.enrolment.models import FINAL_STEPS, Step
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.safety import queries as concerns
from ketacare.clinic.scheduling.models import GIVEN_UP, Visit, VisitKind
from ketacare.medicine.candidacy.rules.risk import TIER
from ketacare.medicine.evidence.terms import Figure

# A decision made anew puts an end to what the one before it asked for.
BOOKED_AFTER_NO = duties.ends_by_word(
    "candidacy.booked_after_no", "What was cancelled, what stays and why, and that the patient was told."
)
HANDED_ON = duties.ends_by_word("candidacy.handed_on", "With whom you spoke, and who goes on treating.")
FOLLOWS = (
    "enrol",
    queries.FOUND_SINCE,
    BOOKED_AFTER_NO,
    HANDED_ON,
    "countersign",
    "decide_anew",
    queries.NOT_AGREED,
    queries.CLEARED_ON,
    "clearance",
    queries.NOT_GIVEN,
    "re_evaluate",
    "tell_patient",
    "tests_due",
    "evaluation",
    queries.ACCEPTANCE_ENDS,
    queries.RISK_NOT_ASKED,
)


def after_decision(row: Judgement, *, by: Actor, at: datetime) -> None:
    """Duties that this decision ends and begins, what the referrer is told, and what is still owed to the person."""
    lines = queries.following(row.patient)
    end_former(row, by=by, at=at)
    tell_referrals(row, by=by, at=at)
    write_letter(row, by=by, at=at)
    ask(row, "tell_patient", "Release the words for the patient", Role.RX, page="evaluation/words", by=by, at=at)
    if any(not two_sign(item["override"]) for item in row.against):
        ask(row, "review_override", "Review a decision against the sheet", Role.MD, by=by, at=at)
    if row.choice in DECLINES and risk_is_open(row):
        call_about_risk(row, by=by, at=at)
    if row.choice in DECLINES:
        ask_about_booked(row, by=by, at=at)
    match row.choice:
        case Choice.ACCEPT:
            ask(row, "enrol", "Enrol and sign the plan", Role.RX, page="enrolment", by=by, at=at)
            ask_before_it_ends(row, by=by, at=at)
            if tests_open(row):
                soon = days(lines.order_tests_within)
                ask(row, "tests_due", "Tests due before the first dose", Role.RN, by=by, at=at, within=soon)
        case Choice.CLEARANCE:
            soon = days(lines.ask_clearance_within)
            ask(row, "clearance", "Ask for the clearance", Role.RX, page="clearances", by=by, at=at, within=soon)
        case Choice.NO:
            talk = "Talk with the patient about what else may help, and hand care on"
            ask(row, HANDED_ON, talk, Role.RX, page="evaluation/words", by=by, at=at)
        case Choice.NOT_NOW:
            ask(row, "re_evaluate", "Evaluate again", Role.RX, by=by, at=at, within=until_looked_at_again(row, by, at))


OWED_ON = ("clearance", queries.CLEARED_ON, queries.NOT_GIVEN, queries.ARRIVED, "clearance.second_name")


def owe_the_decision(patient: Patient, *, by: Actor, at: datetime) -> None:
    """It was decided that a clearance comes first, and no letter is out or waits to be read: what follows is the
    prescriber's, be it to decide or to ask anew."""
    row = queries.judgement(patient)
    if row is None or row.choice != Choice.CLEARANCE:
        return
    if any(one.is_waiting for one in queries.requests(patient)):
        return
    if not any(owed.open_for(patient, kind).exists() for kind in OWED_ON):
        ask(
            row,
            queries.CLEARED_ON,
            "No clearance is waited for: decide anew, or ask for another",
            Role.RX,
            by=by,
            at=at,
        )


def risk_is_open(row: Judgement) -> bool:
    """Was somebody turned away whom nobody has asked about suicide?"""
    return any(one["criterion"] == TIER and one["result"] == "unknown" for one in row.answer["reasons"])


def call_about_risk(row: Judgement, *, by: Actor, at: datetime) -> None:
    """Nobody leaves with a no before that is asked: the next hour in which somebody is here (H13)."""
    duties.open_duty(
        kind=queries.RISK_NOT_ASKED,
        title="Call: nobody asked about suicide",
        patient=row.patient,
        owner_role=Role.RX,
        due_at=concerns.staffed(row.patient.clinic, at),
        why=f"Decided: {row.get_choice_display().lower()}, with the risk of suicide not known",
        link=f"/patients/{row.patient_id}/evaluation/#risk",
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


BOOKED_WORDS = {
    Choice.NO: "The treatment was declined, and doses are booked: cancel them and tell the patient",
    Choice.NOT_NOW: "It was decided to wait, and doses are booked: ask the prescriber which stay",
}


def ask_about_booked(row: Judgement, *, by: Actor, at: datetime) -> None:
    """Doses of somebody who was declined, and what prepares for them, are taken out of the book, or somebody says why
    they stay. Another visit, in which they are seen all the same, is left."""
    of_doses = Visit.objects.filter(
        patient=row.patient, kind__in=(VisitKind.DOSE, VisitKind.PREPARATION), starts_at__gt=at
    )
    first = of_doses.exclude(state__in=GIVEN_UP).order_by("starts_at").first()
    if first is not None:
        within = min(days(queries.following(row.patient).act_within), max(first.starts_at - at, timedelta()))
        title = BOOKED_WORDS[Choice(row.choice)]
        ask(row, BOOKED_AFTER_NO, title, Role.FD, page="", by=by, at=at, within=within)


def ask_before_it_ends(row: Judgement, *, by: Actor, at: datetime) -> None:
    """What was accepted by name counts no longer than its row: the first that ends is told some days before, so that
    no dose is held back by it unforeseen (H14)."""
    ends = [(date.fromisoformat(item["until"]), item["criterion"]) for item in row.against if item.get("until")]
    if ends:
        tell_it_ends(row, *min(ends), by=by, at=at)


def ask_again_before_it_ends(row: Judgement, *, by: Actor, at: datetime) -> None:
    """A new course under the same decision: with the last one ended the duty to look again, and doses wait anew."""
    if owed.open_for(row.patient, queries.ACCEPTANCE_ENDS):
        return
    ask_before_it_ends(row, by=by, at=at)
    if not any(item.get("until") for item in row.against):  # decided before the last day was kept with it
        for end in queries.first_end(row):
            tell_it_ends(row, end.until, end.criterion, by=by, at=at)


def tell_it_ends(row: Judgement, until: date, criterion: str, *, by: Actor, at: datetime) -> None:
    zone = ZoneInfo(by.zone)
    told_on = until - timedelta(days=queries.following(row.patient).told_before_acceptance_ends.integer)
    duties.open_duty(
        kind=queries.ACCEPTANCE_ENDS,
        title="What was accepted by name ends soon",
        patient=row.patient,
        owner_role=Role.RX,
        due_at=max(at, datetime.combine(told_on, time(9), zone)),
        late_at=max(at, datetime.combine(until + timedelta(days=1), time(0), zone)),
        why=f"{criterion} was accepted until {until:%d-%b-%Y}; after it no dose is given until it is decided anew",
        link=f"/patients/{row.patient_id}/evaluation/",
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


def end_former(row: Judgement, *, by: Actor, at: datetime) -> None:
    for kind in FOLLOWS:
        if kind == "evaluation" and row.choice not in (Choice.ACCEPT, Choice.NO):
            continue
        for duty in owed.open_for(row.patient, kind):
            duties.close_duty(duty, evidence=row, by=by, at=at)


def no_longer_accepted_for(patient: Patient, *, evidence: Model, by: Actor, at: datetime) -> None:
    """The course has ended: no dose waits for what was accepted, or for a consent."""
    for kind in (queries.ACCEPTANCE_ENDS, queries.ASK_ANEW, queries.FOUND_SINCE):
        for duty in owed.open_for(patient, kind):
            duties.close_duty(duty, evidence=evidence, by=by, at=at)


def tests_open(row: Judgement) -> bool:
    """Does a row that only asks still wait for a test?"""
    return any(
        reason["result"] == "unknown" and reason["criterion"].startswith("WK-") for reason in row.answer["reasons"]
    )


def until_looked_at_again(row: Judgement, by: Actor, at: datetime) -> timedelta:
    """From the morning of the day that was named; without one, when the sheet says."""
    lines = queries.following(row.patient)
    if row.re_evaluate_on is None:
        return days(lines.look_again_after)
    morning = datetime.combine(row.re_evaluate_on, time(9), ZoneInfo(by.zone))
    return max(morning - at, days(lines.act_within))


def days(figure: Figure) -> timedelta:
    return timedelta(days=figure.integer)


def tell_referrals(row: Judgement, *, by: Actor, at: datetime) -> None:
    """An acceptance and a no close the referral; what may still change leaves it open."""
    if row.choice not in (Choice.ACCEPT, Choice.NO):
        return
    step = Step.ACCEPTED if row.choice == Choice.ACCEPT else Step.DECLINED
    for referral in enrolled.referrals_about(row.patient):
        if enrolled.waiting(referral, at).step not in FINAL_STEPS:
            enrolment.follow(referral=referral, step=step, words=row.get_choice_display(), by=by, at=at)


def ask_second(row: Judgement, *, by: Actor, at: datetime, again: bool = False) -> None:
    """The duty to sign as second person; where they did not agree, the duty to decide anew goes back."""
    if again:
        ask(row, "decide_anew", "The second person did not agree: decide anew", Role.RX, by=by, at=at)
        return
    role = Role.RX if row.decided_as == Role.MD else Role.MD
    ask(row, "countersign", "Sign a decision as second person", role, page="evaluation/second", by=by, at=at)


def withdraw_second(row: Judgement, *, by: Actor, at: datetime, evidence: Model | None = None) -> None:
    """Signed, or decided anew: nobody is asked for the earlier signature any more."""
    for kind in ("countersign", "decide_anew"):
        for duty in owed.open_for(row.patient, kind):
            duties.close_duty(duty, evidence=evidence or row, by=by, at=at)


def ask(
    row: Judgement,
    kind: str,
    title: str,
    owner_role: Role,
    *,
    by: Actor,
    at: datetime,
    page: str = "evaluation",
    within: timedelta | None = None,
) -> None:
    duties.open_duty(
        kind=kind,
        title=title,
        patient=row.patient,
        owner_role=owner_role,
        due_at=at + (within or days(queries.following(row.patient).act_within)),
        why=f"Decided: {row.get_choice_display().lower()}",
        link=f"/patients/{row.patient_id}/{f'{page}/' if page else ''}",
        consequence=Consequence.CARE,
        by=by,
        at=at,
    )
