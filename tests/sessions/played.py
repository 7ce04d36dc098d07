"""A session played minute by minute: the monitor through the gateway, people through the product's own actions.

A table gives what changes at a minute (`.` is nothing new): the cuff, then what the monitor streams, then what people
score. The stream goes on with its last values, a check that falls due is done with them too, and time passes for the
watch at every minute. Nothing here is read by a rule: every value goes in as a message or as an act.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from ketacare.clinic.candidacy.queries import product_of
from ketacare.clinic.candidacy.tests.factories import accepted_before
from ketacare.clinic.dosing.actions import as_needed as giving_more
from ketacare.clinic.dosing.actions import checking, drawing, giving, helping, orders, preparing, sessions, timeline
from ketacare.clinic.dosing.queries import as_needed, going_home, ordered, schedule
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import AlarmSignal, Device
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, someone
from ketacare.clinic.pharmacy.models import Container
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import VisitKind
from ketacare.exchange.hl7v2.translate import FrameReader, framed
from ketacare.exchange.mailroom.receive import Letter
from ketacare.medicine.dosing.rules.holds import REASONED
from ketacare.medicine.dosing.terms import Order, Release
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.protocols.reader import protocol
from ketacare.medicine.quantities.terms import Weight
from ketacare.web.gateway.writer import Writer

T0 = AT + timedelta(minutes=40)  # check-in is forty minutes before
MONITOR = "0011223344556677/CHAIR-3"
# Sent seldom, so that a session of two hours stays a short test: less often than the monitor promises, and never lost.
EVERY_MIN, PROMISED_S = 2, 60

CODES = {
    "spo2": (b"150456^MDC_PULS_OXIM_SAT_O2^MDC", b"262688^MDC_DIM_PERCENT^MDC"),
    "hr": (b"147842^MDC_ECG_HEART_RATE^MDC", b"264864^MDC_DIM_BEAT_PER_MIN^MDC"),
    "rr": (b"151578^MDC_TTHOR_RESP_RATE^MDC", b"264928^MDC_DIM_RESP_PER_MIN^MDC"),
    "sys": (b"150301^MDC_PRESS_CUFF_SYS^MDC", b"266016^MDC_DIM_MMHG^MDC"),
    "dia": (b"150302^MDC_PRESS_CUFF_DIA^MDC", b"266016^MDC_DIM_MMHG^MDC"),
    "mean": (b"150303^MDC_PRESS_CUFF_MEAN^MDC", b"266016^MDC_DIM_MMHG^MDC"),
}
STREAMED = {"hr": Channel.HR, "spo2": Channel.SPO2, "rr": Channel.RR}
COLUMNS = ("bp", "hr", "spo2", "rr", "moaas", "dissociation", "distress", "nausea")
SCORED = {"moaas": Channel.MOAAS, "distress": Channel.DISTRESS}
TIMELINE = ("dissociation", "nausea")


def minute(number: float) -> datetime:
    return T0 + timedelta(minutes=number)


def minutes_of(moment: datetime) -> int:
    return int((moment - T0).total_seconds() // 60)


def oru(at: datetime, number: int, values: Mapping[str, str]) -> bytes:
    """One message of the monitor, dated when it is sent."""
    stamp = f"{at:%Y%m%d%H%M%S}+0000".encode()
    head = (
        b"MSH|^~\\&|MONITOR^0011223344556677^EUI-64|WARD|||" + stamp + b"||ORU^R01^ORU_R01|" + str(number).encode()
        + b"|P|2.6||||||UNICODE UTF-8\rPV1||I|^^CHAIR-3\rOBR|1|||182777000^monitoring of patient^SCT|||" + stamp + b"\r"
    )  # fmt: skip
    lines = [
        b"OBX|%d|NM|%s|1.1.%d|%s|%s|||||R|||%s\r" % (place, code, place, values[name].encode(), unit, stamp)
        for place, (name, (code, unit)) in enumerate(((name, CODES[name]) for name in values), 1)
    ]
    return head + b"".join(lines)


def rows(table: str) -> dict[int, dict[str, str]]:
    """By minute, what is new in it."""
    found: dict[int, dict[str, str]] = {}
    for line in table.strip().splitlines():
        cells = line.split()
        if cells and cells[0].lstrip("-").isdigit():
            new = dict(zip(COLUMNS, cells[1:], strict=False))
            found[int(cells[0])] = {name: value for name, value in new.items() if value != "."}
    return found


EVERY_KIND = ("physiological", "technical", "due")
Act = Callable[["Played"], Any]


@dataclass
class Who:
    """The person in the chair."""

    kg: str
    born_on: date
    family: str = "Reed"
    facts: Mapping[str, dict[str, Any]] = field(default_factory=dict)


class Played:
    """One session under the hands of a test."""

    def __init__(self, sheet: str, who: Who) -> None:
        clinic = a_clinic()
        self.clinic, self.who, self.sheet = clinic, who, sheet
        self.desk, self.nurse = someone(clinic, Role.FD), someone(clinic, Role.RN, "Ann Vale")
        self.second, self.prescriber = someone(clinic, Role.RN, "Ben Moss"), someone(clinic, Role.RX, "Dr Cho")
        self.director = someone(clinic, Role.MD, "Dr Ray")
        self.patient = a_patient(self.desk, family=who.family, born_on=who.born_on)
        chair = scheduling.add_chair(name="Chair 3", by=self.desk, at=AT)
        accepted_before(self.patient, self.prescriber)
        people.record_measure(
            patient=self.patient, weight_kg=Decimal(who.kg), height_cm=Decimal(170), by=self.nurse,
            at=AT - timedelta(days=9),
        )  # fmt: skip
        people.record_consent(
            patient=self.patient, kind="treatment", text_version="1", given=True,
            words=f"{product_of(protocol(sheet))}; told", by=self.prescriber, at=AT,
        )  # fmt: skip
        self.visit = scheduling.book_visit(
            patient=self.patient, kind=VisitKind.DOSE, starts_at=AT, ends_at=AT + timedelta(hours=4), by=self.desk,
            at=AT, number_in_course=1,
        )  # fmt: skip
        self.session = sessions.check_in(
            visit=self.visit, protocol_id=sheet, protocol_version=protocol(sheet).version, chair=chair, by=self.nurse,
            at=AT,
        )  # fmt: skip
        self.day = f.Day(
            clinic, self.desk, self.nurse, self.second, self.prescriber, self.patient, chair, None, self.session
        )
        f.screen_tried(self.day)
        self.now, self.number, self.held = AT, 0, dict.fromkeys(COLUMNS, "")
        self.writer = Writer(lambda: self.now)
        self.device = self._monitor()

    def _monitor(self) -> Device:
        device, _ = monitoring.register_device(
            name="Monitor 3", address=MONITOR, by=someone(self.clinic, "AD"), at=AT,
            channels=list(STREAMED.values()), interval_s=PROMISED_S,
        )  # fmt: skip
        return device

    # --- before ---

    def made_ready(self, before: str, *, overrides: Mapping[str, str] | None = None) -> None:
        """Asked, weighed, paired, measured as the table says; then the go."""
        for item, facts in {**f.READY, **self.who.facts}.items():
            preparing.record_facts(session=self.session, item=item, facts=facts, words="", by=self.nurse, at=AT)
        f.asked_of_risk(self.day, AT)
        people.record_measure(patient=self.patient, weight_kg=Decimal(self.who.kg), by=self.nurse, at=AT)
        f.vitals(self.day, temp=37, at=AT)
        table = rows(before)
        first = min(table)
        monitoring.pair_device(device=self.device, visit=self.visit, by=self.nurse, at=minute(first))
        self.run(table, first, -4)
        decider = self.prescriber if overrides else self.nurse
        preparing.decide(
            session=self.session, go=True, overrides=dict(overrides or {}), words="", by=decider, at=minute(-3.9)
        )

    def drawn_and_checked(self, order: Order, containers: list[Container], found: Mapping[str, Any]) -> None:
        why = "As the example has it"  # where the label has another first dose, two people say so
        order = replace(order, reasons=dict.fromkeys(REASONED, why))
        entry = orders.sign_order(session=self.session, order=order, by=self.prescriber, at=minute(-3))
        if entry.name == ordered.PROPOSED:
            orders.second_order(
                session=self.session, proposal=entry, reasons=order.reasons, by=self.second, at=minute(-2.8)
            )  # fmt: skip
        drawing.draw_dose(
            session=self.session, containers=containers, drawn_ml=self.ordered.draw_ml, by=self.nurse, at=minute(-2.5)
        )
        blind = f.read_by(self.day, **{"route": order.protocol.route} | found)
        assert checking.check_blind(session=self.session, found=blind, by=self.second, at=minute(-2)) == ()
        checking.time_out(session=self.session, said=f.SAID, **f.said_by(self.day), by=self.nurse, at=minute(-1))
        for number in range(-3, 0):
            self._pass(number, {})
        giving.start(session=self.session, by=self.nurse, at=T0, serial=next(iter(found.get("serials", ())), ""))

    def order(self, dose: str, **changes: Any) -> Order:
        return f.an_order_of(self.sheet, dose, minute(-3), weight=Weight.of(self.who.kg), **changes)

    @property
    def ordered(self) -> ordered.Ordered:
        found = ordered.order_of(self.visit)
        assert found is not None
        return found

    # --- minute by minute ---

    def play(self, table: str, acts: Mapping[float, Act], until: int) -> None:
        """From T0; an act is done at its moment, after the readings of its minute."""
        self.run(rows(table), 0, until, acts)

    def run(
        self, table: Mapping[int, Mapping[str, str]], first: int, last: int, acts: Mapping[float, Act] | None = None
    ) -> None:
        todo = sorted((acts or {}).items())
        for number in range(first, last + 1):
            self._pass(number, table.get(number, {}))
            for moment, act in todo:
                if number <= moment < number + 1:
                    self.now = max(self.now, minute(moment))
                    act(self)
            self.tick(minute(number) + timedelta(seconds=59))

    def _pass(self, number: int, new: Mapping[str, str]) -> None:
        self.now = max(self.now, minute(number))
        self.held |= new
        pressure = new.get("bp") or (self.held["bp"] if "bp" in self._due(number) else "")
        if new or pressure or number % EVERY_MIN == 0:
            self.send(bp=pressure)
        self.score({name: value for name, value in new.items() if name in SCORED or name in TIMELINE}, number)
        if self.session.started_at is not None and self.session.left_at is None and number in self.looked_in():
            helping.be_present(session=self.session, by=self.nurse, at=self.now)
        self.look_again(number)

    def look_again(self, number: int) -> None:
        """What a medicine given as needed has done is looked at when that is due."""
        for one in as_needed.looked_at(self.session):
            if one.found is None and one.recheck_at < minute(number + 1):
                giving_more.record_effect(
                    session=self.session, entry=one.entry, words="Better", by=self.nurse, at=self.now
                )

    def looked_in(self) -> list[int]:
        """Somebody is with the patient whenever that is due; the examples speak of readings only."""
        return schedule.look_minutes(self.session)

    def _due(self, number: int) -> set[str]:
        """What the schedule wants at this minute and the example does not give is taken with the last value."""
        if number <= 0 or self.session.started_at is None:
            return set()
        again = watch.repeat_of(self.visit)
        repeat = {"bp"} if again is not None and again.due_at < minute(number + 1) else set()
        owed = (*schedule.owed(self.session), *schedule.later(self.session))
        return repeat | {due.parameter for due in owed if due.minute == number}

    def send(self, bp: str = "", at: datetime | None = None, **values: str) -> None:
        """One message, framed, read, committed and acknowledged by the gateway's writer."""
        self.now = at or self.now
        told = {name: values.get(name) or self.held[name] for name in STREAMED}
        if bp:
            systolic, diastolic = bp.split("/")
            told |= {"sys": systolic, "dia": diastolic, "mean": mean(systolic, diastolic)}
        told = {name: value for name, value in told.items() if value}
        if not told:
            return
        self.number += 1
        (raw,) = FrameReader().feed(framed(oru(self.now, self.number, told)))
        (answer,) = self.writer.commit([Letter(raw, self.now, "127.0.0.1")])
        assert b"|AA|" in answer or b"MSA|AA" in answer, answer

    def episode(self, start: datetime, name: str, *stretches: tuple[str, int]) -> None:
        """A value that lasts some seconds, sent each second."""
        self.now = start
        for value, seconds in stretches:
            for _ in range(seconds):
                self.send(at=self.now, **{name: value})
                self.now += timedelta(seconds=1)
            self.held[name] = value

    def score(self, new: Mapping[str, str], number: int) -> None:
        owed = self._due(number)
        values = {name: new.get(name) or (self.held[name] if name in owed else "") for name in (*SCORED, *TIMELINE)}
        typed = {SCORED[name]: Decimal(value) for name, value in values.items() if value and name in SCORED}
        if typed:
            monitoring.record_by_hand(visit=self.visit, values=typed, taken_at=self.now, by=self.nurse, at=self.now)
        for name in TIMELINE:
            if values[name] and self.session.started_at is not None:
                timeline.score(session=self.session, name=name, value=values[name], by=self.nurse, at=self.now)

    def tick(self, at: datetime) -> None:
        self.now = at
        monitoring.tick(clinic=self.clinic, at=at)

    # --- what came of it ---

    def release(self, at: float) -> Release:
        return going_home.release(self.session, at=minute(at), zone=self.nurse.zone)

    def alarms(self, *kinds: str) -> list[tuple[int, str, str]]:
        """Each rise of each condition of every kind: minute, priority, condition; oldest first. That a level ends is no
        rise."""
        return [(when, priority, condition) for when, priority, condition, _ in self._told(kinds or EVERY_KIND)]

    def _told(self, kinds: tuple[str, ...]) -> Iterator[tuple[int, str, str, str]]:
        weight = {"": 0, "low": 1, "medium": 2, "high": 3}
        standing: dict[str, int] = {}
        graver: dict[str, tuple[datetime, int]] = {}
        for row in AlarmSignal.objects.filter(visit=self.visit, kind__in=kinds).order_by("id"):
            if row.presence == "absent":
                graver[row.condition] = (row.at, standing.pop(row.condition, 0))
            elif row.presence == "present" and weight[row.priority] > standing.get(row.condition, 0):
                standing[row.condition] = weight[row.priority]
                ended_at, was = graver.get(row.condition, (T0, 0))
                if not (ended_at == row.at and weight[row.priority] < was):  # a graver level ended, the lesser goes on
                    yield minutes_of(row.at), row.priority, row.condition, row.rule

    def ended(self, condition: str) -> list[tuple[int, str]]:
        """When it ended, and what it left: latched or nothing."""
        found = AlarmSignal.objects.filter(visit=self.visit, condition=condition, presence="absent").order_by("id")
        return [(minutes_of(row.at), row.state) for row in found if row.state in ("latched", "off")]

    def standing(self) -> dict[str, str]:
        """What is present now, by priority."""
        shown = watch.standing(self.visit, at=self.now)
        return {one.key: one.priority.word for one in shown.conditions if one.present and one.priority} if shown else {}


def mean(systolic: str, diastolic: str) -> str:
    """Diastolic and a third of the pulse pressure."""
    high, low = Decimal(systolic), Decimal(diastolic)
    return f"{low + (high - low) / 3:.1f}"
