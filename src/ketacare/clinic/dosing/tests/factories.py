"""A dosing day for tests: clinic, people, a patient, a chair, a vial, and a session brought to where a test begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from ketacare.clinic.candidacy.queries import product_of
from ketacare.clinic.candidacy.tests.factories import accepted_before
from ketacare.clinic.dosing import calm_day
from ketacare.clinic.dosing.actions import (
    adverse,
    checking,
    drawing,
    giving,
    identity,
    orders,
    preparing,
    release,
    sessions,
    timeline,
)
from ketacare.clinic.dosing.actions.interview import record_interview
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import syringes
from ketacare.clinic.dosing.queries.facts import known
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.above import telling_once
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role, User
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, someone
from ketacare.clinic.pharmacy import actions as pharmacy
from ketacare.clinic.pharmacy.models import Container
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import Chair, Visit, VisitKind
from ketacare.clinic.supervision import actions as supervision
from ketacare.clinic.supervision import queries as posts
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.dosing.terms import DoseEntry, Order
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.protocols.reader import protocol
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, MassPerWeight, RatePump, Volume, Weight

DRUG = "ketamine (racemic)"
SAID = set(checking.SAID_ALOUD)


def later(minutes: float) -> datetime:
    return AT + timedelta(minutes=minutes)


@dataclass
class Day:
    """Everybody and everything a session needs, with the session where the test wants it."""

    clinic: Clinic
    desk: Actor
    nurse: Actor
    second: Actor
    prescriber: Actor
    patient: Patient
    chair: Chair
    vial: Container
    session: Session | None

    @property
    def visit(self):
        return self.session.visit

    def user(self, actor: Actor) -> User:
        return User.objects.get(pk=actor.user_id)


def a_day(
    chair: str = "Chair 3", clinic: Clinic | None = None, family: str = "Reed", sheet: str = "p-iv-05-2w",
    weight_kg: str = "80", **who: Any
) -> Day:  # fmt: skip
    """Checked in: 80 kg, vial of 10 mg/mL, chair 3."""
    clinic = clinic or a_clinic()
    desk, nurse, second = (
        someone(clinic, Role.FD),
        someone(clinic, Role.RN, "Ann Vale"),
        someone(clinic, Role.RN, "Ben Moss"),
    )
    prescriber = someone(clinic, Role.RX, "Dr Cho")
    patient = a_patient(desk, family=family, **who)
    day = Day(clinic, desk, nurse, second, prescriber, patient, *furniture(chair, desk, nurse), None)
    return begun(day, sheet=sheet, weight_kg=weight_kg)


def furniture(chair: str, desk: Actor, nurse: Actor) -> tuple[Chair, Container]:
    seat = scheduling.add_chair(name=chair, by=desk, at=AT)
    return seat, a_vial(nurse, f"V{chair}")


def a_vial(nurse: Actor, serial: str) -> Container:
    return received(nurse, serial, pharmacy.Product(DRUG, Decimal(10), Decimal(20)))


def received(nurse: Actor, serial: str, product: pharmacy.Product) -> Container:
    return pharmacy.receive_container(
        product=product, serial=serial, lot="L7", expires_on=date(2027, 3, 31), by=nurse, at=AT
    )


def begun(day: Day, visit: Visit | None = None, sheet: str = "p-iv-05-2w", weight_kg: str = "80") -> Day:
    """Accepted, weighed nine days ago, consented, checked in."""
    accepted_before(day.patient, day.prescriber)
    nine_days_ago = AT - timedelta(days=9)
    people.record_measure(
        patient=day.patient, weight_kg=Decimal(weight_kg), height_cm=Decimal(170), by=day.nurse, at=nine_days_ago
    )
    people.record_consent(
        patient=day.patient, kind="treatment", text_version="1", given=True, by=day.prescriber, at=AT,
        words=f"{product_of(protocol(sheet))}; told",
    )  # fmt: skip
    visit = visit or scheduling.book_visit(
        patient=day.patient, kind=VisitKind.DOSE, starts_at=AT, ends_at=later(180), by=day.desk, at=AT,
        number_in_course=1,
    )  # fmt: skip
    day.session = sessions.check_in(
        visit=visit, protocol_id=sheet, protocol_version=protocol(sheet).version, chair=day.chair, by=day.nurse, at=AT
    )
    screen_tried(day)
    return day


def screen_tried(day: Day, at: datetime = AT) -> None:
    """Lamps, sounds, link and clock of the screen at this chair (D10), and somebody who supervises (H38)."""
    supervision.record_self_test(
        screen=uuid4(), visit=day.visit, lamps=True, sounds=True, link_ms=300, offset_ms=-40, paired=False, awake=True,
        by=day.nurse, at=at,
    )  # fmt: skip
    if posts.post(day.visit, "supervises") is None:
        supervision.take(visit=day.visit, task="supervises", place="site", by=day.prescriber, at=at)


def a_dosing_day(clinic: Clinic, staff: dict[str, Actor], visit: Visit) -> dict[str, Any]:
    """For the harness of routes: a session in recovery on this visit, with something of each kind to point at."""
    second = someone(clinic, Role.RN)
    vial = a_vial(staff["RN"], "V1")
    day = Day(clinic, staff["FD"], staff["RN"], second, staff["RX"], visit.patient, visit.chair, vial, None)
    begun(day, visit)
    to_recovery(day)
    entry = timeline.record(session=day.session, kind=Kind.EVENT, name="nausea", by=day.nurse, at=later(60))
    event = adverse.record(
        patient=visit.patient, session=day.session, judged=adverse.Judged("nausea", 2, later(60)), by=day.nurse,
        at=later(61),
    )  # fmt: skip
    return {
        "session": day.session,
        "adverse_event": event,
        "entry": entry,
        "container": vial,
        "reading": visit.readings.first(),
    }


READY = {
    "identity": {"identity_two_identifiers": known(True)},
    "escort": {"escort": known("named")},
    "fasting": {"solids_at": known(AT - timedelta(hours=12)), "clear_fluids_at": known(AT - timedelta(hours=3))},
    **calm_day.WELL,
}


def asked_of_risk(day: Day, at: datetime, words: str = "", **yes: bool) -> None:
    """The C-SSRS since the last visit, asked by the nurse: no to all but `yes`, as q2=True."""
    answers = calm_day.NO_RISK | {number.removeprefix("q"): told for number, told in yes.items()}
    record_interview(session=day.session, answers=answers, refused=False, words=words, by=day.nurse, at=at)


@telling_once()
def make_ready(day: Day, at: datetime = AT, without: str = "", weight_kg: str = "80") -> None:
    for item, said in READY.items():
        facts = {name: kept for name, kept in said.items() if name != without}
        preparing.record_facts(session=day.session, item=item, facts=facts, words="", by=day.nurse, at=at)
    if without != "suicide_risk_tier":
        asked_of_risk(day, at)
    people.record_measure(patient=day.patient, weight_kg=Decimal(weight_kg), by=day.nurse, at=at)
    vitals(day, "126/78", hr=70, spo2=98, rr=14, temp=37, at=at)


def vitals(
    day: Day, pressure: str = "", *, at: datetime, hr: int | None = None, spo2: int | None = None, **more: int
) -> None:
    values = {Channel[name.upper()]: Decimal(value) for name, value in more.items()}
    if pressure:
        systolic, diastolic = pressure.split("/")
        values |= {Channel.NIBP_SYS: Decimal(systolic), Channel.NIBP_DIA: Decimal(diastolic)}
    values |= {channel: Decimal(v) for channel, v in ((Channel.HR, hr), (Channel.SPO2, spo2)) if v is not None}
    monitoring.record_by_hand(visit=day.visit, values=values, taken_at=at, by=day.nurse, at=at)


def an_order(day: Day, dose: str = "0.5", at: datetime = AT, **changes) -> Order:
    given = {
        "protocol": protocol("p-iv-05-2w"), "dose": MassPerWeight.of(dose), "weight": Weight.of("80"), "weighed_at": at,
        "vial": Concentration.of("10"), "at": at, "minutes": Duration.of("40"), "bag": Volume.of("100"),
    } | changes  # fmt: skip
    return Order(**given)


def an_order_of(sheet: str, dose: str, at: datetime = AT, **changes) -> Order:
    """By another route: 80 kg, from 50 mg/mL or in the first piece that is listed."""
    of = protocol(sheet)
    product = {"vial": Concentration.of("50")} if of.vials else {"piece": of.pieces[0].mass}
    site = {"site": next(iter(of.sites))} if of.sites else {}
    amount = MassPerWeight.of(dose) if of.by_weight else Mass.of(dose)
    return Order(
        **{"protocol": of, "dose": amount, "weight": Weight.of("80"), "weighed_at": at, "at": at}
        | product | site | changes
    )  # fmt: skip


def devices(day: Day, *serials: str) -> list[Container]:
    product = pharmacy.Product("esketamine", piece="device", piece_mg=Decimal(28))
    return [received(day.nurse, serial, product) for serial in serials]


def strong_vial(day: Day, serial: str = "S1", mg_per_ml: int = 50, ml: int = 10) -> Container:
    return received(day.nurse, serial, pharmacy.Product(DRUG, Decimal(mg_per_ml), Decimal(ml)))


def given_ready(day: Day, order: Order, containers: list[Container], found: DoseEntry) -> None:
    """Ordered, taken out, checked by the second person, read aloud: ready at T0, ten minutes after check-in."""
    to_go(day)
    orders.sign_order(session=day.session, order=order, by=day.prescriber, at=later(2))
    draw(day, containers)
    assert checking.check_blind(session=day.session, found=found, by=day.second, at=later(4)) == ()
    checking.time_out(session=day.session, said=SAID, **said_by(day), by=day.nurse, at=later(9))


def two_devices(day: Day) -> None:
    """56 mg esketamine, the first device given at T0."""
    found = read_by(day, "esketamine", Mass.of(56), pieces=2, serials=("d1", "d2"), route="IN")
    given_ready(day, an_order_of("p-esk-trd", "56"), devices(day, "D1", "D2"), found)
    giving.start(session=day.session, serial="D1", by=day.nurse, at=later(10))


def one_injection(day: Day, sheet: str = "p-im-kap") -> None:
    """0.5 mg/kg of 80 kg into the deltoid at T0: 40 mg, 0.8 mL of 50 mg/mL."""
    found = read_by(
        day, DRUG, Mass.of(40), concentration=Concentration.of(50), volume=Volume.of("0.8"),
        route=protocol(sheet).route,
    )  # fmt: skip
    given_ready(day, an_order_of(sheet, "0.5"), [strong_vial(day)], found)
    giving.start(session=day.session, by=day.nurse, at=later(10))


def to_go(day: Day, weight_kg: str = "80") -> None:
    make_ready(day, weight_kg=weight_kg)
    preparing.decide(session=day.session, go=True, overrides={}, words="", by=day.nurse, at=later(1))


def draw(
    day: Day, containers: list[Container] | None = None, minute: float = 3, by: Actor | None = None
) -> TimelineEntry:
    """By the order in force, from the day's vial unless another is named; the scale reads what the order says."""
    order = syringes.in_hand(day.session).order
    return drawing.draw_dose(
        session=day.session, containers=[day.vial] if containers is None else containers, by=by or day.nurse,
        at=later(minute), drawn_ml=order.draw_ml if order else None,
    )  # fmt: skip


def to_drawn(day: Day) -> None:
    to_go(day)
    orders.sign_order(session=day.session, order=an_order(day), by=day.prescriber, at=later(2))
    draw(day)


def said_by(day: Day) -> dict[str, str]:
    """Birth year and initials, as this patient says them."""
    year, initials = identity.spoken_identity(day.patient).split()
    return {"birth_year": year, "initials": initials.upper()}


def read_by(day: Day, drug: str, dose: Mass, *, route: str = "IV", **read: Any) -> DoseEntry:
    """What a second person reads; `birth_year` and `initials` as this patient says them unless told otherwise."""
    said = {name: read.pop(name, spoken) for name, spoken in said_by(day).items()}
    return DoseEntry(identity.as_said(**said), drug, dose, route=route, **read)


def check(day: Day, by: Actor | None = None, dose: str = "40", rate: str = "150", **who: str):
    found = read_by(
        day, DRUG, Mass.of(dose), concentration=Concentration.of("10"), volume=Volume.of("4"), total=Volume.of("100"),
        rate=RatePump.of(rate), **who,
    )  # fmt: skip
    return checking.check_blind(session=day.session, found=found, by=by or day.second, at=later(4))


def to_checked(day: Day) -> None:
    to_drawn(day)
    check(day)


def to_running(day: Day) -> None:
    """T0 is ten minutes after check-in."""
    to_checked(day)
    checking.time_out(session=day.session, said=SAID, **said_by(day), by=day.nurse, at=later(9))
    giving.start(session=day.session, by=day.nurse, at=later(10))


def to_recovery(day: Day) -> None:
    """The whole bag, forty minutes later."""
    to_running(day)
    giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=later(50))


WELL = {
    "orientation": known(Decimal(5), "{score}"), "romberg": known(True), "gait": known(True), "on_air": known(True),
    "fluids_kept": known(True), "frightening_perceptions": known(False), "new_suicidal_or_violent_intent": known(False),
    "safety_plan_held": known(True), "line_out": known(True), "site_fine": known(True), "pain_acceptable": known(True),
    "escort_name": known("Kim Reed"), "escort_relation": known("sister"), "escort_phone": known("555 0142"),
    "escort_present": known(True), "escort_told": known(True),
    "transport_seen": known(True), "instructions_taught_back": known(True), "emergency_number_given": known(True),
    "next_contact": known("this evening"),
}  # fmt: skip


def make_well(day: Day) -> None:
    """EX-1: everything recorded so that the patient is ready at T+90; and once more what is asked before leaving."""
    release.record_criteria(session=day.session, facts=WELL, words="", by=day.nurse, at=later(84))
    scored_well(day, 85)
    vitals(day, "128/80", hr=71, spo2=98, rr=14, moaas=5, distress=1, at=later(85))
    measured_at_the_door(day, 100)


def measured_at_the_door(day: Day, minute: float) -> None:
    """The last column of the schedule."""
    scored_well(day, minute)
    vitals(day, "127/79", hr=70, spo2=98, rr=14, moaas=5, distress=0, at=later(minute))


def scored_well(day: Day, minute: float) -> None:
    for name in ("nausea", "dissociation"):
        timeline.score(session=day.session, name=name, value="1", by=day.nurse, at=later(minute))


def to_left(day: Day) -> None:
    to_recovery(day)
    make_well(day)
    release.let_go(session=day.session, by=day.nurse, at=later(105))
