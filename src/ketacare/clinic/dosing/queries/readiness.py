"""Ready to begin? The facts of the readiness list, from where each was recorded, and the decision over them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import structs

from ketacare.clinic.candidacy import queries as treatable
from ketacare.clinic.dosing.models import Kind, Session
from ketacare.clinic.dosing.queries import between, facts, last_session, reconciling, risk_today, schedule, timeline
from ketacare.clinic.outcomes import overdue
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.models import BodyMeasure, Patient
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.looks import looked_up
from ketacare.medicine.candidacy import rules as candidacy
from ketacare.medicine.candidacy.terms import Awaited, GateValue, Pressure, PressureLines, Reading, Route
from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.terms import BpReading
from ketacare.medicine.evidence.terms import Decision, Fact, Facts, Reason, Result
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.quantities.terms import Weight

CLEARANCES, CONCERNS = "CLR-01", "CON-01"
CUFF = (Channel.NIBP_SYS, Channel.NIBP_DIA)
CONSENT, FOR_ANOTHER = "treatment", "consent signed for"


def decision(session: Session, *, at: datetime, zone: str, given: Collection[str] = ()) -> Decision:
    """Every check at once; `given` are those a prescriber has lifted. "Today" is the clinic's day.

    What more than the prescriber must sign is lifted here by no word of one, whatever the clinic's own list asks: a
    copy made before the list told the two apart puts it as the prescriber's to decide (RUL-12, H19)."""
    local = at.astimezone(ZoneInfo(zone))
    if reconciling.CHECK in given and reconciling.checked(session, at, zone).beyond_prescriber:
        given = set(given) - {reconciling.CHECK}
    if CLEARANCES in given and questions_open(session, at):
        given = set(given) - {CLEARANCES}
    found = [*all_facts(session, at), *reconciling.facts_now(session, at, zone)]
    said = rules.readiness(Facts(found), schedule.protocol_of(session), local, given=given)
    return replace(said, reasons=tuple(in_plain_words(session, one, at) for one in said.reasons))


CONSENTED = "RD-02"
TO_SIGN = "sign it in the evaluation; of one on paper read for what it is, then answer"
NONE_ON_RECORD = "none is on record: sign it in the evaluation"
NOBODY_ACCEPTED = "Nobody has accepted this person for treatment"
DAY_NOT_ASKED = "What is asked on the day is not answered"


def in_plain_words(session: Session, reason: Reason, at: datetime) -> Reason:
    """By the titles of what it lacks; of the decision to treat, which of the two is not known; of the medicines, what
    each row says that holds back."""
    if reason.criterion == CLEARANCES and reason.result is Result.UNKNOWN:
        return structs.replace(reason, words=NOBODY_ACCEPTED if today(session, at) is None else DAY_NOT_ASKED)
    if reason.criterion == CONSENTED and reason.result is Result.UNKNOWN:
        to_do = TO_SIGN if people.consent(session.visit.patient, CONSENT) else NONE_ON_RECORD
        return structs.replace(reason, words=f"{reason.words.partition(' (')[0]}: {to_do}")
    if reason.criterion == risk_today.CHECK and (said := risk_today.in_words(session.visit, reason)):
        return structs.replace(reason, words=said)
    if other := next((used.source for used in reason.facts if used.source.startswith(FOR_ANOTHER)), ""):
        return structs.replace(reason, words=f"The {other}, not for this: ask for consent anew, no dose")
    if reason.criterion == reconciling.CHECK and reason.result is not Result.UNKNOWN and reason.holds_back:
        return structs.replace(reason, words=reconciling.holding_words(session, at) or reason.words)
    words = candidacy.with_titles(reason.words, treatable.kinds())
    return reason if words == reason.words else structs.replace(reason, words=words)


def all_facts(session: Session, at: datetime) -> list[Fact]:
    visit = session.visit
    answers = with_consent(session, last_session.with_record(session, facts.recorded(visit, Kind.FACT), at), at)
    answers = risk_today.with_record(visit, answers, at)
    return [
        *(fact for fact in answers if fact.name not in LIVE or not by_list(session)),
        *hours_since(answers, at),
        *candidacy.bp_facts(sittings(session, at), pressure_lines(session), "cuff"),
        *latest_values(visit, at),
        *substance_facts(visit, answers),
        *pregnancy_facts(visit, answers),
        *weight_facts(visit),
        *candidacy_facts(session, at),
        *concern_facts(visit, at),
        *follow_up_facts(visit, at),
        *closing_facts(visit, at),
    ]


# Worked out anew each time from the list that was signed: hours pass, and a list may change after it was signed.
LIVE = frozenset({"medicines_reconciled", "interacting_medicine_taken", "medicine_not_lifted"})


def by_list(session: Session) -> bool:
    entry = timeline.latest_by_name(session.visit, Kind.FACT).get(reconciling.ITEM)
    return entry is not None and "list" in entry.body


def hours_since(answers: list[Fact], at: datetime) -> list[Fact]:
    """Fasting grows while one waits, so it is worked out anew each time."""
    found = []
    for name in ("solids", "clear_fluids"):
        last = next((fact for fact in answers if fact.name == f"{name}_at"), None)
        if last is not None and isinstance(last.value, datetime):
            hours = Decimal(int((at - last.value).total_seconds() // 60)) / 60
            found.append(Fact(f"hours_since_{name}", hours.quantize(Decimal("0.01")), "h", last.known_at, last.source))
    return found


def pressures(session: Session, at: datetime) -> list[BpReading]:
    """Today's pressures from check-in on, every one kept; the first calm one or the last two of three decide."""
    rows = schedule.readings_before(session.visit, CUFF, session.started_at or at)
    return facts.pressures_in([row for row in rows if row.taken_at >= session.created_at])


def sittings(session: Session, at: datetime) -> list[Reading]:
    """What of them may repeat one another: of two that were taken sooner than 5 minutes apart the worse counts."""
    return candidacy.sittings(pressures(session, at), pressure_lines(session))


def gate(session: Session, at: datetime) -> GateValue | None:
    return candidacy.bp_gate(sittings(session, at), pressure_lines(session))


def awaited(session: Session, at: datetime) -> Awaited | None:
    return candidacy.bp_awaited(sittings(session, at), pressure_lines(session))


def baseline(session: Session, at: datetime) -> dict[Channel, Decimal]:
    """The patient's own values before the dose; the pressure is the one that decided at the gate, as for release."""
    decided = gate(session, at)
    cuff = {} if decided is None else dict(zip(CUFF, (decided.systolic, decided.diastolic), strict=True))
    return {**schedule.baseline(session.visit, at), **cuff}


def pressure_lines(session: Session) -> PressureLines:
    """In the version that the course began with (H19)."""
    return treatable.sheet(session.visit.patient).pressure.lines


def latest_values(visit: Visit, at: datetime) -> list[Fact]:
    names = {
        Channel.HR: ("hr", "/min"),
        Channel.SPO2: ("spo2", "%"),
        Channel.RR: ("rr", "/min"),
        Channel.TEMP: ("temp", "Cel"),
    }
    rows = {row.channel: row for row in schedule.readings_before(visit, tuple(names), at)}
    return [
        Fact(name, Decimal(row.value), unit, row.taken_at, row.source)
        for channel, (name, unit) in names.items()
        if (row := rows.get(str(channel))) is not None and row.value is not None
    ]


SUBSTANCES = ("hours_since_alcohol", "hours_since_cannabis", "hours_since_cannabis_edible", "hours_since_cocaine")


def substance_facts(visit: Visit, answers: list[Fact]) -> list[Fact]:
    """What was told of alcohol and drugs when the medicines were gone through; hours only grow since."""
    here = {fact.name for fact in answers}
    told = {row.name: row for row in reversed(treatable.history(visit.patient)) if row.name in SUBSTANCES}
    return [fact for name, row in told.items() if name not in here and (fact := treatable.fact_from(row)) is not None]


PREGNANCY = ("childbearing_potential", "pregnancy_test")


def pregnancy_facts(visit: Visit, answers: list[Fact]) -> list[Fact]:
    """What the decision to treat knows of pregnancy, beside what was said at the chair, once it was asked there today.
    A positive test on record is undone by no answer and no other test: the two disagree until somebody rules."""
    here = {fact.name for fact in answers}
    if PREGNANCY[0] not in here:
        return []
    rows = [row for row in treatable.history(visit.patient) if row.name in PREGNANCY]
    found = [fact for row in rows if (fact := treatable.fact_from(row)) is not None]
    tested = next((fact for fact in found if fact.name == PREGNANCY[1]), None)
    found = treatable.not_outlived([*answers, *found], visit.clinic.zone)[len(answers) :]
    if tested is not None and isinstance(tested.known_at, datetime) and "pregnancy_tested_on" not in here:
        on = local_day(tested.known_at, visit.clinic.zone)
        found.append(Fact("pregnancy_tested_on", on, None, tested.known_at, tested.source))
    return found


AT_ODDS = "What is said here and what is on record of pregnancy disagree"


def at_odds(session: Session, reason: Reason, at: datetime) -> bool:
    """Does this row wait for a word on which chair and record disagree? No answer here settles it: somebody rules."""
    answers = facts.recorded(session.visit, Kind.FACT)
    known = Facts([*answers, *pregnancy_facts(session.visit, answers)])
    return any(treatable.disagrees(known, name, at) for name in PREGNANCY if name in reason.missing)


def dosing_weight(visit: Visit) -> Weight | None:
    """What was weighed for the last dose that was begun; before the first, the first weight there is."""
    for earlier in between.before(visit):
        order = between.first_order(earlier.visit)
        if order is not None:
            return Weight(order.actual_kg)
    first = BodyMeasure.objects.current().filter(patient=visit.patient).order_by("happened_at").first()
    return Weight(first.weight_kg) if first else None


def weight_facts(visit: Visit) -> list[Fact]:
    now, dosing = people.latest_measure(visit.patient), dosing_weight(visit)
    if now is None or dosing is None:
        return []
    return [rules.weight_change_fact(Weight(now.weight_kg), dosing, now.happened_at, "scale")]


def with_consent(session: Session, answers: list[Fact], at: datetime) -> list[Fact]:
    """What was signed, and what today takes it away. That the patient wants the dose today makes no consent to another
    drug or route than was signed for, nor where none is on record, nor after it was taken back or has run out (H14,
    WK-21). Where the one on record names no product, somebody reads the paper and answers the list."""
    row = people.consent(session.visit.patient, CONSENT)
    rest = [fact for fact in answers if (fact.name, fact.value) != ("consent", "given")]
    if row is None:
        return rest
    if row.given and not treatable.signed_for(row):
        return answers
    protocol, zone = schedule.protocol_of(session), session.visit.clinic.zone
    days = treatable.consent_days(session.visit.patient, protocol)
    if row.given and (local_day(at, zone) - local_day(row.happened_at, zone)).days > days:
        return rest
    other = treatable.consent_to_another(row, protocol) if row.given else ""
    if not other:
        return [*rest, Fact("consent", "given" if row.given else "withdrawn", None, row.happened_at, "consent")]
    return [*rest, Fact("consent", "absent", None, row.happened_at, f"{FOR_ANOTHER} {other}")]


@looked_up
def undecided(patient: Patient) -> list[Concern]:
    """Signs of danger that no clinician has decided, the gravest and longest waiting first (H13)."""
    return list(safety.standing(patient))


def concern_facts(visit: Visit, at: datetime) -> list[Fact]:
    """The gravest of them; with none, that is known too."""
    gravest = next(iter(undecided(visit.patient)), None)
    return [Fact("concern_undecided", f"T{gravest.tier}" if gravest else "none", None, at, "concerns that wait")]


@looked_up
def reviews_overdue(patient: Patient, at: datetime) -> list[Ask]:
    return overdue.reviews_overdue(patient, at)


@looked_up
def safety_before(visit: Visit) -> Ask | None:
    return overdue.safety_before(visit)


def follow_up_facts(visit: Visit, at: datetime) -> list[Fact]:
    """Whether what follows the course, and what is asked before this dose, was seen to."""
    owed = reviews_overdue(visit.patient, at)
    source = ", ".join(f"{ask.title}, closed {local_day(ask.closes_at, visit.clinic.zone):%d-%b-%Y}" for ask in owed)
    is_open = safety_before(visit) is not None
    return [
        Fact("review_of_course", "overdue" if owed else "seen to", None, at, source or "monthly and quarterly asks"),
        Fact("safety_before_dose", "open" if is_open else "answered", None, at, "the questions before this dose"),
    ]


# Worked out from the clinic's settings: no item of the list can answer it today.
_NO_ITEM = frozenset({"minutes_before_closing"})


def to_record(reason: Reason) -> tuple[str, ...]:
    """What the row still lacks and an item of the list could answer; without any, the prescriber decides."""
    return tuple(name for name in reason.missing if name not in _NO_ITEM)


def liftable(decision: Decision) -> list[Reason]:
    """What waits for the prescriber's word alone."""
    return [row for row in decision.reasons if row.holds_back and row.override == "P" and not to_record(row)]


def closing_facts(visit: Visit, at: datetime) -> list[Fact]:
    """What is left until the last patient is to be home if it began now and took the chair time booked. A clinic
    that is open all night has no such time, and the row has its own words; while nobody has said, it is not known."""
    closes = visit.clinic.doses_over_by
    if visit.clinic.is_open_all_night:
        return [Fact("minutes_before_closing", False, "min", at, "the clinic is open all night")]
    if closes is None:
        return []
    here = at.astimezone(ZoneInfo(visit.clinic.zone))
    booked = visit.ends_at - visit.starts_at
    left = datetime.combine(here.date(), closes, here.tzinfo) - (at + booked)
    source = f"last patient home by {closes:%H:%M}, chair time {booked.total_seconds() // 60:.0f} min"
    return [Fact("minutes_before_closing", Decimal(int(left.total_seconds() // 60)), "min", at, source)]


# -- the decision to treat, held against this day ----------------------------------------------------------------------

# How the sheets of candidacy call what is found at the chair.
CALLED = {"suicide_risk_tier": "risk_tier_found", "escort": "escort", "temp": "temperature_c", "spo2": "spo2_percent",
          "hr": "pulse_per_min"}  # fmt: skip
# What other items of the list ask and measure, so that no question of the day asks it a second time.
TOLD_THERE = frozenset({*CALLED.values(), *PREGNANCY, "gate_sbp", "gate_dbp", "gate_severe"})


@looked_up
def today(session: Session, at: datetime) -> treatable.Today | None:
    """The decision to treat as it stands on this day, with what is known at the chair; None while nobody has accepted
    this person."""
    visit, protocol = session.visit, schedule.protocol_of(session)
    seen = [*facts.recorded(visit, Kind.FACT), *latest_values(visit, at)]
    zone = ZoneInfo(visit.clinic.zone)
    chair = treatable.AtTheChair(
        facts=tuple(
            Fact(CALLED[fact.name], fact.value, fact.unit, fact.known_at, f"at the chair, {fact.source}")
            for fact in seen
            if fact.name in CALLED
        ),
        route=Route(protocol.route) if protocol.route in list(Route) else None,
        pressures=tuple(
            Pressure(one.taken_at.astimezone(zone), one.systolic, one.diastolic) for one in pressures(session, at)
        ),
        checks=frozenset(one.id for one in protocol.readiness.checks if one.is_asked(protocol.drug, protocol.route)),
        told=TOLD_THERE,
        since=session.created_at,
    )
    return treatable.candidacy_today(visit.patient, at=at, zone=visit.clinic.zone, chair=chair)


def questions_open(session: Session, at: datetime) -> tuple[str, ...]:
    """What only this day can answer and nobody has asked: it holds, and no reason takes its place."""
    found = today(session, at)
    return () if found is None else found.day.open


def changed_since(session: Session, at: datetime) -> list[str]:
    """What has changed since this person was accepted, each in its words."""
    found = today(session, at)
    return [] if found is None else sorted(found.words)


def stopping(session: Session, at: datetime) -> tuple[Reason, ...]:
    """The rows by which the decision to treat stops a dose today; each says whose word lifts it."""
    found = today(session, at)
    return () if found is None else found.stopping


def candidacy_facts(session: Session, at: datetime) -> list[Fact]:
    """Whether the decision to treat still holds today; absent while nobody has accepted this person, and while a
    question of the day is open unless something stops treatment anyway (H14). Of a crisis path that nobody has opened
    it is known that it is not given (RUL-06)."""
    found = today(session, at)
    by_path = found is not None and found.day.by_crisis_path
    told = [Fact("crisis_path_given", by_path, None, at, "decision to treat")]
    if found is not None and (found.hold is treatable.Hold.STOPPED or not found.day.open):
        told.append(Fact("candidacy_today", str(found.hold), None, at, "; ".join(found.words)))
    return told
