"""What has happened in the demo clinic so far, told through the same actions that its people use."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy import actions as candidacy
from ketacare.clinic.candidacy.models import Ability, Choice, ListState, Source
from ketacare.clinic.candidacy.queries import product_of
from ketacare.clinic.enrolment import actions as enrolment
from ketacare.clinic.enrolment import models as referred
from ketacare.clinic.enrolment.actions import Person as Referred
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.above import telling_once
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import AllergyState, Demographics, Patient, Staff, User
from ketacare.clinic.pharmacy import actions as pharmacy
from ketacare.clinic.pharmacy.models import Container
from ketacare.clinic.posts import actions as posts
from ketacare.clinic.protocols import actions as protocols
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import Chair, Visit, VisitKind
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.therapy import actions as therapy
from ketacare.medicine.protocols.reader import protocol
from ketacare.web.demo import couch, days, people_at_it, planned, what_helps
from ketacare.web.demo.days import Day, Person
from ketacare.web.demo.ordinary import ordinary

RUNNING_SINCE, BEFORE_A_DOSE = timedelta(minutes=14), timedelta(minutes=30)
MONITOR_ADDRESS = "0200000000000003/CHAIR-3"
# Medicine, its doses with their days, how many days ago it began, what it did, why it ended, and who knows it.
TRIALS = (
    ("sertraline", (("50", 56), ("150", 42)), 640, "partial", "no_effect", "clinician"),
    ("venlafaxine", (("225", 63),), 480, "none", "no_effect", "pharmacy"),
    ("aripiprazole", (("5", 56),), 410, "none", "no_effect", "clinician"),
)
SAFE = {"s1": 0, "s2": 0, "s3": 0, "s4": 0, "s5": 0}
# PHQ-9 by item: before the course, and a week after the second dose.
BEFORE = (3, 3, 3, 3, 2, 3, 2, 2, 0)
AFTER_A_WEEK = (1, 2, 2, 1, 1, 1, 1, 1, 0)


def tell(clinic: Clinic, staff: dict[str, Actor], *, at: datetime) -> None:
    opening(staff, at - timedelta(days=40))
    chairs = [scheduling.add_chair(name=f"Chair {n}", by=staff["FD"], at=at - timedelta(days=40)) for n in (1, 2, 3)]
    put_on_call(staff, at)
    note_licences(clinic, staff, at - timedelta(days=39))
    people_at_it.give_phones(staff, at - timedelta(days=1))
    a_course(staff, chairs, at)
    a_session_now(staff, chairs, at)
    people_waiting(staff, at)
    a_plan_to_place(staff, chairs, at)
    planned.a_booked_week(staff, at)


def opening(staff: dict[str, Actor], at: datetime) -> None:
    """The director adopts the protocol and the limits before anybody is treated."""
    sheet = protocol(days.PROTOCOL)
    for name, version in ((sheet.id, sheet.version), *adoptable(sheet)):
        protocols.adopt(sheet_id=name, version=version, by=staff["MD"], at=at, words="For the opening of the clinic")


def adoptable(sheet: object) -> tuple[tuple[str, str], ...]:
    from ketacare.clinic.protocols import queries

    return tuple(
        (name, found.newest.header.version) for name, found in queries.shelf().items() if name != days.PROTOCOL
    )


def note_licences(clinic: Clinic, staff: dict[str, Actor], at: datetime) -> None:
    """One of them ends within the month, so that the director has something to see to."""
    lasts = {"RN": 410, "RN2": 620, "RX": 355, "TH": 290, "ET": 64, "MD": 700}
    for place, (who, days_left) in enumerate(lasts.items()):
        posts.note_licence(
            Staff.objects.get(clinic=clinic, user_id=staff[who].person_id, role=staff[who].role),
            number=f"ME {20410 + 7 * place}",
            issuer="State of Maine",
            until=(local_day(at, clinic.zone) + timedelta(days=days_left)).isoformat(),
            by=staff["AD"],
            at=at + timedelta(minutes=place),
        )


def put_on_call(staff: dict[str, Actor], at: datetime) -> None:
    """Somebody owns every alert at every hour."""
    safety.put_on_call(
        user=User.objects.get(pk=staff["RX"].person_id),
        starts_at=at - timedelta(days=1),
        ends_at=at + timedelta(days=30),
        role="RX",
        telephone="+1 207 555 0131",
        backup=User.objects.get(pk=staff["MD"].person_id),
        by=staff["MD"],
        at=at - timedelta(days=1),
    )


def a_vial(staff: dict[str, Actor], serial: str, at: datetime) -> Container:
    return pharmacy.receive_container(
        product=pharmacy.Product(days.DRUG, days.VIAL_MG_PER_ML, Decimal(20)),
        serial=serial,
        lot="KT-2291",
        expires_on=(at + timedelta(days=400)).date(),
        by=staff["RN"],
        at=at,
    )


def refer(staff: dict[str, Actor], person: Referred, reason: str, urgency: str, at: datetime) -> Patient:
    """A referral taken at the front desk; the patient it registers."""
    enrolment.receive_referral(
        person=person,
        source=referred.Source.CLINICIAN,
        reason=reason,
        urgency=referred.Urgency(urgency),
        referrer_name="Dr Paul Nkemelu",
        by=staff["FD"],
        at=at,
    )
    named = Demographics.objects.current().filter(family=person.family, given=person.given, born_on=person.born_on)
    return named.latest("recorded_at").patient


@telling_once()
def evaluate(staff: dict[str, Actor], patient: Patient, weight_kg: Decimal, at: datetime) -> None:
    """Facts, trials, PHQ-9 and the decision to accept."""
    prescriber = staff["RX"]
    common: dict[str, Any] = {"patient": patient, "by": prescriber, "at": at}
    for name, answer in ordinary(local_day(at, prescriber.zone)).items():
        candidacy.record_history(name=name, answer=answer, source=Source.CLINICIAN, **common)
    asked = ("1", "2", "6", "imminent")
    candidacy.record_screening(form="lifetime", answers=dict.fromkeys(asked, False), **common)
    for medicine, steps, days_ago, effect, stopped, source in TRIALS:
        began = local_day(at, prescriber.zone) - timedelta(days=days_ago)
        candidacy.record_trial(
            medicine=medicine,
            dose_mg=Decimal(steps[-1][0]),
            days=steps[-1][1],
            steps=[{"dose_mg": dose, "days": days} for dose, days in steps] if len(steps) > 1 else [],
            began_on=began,
            ended_on=began + timedelta(days=sum(days for _, days in steps)),
            stopped_because=stopped,
            adherence="good",
            adherence_evidence="refills",
            effect=effect,
            in_current_episode=True,
            source=source,
            **common,
        )
    candidacy.record_course(
        kind="psychotherapy", sessions=20, weeks=Decimal(22), response="not", in_current_episode=True, by_manual=True,
        source="clinician", **common,
    )  # fmt: skip
    entries = [{"name": "venlafaxine XR", "dose": "225 mg daily"}]
    candidacy.record_medicines(state=ListState.LISTED, entries=entries, **common)
    candidacy.record_vitals(systolic_mmhg=124, diastolic_mmhg=78, pulse_per_min=72, spo2_percent=98, **common)
    people.record_measure(weight_kg=weight_kg, height_cm=Decimal(171), **common)
    people.record_allergies(state=AllergyState.NONE_KNOWN, entries=[], **common)
    consented = product_of(protocol(days.PROTOCOL))
    people.record_consent(kind="treatment", text_version="1", given=True, words=f"{consented}; told", **common)
    candidacy.assess_capacity(
        abilities=dict.fromkeys(candidacy.ABILITIES, Ability.YES),
        words="Says in their own words what it is for, what may go wrong, and what else there is.",
        **common,
    )
    phq9(patient, BEFORE, prescriber, at)
    why = "Two adequate trials failed; benefits discussed."
    candidacy.decide(choice=Choice.ACCEPT, reason=why, lacking_reason=why, **common)


def phq9(patient: Patient, items: tuple[int, ...], by: Actor, at: datetime) -> None:
    answers: dict[str, int | None] = {str(number): value for number, value in enumerate(items, start=1)}
    outcomes.record_answers(
        patient=patient, instrument="phq-9", answers=answers, source="clinician", happened_at=at, by=by, at=at
    )


def begin_course(staff: dict[str, Actor], patient: Patient, chair: Chair, first_on: date, at: datetime) -> list[Visit]:
    proposal = candidacy.propose(protocol=protocol(days.PROTOCOL), first_on=first_on, starts=time(9, 0), chair=chair)
    candidacy.begin_programme(
        patient=patient,
        proposal=proposal,
        goals="To work again; to enjoy time with the children.",
        override="The clinic opens for this course",
        by=staff["RX"],
        at=at,
    )
    return list(Visit.objects.filter(patient=patient, kind=VisitKind.DOSE).order_by("starts_at"))


def a_course(staff: dict[str, Actor], chairs: list[Chair], at: datetime) -> None:
    """Jo Reed, who has an account of her own: three doses behind her, the next one booked."""
    zone = ZoneInfo(staff["RX"].zone)
    person = Referred(
        family="Reed", given="Joanna", born_on=date(1985, 7, 14), sex="female", telephone="+1 207 555 0182",
        email="jo.reed@demo.example", may_text=True, may_email=True, voicemail_is_safe=False,
    )  # fmt: skip
    jo = refer(
        staff, person, "Depression for three years; two medicines without relief.", "soon", at - timedelta(days=24)
    )
    Patient.objects.filter(pk=jo.pk).update(user=User.objects.get(pk=staff["PT"].person_id))
    jo.refresh_from_db()
    evaluate(staff, jo, Decimal("68.4"), at - timedelta(days=17))
    therapist = User.objects.get(pk=staff["TH"].person_id)
    people.relate(patient=jo, user=therapist, kind="therapist", by=staff["RN"], at=at - timedelta(days=16))
    referrer = User.objects.get(pk=staff["RC"].person_id)
    people.relate(patient=jo, user=referrer, kind="referrer", by=staff["RN"], at=at - timedelta(days=16))
    what_helps.put_down(staff, jo, at)
    first_on = (at - timedelta(days=13)).astimezone(zone).date()
    visits = begin_course(staff, jo, chairs[0], first_on, at - timedelta(days=15))
    past = [visit for visit in visits if visit.starts_at < at - timedelta(days=1)]
    couch.prepare(staff, jo, at - timedelta(days=15))
    reed = Person(jo, Decimal("68.4"), 122, 76, 70, "Kim Reed")
    for number, visit in enumerate(past, start=1):
        vial = a_vial(staff, f"V-10{number}", visit.starts_at - timedelta(days=1))
        day = Day(staff, reed, visit, chairs[0], vial, visit.starts_at + timedelta(minutes=35))
        days.begin(day)
        days.finish(day)
        answer_afterwards(staff, visit, number, at)
        integrate(staff, visit, at)
        if number == 2:
            what_helps.sign_the_plan(staff, jo, visit.starts_at + timedelta(days=1))
    couch.private(staff, jo, at - timedelta(days=2))


def answer_afterwards(staff: dict[str, Actor], visit: Visit, number: int, at: datetime) -> None:
    """Jo answers what has fallen due, except one evening, which stays missing."""
    for ask in Ask.objects.filter(visit=visit, due_at__lt=at):
        when = ask.due_at - timedelta(minutes=20)
        if ask.key == "same_evening" and number == 2:
            continue
        low = {"same_evening": 52, "next_day": 40, "week": 38}.get(ask.key, 45) - 6 * number
        for instrument in ask.instruments:
            days.answer(ask, instrument, answers_to(instrument, low), when)


def integrate(staff: dict[str, Actor], visit: Visit, at: datetime) -> None:
    """Two days after each dose Jo meets her therapist; what lies ahead still waits."""
    met_at = visit.starts_at + timedelta(hours=50)
    if met_at < at:
        therapy.write_note(
            visit=visit,
            happened_at=met_at,
            minutes=50,
            summary="Spoke about her brother; less afraid of the mornings. Sleeps better.",
            next_step="",
            more={
                "themes": "The old house; being seen",
                "unfinished": "The letter to her brother",
                "act_24h": "Tell Kim one thing that was good",
                "act_7d": "One walk a day before breakfast",
            },
            by=staff["TH"],
            at=met_at + timedelta(hours=1),
        )
        couch.afterwards(staff, visit.patient, visit.number_in_course or 1, met_at + timedelta(hours=1), at)


def answers_to(instrument: str, low: int) -> dict[str, int | None]:
    match instrument:
        case "phq-9":
            return {str(number): value for number, value in enumerate(AFTER_A_WEEK, start=1)}
        case "safety-items":
            return dict(SAFE)
        case "mania-items":
            return {"m1": 0}
        case "side-effects":
            return {"headache": 1}
        case _:
            return {"1": low}


def begun_on_one_day(at: datetime, zone: str) -> datetime:
    """What is asked before a dose counts on its own day only: shortly after midnight it began before it."""
    start = at - RUNNING_SINCE
    midnight = start.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    return start if start - midnight >= BEFORE_A_DOSE else midnight - timedelta(minutes=1)


def a_session_now(staff: dict[str, Actor], chairs: list[Chair], at: datetime) -> None:
    """Sam Okoro is being dosed on chair 3; the monitor beside him speaks through the gateway."""
    start = begun_on_one_day(at, staff["RX"].zone)
    person = Referred(
        family="Okoro", given="Samuel", born_on=date(1979, 3, 2), sex="male", telephone="+1 207 555 0119", may_text=True
    )
    sam = refer(staff, person, "Recurrent depression, two adequate trials.", "soon", at - timedelta(days=21))
    evaluate(staff, sam, Decimal("72.0"), at - timedelta(days=10))
    first_on = start.astimezone(ZoneInfo(staff["RX"].zone)).date()
    visit = begin_course(staff, sam, chairs[2], first_on, at - timedelta(days=9))[0]
    # Whenever the demo is started, his first dose is now: nobody would wait for nine in the morning to see it.
    people_at_it.write_plan(staff, sam, at - timedelta(days=8))
    begins, ends = start - BEFORE_A_DOSE, start + timedelta(minutes=130)
    Visit.objects.filter(pk=visit.pk).update(starts_at=begins, ends_at=ends)
    visit.refresh_from_db()
    day = Day(staff, Person(sam, Decimal("72.0"), 126, 80, 74, "Ada Okoro"), visit, chairs[2],
              a_vial(staff, "V-201", at - timedelta(days=2)), start)  # fmt: skip
    days.begin(day)
    device, _ = monitoring.register_device(
        name="Monitor 3", address=MONITOR_ADDRESS, by=staff["AD"], at=at - timedelta(days=30)
    )
    monitoring.pair_device(device=device, visit=visit, by=staff["RN"], at=start - timedelta(minutes=3))
    day.rise(days.RISE[1:3])
    people_at_it.stand_by(day)


def people_waiting(staff: dict[str, Actor], at: datetime) -> None:
    """A referral that nobody has opened yet, and one just evaluated in part."""
    dana = Referred(
        family="Weiss",
        given="Dana",
        born_on=date(1991, 11, 30),
        sex="female",
        telephone="+1 207 555 0147",
        may_text=True,
    )
    refer(staff, dana, "Suicidal thoughts since spring; asks for help soon.", "urgent", at - timedelta(hours=5))
    lee = Referred(family="Tran", given="Lee", born_on=date(1968, 2, 9), telephone="+1 207 555 0150")
    refer(staff, lee, "Treatment-resistant depression; blood pressure treated.", "routine", at - timedelta(days=2))


def a_plan_to_place(staff: dict[str, Actor], chairs: list[Chair], at: datetime) -> None:
    """Maya Lind has a signed plan; its days wait for the desk to fit them into the calendar."""
    person = Referred(
        family="Lind", given="Maya", born_on=date(1988, 5, 21), sex="female", telephone="+1 207 555 0173", may_text=True
    )
    maya = refer(staff, person, "Depression, two adequate trials failed.", "routine", at - timedelta(days=12))
    evaluate(staff, maya, Decimal("63.5"), at - timedelta(days=3))
    first_on = (at + timedelta(days=9)).astimezone(ZoneInfo(staff["RX"].zone)).date()
    begin_course(staff, maya, chairs[1], first_on, at - timedelta(days=2))
