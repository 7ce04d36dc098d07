"""A dosing day of the demo, lived through the same actions that its people use, at times gone by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any
from uuid import uuid4

from ketacare.clinic.candidacy import actions as candidacy
from ketacare.clinic.candidacy.models import Source
from ketacare.clinic.dosing import calm_day
from ketacare.clinic.dosing.actions import (
    checking,
    drawing,
    giving,
    notes,
    orders,
    preparing,
    release,
    sessions,
    timeline,
)
from ketacare.clinic.dosing.actions.identity import as_said
from ketacare.clinic.dosing.actions.interview import record_interview
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import ordered
from ketacare.clinic.dosing.queries.facts import known
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.outcomes import access as link
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.people import actions as people
from ketacare.clinic.people import queries
from ketacare.clinic.people.above import telling_once
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, User
from ketacare.clinic.pharmacy.models import Container
from ketacare.clinic.scheduling.models import Chair, Visit
from ketacare.clinic.supervision import actions as supervision
from ketacare.medicine.dosing.terms import DoseEntry, Order
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.protocols.reader import protocol
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, MassPerWeight, RatePump, Volume, Weight

PROTOCOL = "p-iv-05-2w"
DRUG = "ketamine (racemic)"
VIAL_MG_PER_ML = Decimal(10)
# Minutes from T0, and how far blood pressure and heart rate stand above rest then: the shape of a usual session.
RISE = ((0, 0, 0, 0), (5, 6, 4, 3), (10, 11, 7, 5), (20, 17, 11, 7), (30, 19, 12, 8), (40, 18, 11, 7), (50, 10, 6, 4))
RISE_AFTER = ((60, 6, 3, 2), (75, 3, 2, 1))
WELL = {
    "orientation": known(Decimal(5), "{score}"),
    **{name: known(True) for name in (
        "romberg", "gait", "on_air", "fluids_kept", "safety_plan_held", "line_out", "site_fine", "pain_acceptable",
        "escort_present", "escort_told", "transport_seen", "instructions_taught_back", "emergency_number_given",
    )},
    "frightening_perceptions": known(False),
    "new_suicidal_or_violent_intent": known(False),
    "next_contact": known("this evening"),
}  # fmt: skip
RELATED = {"escort_relation": known("friend"), "escort_phone": known("+1 207 555 0187")}


@dataclass(frozen=True)
class Person:
    """Somebody in the demo, as their monitor and scale know them."""

    patient: Patient
    weight_kg: Decimal
    systolic: int
    diastolic: int
    heart_rate: int
    escort: str


@dataclass
class Day:
    staff: dict[str, Actor]
    person: Person
    visit: Visit
    chair: Chair
    vial: Container
    start: datetime
    session: Session | None = None

    @property
    def running(self) -> Session:
        assert self.session is not None
        return self.session

    def minute(self, minutes: float) -> datetime:
        return self.start + timedelta(minutes=minutes)

    def measure(self, minutes: float, systolic: int, diastolic: int, heart_rate: int, **more: int) -> None:
        values = {Channel[name.upper()]: Decimal(value) for name, value in more.items()}
        values |= {
            Channel.NIBP_SYS: Decimal(systolic),
            Channel.NIBP_DIA: Decimal(diastolic),
            Channel.HR: Decimal(heart_rate),
            Channel.SPO2: Decimal(97),
        }
        taken = self.minute(minutes)
        monitoring.record_by_hand(visit=self.visit, values=values, taken_at=taken, by=self.staff["RN"], at=taken)

    def rise(self, points: Iterable[tuple[int, int, int, int]]) -> None:
        for minutes, systolic, diastolic, rate in points:
            self.measure(
                minutes,
                self.person.systolic + systolic,
                self.person.diastolic + diastolic,
                self.person.heart_rate + rate,
                **({"moaas": 5 if minutes > 60 else 4} if minutes >= 40 else {}),
            )


def check_in(day: Day) -> None:
    at = day.minute(-28)
    day.session = sessions.check_in(
        visit=day.visit,
        protocol_id=PROTOCOL,
        protocol_version=protocol(PROTOCOL).version,
        chair=day.chair,
        by=day.staff["RN"],
        at=at,
    )


# What the sheets let grow old between two doses (CI-32, CI-52).
ASKED_AGAIN = ("mania_now", "breast_feeding")


def all_well(start: datetime, escort: str) -> dict[str, dict[str, Any]]:
    """What the readiness list asks, each answered as on a day that nothing holds back."""
    return {
        "identity": {"identity_two_identifiers": known(True)},
        "escort": {"escort": known("named"), "escort_name": known(escort), **RELATED},
        "fasting": {
            "solids_at": known(start - timedelta(hours=12)),
            "clear_fluids_at": known(start - timedelta(hours=3)),
        },
        **calm_day.WELL,
    }


@telling_once()
def make_ready(day: Day) -> None:
    nurse, at = day.staff["RN"], day.minute(-22)
    identity = queries.identity(day.person.patient)
    for item, facts in all_well(day.start, day.person.escort).items():
        preparing.record_facts(session=day.running, item=item, facts=facts, words="", by=nurse, at=at)
    record_interview(session=day.running, answers=calm_day.NO_RISK, refused=False, words="", by=nurse, at=at)
    for name in ASKED_AGAIN:
        candidacy.record_history(
            patient=day.person.patient, name=name, answer="no", source=Source.CLINICIAN, by=nurse, at=at
        )
    people.record_measure(patient=day.person.patient, weight_kg=day.person.weight_kg, by=nurse, at=at)
    day.measure(-20, day.person.systolic, day.person.diastolic, day.person.heart_rate, moaas=5, rr=14, temp=37)
    preparing.decide(session=day.running, go=True, overrides={}, words="", by=nurse, at=day.minute(-18))
    assert identity.patient_id == day.person.patient.pk


def order_for(day: Day) -> Order:
    sheet = protocol(PROTOCOL)
    return Order(
        protocol=sheet,
        dose=MassPerWeight.of("0.5"),
        weight=Weight(day.person.weight_kg),
        weighed_at=day.minute(-22),
        vial=Concentration(VIAL_MG_PER_ML),
        at=day.minute(-16),
        minutes=Duration.of("40"),
        bag=Volume.of("100"),
    )


def draw_and_check(day: Day) -> None:
    identity = queries.identity(day.person.patient)
    orders.sign_order(session=day.running, order=order_for(day), by=day.staff["RX"], at=day.minute(-16))
    order = ordered.order_of(day.running.visit)
    assert order is not None
    assert order.draw_ml is not None
    drawing.draw_dose(
        session=day.running, containers=[day.vial], drawn_ml=order.draw_ml, by=day.staff["RN"], at=day.minute(-12)
    )
    found = DoseEntry(
        as_said(str(identity.born_on.year), identity.initials),
        DRUG,
        route=order.route,
        dose=Mass(order.drawn_mg),
        concentration=Concentration(VIAL_MG_PER_ML),
        volume=Volume(order.draw_ml),
        total=Volume.of("100"),
        rate=RatePump.of("150"),
    )
    checking.check_blind(session=day.running, found=found, by=day.staff["RN2"], at=day.minute(-10))


def begin(day: Day) -> None:
    """From check-in to the start of the infusion at T0."""
    check_in(day)
    make_ready(day)
    draw_and_check(day)
    identity = queries.identity(day.person.patient)
    checking.time_out(
        session=day.running,
        said=set(checking.SAID_ALOUD),
        birth_year=str(identity.born_on.year),
        initials=identity.initials,
        by=day.staff["RN"],
        at=day.minute(-2),
    )
    supervision.record_self_test(
        screen=uuid4(), visit=day.running.visit, lamps=True, sounds=True, link_ms=300, offset_ms=-40, paired=False,
        awake=True, by=day.staff["RN"], at=day.minute(-3),
    )  # fmt: skip
    apart = "The bedside monitor stands apart from the network; values are charted by hand"
    giving.start(session=day.running, unproven=apart, by=day.staff["RN"], at=day.minute(0))


def finish(day: Day) -> None:
    """The whole bag, recovery, home, waste, signed and closed."""
    nurse = day.staff["RN"]
    day.rise(RISE[1:6])
    giving.stop(session=day.running, reason="", complete=True, by=nurse, at=day.minute(40))
    day.rise((*RISE[6:], *RISE_AFTER))
    facts = WELL | {"escort_name": known(day.person.escort)}
    release.record_criteria(session=day.running, facts=facts, words="", by=nurse, at=day.minute(84))
    for name, minute in product(("nausea", "dissociation"), (85, 100)):
        timeline.score(session=day.running, name=name, value="1", by=nurse, at=day.minute(minute))
    rest = (day.person.systolic + 2, day.person.diastolic, day.person.heart_rate)
    day.measure(85, *rest, rr=14, moaas=5, distress=1)
    day.measure(100, *rest, rr=14, moaas=5, distress=0)
    release.let_go(session=day.running, by=nurse, at=day.minute(105))
    witness = User.objects.get(pk=day.staff["RN2"].person_id)
    release.waste_rest(
        session=day.running, vial_too=True, method="absorbed and sealed", witness=witness, by=nurse, at=day.minute(108)
    )
    release.close(session=day.running, why_rest="Asleep and calm", by=nurse, at=day.minute(110))
    words = "Calm throughout. Blood pressure rose as expected and came back by itself. Went home with the escort."
    notes.sign(session=day.running, words=words, zone=day.staff["RX"].zone, by=day.staff["RX"], at=day.minute(140))


def answer(ask: Ask, instrument: str, values: dict[str, int | None], at: datetime) -> None:
    """The patient answers by their link."""
    outcomes.record_answers(
        patient=ask.patient,
        instrument=instrument,
        answers=values,
        source="patient",
        happened_at=at,
        by=link.link_actor(ask),
        at=at,
        ask=ask,
    )
