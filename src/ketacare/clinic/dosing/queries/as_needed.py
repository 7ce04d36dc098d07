"""The adopted order set, what was given by it in this session, and what still waits for a second look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import emergencies, ordered, timeline
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.protocols.models import COUNTS, Adoption
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.evidence.terms import Fact
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.safety import reader
from ketacare.medicine.safety.rules.known import does_not_look_like
from ketacare.medicine.safety.terms import GivenBefore

SHEET = "prn-1"
OFF_THE_SHEET = "other"  # the name of what is on no sheet
RESCUE, REVERSAL, UNKNOWN = "rescue", "reversal", "unknown"
# What makes drowsy, by kind or by name: promethazine and clonidine do so whatever they are given for, what is on no
# sheet may, and a reversal wears off before what it reverses.
BENZODIAZEPINE = "benzodiazepine"
DROWSY_KINDS = frozenset({BENZODIAZEPINE, "reversal"})
DROWSY_NAMES = frozenset({"promethazine", "clonidine", OFF_THE_SHEET})
BY_NEEDLE = frozenset({"IV", "IM", "IN"})


def adopted(clinic_id: UUID) -> Adoption | None:
    """The director's signature under the order set as it ships; None while there is none that still holds."""
    row = protocols.adoption(clinic_id, SHEET)
    if row is None or row.standing not in COUNTS:
        return None
    same = protocols.fingerprint_of(clinic_id, SHEET, row.sheet_version) == row.fingerprint
    newest = row.sheet_version == protocols.on_shelf(SHEET).newest.header.version
    return row if same and newest else None


def given(session: Session) -> list[TimelineEntry]:
    return timeline.standing(session.visit, Kind.MEDICINE)


def values_at(session: Session, when: datetime) -> dict[Channel, Decimal]:
    """The newest usable value of each channel by then."""
    rows = watch.readings(session.visit).filter(quality="good", taken_at__lte=when)
    newest = rows.order_by("channel", "-taken_at", "-id").distinct("channel").values_list("channel", "value")
    return {Channel(channel): value for channel, value in newest if value is not None}


def unlikely(session: Session, medicine: str, why: str, when: datetime) -> tuple[str, ...]:
    """What is asked about once: readings unlike what it is meant for, and another of its kind that was given."""
    sheet = reader.needed_sheet().medicines
    if (one := sheet.get(medicine)) is None or why not in one.why:
        return ()
    kin = [row for row in given(session) if row.name != medicine and row.body.get("kind") == one.kind == BENZODIAZEPINE]
    also = tuple(f"{row.body['name']}, also a {one.kind}, was given in this session." for row in kin)
    return (*does_not_look_like(one, why, values_at(session, when)), *also)


def before(session: Session, medicine: str) -> list[GivenBefore]:
    rows = [row for row in given(session) if row.name == medicine]
    return [GivenBefore(Decimal(row.body["amount"]), row.body["route"], row.happened_at) for row in rows]


def way_of(typed: str) -> str:
    """A route typed by hand, as the sheets write it: iv and intravenous are IV. Another stays as it was typed."""
    written = {words.casefold(): code for code, words in ordered.ROUTES.items()}
    sheet = reader.needed_sheet().medicines.values()
    written |= {way.casefold(): way for way in (*ordered.ROUTES, *(dose.route for one in sheet for dose in one.doses))}
    return written.get(typed.strip().casefold(), typed.strip())


CONFIRM, DENIED = "order.confirm", "order.denied"


def link_of(entry: TimelineEntry) -> str:
    """Where it is confirmed."""
    return f"/sessions/{entry.visit_id}/effects/#order-{entry.pk}"


def waiting_for_word(entry: TimelineEntry) -> list[Duty]:
    """The duty to confirm it, while it is open."""
    return _open_duties(entry, CONFIRM)


def to_clear_up(entry: TimelineEntry) -> list[Duty]:
    """The duty to find out who ordered what whoever is named did not order, while it is open."""
    return _open_duties(entry, DENIED)


def _open_duties(entry: TimelineEntry, kind: str) -> list[Duty]:
    rows = Duty.objects.filter(visit_id=entry.visit_id, kind=kind, state=DutyState.OPEN)
    return [duty for duty in rows if duty.link == link_of(entry)]


def words_on(visit: Visit) -> dict[str, TimelineEntry]:
    """What stands of each order by whoever is named as its prescriber."""
    return {row.body["order"]: row for row in timeline.standing(visit, Kind.REMARK) if row.name == CONFIRM}


def word_on(entry: TimelineEntry) -> TimelineEntry | None:
    return words_on(entry.visit).get(str(entry.pk))


def step_of_word(entry: TimelineEntry) -> str:
    """It is answered once, and once more each time the answer was struck out."""
    said = TimelineEntry.objects.filter(visit_id=entry.visit_id, name=CONFIRM, amends=None, body__order=str(entry.pk))
    return f"order:{entry.pk}:{said.count()}"


def order_of_word(word: TimelineEntry) -> TimelineEntry:
    """What was given, of which somebody said whether it was their order."""
    return TimelineEntry.objects.get(pk=word.body["order"], visit_id=word.visit_id)


def stands(entry: TimelineEntry) -> bool:
    return TimelineEntry.objects.current().filter(pk=entry.pk).exists()


@dataclass(frozen=True)
class Given:
    """One medicine as it was given, its second look, and the word on its order."""

    entry: TimelineEntry
    recheck_at: datetime
    found: TimelineEntry | None
    word: TimelineEntry | None = None

    @property
    def waits_for_word(self) -> bool:
        body = self.entry.body
        theirs = body.get("prescriber") in (None, str(self.entry.recorded_by_id))  # by whoever gave it
        return bool(body.get("own_order")) and not theirs and self.word is None

    @property
    def words(self) -> str:
        body = self.entry.body
        return f"{body['name']} {body['amount']} {body['unit']} {body['route']}, {body['why'].replace('_', ' ')}"


def looked_at(session: Session) -> list[Given]:
    """Each with what was found afterwards, or that nobody has looked yet."""
    found = {row.body["of"]: row for row in timeline.standing(session.visit, Kind.REMARK) if "of" in row.body}
    words = words_on(session.visit)
    return [
        Given(row, datetime.fromisoformat(row.body["recheck_at"]), found.get(str(row.pk)), words.get(str(row.pk)))
        for row in given(session)
    ]


def release_facts(session: Session) -> list[Fact]:
    """What makes release wait, by needle, by mouth, or whatever it was; and oxygen, which ends "on room air"."""
    rows = given(session)
    waits = [
        Fact(name, row.happened_at, None, row.happened_at, "medicine as needed")
        for row in rows
        if (name := waits_by(row))
    ]
    return waits + [emergencies.off_air(row) for row in rows if row.body.get("kind") == emergencies.OXYGEN]


def drowsy_at(session: Session) -> list[datetime]:
    """When something was given that makes drowsy, or took away for a while what does; or of which nobody knows."""
    return [
        row.happened_at for row in given(session) if row.body.get("kind") in DROWSY_KINDS or row.name in DROWSY_NAMES
    ]


def waits_by(row: TimelineEntry) -> str:
    if row.body["waits"] == REVERSAL:
        return "reversal_at"
    if row.body["waits"] == UNKNOWN:
        return "medicine_at"
    if row.body["waits"] != RESCUE:
        return ""
    return "rescue_iv_at" if row.body["route"] in BY_NEEDLE else "rescue_po_at"
