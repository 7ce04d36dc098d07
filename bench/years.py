"""Three years of a clinic, from a seed: 500 patients, one of them with 60 sessions, and ten sessions running now.

The one patient's sessions are told through the actions that people use, so every fact, ledger line, duty and audit line
that a session leaves is there. Readings of past sessions are written as a monitor sends them at one every ten seconds;
the session running now has two channels more and one reading a second. The other patients carry what a list shows.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import connection, transaction

from ketacare.clinic.candidacy.models import TrialEntry
from ketacare.clinic.candidacy.tests.factories import a_trial, accepted_before, everything_known, some_medicines
from ketacare.clinic.dosing.actions import checking, drawing, giving, orders, preparing, release, sessions, timeline
from ketacare.clinic.dosing.actions.identity import as_said
from ketacare.clinic.dosing.actions.interview import record_interview
from ketacare.clinic.dosing.calm_day import NO_RISK
from ketacare.clinic.dosing.tests.factories import SAID, WELL
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring.models import Device
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Allergies, BodyMeasure, Contact, Demographics, Patient, User
from ketacare.clinic.people.tests.factories import a_clinic, someone
from ketacare.clinic.pharmacy import actions as pharmacy
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import Chair, Visit, VisitKind
from ketacare.clinic.supervision import actions as supervision
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.candidacy.reader import shipped
from ketacare.medicine.dosing.terms import DoseEntry, Order
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.outcomes import reader
from ketacare.medicine.protocols.reader import protocol
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, MassPerWeight, RatePump, Volume, Weight
from ketacare.medicine.safety import reader as safety_reader
from ketacare.medicine.safety import rules as safety_rules
from ketacare.medicine.safety.terms import TriageContext
from ketacare.web.demo import days

SEED = 20260714
PATIENTS = 500
SESSIONS = 60
CHAIRS = 10
MEDICINES, TRIALS = 40, 25
DRAWS = 500
TRIED = ("sertraline", "venlafaxine", "bupropion", "mirtazapine", "fluoxetine")
DRUG = "ketamine (racemic)"
PROTOCOL = "p-iv-05-2w"
FAMILIES = ("Reed", "Okoro", "Lind", "Sato", "Marek", "Costa", "Hale", "Novak", "Ames", "Duarte")
PAST_CHANNELS = (("HR", 74, "/min"), ("SPO2", 97, "%"), ("RR", 14, "/min"), ("PR", 74, "/min"))
NOW_CHANNELS = (*PAST_CHANNELS, ("TEMP", 37, "Cel"), ("ETCO2", 38, "mm[Hg]"))

MINUTE = timedelta(minutes=1)


@dataclass
class Years:
    """Who and what the pages are asked about."""

    clinic: Clinic
    nurse: Actor
    prescriber: Actor
    patient: Patient
    running: Visit
    evaluated: Patient
    answers: int = 0
    readings: int = 0


@dataclass
class Teller:
    """The people whose acts tell the story."""

    clinic: Clinic
    desk: Actor
    nurse: Actor
    second: Actor
    prescriber: Actor
    admin: Actor
    witness: User
    chance: random.Random
    totals: dict[str, dict[datetime, int]] = field(default_factory=dict)  # of each instrument, when it was answered


def told(at: datetime) -> Years:
    with transaction.atomic():
        clinic = a_clinic("Three years")
        staff = [someone(clinic, role, name) for role, name in (("FD", "Desk"), ("RN", "Ann Vale"), ("RN", "Ben Moss"))]
        prescriber = someone(clinic, "RX", "Dr Cho")
        witness = User.objects.get(pk=staff[2].user_id)
        teller = Teller(clinic, *staff, prescriber, someone(clinic, "AD"), witness, random.Random(SEED))
        everybody_else(teller, at)
    organisation = clinic.organisation_id
    with tenancy.tenant(organisation):
        patient = a_known_patient(teller, "Threeyears", at - timedelta(days=3 * 365))
        chairs = [scheduling.add_chair(name=f"Chair {n + 1}", by=teller.desk, at=at) for n in range(CHAIRS)]
        evaluated = a_long_history(teller, at)
    years = Years(clinic, teller.nurse, prescriber, patient, Visit(), evaluated)
    for number, begins_at in enumerate(session_days(at)):
        with tenancy.tenant(organisation):
            a_past_session(teller, years, chairs[0], number, begins_at)
    for number, chair in enumerate(chairs):
        with tenancy.tenant(organisation):
            whose = patient if number == 0 else a_known_patient(teller, f"Running{number}", at - timedelta(days=5))
            visit = a_running_session(teller, years, whose, chair, number, at - 35 * MINUTE)
            years.running = visit if number == 0 else years.running
    return years


def session_days(at: datetime) -> list[datetime]:
    """Six in the first three weeks, the others evenly until last week; each at 12:00 UTC of its day."""
    first = at.replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=3 * 365 - 10)
    induction = [first + timedelta(days=3.5 * number // 1) for number in range(6)]
    step = (at - timedelta(days=8) - induction[-1]) / (SESSIONS - 6)
    later = [induction[-1] + step * (number + 1) for number in range(SESSIONS - 6)]
    return [day.replace(hour=12, minute=0, second=0, microsecond=0) for day in (*induction, *later)]


# -- the other patients ------------------------------------------------------------------------------------------------


def everybody_else(teller: Teller, at: datetime) -> None:
    place = {"organisation_id": teller.clinic.organisation_id, "clinic": teller.clinic}
    patients = Patient.objects.bulk_create(Patient(**place, created_at=at) for _ in range(PATIENTS - CHAIRS))
    fact = {**place, "happened_at": at, "recorded_at": at, "recorded_by_id": teller.desk.user_id}
    Demographics.objects.bulk_create(
        Demographics(
            **fact,
            patient=patient,
            family=f"{teller.chance.choice(FAMILIES)}{number}",
            given=teller.chance.choice(("Jo", "Sam", "Kim", "Lee")),
            born_on=date(1950 + number % 50, 1 + number % 12, 1 + number % 28),
            record_number=f"B{number:04}",
        )
        for number, patient in enumerate(patients)
    )
    Contact.objects.bulk_create(Contact(**fact, patient=one, telephone="555 0100") for one in patients)
    Allergies.objects.bulk_create(Allergies(**fact, patient=one, state="none_known") for one in patients)
    BodyMeasure.objects.bulk_create(BodyMeasure(**fact, patient=one, weight_kg=Decimal(80)) for one in patients)
    Visit.objects.bulk_create(
        Visit(
            **place,
            created_at=at,
            patient=patient,
            kind=VisitKind.DOSE,
            starts_at=at + timedelta(hours=number % 240),
            ends_at=at + timedelta(hours=number % 240 + 2),
        )
        for number, patient in enumerate(patients)
    )


def a_known_patient(teller: Teller, family: str, at: datetime) -> Patient:
    patient = people.register_patient(
        family=family, given="Jo", born_on=date(1985, 7, 14), by=teller.desk, at=at, contact={"telephone": "555 0100"}
    )
    people.record_measure(patient=patient, weight_kg=Decimal(80), height_cm=Decimal(170), by=teller.nurse, at=at)
    people.record_allergies(patient=patient, state="none_known", entries=[], by=teller.nurse, at=at)
    accepted_before(patient, teller.prescriber, at)
    return patient


def a_long_history(teller: Teller, at: datetime) -> Patient:
    """Somebody evaluated today who takes forty medicines and has tried twenty-five."""
    patient = people.register_patient(
        family="Longhistory", given="Jo", born_on=date(1961, 7, 14), by=teller.desk, at=at,
        contact={"telephone": "555 0100"},
    )  # fmt: skip
    everything_known(patient, teller.prescriber, at=at)
    drugs = [drug.name for drug in shipped().formulary.drugs][:MEDICINES]
    some_medicines(patient, teller.prescriber, *drugs, at=at)
    for number in range(TRIALS - patient_trials(patient)):
        a_trial(patient, teller.prescriber, medicine=TRIED[number % len(TRIED)], at=at)
    return patient


def patient_trials(patient: Patient) -> int:
    return TrialEntry.objects.current().filter(patient=patient).count()


# -- a session ---------------------------------------------------------------------------------------------------------


def begun(teller: Teller, patient: Patient, chair: Chair, number: int, at: datetime) -> Any:
    """From booking to a running pump, ten minutes later."""
    vial = pharmacy.receive_container(
        product=pharmacy.Product(DRUG, Decimal(10), Decimal(20)), serial=f"V{at:%y%m%d%H}-{number}", lot="L7",
        expires_on=(at + timedelta(days=300)).date(), by=teller.nurse, at=at,
    )  # fmt: skip
    visit = scheduling.book_visit(
        patient=patient, kind=VisitKind.DOSE, starts_at=at, ends_at=at + timedelta(hours=3), by=teller.desk, at=at,
        number_in_course=min(number + 1, 6),
    )  # fmt: skip
    version = protocol(PROTOCOL).version
    session = sessions.check_in(
        visit=visit, protocol_id=PROTOCOL, protocol_version=version, chair=chair, by=teller.nurse, at=at
    )
    for item, facts in days.all_well(at, "Ruth Amsel").items():
        preparing.record_facts(session=session, item=item, facts=facts, words="", by=teller.nurse, at=at)
    record_interview(session=session, answers=NO_RISK, refused=False, words="", by=teller.nurse, at=at)
    people.record_measure(patient=patient, weight_kg=Decimal(80), by=teller.nurse, at=at)
    people.record_consent(
        patient=patient, kind="treatment", text_version="1", given=True, words="racemic ketamine into a vein; told",
        by=teller.prescriber, at=at,
    )  # fmt: skip
    typed(teller, visit, at, NIBP_SYS=126, NIBP_DIA=78, HR=70, SPO2=98, RR=14, TEMP=37)
    preparing.decide(session=session, go=True, overrides={}, words="", by=teller.nurse, at=at + MINUTE)
    order = Order(
        protocol=protocol(PROTOCOL), dose=MassPerWeight.of("0.5"), weight=Weight.of("80"), weighed_at=at,
        vial=Concentration.of("10"), at=at + 2 * MINUTE, minutes=Duration.of("40"), bag=Volume.of("100"),
    )  # fmt: skip
    orders.sign_order(session=session, order=order, by=teller.prescriber, at=at + 2 * MINUTE)
    drawing.draw_dose(session=session, containers=[vial], drawn_ml=Decimal(4), by=teller.nurse, at=at + 3 * MINUTE)
    person = {"birth_year": "1985", "initials": "J" + people_initial(patient)}
    found = DoseEntry(
        as_said(**person), DRUG, route="IV", dose=Mass.of("40"), concentration=Concentration.of("10"),
        volume=Volume.of("4"), total=Volume.of("100"), rate=RatePump.of("150"),
    )  # fmt: skip
    checking.check_blind(session=session, found=found, by=teller.second, at=at + 4 * MINUTE)
    checking.time_out(session=session, said=SAID, **person, by=teller.nurse, at=at + 9 * MINUTE)
    supervision.record_self_test(
        screen=uuid4(), visit=visit, lamps=True, sounds=True, link_ms=300, offset_ms=-40, paired=False, awake=True,
        by=teller.nurse, at=at + 9 * MINUTE,
    )  # fmt: skip
    giving.start(
        session=session, by=teller.nurse, at=at + 10 * MINUTE, words="A second nurse stands by",
        unproven="The monitor is paired next",
    )  # fmt: skip
    return session


def people_initial(patient: Patient) -> str:
    return str(Demographics.objects.current().filter(patient=patient).values_list("family", flat=True)[0][0])


def typed(teller: Teller, visit: Visit, at: datetime, **values: int) -> None:
    found = {Channel[name]: Decimal(value) for name, value in values.items()}
    monitoring.record_by_hand(visit=visit, values=found, taken_at=at, by=teller.nurse, at=at)


# Minutes after the start at which the schedule asks for something; the pump has stopped by one of them, and by another
# the patient breathes air, sits up and walks.
DUE, STOPPED, READY = (5, 10, 15, 20, 30, 40, 50, 60, 75, 90), 40, 75


def everything(teller: Teller, session: Any, at: datetime) -> None:
    """Whatever the schedule may ask for: nobody is asked why it was not taken."""
    typed(teller, session.visit, at, NIBP_SYS=128, NIBP_DIA=80, HR=71, SPO2=98, RR=14, MOAAS=5, DISTRESS=0)
    for name in ("nausea", "dissociation"):
        timeline.score(session=session, name=name, value="1", by=teller.nurse, at=at)


def a_past_session(teller: Teller, years: Years, chair: Chair, number: int, at: datetime) -> None:
    session = begun(teller, years.patient, chair, number, at)
    visit, minutes = session.visit, lambda count: at + count * MINUTE
    paired(teller, visit, chair, minutes(10))
    years.readings += streamed(visit, minutes(10), 95 * 6, 10, PAST_CHANNELS)
    for when in DUE:
        if when == STOPPED:
            giving.stop(session=session, reason="", complete=True, by=teller.nurse, at=minutes(10 + when))
        if when == READY:
            release.record_criteria(session=session, facts=WELL, words="", by=teller.nurse, at=minutes(9 + when))
        everything(teller, session, minutes(10 + when))
    release.let_go(session=session, by=teller.nurse, at=minutes(105))
    release.waste_rest(
        session=session, vial_too=True, method="drain", witness=teller.witness, by=teller.nurse, at=minutes(106)
    )
    release.close(session=session, by=teller.nurse, at=minutes(107))
    years.answers += answered(teller, visit, session.started_at)


def answered(teller: Teller, visit: Visit, dose_at: datetime) -> int:
    """Every ask of the visit answered, as far as its instruments are shipped."""
    count = 0
    asks = outcomes.schedule_asks(visit=visit, dose_at=dose_at, by=teller.nurse, at=dose_at)
    for ask in asks:
        for name in ask.instruments:
            if name not in reader.INSTRUMENTS:
                continue
            score = outcomes.record_answers(
                patient=visit.patient, instrument=name, answers=quiet_answers(teller, name, ask.due_at, dose_at),
                source="clinician", happened_at=ask.due_at, by=teller.nurse, at=ask.due_at, ask=ask,
            )  # fmt: skip
            if score.total is not None:
                teller.totals.setdefault(name, {})[ask.due_at] = int(score.total)
            count += 1
    return count


def quiet_answers(teller: Teller, name: str, at: datetime, dose_at: datetime) -> dict[str, int]:
    """Answers that raise no concern by the sheets' own lines: an open concern would hold the dose that comes next."""
    before = [total for when, total in sorted(teller.totals.get(name, {}).items()) if when <= dose_at]
    context = TriageContext(at, at - dose_at, before_dose=before[-1] if before else None, treated=True)
    for _ in range(DRAWS):
        codes = {item.id: quiet_code(name, item, context, teller.chance) for item in reader.instrument(name).items}
        if not raised(name, codes, context):
            return codes
    raise RuntimeError(f"{name}: no answers of {DRAWS} drawn raise no concern")


def quiet_code(name: str, item: Any, context: TriageContext, chance: random.Random) -> int:
    """Among the lower answers one that raises nothing by itself; where each of them does, among all."""
    codes = sorted(choice.code for choice in item.choices) or list(range(item.low, item.high + 1))
    lower = codes[:3] if item.choices else codes[: len(codes) // 2 + 1]
    quiet = [[code for code in some if not raised(name, {item.id: code}, context)] for some in (lower, codes)]
    return chance.choice(quiet[0] or quiet[1])


def raised(name: str, codes: dict[str, int], context: TriageContext) -> bool:
    return bool(safety_rules.triage(name, codes, context, safety_reader.triage_sheet()))


def a_running_session(teller: Teller, years: Years, patient: Patient, chair: Chair, number: int, at: datetime) -> Visit:
    session = begun(teller, patient, chair, number, at)
    visit: Visit = session.visit
    paired(teller, visit, chair, at + 10 * MINUTE)
    years.readings += streamed(visit, at + 10 * MINUTE, 25 * 60, 1, NOW_CHANNELS)
    for when in (15, 20, 25, 30):
        typed(teller, visit, at + when * MINUTE, NIBP_SYS=131, NIBP_DIA=82, HR=76)
    return visit


def paired(teller: Teller, visit: Visit, chair: Chair, at: datetime) -> None:
    """The chair's own monitor, registered on its first day."""
    address = f"YEARS/{chair.name}"
    device = Device.objects.filter(clinic=teller.clinic, address=address).first()
    if device is None:
        device, _ = monitoring.register_device(name=chair.name, address=address, by=teller.admin, at=at)
    monitoring.pair_device(device=device, visit=visit, by=teller.nurse, at=at)


def streamed(visit: Visit, since: datetime, count: int, every_s: int, channels: Any) -> int:
    """Readings as the gateway keeps them, made by the database; a slow wave and a step instead of chance."""
    rows = ", ".join(["(%s, %s::numeric, %s)"] * len(channels))
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into monitoring_reading (organisation_id, clinic_id, visit_id, channel, value, unit, taken_at,"
            " received_at, quality, reason, source, device_id, amend_reason, in_error)"
            " select %s, %s, %s, channel, round(usual + 3 * sin(place / 47.0) + place %% 3 - 1), unit,"
            " %s + place * %s * interval '1 second', %s + place * %s * interval '1 second', 'good', '', 'device',"
            " %s, '', false"
            f" from generate_series(0, %s - 1) place cross join (values {rows}) kind (channel, usual, unit)",
            [visit.organisation_id, visit.clinic_id, visit.pk, since, every_s, since, every_s]
            + [visit.pairings.values_list("device", flat=True)[0], count]
            + [part for channel in channels for part in channel],
        )
        return int(cursor.rowcount)
