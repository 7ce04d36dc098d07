"""What somebody takes now, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy.models import ListState, MedicineEntry, MedicineList, PatientSays
from ketacare.clinic.candidacy.queries.vocabulary import sheet
from ketacare.clinic.people.models import Patient
from ketacare.clinic.people.standing import ahead_of, newest
from ketacare.medicine.candidacy.rules import diazepam, doses, formulary
from ketacare.medicine.candidacy.rules import medicines as judging
from ketacare.medicine.candidacy.rules.derived import with_derived
from ketacare.medicine.candidacy.terms import Action, Case, Knowledge, MedicineJudgement, TakenMedicine

# The order of a page: what holds back first, what nobody could check before all.
_ORDER = (Action.UNCHECKED, Action.STOP, Action.ASK, Action.HOLD, Action.CONTINUE, Action.NOTHING_KNOWN)
_SECONDS_PER_HOUR = 3600
# The duty to settle a medicine that the list and the patient tell differently.
TOLD_OTHERWISE = "candidacy.told_otherwise"


def medicines(patient: Patient) -> MedicineList | None:
    return newest(MedicineList, patient)


def medicines_at(patient: Patient, at: datetime) -> MedicineList | None:
    """The list as it stood at a moment, whatever was put right since."""
    row: MedicineList | None = (
        MedicineList.objects.filter(patient=patient, recorded_at__lte=at).order_by("recorded_at").last()
    )
    return row


def taken(row: MedicineList | None, *, at: datetime, zone: str) -> tuple[TakenMedicine, ...] | None:
    """The list as it is judged: None while nobody has asked, which is not the same as none."""
    if row is None or row.state == ListState.NOT_ASKED:
        return None
    listed = listed_since(row)
    return tuple(taken_medicine(entry, row, listed.get(entry.key), at=at, zone=zone) for entry in row.medicines)


def listed_since(row: MedicineList) -> dict[UUID, datetime]:
    """Of what nobody knows since when it is taken: since when it has stood on the list just so."""
    found = {entry.key: row.recorded_at for entry in row.medicines if entry.since is None}
    going_back = {as_listed(entry): entry.key for entry in row.medicines if entry.since is None}
    if going_back:
        for before in earlier_lists(row):
            stood = {as_listed(entry) for entry in before.medicines}
            going_back = {told: key for told, key in going_back.items() if told in stood}
            found |= dict.fromkeys(going_back.values(), before.recorded_at)
            if not going_back:
                break
    return found


def earlier_lists(row: MedicineList) -> Iterable[MedicineList]:
    """Every list before this one, the newest first."""
    ahead = ahead_of(MedicineList, row.patient_id)
    if ahead is not None:
        return reversed([before for before in ahead if before.recorded_at < row.recorded_at])
    earlier = MedicineList.objects.filter(patient_id=row.patient_id, recorded_at__lt=row.recorded_at)
    return earlier.order_by("-recorded_at").iterator(chunk_size=20)


def as_listed(entry: MedicineEntry) -> tuple[object, ...]:
    """As needed is not daily: who took it now and then, and takes it daily now, began."""
    return entry.called.casefold(), entry.form, entry.dose, entry.daily_mg, entry.as_needed


def taken_medicine(
    entry: MedicineEntry, row: MedicineList, listed_at: datetime | None, *, at: datetime, zone: str
) -> TakenMedicine:
    """When it was last taken counts only on the day somebody asked: another may have been taken since."""
    today = at.astimezone(ZoneInfo(zone)).date()
    asked_today = row.happened_at.astimezone(ZoneInfo(zone)).date() == today
    listed = TakenMedicine(
        name=entry.called,
        form=entry.form,
        daily_dose_mg=entry.daily_mg,
        as_needed=entry.as_needed,
        hours_since_last=hours_since(entry.last_taken_at, at) if asked_today else None,
        stable_days=None if entry.since is None else max(0, (today - entry.since).days),
        accepted_unchecked=entry.accepted,
        listed_at=listed_at,
    )
    if entry.says is None or not entry.disputed:
        return listed
    return replace(listed, told_otherwise=(as_told(listed, entry.says, today, zone),) if entry.says.taken else ())


def as_told(listed: TakenMedicine, says: PatientSays, today: date, zone: str) -> TakenMedicine:
    """By the patient's word; what they did not speak of is as on the list. It counts from the day on which it was told,
    and a name that was accepted unchecked was accepted for the dose of the list alone (RUL-13)."""
    return replace(
        listed,
        form=says.form or listed.form,
        daily_dose_mg=says.daily_mg if says.amount else listed.daily_dose_mg,
        as_needed=listed.as_needed if says.as_needed is None else says.as_needed,
        stable_days=max(0, (today - says.on.astimezone(ZoneInfo(zone)).date()).days),
        accepted_unchecked="",
    )


def hours_since(moment: datetime | None, at: datetime) -> Decimal | None:
    """Rounded down: a hold is never met a moment too early."""
    if moment is None:
        return None
    hours = Decimal(int((at - moment).total_seconds())) / _SECONDS_PER_HOUR
    return max(Decimal(0), hours.quantize(Decimal("0.01"), ROUND_FLOOR))


# -- for pages ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShownMedicine:
    """One medicine as a page shows it: the action first, then what it does, and the sources on demand."""

    entry: MedicineEntry
    judged: MedicineJudgement
    suggestions: tuple[str, ...]

    @property
    def label(self) -> str:
        drug = self.judged.drug
        if drug is None or drug.name.casefold() == self.entry.name.casefold():
            return self.entry.name
        return f"{self.entry.name} ({drug.name})"

    @property
    def in_pieces(self) -> bool:
        """In tablets or the like: how much that is in mg nobody knows."""
        return self.entry.daily_mg is None and doses.in_pieces(self.entry.dose)

    @property
    def equivalents(self) -> str:
        return diazepam.told(self.judged.equivalents)


@dataclass(frozen=True)
class ShownList:
    """The whole list, what nobody could check first, and what its benzodiazepines come to together."""

    medicines: tuple[ShownMedicine, ...]
    diazepam: str
    diazepam_missing: tuple[str, ...]
    closer_pressure: tuple[str, ...]

    @property
    def unchecked(self) -> int:
        return sum(one.judged.drug is None and not one.entry.accepted for one in self.medicines)


def shown_medicines(row: MedicineList | None, case: Case, knowledge: Knowledge) -> ShownList:
    """The medicines of a list judged for a page as the decision judges them, those that hold back first."""
    entries = row.medicines if row is not None else ()
    judged = judging.judged_medicines(with_derived(case, knowledge), knowledge)
    found = [
        ShownMedicine(entry, one, () if one.drug else formulary.suggested(entry.name, knowledge.formulary))
        for entry, one in zip(entries, judged, strict=True)
    ]
    sums, missing = diazepam.total(judging.taken_in(judged), knowledge.interactions)
    return ShownList(
        medicines=tuple(sorted(found, key=lambda one: (_ORDER.index(one.judged.action), one.entry.name.casefold()))),
        diazepam=diazepam.told(sums),
        diazepam_missing=missing,
        closer_pressure=judging.closer_pressure(judged, knowledge),
    )


@cache
def formulary_names() -> list[tuple[str, str]]:
    """Every name of the formulary, with the ingredient and class beside it, for suggestions while typing."""
    found = [(name, f"{drug.name}, {drug.drug_class}") for drug in sheet().formulary.drugs for name in drug.names]
    return sorted(found, key=lambda pair: pair[0].casefold())
