"""The whole programme as a list of POSTs: one patient from the referral to the last check-in, every act in it.

`test_every_post_route_is_a_step` finds a route that is in no step, so an act added tomorrow must be added here and is
then repeated, altered and killed like all the others.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from ketacare.clinic.billing import queries as billing
from ketacare.clinic.candidacy import access as candidacy
from ketacare.clinic.candidacy.models import (
    ClearanceAnswer,
    ClearanceRequest,
    ExceptionOpening,
    HistoryAnswer,
    Intake,
    Judgement,
    MedicineList,
    RiskAssessment,
    RiskScreening,
    TreatmentCourse,
    TrialEntry,
    Vitals,
)
from ketacare.clinic.candidacy.tests.factories import PLAN
from ketacare.clinic.candidacy.tests.ordinary import by_group, ordinary, posted
from ketacare.clinic.caregivers import access as caregivers
from ketacare.clinic.caregivers.models import Caregiver
from ketacare.clinic.channels import mail_id, receipt_id
from ketacare.clinic.dosing.models import AdverseEvent, Kind, Session, TimelineEntry
from ketacare.clinic.dosing.views import reconciling
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.enrolment.models import Referral
from ketacare.clinic.monitoring.models import AlarmSignal, Device, Pairing, Reading, StrayStream
from ketacare.clinic.outcomes import access as outcomes
from ketacare.clinic.outcomes import letters
from ketacare.clinic.outcomes.models import Ask, MessageOut, Rating, Told
from ketacare.clinic.outcomes.views.messages import signature
from ketacare.clinic.people import access
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.models import BodyMeasure, BreakGlass, CareRelation, Demographics, Patient, Staff
from ketacare.clinic.people.tests.factories import PASSWORD
from ketacare.clinic.pharmacy.models import Container
from ketacare.clinic.planning import access as planning
from ketacare.clinic.planning.actions import remind
from ketacare.clinic.posts.models import PostAsked
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.protocols.tests.factories import IV
from ketacare.clinic.recovery.models import Recovery
from ketacare.clinic.safety.models import Concern, ConcernCall, OnCall
from ketacare.clinic.scheduling.models import Chair, Visit, VisitKind
from ketacare.clinic.supervision import actions as supervision
from ketacare.clinic.supervision.access import help_token
from ketacare.clinic.supervision.models import Call
from ketacare.clinic.therapy import access as therapy
from ketacare.clinic.therapy.models import Goal, Homework
from ketacare.exchange.mailroom.models import Refusal, UnknownParameter
from ketacare.medicine.protocols import reader
from tests.crash.house import BY_DEVICE, BY_LINK, FIRST_DAY, ZONE, House, Step, on, readings


def dose_visit(number: int) -> Any:
    return lambda house: Visit.objects.filter(kind=VisitKind.DOSE).order_by("starts_at")[number - 1].pk


def ask(key: str) -> Ask:
    return Ask.objects.filter(key=key).order_by("opens_at")[0]


def token(key: str) -> Any:
    return lambda house: outcomes.token_for(ask(key))


def latest(kind: str) -> Any:
    return lambda house: TimelineEntry.objects.filter(kind=kind).latest("recorded_at").pk


def clearance_token(house: House) -> str:
    return candidacy.clearance_token(ClearanceRequest.objects.get())


def to_sign(house: House) -> dict[str, str]:
    """As the page of stored cases links to the signature: the copy, and what was shown of it."""
    own = protocols.own_copies(house.clinic.pk, IV)[0].sheet_version
    copy = protocols.version_of(house.clinic.pk, IV, own)
    return {"version": own, "seen": protocols.review(house.clinic.pk, copy).digest}


def about_the_decision(**told: str) -> Any:
    """A word about the newest decision, as its page names it."""
    return lambda house: told | {"judgement": str(Judgement.objects.latest("recorded_at").pk)}


def witnessed(house: House, by: str = "RN2", **more: str) -> dict[str, str]:
    return {"witness": house.user(by).email, "witness_password": PASSWORD, **more}


def signed_for(house: House) -> None:
    """A consent that was given on paper, before the first dose."""
    people.record_consent(
        patient=Patient.objects.get(), kind="treatment", text_version="1", given=True,
        words="racemic ketamine into a vein; told", by=house.staff["RX"], at=on(1, "12:00"),
    )  # fmt: skip


def checked_in(house: House) -> dict[str, str]:
    signed_for(house)
    return {"chair": str(Chair.objects.get().pk)}


def taken_back(house: House) -> dict[str, str]:
    signed_for(house)
    return {"kind": "treatment", "reason": "I am well enough"}


def told_of(name: str) -> Any:
    return lambda house: HistoryAnswer.objects.filter(name=name, amended_by=None).latest("recorded_at").pk


ARGUMENTS: dict[str, Any] = {
    "patient_id": lambda house: Patient.objects.get().pk,
    "scale": lambda house: "madrs",
    "referral_id": lambda house: Referral.objects.latest("recorded_at").pk,
    "medicine_id": lambda house: MedicineList.objects.latest("recorded_at").medicines[0].key,
    "fact_id": lambda house: HistoryAnswer.objects.get(name="active_psychosis", amended_by=None).pk,
    "trial_id": lambda house: TrialEntry.objects.order_by("recorded_at")[0].pk,
    "course_id": lambda house: TreatmentCourse.objects.order_by("recorded_at")[0].pk,
    "measure_id": lambda house: BodyMeasure.objects.latest("recorded_at").pk,
    "clearance_request_id": lambda house: ClearanceRequest.objects.get().pk,
    "clearance_id": lambda house: ClearanceAnswer.objects.filter(criterion="CI-39").latest("recorded_at").pk,
    "vitals_id": lambda house: Vitals.objects.latest("recorded_at").pk,
    "visit_id": dose_visit(1),
    "sheet_id": lambda house: IV,
    "container_id": lambda house: Container.objects.get().pk,
    "relation_id": lambda house: CareRelation.objects.get(kind="therapist", ended_at=None).pk,
    "glass_id": lambda house: BreakGlass.objects.get().pk,
    "asked_id": lambda house: PostAsked.objects.order_by("created_at").last().pk,
    "post_id": lambda house: Staff.objects.get(user__email="kit@example.org").pk,
    "recovery_id": lambda house: Recovery.objects.get().pk,
    "refusal_id": lambda house: Refusal.objects.filter(closed_at=None).latest("last_at").pk,
    "parameter_id": lambda house: UnknownParameter.objects.get(seen_at=None).pk,
    "chair_id": lambda house: Chair.objects.get().pk,
    "stray_id": lambda house: StrayStream.objects.get().pk,
    "device_id": lambda house: Device.objects.earliest("created_at").pk,
    "condition": lambda house: AlarmSignal.objects.filter(channel="SPO2", kind="physiological").latest("id").condition,
    "reading_id": lambda house: Reading.objects.filter(source="hand", channel="HR").latest("id").pk,
    "entry_id": latest(Kind.EVENT),
    "ask_id": lambda house: ask("next_day").pk,
    "message_id": lambda house: MessageOut.objects.filter(state="waiting").earliest("send_after").pk,
    "shift_id": lambda house: OnCall.objects.latest("starts_at").pk,
    "concern_id": lambda house: Concern.objects.latest("raised_at").pk,
    "screening_id": lambda house: RiskScreening.objects.get(amended_by=None).pk,
    "assessment_id": lambda house: RiskAssessment.objects.get(amended_by=None).pk,
    "opening_id": lambda house: ExceptionOpening.objects.get().pk,
    "case_id": lambda house: AdverseEvent.objects.latest("recorded_at").case,
    "caregiver_id": lambda house: Caregiver.objects.filter(ended_at=None).latest("created_at").pk,
    "duty_id": lambda house: Duty.objects.get(kind="therapy.integration").pk,
}
SAID = {"birth_year": "1985", "initials": "JR"}
YEAR = {"birth_year": "1985"}
WHO = {
    "family": "Reed",
    "given": "Jo",
    "born_on": "1985-07-14",
    "sex": "female",
    "telephone": "+1 207 555 0182",
    "may_text": "yes",
    "urgency": "soon",
}
SAID_FIRST = ordinary(FIRST_DAY) | {"active_psychosis": "yes", "diagnosis": "psychotic depression"}
CALM = {f"asked-{item}": "0" for item in ("s1", "s2", "s3", "s4", "s5")}  # the safety questions, read aloud
TRIAL = {"adherence": "good", "effect": "none", "episode": "yes", "source": "recall"}
PHQ9 = {str(number): value for number, value in enumerate("333323220", start=1)}

ARRIVAL = [
    Step("adopt the protocol", "MD", "protocol-adopt", on(1, "08:10"), {"words": "For the opening of the clinic"}),
    Step(
        "put the prescriber on call",
        "MD",
        "on-call",
        on(1, "08:12"),
        lambda house: {
            "post": str(house.post("RX").pk),
            "starts_at": "2026-07-13T08:00",
            "ends_at": "2026-08-13T08:00",
            "backup": str(house.post("MD").pk),
        },
    ),
    Step("put a nurse on call", "MD", "on-call", on(1, "08:13:10"),
         lambda house: {"post": str(house.post("RN").pk), "starts_at": "2026-08-13T08:00",
                        "ends_at": "2026-08-14T08:00"}, is_new=False),
    Step("take a shift off", "MD", "on-call-end", on(1, "08:13:20"), page="on-call"),
    Step("offer the shift", "RX", "on-call-offer", on(1, "08:13:30"),
         lambda house: {"to": str(house.user("MD").pk), "words": "Nobody worries me"}, page="on-call"),
    Step("take the shift", "MD", "on-call-take", on(1, "08:13:40"), page="on-call"),
    Step("offer it back", "MD", "on-call-offer", on(1, "08:13:50"),
         lambda house: {"to": str(house.user("RX").pk), "words": "All calm"}, page="on-call", is_new=False),
    Step("take it back", "RX", "on-call-take", on(1, "08:14"), page="on-call", is_new=False),
    Step("choose a role", "AU", "choose-post", on(1, "08:15"), lambda house: {"post": str(house.post("AU").pk)},
         bare=True, keeps_session=False),
    Step("end other sign-ins", "MD", "sign-ins-end", on(1, "08:20"), {"session": "others"}, bare=True),
    Step("refer", "RC", "referral-new", on(1, "09:00"), WHO | {"reason": "Two medicines failed."}),
    Step("amend the referral", "FD", "referral-amend", on(1, "09:10"),
         {"source": "clinician", "reason": "Asks for help soon.", "amend_reason": "Told more on the telephone"}),
    Step("say who it is", "FD", "referral-person", on(1, "09:20"), {"who": "new"}, page="referral"),
    Step("reach the person", "FD", "referral-step", on(1, "09:30"), {"step": "reached", "words": "By telephone"},
         page="referral"),
]  # fmt: skip


def intake_token(house: House) -> str:
    return candidacy.token_for(Intake.objects.latest("created_at"))


def said(name: str, at: str, route: str, fields: dict[str, Any], screen: str = "", **more: Any) -> Step:
    """One screen of the intake, on a phone that gives the birth year first."""
    about: dict[str, Any] = {"token": intake_token, "screen": lambda house: screen, "key": lambda house: "new"}
    first = {} if route == "intake" else {"birth_year": "1985"}
    return Step(name, BY_LINK, route, on(1, at), fields, about=about, status=303, **({"first": first} | more))


INTAKE = [
    Step("send the intake", "FD", "intake-send", on(1, "09:32"), {"way": "hand"}, page="patient-intake"),
    Step("take the intake back", "FD", "intake-revoke", on(1, "09:33"), {"reason": "Wrong telephone"},
         page="patient-intake"),
    Step("send another", "FD", "intake-send", on(1, "09:34"), {"way": "hand"}, page="patient-intake", is_new=False),
    Step("send it again", "FD", "intake-again", on(1, "09:35"), {"way": "text"}, page="patient-intake"),
    said("intake: the birth year", "09:36", "intake", {"birth_year": "1985"}, first=None),
    said("intake: Spanish", "09:37", "intake-language", {}, page="intake", first=None),
    said("intake: larger letters", "09:38", "intake-print", {}, page="intake", first=None),
    said("intake: the heart", "09:40", "intake-screen", {"cardiac_history": "no", "skip": "unable"}, "heart"),
    said("intake: an antidepressant", "09:42", "intake-entry", {
        "name": "sertraline", "dose": "100", "long": "8", "unit": "weeks", "taken": "good", "helped": "little",
        "stopped": "no_help", "episode": "yes"}, "trials"),
    said("intake: feels safe", "09:44", "intake-screen", {"answer": "0"}, "safety-2", is_new=False),
    said("intake: hand in", "09:50", "intake-review", {}),
    Step("go over the intake", "RX", "intake-check", on(1, "09:58"), {"check-cardiac_history": "otherwise",
         "cardiac_history": "no"}, page="patient-intake"),
]  # fmt: skip

UNTIL = {"verdict": "cleared", "until": "2026-09-30", "words": "Spoken with; stable."}

CLEARANCES = [
    Step("heart failure is told", "RX", "evaluation-history", on(1, "09:59:05"),
         {"source": "clinician", "group": "heart and brain"} | posted({"heart_failure": "NYHA II"}),
         page="evaluation", query={"group": "heart and brain"}),
    Step("an opioid disorder is told", "RX", "evaluation-history", on(1, "09:59:10"),
         {"source": "clinician", "group": "substances"} | posted({"opioid_disorder_on_agonist": "yes"}),
         page="evaluation", query={"group": "substances"}, is_new=False),
    Step("ask a specialist", "RX", "clearance-ask", on(1, "09:59:15"),
         {"criteria": "CI-08", "specialty": "Cardiology", "to_name": "Dr Lee", "question": "Is it stable?"},
         page="clearances"),
    Step("make a new link for the specialist", "RX", "clearance-follow", on(1, "09:59:20"), {"act": "renew"},
         page="clearances"),
    Step("the specialist says whom it is about", BY_LINK, "clearance-link", on(1, "09:59:25"),
         {"born_on": WHO["born_on"]}, about={"token": clearance_token}, status=303),
    Step("the specialist answers", BY_LINK, "clearance-link", on(1, "09:59:30"),
         {"verdict-CI-08": "cleared", "until-CI-08": "2026-09-30", "given_by": "Dr Lee, cardiologist"},
         first={"born_on": WHO["born_on"]}, about={"token": clearance_token}, status=200),
    Step("read what the specialist answered", "RX", "clearance-follow", on(1, "09:59:32"), {"act": "read"},
         page="clearances", is_new=False),
    Step("write down a letter that does not clear", "RX", "clearance-not-given", on(1, "09:59:33"),
         {"criterion": "CI-39", "verdict": "unsure", "given_by": "Dr Lee, addiction medicine",
          "written_on": "2026-06-01", "words": "Which dose of the agonist?"}),
    Step("correct the letter", "RX", "clearance-amend", on(1, "09:59:34"),
         {"verdict": "refused", "given_by": "Dr Lee, addiction medicine", "written_on": "2026-06-01",
          "words": "Not before the dose is stable", "amend_reason": "The second page says it"}),
    Step("clear with the director", "RX", "clearance-record", on(1, "09:59:35"),
         UNTIL | {"criterion": "CI-39", "signatures": "P+MD"}, page="clearances"),
    Step("sign a clearance as second", "MD", "clearance-countersign", on(1, "09:59:40")),
    Step("take a clearance back", "RX", "clearance-withdraw", on(1, "09:59:45"), {"amend_reason": "New finding"},
         page="clearances"),
]  # fmt: skip

# What a path by exception asks for has its own part of the page.
ASKED_IN_GROUPS = {group: told for group, told in by_group(SAID_FIRST).items() if group != "exceptions"}

BY_EXCEPTION = [
    Step("record what a path asks for", "RX", "evaluation-conditions", on(1, "10:11:00"),
         {"ect_not_possible": "yes", "inpatient": "yes"}, page="evaluation"),
    Step("open a path by exception", "RX", "evaluation-exception", on(1, "10:11:10"),
         {"why-EXC-02": "The anaesthetist advises against it, in writing."}, page="evaluation"),
    Step("the director agrees", "MD", "exception-review", on(1, "10:11:20"),
         {"agrees": "yes", "words": "Read, and spoken with."}, page="exception"),
    Step("take the path back", "RX", "exception-take-back", on(1, "10:11:30"), {"changed": "A second trial was found"},
         page="exception"),
]  # fmt: skip


def screener(*yes: str) -> dict[str, str]:
    asked = [q for q in ("1", "2", "3", "4", "5", "6", "imminent") if q not in ("3", "4", "5") or "2" in yes]
    return {"which": "lifetime"} | {f"q-{question}": "yes" if question in yes else "no" for question in asked}


AT_RISK = [
    Step("ask the screener", "RX", "evaluation-screening", on(1, "10:23:00"), screener("1", "2", "3"),
         page="evaluation"),
    Step("amend the screener", "RX", "screening-amend", on(1, "10:23:05"),
         screener() | {"q-3": "none", "q-4": "none", "q-5": "none", "amend_reason": "Another person's sheet of paper"}),
    Step("find for oneself", "RX", "evaluation-assessment", on(1, "10:23:10"),
         {"found": "T1", "finding": "Tired of it all, no wish to die", "means": "yes"}, page="evaluation"),
    Step("amend the finding", "RX", "assessment-amend", on(1, "10:23:15"),
         {"found": "T0", "amend_reason": "Asked once more"}),
    Step("decide on what the screener said", "RX", "concern-decide", on(1, "10:23:20"),
         {"finding": "It was another person's sheet.", "action": "Asked anew, all no."}, page="concern", is_new=False),
    *(Step(f"safety call {number}", "RN", "evaluation-call", on(1, f"10:23:3{number}"),
           {"result": "well", "words": "At home"}, page="evaluation", is_new=number == 0) for number in range(4)),
    Step("a plan is refused", "RX", "safety-plan-refused", on(1, "10:23:40"), {"refusal": "Not now"},
         page="safety-plan"),
    Step("make a safety plan", "RX", "safety-plan-write", on(1, "10:23:50"),
         PLAN | {"made_with": "Jo Reed", "review_on": "2026-09-01", "copy_given": "yes", "consent_to_share": "yes"}),
]  # fmt: skip

EVALUATION = [
    *(Step(f"ask about {group}", "RX", "evaluation-history", on(1, f"10:0{number}"),
           {"source": "clinician", "group": group} | posted(answers), page="evaluation", query={"group": group},
           is_new=number == 0)
      for number, (group, answers) in enumerate(ASKED_IN_GROUPS.items())),
    Step("a first trial", "RX", "evaluation-trials", on(1, "10:10"),
         TRIAL | {"medicine": "sertraline", "dose_mg": "150", "weeks": "10"}, page="evaluation"),
    *BY_EXCEPTION,
    Step("a second trial", "RX", "evaluation-trials", on(1, "10:12"),
         TRIAL | {"medicine": "venlafaxine", "dose_mg": "225", "weeks": "9"}, page="evaluation"),
    Step("weigh and measure", "RX", "evaluation-body", on(1, "10:14"), {"weight_kg": "80", "height_cm": "170"},
         page="evaluation"),
    Step("take vital signs", "RX", "evaluation-vitals", on(1, "10:16"),
         {"pressure": "124/78", "pulse": "72", "spo2": "98"}, page="evaluation"),
    Step("ask allergies", "RX", "evaluation-allergies", on(1, "10:18"), {"state": "none_known"}, page="evaluation"),
    Step("list medicines", "RX", "evaluation-medicines", on(1, "10:20"),
         {"name": "venlafaxine XR", "dose": "225 mg", "use": "daily", "told_by": "patient"}, page="evaluation"),
    Step("amend a medicine", "RX", "medicine", on(1, "10:21"),
         {"name": "venlafaxine XR", "dose": "225 mg", "use": "daily", "since": "2026-03-01", "act": "amend",
          "amend_reason": "Since March"}),
    Step("score depression", "RX", "evaluation-phq9", on(1, "10:22"), PHQ9, page="evaluation"),
    *AT_RISK,
    Step("write an impression", "RX", "evaluation-impression", on(1, "10:24"), {"impression": "Recurrent, severe."},
         page="evaluation"),
    Step("weigh a diagnosis", "RX", "evaluation-differential", on(1, "10:25"),
         {"diagnosis": "Bipolar disorder", "weight": "excluded", "speaks_against": "No elated time, ever."},
         page="evaluation"),
    Step("assess capacity", "RX", "evaluation-capacity", on(1, "10:25"),
         {"understands": "yes", "appreciates": "yes", "reasons": "yes", "chooses": "yes"}, page="evaluation"),
    Step("consider alternatives", "RX", "evaluation-alternatives", on(1, "10:25"),
         {"stand_ect": "declined", "why_ect": "Afraid for her memory", "stand_therapy": "offered"}, page="evaluation"),
    Step("note what was told", "RX", "evaluation-information", on(1, "10:25"),
         {"elements": ["benefit", "alternatives"]},
         page="evaluation"),
    Step("accept against a criterion", "RX", "evaluation-decide", on(1, "10:25"),
         {"choice": "accept", "reason": "Seen each day on the ward.",
          "lacking_reason": "The rest is told before the first dose.",
          "against-CI-30": "Psychotic depression"}, page="evaluation", is_new=False),
    Step("do not agree", "MD", "evaluation-second", on(1, "10:25"),
         about_the_decision(agrees="no", words="ECT first")),
    Step("amend an answer", "RX", "history-amend", on(1, "10:26"),
         {"active_psychosis": "no", "amend_reason": "Asked again"}),
    Step("amend the diagnosis", "RX", "history-amend", on(1, "10:26"),
         {"diagnosis": "depression", "amend_reason": "No psychosis in it"}, is_new=False,
         about={"fact_id": told_of("diagnosis")}),
    Step("a course of stimulation", "RX", "evaluation-courses", on(1, "10:26"),
         {"kind": "rTMS", "sessions": "30", "course_weeks": "6", "response": "not", "course_episode": "yes"},
         page="evaluation"),
    Step("amend the course", "RX", "course-amend", on(1, "10:27"),
         {"kind": "rTMS", "sessions": "36", "course_weeks": "6", "response": "not", "course_episode": "yes",
          "amend_reason": "The letter has 36"}),
    Step("rule on a trial", "RX", "trial-rule", on(1, "10:27"),
         {"stands": "counts", "reason": "The pharmacy has it for ten weeks."}, page="trial"),
    Step("amend a trial", "RX", "trial-amend", on(1, "10:28"), {"weeks": "11", "amend_reason": "Pharmacy record"}),
    Step("amend the weight", "RX", "body-amend", on(1, "10:30"), {"weight_kg": "81", "amend_reason": "Shoes on"}),
    Step("amend vital signs", "RX", "vitals-amend", on(1, "10:32"),
         {"pressure": "126/78", "amend_reason": "Misread"}),
    Step("accept", "RX", "evaluation-decide", on(1, "10:40"),
         {"choice": "accept", "reason": "Two adequate trials failed; benefits discussed.",
          "lacking_reason": "The rest is told before the first dose."}, page="evaluation"),
    Step("release the words", "RX", "patient-words", on(1, "10:45"),
         about_the_decision(english="We can offer it.", spanish="Podemos ofrecerlo.")),
    Step("sign the plan", "RX", "enrolment", on(1, "10:50"), {"goals": "To work again"},
         query={"protocol": IV, "first_on": "2026-07-14", "starts": "09:00"}),
    Step("receive a vial", "RN", "ledger-receive", on(1, "15:00"),
         {"vial": "ketamine (racemic)|10|20", "serial": "V-1", "lot": "KT-1", "expires_on": "2027-08-31"},
         page="ledger"),
    Step("count the vial", "RN", "ledger-count", on(1, "15:10"), {"counted_ml": "20"}, page="ledger"),
    Step("count it short", "RN", "ledger-count", on(1, "15:11"), {"counted_ml": "19"}, page="ledger"),
    Step("count it again by two", "MD", "ledger-difference", on(1, "15:20"),
         lambda house: witnessed(house, counted_ml="20", cause="Miscounted")),
]  # fmt: skip


SUBSTANCES = tuple(name for name in reconciling.SUBSTANCES)


def item(name: str, minute: int, **fields: str) -> Step:
    about = {"item": lambda house: name}
    return Step(f"readiness: {name}", "RN", "session-answer", on(2, f"09:{minute:02d}"), fields, "session", about=about)


SCREEN = "5f0f6f5e-7d8f-4f0e-9a53-0d0a3c5b8f11"
PROVEN = {"screen": SCREEN, "lamps": "yes", "sounds": "yes", "link_ms": "200", "offset_ms": "-12", "awake": "yes"}


def billed(house: House) -> dict[str, str]:
    session = Session.objects.select_related("visit__clinic").get(visit_id=dose_visit(1)(house))
    return {"outcome": "billed", "number": "C-17", "figures": billing.figures(session, house.clinic.zone).digest}


PREPARATION = [
    Step("check in", "RN", "session-check-in", on(2, "08:55"), checked_in, page="session"),
    item("identity", 0, **SAID),
    item("consent", 1, consent="given"),
    item("escort", 2, escort="named", escort_name="Kim Reed", escort_phone="555 0123", escort_arrives="1130"),
    item("fasting", 3, solids_at="2030", clear_fluids_at="0600"),
    item("pregnancy", 4, childbearing_potential="no"),
    Step("go through the medicines", "RN", "session-medicines", on(2, "09:05"),
         lambda house: {"words": "As listed"} | dict.fromkeys(SUBSTANCES, "no")),
    item("allergies", 6, ketamine_allergy="no", list="none_known"),
    item("risk", 7, **{"q-1": "no", "q-2": "no", "q-6": "no", "q-imminent": "no"}),
    item("state", 7, mental_state="as planned", panic_nrs="1", visibly_intoxicated="no", new_event="none"),
    item("today", 7, cardiovascular_event_on="no", stroke_or_tia_on="no", head_injury_on="no", last_seizure_on="no",
         haematuria="no", bladder_symptoms="none", acutely_ill="no", airway_or_respiratory_problem="no",
         pressure_symptoms="no", anaesthesia_within_7_days="no", hours_since_ect="no", plans_to_drive="no"),
    item("records", 8, pdmp_found="no register", last_session="first session"),
    item("room", 9, room_ready="yes", iv_access="flushes"),
    Step("weigh today", "RN", "session-weight", on(2, "09:08"), {"weight": "80"}, page="session"),
    Step("vital signs today", "RN", "session-vitals", on(2, "09:09"),
         {"bp": "126/78", "hr": "70", "spo2": "98", "rr": "14", "temp": "36.7"}, page="session"),
    Step("go", "RN", "session-decide", on(2, "09:12"), {"decision": "go"}, page="session"),
    Step("sign an unusual order", "RX", "session-order", on(2, "09:13"),
         {"password": PASSWORD, "act": "sign", "against-range": "First exposure, frail"},
         first={"dose": "0.2", "minutes": "40", "vial": "10", "act": "work_out"}),
    Step("the second person says why", "RN2", "session-order-second", on(2, "09:13:30"),
         {"password": PASSWORD, "second-range": "Frail, agreed at the round"}),
    Step("withdraw the order", "RX", "session-order", on(2, "09:13:45"),
         {"act": "withdraw", "withdraw_reason": "Not the frail one", "withdraw_password": PASSWORD}, is_new=False),
    Step("sign the order", "RX", "session-order", on(2, "09:14"), {"password": PASSWORD, "act": "sign"},
         first={"dose": "0.5", "minutes": "40", "vial": "10", "act": "work_out"}, is_new=False),
    Step("draw", "RN", "session-draw", on(2, "09:16"),
         lambda house: {"container": str(Container.objects.get().pk), "drawn_ml": "4"}, page="session"),
    Step("undo the draw", "RN", "session-undo-draw", on(2, "09:17"),
         lambda house: witnessed(house, reason="Label unreadable"), page="session"),
    Step("draw again", "RN", "session-draw", on(2, "09:18"),
         lambda house: {"container": str(Container.objects.get().pk), "drawn_ml": "4"}, page="session"),
    Step("check blind", "RN2", "session-double-check", on(2, "09:20"),
         SAID | {"drug": "ketamine", "route": "IV", "dose": "40", "concentration": "10", "volume": "4", "total": "100",
                 "rate": "150"}),
    Step("time out", "RN", "session-time-out", on(2, "09:28"),
         SAID | {"password": PASSWORD, "said": ["patient", "drug", "dose", "route", "allergies", "consent", "escort",
                                                 "emergency_kit"]}, page="session"),
    Step("try the screen", "RN", "session-self-test", on(2, "09:29"), PROVEN, bare=True),
    Step("start", "RN", "session-start", on(2, "09:30"), {"unproven": "The monitor is paired next"},
         page="session"),
]  # fmt: skip


def low(house: House) -> dict[str, Any]:
    """Saturation at 82 % for a minute, told at its end: an alarm by any limit, ringing since it was told."""
    moments = [on(2, f"09:33:{second:02d}") for second in range(0, 60, 4)]
    return readings(*(("SPO2", 82, "%", moment) for moment in moments))


def well(house: House) -> dict[str, Any]:
    supervision.climb(clinic=house.clinic, at=on(2, "09:34:50"))  # the watch is no act: here it sees the answer
    return readings(*(("SPO2", 97, "%", on(2, f"09:36:{second:02d}")) for second in range(0, 60, 4)))


# A body refused under a key already used is kept and listed all the same (I15), and somebody has the duty to look.
LISTED = {"mailroom_message", "mailroom_refusal", "duties_duty", "duties_dutystep"}
REFUSED_AND_KEPT = frozenset(LISTED | {"audit_line", "audit_link", "tenancy_clinichead", "tenancy_liveevent"})


def advice_id(house: House) -> Any:
    return TimelineEntry.objects.filter(kind=Kind.ADVICE).latest("recorded_at").pk


PEOPLE = [
    Step("try the wall's screen", "RN", "self-test", on(2, "09:30:08"), PROVEN, bare=True, status=200),
    Step("supervise from afar", "RX", "session-post", on(2, "09:30:10"),
         {"task": "supervises", "act": "take", "place": "remote"}, page="session"),
    Step("offer the watch", "RN", "session-post", on(2, "09:30:15"),
         lambda house: {"task": "watches", "act": "offer", "to": str(house.staff["RN2"].user_id)}, page="session",
         is_new=False),
    Step("accept the watch", "RN2", "session-post", on(2, "09:30:20"),
         {"task": "watches", "act": "accept", "place": "room"}, page="session", is_new=False),
    Step("advise", "RX", "session-advice", on(2, "09:30:25"), {"advice": "Repeat the pressure at T+5"}, page="session"),
    Step("read it back", "RN", "session-read-back", on(2, "09:30:30"), {"read_back": "Pressure again at 9:35"},
         page="session", about={"entry_id": advice_id}),
    Step("say that this was meant", "RX", "session-advice-answer", on(2, "09:30:40"), {"answer": "yes"}, page="session",
         about={"entry_id": advice_id}),
]  # fmt: skip


def room_token(house: House) -> str:
    return help_token(Chair.objects.get())


def as_patient(house: House) -> dict[str, str]:
    """Jo has an account by now."""
    Patient.objects.update(user=house.user("PT"))
    return {}


HELP = [
    Step("write the calming plan", "RN", "calming-plan", on(2, "09:30:41"),
         {"helps": "Say my name. Hand on the shoulder.", "touch": "where", "touch_words": "shoulder"}),
    Step("call help at the chair", "RN", "session-help", on(2, "09:30:42"), page="session"),
    Step("the tablet calls help", BY_LINK, "room-help-call", on(2, "09:30:43"), page="room-help", status=303,
         about={"token": room_token}),
    Step("the patient calls help", "PT", "me-help", on(2, "09:30:44"), as_patient, page="me"),
    Step("be with the patient", "RN", "session-present", on(2, "09:30:50"), page="session"),
    Step("a new link for the room", "FD", "room-new-link", on(2, "09:30:51"), bare=True),
    Step("an emergency begins", "RN", "session-emergency", on(2, "09:30:52"), {"what": "begin"}, page="session"),
    Step("oxygen", "RN", "session-emergency", on(2, "09:30:55"), {"what": "oxygen"}, page="session", is_new=False),
    Step("the emergency is over", "RN", "session-emergency", on(2, "09:30:58"),
         {"what": "end", "ended": "Settled by itself"}, page="session", is_new=False),
]  # fmt: skip


def a_page_receipt(house: House) -> dict[str, str]:
    """The gateway reports a call about the newest concern."""
    call = ConcernCall.objects.filter(rung__concern=Concern.objects.latest("raised_at")).earliest("created_at")
    return {"id": receipt_id(call, "pages"), "state": "delivered"}


def a_receipt(house: House) -> dict[str, str]:
    """The gateway reports the call that the ladder has made by then."""
    supervision.climb(clinic=house.clinic, at=on(2, "09:34:34"))
    return {"id": receipt_id(Call.objects.filter(state="waiting").earliest("created_at")), "state": "delivered"}


CHAIR = [
    *PEOPLE,
    Step("say how one is called", "RN2", "reach", on(2, "09:30:40"),
         {"mobile": "+12075550100", "by_text": "on", "by_mail": "on"}),
    *HELP,
    Step("pair the monitor", "RN", "session-monitor", on(2, "09:31"),
         lambda house: SAID | {"device": str(Device.objects.earliest("created_at").pk)}),
    Step("the monitor alarms", BY_DEVICE, "device-readings", on(2, "09:34"), low, status=201,
         repeated_in=REFUSED_AND_KEPT),
    Step("silence for two minutes", "RN", "session-alarm-pause", on(2, "09:34:10"), page="session"),
    Step("the gateway reports", BY_DEVICE, "call-receipt", on(2, "09:34:35"), a_receipt, status=204),
    Step("see the alarm", "RN", "session-alarm-seen", on(2, "09:34:40"), page="session"),
    Step("the monitor is content", BY_DEVICE, "device-readings", on(2, "09:37"), well, status=201,
         repeated_in=REFUSED_AND_KEPT),
    Step("see that it was", "RN", "session-alarm-seen", on(2, "09:37:30"), page="session"),
    Step("tap an event", "RN", "session-event", on(2, "09:40:00"), {"kind": "nausea"}, page="session"),
    Step("undo it", "RN", "session-undo", on(2, "09:40:05"), page="session"),
    Step("write a remark", "RN", "session-event", on(2, "09:41"), {"words": "Sees colours, calm"}, page="session"),
    Step("amend the remark", "RN", "session-amend", on(2, "09:43"),
         {"words": "Sees colours, calm, smiles", "reason": "Wrong value"}, about={"entry_id": latest(Kind.REMARK)}),
    Step("a column of the grid", "RN", "session-grid", on(2, "09:45"),
         {"bp": "141/86", "hr": "82", "spo2": "97", "taken_at": ""}, page="session"),
    Step("a limit of their own", "RN", "session-limits", on(2, "09:46"),
         {"act": "move", "line:HR.high_medium": "115", "why": "Rests at 60"}, is_new=False),
    Step("correct a reading", "RN", "session-reading-amend", on(2, "09:47"),
         {"value": "80", "reason": "Misread device"}),
    Step("say why one was not taken", "RN", "session-skip", on(2, "09:52"), {"reason": "Asleep and calm"},
         page="session"),
    Step("slow the pump", "RN", "session-dose", on(2, "09:53"),
         {"step": "rate", "new_ml_per_h": "120", "reason": "Distress"}, page="session", is_new=False),
    Step("read the pump as second", "RN2", "session-double-check", on(2, "09:54"), {"rate": "120"}, is_new=False),
    Step("the bag is empty", "RN", "session-dose", on(2, "10:10"), {"step": "complete", "pump_ml": "100"},
         page="session"),
    Step("part with the monitor", "RN", "session-monitor", on(2, "10:12"),
         lambda house: {"act": "unpair", "device": str(Pairing.objects.get().pk), "reason": "Patient is up"}),
]  # fmt: skip


def in_kilopascal(house: House) -> dict[str, Any]:
    return readings(("NIBP_SYS", 16, "kPa", on(2, "10:14")))


def to_nobody(house: House) -> dict[str, Any]:
    return readings(("HR", 70, "/min", on(2, "10:15")))


def unknown_to_us(house: House) -> dict[str, Any]:
    return readings(("BIS", 44, "1", on(2, "10:16")))


def second_monitor(house: House) -> Any:
    return Device.objects.latest("created_at").pk


SECOND = {"name": "Monitor 2", "serial": "S-2", "channels": "HR", "interval_s": "1"}

MAILROOM = [
    Step("the monitor says what nobody reads", BY_DEVICE, "device-readings", on(2, "10:14:05"), in_kilopascal,
         status=422, repeated_in=REFUSED_AND_KEPT),
    Step("the monitor speaks of nobody", BY_DEVICE, "device-readings", on(2, "10:15:05"), to_nobody, status=201,
         repeated_in=REFUSED_AND_KEPT),
    Step("the monitor measures what no map knows", BY_DEVICE, "device-readings", on(2, "10:16:05"), unknown_to_us,
         status=201, repeated_in=REFUSED_AND_KEPT),
    Step("register a second monitor", "AD", "device-register", on(2, "10:16:20"), SECOND | {"address": "STATION/SPARE"},
         page="devices"),
    Step("give it another name", "AD", "device-change", on(2, "10:16:30"), SECOND | {"name": "Monitor 2, spare"},
         page="device", about={"device_id": second_monitor}),
    Step("give it another key", "AD", "device-key", on(2, "10:16:40"), page="device",
         about={"device_id": second_monitor}),
    Step("retire it", "AD", "device-retire", on(2, "10:16:50"), page="device",
         about={"device_id": second_monitor}),
    Step("say when the last patient is to be home", "AD", "clinic-hours", on(2, "10:16:55"),
         {"doses_over_by": "23:59", "is_open_all_night": []}, page="devices"),
    Step("say whom somebody in danger calls", "AD", "crisis-help-set", on(2, "10:16:57"),
         {"country": "US", "crisis_name": "", "crisis_number": "", "crisis_hours": "", "emergency_number": ""},
         page="crisis-help"),
    Step("see to the unknown parameter", "RN", "see-unmapped", on(2, "10:19"), page="mailroom"),
    Step("see to the refusal", "RN", "close-refusal", on(2, "10:20"), page="mailroom"),
    Step("see to the stray monitor", "RN", "close-stray", on(2, "10:21"), page="mailroom"),
]  # fmt: skip

YES = (
    "romberg", "gait", "on_air", "fluids_kept", "line_out", "site_fine", "pain_acceptable", "safety_plan_held",
    "escort_present", "escort_told", "transport_seen", "instructions_taught_back", "emergency_number_given",
)  # fmt: skip
NO = ("vomited", "frightening_perceptions", "new_suicidal_or_violent_intent")
AT_REST = {"bp": "128/80", "hr": "71", "spo2": "98", "rr": "14", "moaas": "5", "distress": "1"}

RELEASE = [
    Step("judge release", "RN", "session-criteria", on(2, "10:54"),
         dict.fromkeys(YES, "yes") | dict.fromkeys(NO, "no")
         | {"orientation": "5", "escort_name": "Kim Reed", "escort_relation": "sister", "next_contact": "this evening"},
         page="session-release"),
    Step("vital signs at rest", "RN", "session-grid", on(2, "10:55"), AT_REST | {"nausea": "1", "dissociation": "1"},
         page="session"),
    Step("call about the way home", "RN", "session-way-home", on(2, "10:57"),
         {"act": "call", "who": "Kim Reed", "reached": "yes", "arrives": "11:10"}, page="session-release"),
    Step("record an adverse event", "RN", "session-effects", on(2, "11:00"),
         {"act": "chart", "effect": "headache", "grade": "3", "words": ""}),
    Step("judge the adverse event", "RN", "session-effects", on(2, "11:05"),
         {"act": "judge", "effect": "headache", "grade": "3", "outcome": "ongoing"}, is_new=False),
    Step("vital signs again", "RN", "session-grid", on(2, "11:10"), AT_REST | {"nausea": "0", "dissociation": "0"},
         page="session"),
    Step("print what the patient takes home", "RN", "session-take-home", on(2, "11:12"), {"language": "es"},
         query={"language": "es"}),
    Step("print the escort's sheet", "RN", "session-escort-sheet", on(2, "11:13")),
    Step("let go", "RN", "session-leave", on(2, "11:15"), page="session-release"),
    Step("waste the rest", "RN", "session-waste", on(2, "11:18"),
         lambda house: witnessed(house, vial="waste", method="Squirted into absorbent and sealed"),
         page="session-release"),
    Step("close", "RN", "session-close", on(2, "11:20"), {"why_rest": "Asleep and calm"},
         page="session-release"),
    Step("say that it was billed", "FD", "billing-mark", on(2, "11:22"), billed,
         page="billing"),
    Step("look at the adverse event again", "RX", "adverse-event", on(2, "11:25"),
         {"grade": "3", "outcome": "resolved", "resolved_at": "-5", "relatedness": "possible", "reason": "Gone"}),
    Step("record an adverse event that was told", "RN", "patient-adverse-event", on(2, "11:27"),
         lambda house: {"effect": "fall", "grade": "2", "outcome": "ongoing",
                        "began_on": f"{on(2, '11:27'):%Y-%m-%d}", "began_at": "00:30"}),
    Step("draft the note", "RX", "note-draft", on(2, "11:30"), {"words": "Tolerated well."}, page="note"),
    Step("sign the note", "RX", "note-sign", on(2, "11:35"), {"words": "Tolerated well.", "password": PASSWORD},
         page="note"),
    Step("add to the note", "RX", "note-sign", on(2, "11:40"),
         {"part": "addendum", "addendum": "Escort confirmed.", "password": PASSWORD}, page="note"),
]  # fmt: skip


def answer(key: str, number: int, at: Any, value: str, *, is_new: bool = True) -> Step:
    """One screen of a check-in. Each step has a browser of its own: from the second on it gives the birth year."""
    about = {"token": token(key), "step": lambda house: number}
    return Step(
        f"{key}: screen {number}", BY_LINK, "check-in-step", at, {"answer": value}, about=about, status=303,
        is_new=is_new, first=YEAR if number > 1 else None,
    )  # fmt: skip


def told_id(house: House) -> Any:
    return Told.objects.get().pk


def stop_token(house: House) -> str:
    return letters.stop_token(MessageOut.objects.filter(ask__isnull=False).earliest("send_after"))


def a_message_report(house: House) -> dict[str, str]:
    """The gateway has one of the day before: the sender is no act, here it has sent it."""
    row = MessageOut.objects.filter(ask__key="next_day").earliest("send_after")
    MessageOut.objects.filter(pk=row.pk).update(state="sent", channel="text")
    return {"id": receipt_id(row, letters.MESSAGES), "state": "delivered"}


def returned(header: str) -> str:
    """A delivery status as a relay writes it."""
    return f"""\
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; a@home.example
Action: failed
Status: 5.1.1

--B
Content-Type: text/rfc822-headers

{header}

--B--
"""


def a_mail_that_came_back(house: House) -> dict[str, str]:
    """Of the same day's other message, sent by mail; the provider has the key of the monitor here."""
    settings.MESSAGES_BOUNCES_TOKEN = house.token
    row = MessageOut.objects.filter(ask__key="next_day").exclude(code="driving").latest("send_after")
    MessageOut.objects.filter(pk=row.pk).update(state="sent", channel="mail")
    return {"mail": returned(f"Message-ID: <{mail_id(row, letters.MESSAGES)}@clinic.example>")}


def a_reply(house: House) -> dict[str, str]:
    said = {"id": "r-1", "from": WHO["telephone"].replace(" ", ""), "words": "Who is this?"}
    return said | {"signature": signature(said)}


def a_strangers_reply(house: House) -> dict[str, str]:
    said = {"id": "r-2", "from": "+12075550199", "words": "Is it today?"}
    return said | {"signature": signature(said)}


MESSAGES = [
    Step("read their words", "RN", "words-read", on(3, "08:10"), {"note": "Called, is well"}, page="visit-check-ins",
         about={"words_id": told_id}),
    Step("stop the messages", BY_LINK, "messages-stop", on(3, "08:20"), about={"token": stop_token}, status=303),
    Step("they want them again", "FD", "patient-messages", on(3, "08:30"),
         {"wanted": "yes", "words": "On the telephone"}),
    Step("the gateway reports a message", BY_DEVICE, "messages-receipt", on(3, "08:40"), a_message_report, status=204),
    Step("a mail comes back", BY_DEVICE, "messages-bounce", on(3, "08:42"), a_mail_that_came_back, status=204),
    Step("somebody answers a message", BY_DEVICE, "messages-reply", on(3, "08:45"), a_reply, status=204),
    Step("a stranger answers a message", BY_DEVICE, "messages-reply", on(3, "08:46"), a_strangers_reply, status=204),
    Step("read what a stranger wrote", "FD", "outbox", on(3, "08:48"), {"note": "A wrong number"}),
    Step("see to what staff rate", "RN", "ask-review", on(3, "08:50"), {"found-0": "Not rated: at home"}),
]  # fmt: skip


def small_act(house: House) -> str:
    return therapy.token_for(Homework.objects.latest("created_at"))


FIVE_LEVELS = {
    "level-2": "In bed all day", "level-1": "Up by noon", "level0": "Up by nine", "level1": "Up by eight",
    "level2": "Up by seven, walked",
}  # fmt: skip
GOAL = {"do": "write", "title": "Get up in the morning", "domain": "sleep", "importance": "3", "difficulty": "2",
        "start": "-1"} | FIVE_LEVELS  # fmt: skip
AGREED = {"by_on": "2026-12-01", "measure": "Mornings of seven", "confidence": "8", "first_step": "Set the alarm"}
WELL = {"early_signs": "Late to bed", "helps": "The lake", "call": "Kim", "in_24_h": "Call Kim",
        "review_on": "2026-10-01"}  # fmt: skip

THERAPY = [
    Step(
        "prepare",
        "TH",
        "preparation",
        on(4, "09:00"),
        {
            "intention": "To look at the house again",
            "checklist": ["intention", "music"],
            "shown": ["intention"],
            "must_know": "Starts at loud voices",
            "minutes": "50",
        },
    ),
    Step("write a goal", "TH", "goals", on(4, "09:10"), GOAL | AGREED),
    Step(
        "scale it",
        "TH",
        "goals",
        on(4, "09:20"),
        lambda house: {"do": "scale", f"goal-{Goal.objects.get().case}": "0"},
        is_new=False,
    ),
    Step(
        "give a small act",
        "TH",
        "patient-homework",
        on(4, "09:30"),
        {"do": "give", "act": "Walk to the corner", "days": "4", "minutes": "10", "skill": "breathing"},
    ),
    Step(
        "tick it",
        BY_LINK,
        "homework",
        on(4, "10:30"),
        {"answer": "done", "mood": "6"},
        about={"token": small_act},
        status=303,
    ),
    Step(
        "tick in Spanish",
        BY_LINK,
        "homework-language",
        on(4, "10:31"),
        page="homework",
        about={"token": small_act},
        status=303,
    ),
    Step("plan for staying well", "TH", "relapse-plan", on(4, "10:40"), WELL),
    Step("write privately", "TH", "private-notes", on(4, "10:45"), {"words": "My own thought"}),
    Step("the patient writes a journal", "PT", "me-journal", on(4, "11:00"), {"words": "A better day", "share": "yes"}),
    Step("the patient takes it back", "PT", "me-journal-share", on(4, "11:05"), {"do": "unshare"}, page="me-journal"),
]

MISSED = Step(
    "say why the window was missed",
    "TH",
    "window-missed",
    on(6, "09:30"),
    {"reason": "no_room", "said_by": "therapist"},
    page="therapy",
)

AFTERWARDS = [
    Step("send a message by hand", "FD", "outbox-sent", on(2, "19:30"), page="outbox"),
    Step("change the language", BY_LINK, "check-in-language", on(2, "19:40"), page="check-in",
         about={"token": token("same_evening")}, status=303),
    Step("larger letters", BY_LINK, "check-in-print", on(2, "19:40:30"), page="check-in",
         about={"token": token("same_evening")}, status=303),
    answer("same_evening", 1, on(2, "19:41"), "2"),
    Step("the birth year on another phone", BY_LINK, "check-in", on(2, "19:41:30"), YEAR,
         about={"token": token("same_evening")}, status=303),
    Step("the gateway reports a page", BY_DEVICE, "concern-receipt", on(2, "19:45"), a_page_receipt, status=204),
    Step("in their own words", BY_LINK, "check-in-words", on(2, "19:42"), {"words": "Tired, and glad"},
         about={"token": token("same_evening")}, status=303, first=YEAR),
    Step("see the concern", "RX", "concern-seen", on(2, "19:50"), page="concern"),
    Step("decide on the concern", "RX", "concern-decide", on(2, "20:00"),
         {"finding": "Old thoughts, no intent; partner at home.", "action": "Safety plan gone through by telephone.",
          "flag": "on"},
         page="concern"),
    Step("ask to lower the flag", "RX", "risk-flag-lower", on(2, "20:01"),
         {"reason": "Safe, with his partner"},
         page="risk-flag"),
    Step("look a second time", "MD", "risk-flag-lower", on(2, "20:02"),
         {"agrees": "yes", "words": "Read the answers, and called."},
         page="risk-flag"),
    Step("send the evening form", BY_LINK, "check-in-end", on(2, "20:05"), about={"token": token("same_evening")},
         status=303, first=YEAR),
    *MESSAGES,
    Step("open in an emergency", "TH", "emergency-open", on(2, "21:00"),
         {"reason_class": "harm_now", "words": "A call from the family"}),
    Step("review the emergency", "MD", "emergency-review", on(3, "08:00"),
         {"was_right": "yes", "finding": "Spoken with; it was right."}, page="emergency"),
    Step("ask for a way back in", "RN", "recovery-ask", on(3, "08:05"),
         lambda house: {"address": house.user("RS").email, "saw": "known", "words": "Lost it on the way"},
         page="recoveries"),
    Step("be the second", "MD", "recovery-give", on(3, "08:06"),
         {"saw": "photo_id", "words": "Looked at the card", "password": PASSWORD}, page="recovery"),
    Step("ask for a post", "AD", "post-ask", on(3, "08:10"),
         {"name": "Kit Alvarez", "address": "kit@example.org", "role": "RN", "words": "Begins on Monday"},
         page="posts"),
    Step("give a post", "MD", "post-decide", on(3, "08:11"), {"do": "give", "words": "Licence seen"},
         page="post-asked"),
    Step("ask for a post by mistake", "AD", "post-ask", on(3, "08:12"),
         {"name": "Kit Alvarez", "address": "kim@example.org", "role": "RX", "words": "Begins on Monday"},
         page="posts"),
    Step("take it back", "AD", "post-withdraw", on(3, "08:13"), page="post-asked"),
    Step("note a licence", "AD", "post-licence", on(3, "08:13:30"),
         {"number": "RN 20417", "issuer": "Board of Nursing", "until": "2026-07-31"}, page="post"),
    Step("end a post", "AD", "post-end", on(3, "08:14"), {"words": "Did not come"}, page="post"),
    Step("shut a patient's own pages", "RN", "own-pages-shut", on(3, "08:20"), {"words": "Lost the telephone"},
         page="own-pages"),
    Step("open a patient's own pages", "FD", "own-pages-open", on(3, "08:21"),
         lambda house: {"address": house.user("PT").email}, page="own-pages"),
    Step("make a new link", "FD", "check-in-new-link", on(3, "09:00"), page="visit-check-ins"),
    Step("call instead", "RN", "check-in-call", on(3, "20:00"), {"result": "well", "words": "Slept well"} | CALM),
    Step("take a duty", "FD", "duty-take", on(3, "20:10"), page="duties"),
    Step("pass a duty on", "FD", "duty-pass-on", on(3, "20:12"), {"to_role": "RN", "reason": "She knows who is free"}),
    Step("ask for a link of today", BY_LINK, "check-in-fresh", on(4, "08:20"), about={"token": token("next_day")},
         status=303),
    Step("assign a therapist", "RN", "assign-therapist", on(4, "08:30"),
         lambda house: {"therapist": str(house.staff["TH"].user_id)}, page="patient"),
    *THERAPY,
    Step("check in for the second dose", "RN", "session-check-in", on(5, "08:55"),
         lambda house: {"chair": str(Chair.objects.get().pk)}, page="session", about={"visit_id": dose_visit(2)}),
    Step("stamp while sitting", "TH", "sitting", on(5, "08:57"), {"stamp": "eyes_closed"},
         about={"visit_id": dose_visit(2)}),
    Step("call it off", "RN", "session-call-off", on(5, "09:00"), {"reason": "Fever"}, page="session",
         about={"visit_id": dose_visit(2)}),
    MISSED,
    Step("ask for the small act's link of today", BY_LINK, "homework-fresh", on(6, "09:40"),
         about={"token": small_act}, status=303),
    Step("integrate", "TH", "therapy", on(6, "10:00"),
         {"happened_at": "2026-07-16T09:00", "minutes": "50", "summary": "Images of home", "next_step": "Walk daily"}),
    Step("send an intake once more", "FD", "intake-send", on(7, "09:00"), {"way": "hand"}, page="patient-intake",
         is_new=False),
    Step("ask for the intake's link of today", BY_LINK, "intake-fresh", on(8, "10:00"), about={"token": intake_token},
         status=303),
    Step("end the assignment", "RN", "end-assignment", on(9, "10:30"), page="patient"),
    Step("prove the chain", "MD", "audit-verify", on(9, "10:40"), page="audit", status=200),
    Step("rate a scale", "RN", "patient-scale", on(9, "10:32"),
         lambda house: {"total": "24", "item-10": "1", "rater": str(house.staff["RN"].user_id), "came": "in_person",
                        "hidden": "dose", "edition": "1979"}),
    Step("strike a scale out", "RN", "patient-scale-wrong", on(9, "10:34"),
         lambda house: {"score": str(Rating.objects.latest("recorded_at").answers.score.pk), "reason": "Typed wrong"}),
    Step("load the owner's words", "MD", "scale-text", on(9, "10:42"),
         {"adopt": "pack", "is_licensed": "on"}, about={"scale": lambda house: "who-5"}),
    Step("amend the protocol", "MD", "protocol-amend", on(9, "10:45"),
         {"protocol.sessions": "5", "why protocol.sessions": "Five suffice here"}),
    Step("adopt the amended copy", "MD", "protocol-adopt", on(9, "10:50"), {"read": "on"}, query=to_sign, is_new=False),
    Step("roll back", "MD", "protocol-roll-back", on(9, "10:55"), {"words": "Six as published"},
         query=lambda house: {"version": protocols.once_adopted(house.clinic.pk, IV)[0]}),
    Step("name the family doctor", "FD", "family-doctor", on(9, "10:56"),
         {"name": "Dr Hale", "address": "2 High Street", "agrees": "yes"}),
    Step("sign the care plan", "RX", "care-plan-sign", on(9, "10:57")),
    Step("write to the family doctor", "RX", "care-plan-letter", on(9, "10:58"), page="care-plan",
         about={"addressee": lambda house: "gp"}),
    Step("name a caregiver with the patient", "RN", "caregivers", on(9, "10:58:10"),
         {"name": "Kim Reed", "days": "30", "language": "en"}),
    Step("the caregiver gives the birth year", BY_LINK, "caregiver", on(9, "10:58:15"), {"birth_year": "1985"},
         about={"token": lambda house: caregivers.token_for(Caregiver.objects.latest("created_at"))}, status=303),
    Step("read in Spanish", "PT", "me-reading", on(9, "10:58:20"), {"language": "es"}, page="me"),
    Step("name another caregiver", "PT", "me-caregivers", on(9, "10:58:30"),
         {"name": "Alex", "days": "7", "language": "es", "agreed": "safety_plan"}),
    Step("take a part of it back", "PT", "caregiver-end", on(9, "10:58:35"), {"part": "safety_plan"},
         page="me-caregivers"),
    Step("take a caregiver's link back", "PT", "caregiver-end", on(9, "10:58:40"), page="me-caregivers"),
    Step("take a consent back", "PT", "me-consent-withdraw", on(9, "10:58:50"),
         taken_back, page="me-consents"),
    Step("say what was said of it", "RX", "duty-done", on(9, "10:58:55"), {"words": "Wants to wait until spring"},
         about={"duty_id": lambda house: Duty.objects.get(kind="consent.withdrawn").pk}),
    Step("withdraw the protocol", "MD", "protocol-withdraw", on(9, "11:00"), {"words": "A new one comes"}),
]  # fmt: skip


def last_booked(house: House) -> Visit:
    ahead = Visit.objects.filter(state="booked", kind=VisitKind.DOSE, starts_at__lt=on(22, "00:00"))
    return ahead.latest("starts_at")  # of the two weeks that *Plan anew* looks at


def minutes_after(minutes: int) -> Any:
    """Of the last dose that is booked, as the field of a form has it."""
    zone = ZoneInfo(ZONE)
    return lambda house: (
        (last_booked(house).starts_at + timedelta(minutes=minutes)).astimezone(zone).strftime("%Y-%m-%dT%H:%M")
    )


def reminder_token(house: House) -> str:
    """As the worker writes it when the visit is near."""
    ahead = Visit.objects.filter(state="booked", kind=VisitKind.DOSE, starts_at__gt=on(9, "11:00:41"))
    visit = ahead.earliest("starts_at")
    return planning.token_for(remind(visit, by=access.system(visit.clinic), at=on(9, "11:00:41")))


PLANNED = [
    Step("pause the course", "FD", "course-pause", on(9, "11:00:02"),
         {"turn_reason": "Away for a family matter", "booked": "keep"}),
    Step("go on with the course", "FD", "course-pause", on(9, "11:00:04"), {"turn_reason": "Back again"},
         is_new=False),
    Step("book the course", "FD", "course", on(9, "11:00:10")),
    Step("comes late", "FD", "visit-planning", on(9, "11:00:20"),
         lambda house: {"act": "late", "expected_at": minutes_after(20)(house), "late_reason": "patient"},
         about={"visit_id": lambda house: last_booked(house).pk}),
    Step("a chair breaks", "FD", "resources", on(9, "11:00:30"),
         lambda house: {"act": "outage", "thing": str(Chair.objects.get().pk), "out_from": minutes_after(-60)(house),
                        "out_until": minutes_after(30)(house), "out_words": "The back does not hold"}),
    Step("plan the day anew", "FD", "replan", on(9, "11:00:40"), {"reason": "out_of_order"}, query={"shown": "1"}),
    Step("answer the reminder", BY_LINK, "reminder", on(9, "11:00:42"),
         {"reply": "yes", "escort_name": "Kim Reed", "escort_phone": "555 0123"}, about={"token": reminder_token},
         status=303),
    Step("read the reminder in Spanish", BY_LINK, "reminder-language", on(9, "11:00:44"), page="reminder",
         about={"token": reminder_token}, status=303),
    Step("the reminder is for somebody else", BY_LINK, "reminder-not-mine", on(9, "11:00:45"),
         about={"token": reminder_token}, status=200),
    Step("they want them as before", "FD", "patient-messages", on(9, "11:00:46"),
         {"wanted": "yes", "words": "Another number"}, is_new=False),
    Step("the intake is for somebody else", BY_LINK, "intake-not-mine", on(9, "11:00:47"),
         about={"token": intake_token}, status=200),
    Step("the small act is for somebody else", BY_LINK, "homework-not-mine", on(9, "11:00:48"),
         about={"token": small_act}, status=200),
    Step("the check-in is for somebody else", BY_LINK, "check-in-not-mine", on(9, "11:00:49"),
         about={"token": token("next_day")}, status=200),
    Step("put on the waiting list", "FD", "waiting", on(9, "11:00:50"),
         lambda house: {"record_number": Demographics.objects.current().get().record_number, "kind": "evaluation"}),
    Step("book one visit", "FD", "book-visit", on(9, "11:00:52"),
         lambda house: {"record_number": Demographics.objects.current().get().record_number, "kind": "evaluation",
                        "starts_at": minutes_after((7 * 24 + 5) * 60)(house)}),
    Step("make a calendar address", "FD", "my-calendar", on(9, "11:00:55"), {"act": "open"}),
]  # fmt: skip

REVIEWED = [
    Step("review the course", "RX", "review-decide", on(9, "11:01"),
         {"choice": "stop", "reason": "Asks for another treatment."}, page="review"),
    *(Step(f"after the course: {step}", "RX", "review-follow", on(9, f"11:0{2 + place}"),
           {"step": step, "words": "Done, see the note."}, page="review", is_new=not place)
      for place, step in enumerate(("safety", "next", "letter"))),
]  # fmt: skip

PROGRAMME = [
    *[*ARRIVAL, *INTAKE, *CLEARANCES, *EVALUATION],
    *[*PREPARATION, *CHAIR, *MAILROOM, *RELEASE, *AFTERWARDS, *PLANNED, *REVIEWED],
]
assert reader.protocol(IV).id == IV
