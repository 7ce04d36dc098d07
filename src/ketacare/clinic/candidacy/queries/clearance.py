"""What has been asked and given: which clearances hold today, which ended, which wait for a second name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import prefetch_related_objects

from ketacare.clinic.candidacy.models import ClearanceAnswer, ClearanceRequest
from ketacare.clinic.candidacy.models.clearance import GIVEN
from ketacare.clinic.candidacy.models.decision import two_sign
from ketacare.clinic.candidacy.queries.medicines import medicines_at
from ketacare.clinic.candidacy.queries.vocabulary import following, sheet
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.people.models import Patient
from ketacare.clinic.people.standing import standing as rows_of
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.candidacy.rules.clearances import enough
from ketacare.medicine.candidacy.terms import Clearance, Signatures
from ketacare.medicine.evidence.terms import Effect


def answers(patient: Patient) -> list[ClearanceAnswer]:
    """The newest word on every criterion, newest first; what came before it stays in the record."""
    newest: dict[tuple[str, str], ClearanceAnswer] = {}
    for row in reversed(rows_of(ClearanceAnswer, patient)):
        newest.setdefault((row.criterion, row.signatures), row)
    prefetch_related_objects(list(newest.values()), "request")
    return list(newest.values())


def clearance_of(patient: Patient, key: str) -> ClearanceAnswer | None:
    """One that stands: neither amended nor taken back."""
    return next((row for row in rows_of(ClearanceAnswer, patient) if str(row.pk) == key), None)


def waits_for_second_name(patient: Patient, criterion: str, day: date) -> bool:
    """Of what one prescriber, or prescriber and director, said of it: is the newest in date and signed by one alone?
    Taking back or signing an older one makes it no newer."""
    named = (Signatures.PRESCRIBER, Signatures.WITH_DIRECTOR)
    rows = ClearanceAnswer.objects.current().filter(patient=patient, criterion=criterion, signatures__in=named)
    newest = rows.order_by("-happened_at", "-recorded_at").first()
    return newest is not None and newest.signatures == named[0] and newest.gives and newest.holds_on(day)


def giving(patient: Patient) -> list[ClearanceAnswer]:
    """What was given and not taken back, in date or not.

    What came by link gives nothing before a prescriber has read and accepted it: an opinion clears with their word.
    """
    rows = answers(patient)
    waiting = unread(patient) if any(row.by_link for row in rows) else set()
    return [row for row in rows if row.gives and not row.waits_in(waiting)]


def given(patient: Patient) -> tuple[Clearance, ...]:
    """As the judgement reads them; it looks at the day itself."""
    return tuple(
        Clearance(
            criterion=row.criterion,
            signatures=Signatures(row.signatures),
            given_on=local_day(row.happened_at, row.clinic.zone),
            until=row.until,
            conditions=row.conditions,
            about=medicines_of(row),
            given_for=Effect(row.given_for) if row.given_for else None,
            given_at=row.happened_at,
        )
        for row in giving(patient)
    )


def medicines_of(row: ClearanceAnswer) -> tuple[str, ...] | None:
    """What was taken when it was given, where it is about medicines: it lifts nothing of what was added since."""
    if row.criterion in {criterion.id for criterion in sheet(row.patient).criteria.criteria}:
        return None
    then = medicines_at(row.patient, row.happened_at)
    return tuple(entry.name for entry in then.medicines) if then is not None else ()


def requests(patient: Patient) -> list[ClearanceRequest]:
    rows = list(
        ClearanceRequest.objects.filter(patient=patient).select_related("asked_by", "clinic").order_by("-created_at")
    )
    for row in rows:
        row.patient = patient  # one person, whatever is asked of each letter
    return rows


@dataclass(frozen=True)
class Standing:
    """An answer as a page shows it: a word for its state and whether it lifts anything today; `until`: its last day by
    what it is about, where that comes before the day that was written."""

    row: ClearanceAnswer
    state: str
    shape: str
    holds: bool
    waits_for_director: bool
    why: str = ""
    until: date | None = None

    @property
    def by_paper(self) -> bool:
        """A specialist's letter on paper that did not clear, as somebody here wrote it down."""
        return not self.row.withdrawn and not self.row.gives and self.row.request_id is None


def standing(
    row: ClearanceAnswer,
    day: date,
    needs: Mapping[str, Signatures],
    unread: Collection[UUID] = frozenset(),
    counted: tuple[Clearance, str] | None = None,
    together: Collection[str] = (),
) -> Standing:
    """`needs`: whose word each row asks for; `unread`: letters nobody has accepted yet; `counted`: the clearance as the
    judgement counts it, and why it has ended; `together`: rows that several words lift between them."""
    needed = needs.get(row.criterion)
    falls_short = needed is not None and not enough(needed, Signatures(row.signatures))
    if row.withdrawn:
        return Standing(row, "Taken back", "plain", False, False)
    if not row.gives:
        return Standing(row, row.get_verdict_display(), "stop", False, False)
    clearance, ended = counted or (None, "")
    if not row.holds_on(day) or ended:
        return Standing(row, "Ended", "late", False, False, ended)
    if row.waits_in(unread):
        return Standing(row, "Waits for the prescriber", "act", False, False)
    if needed and falls_short and row.signatures == Signatures.PRESCRIBER and two_sign(needed):
        return Standing(row, "Waits for the medical director", "act", False, True)
    if falls_short and row.criterion not in together:
        return Standing(row, "Not enough by itself", "act", False, False)
    until = clearance.until if clearance is not None else row.until
    ends_soon = until is not None and (until - day).days <= following(row.patient).told_before_end.integer
    state, shape = ("Ends soon", "late") if ends_soon else ("In date", "done")
    return Standing(row, state, shape, True, False, until=until if until != row.until else None)


ARRIVED, NOT_GIVEN, CLEARED_ON = "clearance.arrived", "clearance.not_given", "clearance.decide"
NOT_AGREED = "exception.not_agreed"


def place_of_letter(row: ClearanceRequest) -> str:
    """Where a letter stands on the page of clearances; the duties about it are known by it."""
    return f"/patients/{row.patient_id}/clearances/#letter-{row.pk}"


def unread(patient: Patient) -> set[UUID]:
    """Letters whose answer nobody has read yet."""
    links = set(owed.open_for(patient, ARRIVED).values_list("link", flat=True))
    return {row.pk for row in requests(patient) if place_of_letter(row) in links}


def said_in(patient: Patient) -> dict[UUID, list[ClearanceAnswer]]:
    """What each letter brought, word for word, whatever was said of the same row since."""
    found: dict[UUID, list[ClearanceAnswer]] = {}
    for row in ClearanceAnswer.objects.filter(patient=patient, request__isnull=False, amends__isnull=True):
        if row.request_id is not None:
            found.setdefault(row.request_id, []).append(row)
    return found


def refused(patient: Patient) -> dict[str, list[ClearanceAnswer]]:
    """Who did not clear which row, though another did since: whoever decides reads both."""
    found: dict[str, list[ClearanceAnswer]] = {}
    for row in rows_of(ClearanceAnswer, patient):
        if row.verdict not in GIVEN and not row.withdrawn:
            found.setdefault(row.criterion, []).append(row)
    return found


def tries_left(row: ClearanceRequest) -> int:
    return following(row.patient).wrong_dates.integer - row.wrong_tries


def is_locked(row: ClearanceRequest) -> bool:
    """Too many wrong dates of birth: the link opens nothing before it is made anew."""
    return row.is_waiting and tries_left(row) <= 0


def titles(patient: Patient) -> dict[str, str]:
    """What the rows that can be cleared are called."""
    knowledge = sheet(patient)
    named = {row.id: row.title for row in knowledge.criteria.criteria}
    return named | {row.id: row.title for row in knowledge.interactions.rows.values()}
