"""Which concerns stand, who is on call, and what a patient may be promised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Case, F, IntegerField, QuerySet, Value, When

from ketacare.clinic.audit.models import Line
from ketacare.clinic.channels.models import reaches
from ketacare.clinic.duties import queries as duties
from ketacare.clinic.duties.models import Consequence, Duty, DutyState
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import BreakGlass, Patient, Role, Staff
from ketacare.clinic.safety.above import Uncalled, above
from ketacare.clinic.safety.models import (
    Concern,
    ConcernRung,
    ConcernState,
    FlagState,
    HelpState,
    HelpText,
    OnCall,
    RiskFlag,
    Tier,
)
from ketacare.clinic.scheduling.models import Absence
from ketacare.clinic.scheduling.queries import house
from ketacare.clinic.tenancy.help import crisis_line, doubtful
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.safety import reader as safety_reader
from ketacare.medicine.supervision import reader as supervision


def on_call(clinic_id: UUID, at: datetime) -> OnCall | None:
    """The one person who answers now, or nobody: never a guess."""
    row = shift_of(clinic_id, at)
    return row if row and row.user_id in answering(clinic_id) - on_leave(clinic_id, at) else None


def shift_of(clinic_id: UUID, at: datetime) -> OnCall | None:
    """The shift of this moment, even where its owner is away: its backup is still there."""
    rows = shifts(clinic_id, at, at + timedelta(microseconds=1))
    return rows.select_related("user", "backup", "offered_to").first()


def standing(patient: Patient) -> QuerySet[Concern]:
    """Concerns about a patient that no clinician has decided; readiness asks this."""
    return Concern.objects.filter(patient=patient).exclude(state=ConcernState.CLOSED).order_by("tier", "raised_at")


def decided(source_id: UUID, reason_code: str) -> bool:
    """Has a clinician closed what this source raised for this reason?"""
    return Concern.objects.filter(source_id=source_id, reason_code=reason_code, state=ConcernState.CLOSED).exists()


def waiting(actor: Actor) -> list[tuple[Concern, str]]:
    """Undecided concerns this person may see, gravest and longest waiting first, with the patient's name."""
    seen = people.visible_patients(actor)
    rows = Concern.objects.filter(patient__in=seen).exclude(state=ConcernState.CLOSED).select_related("owner")
    concerns = list(rows.order_by("tier", "see_by"))
    names = duties.names_for(actor, {concern.patient_id for concern in concerns})
    return [(concern, names.get(concern.patient_id, "")) for concern in concerns]


@dataclass(frozen=True)
class Promise:
    """When a human will answer, said so that it is true. `is_late`: it was not read in its time; `is_read`: it was.
    Without `by` the clinic is open until `closes`, or it is shut and `opens` then."""

    someone_is_reading: bool
    by: datetime | None
    opens: datetime | None
    closes: datetime | None = None
    is_late: bool = False
    is_read: bool = False


def promise(clinic: Clinic, concern: Concern, at: datetime) -> Promise:
    """Only a person on call who hears of it makes it true that somebody reads; an open door alone does not. A time gone
    by is no promise, and nothing is promised any more of what was seen or decided."""
    closes = closing(clinic, at)
    opens = None if closes else next_opening(clinic, at)
    if concern.state != ConcernState.OPEN:
        return Promise(False, None, opens, closes, is_read=True)
    if on_call(clinic.pk, at) is None or not is_heard(concern, at):
        return Promise(False, None, opens, closes)
    if at < concern.see_by:
        return Promise(True, concern.see_by, None)
    return Promise(False, None, opens, closes, is_late=True)


def is_heard(concern: Concern, at: datetime) -> bool:
    """Somebody got a call about it, or the owner or the backup of this hour has a telephone that rings, and calls go
    out: a screen that nobody looks at wakes nobody. What waits for days is read at work."""
    if concern.tier == Tier.BEFORE_NEXT_DOSE or concern.rungs.filter(confirmed_at__isnull=False).exists():
        return True
    if above.uncalled(at) is not None:
        return False
    row = shift_of(concern.clinic_id, at)
    here = answering(concern.clinic_id) - on_leave(concern.clinic_id, at)
    called = here.intersection((row.user_id, row.backup_id)) if row else ()
    return bool(ringing(concern.clinic_id, called))


def staffed(clinic: Clinic, at: datetime) -> datetime:
    """This moment if the clinic is open then, else its next opening."""
    here = at.astimezone(ZoneInfo(clinic.zone))
    opens, closes = usual_week(clinic).get(here.weekday(), (time.max, time.min))
    is_open = opens <= here.time() < closes and not any(since <= at < until for since, until in shut(clinic, at))
    return at if is_open else next_opening(clinic, at)


def closing(clinic: Clinic, at: datetime) -> datetime | None:
    """Until when it is open, if it is open at this moment."""
    if staffed(clinic, at) != at:
        return None
    here = at.astimezone(ZoneInfo(clinic.zone))
    evening = datetime.combine(here.date(), usual_week(clinic)[here.weekday()][1], tzinfo=here.tzinfo)
    return min([evening, *(since for since, _ in shut(clinic, at))]).astimezone(here.tzinfo)


def next_opening(clinic: Clinic, at: datetime) -> datetime:
    """The next opening in the clinic's own week, by its own clock; of a day on which it is shut, once it is no more."""
    here, week, closures = at.astimezone(ZoneInfo(clinic.zone)), usual_week(clinic), shut(clinic, at)
    usual: datetime | None = None
    for days in range(SHUT_AHEAD.days):
        day = (here + timedelta(days=days)).date()
        if day.weekday() not in week:
            continue
        opening, closing = (datetime.combine(day, hour, tzinfo=ZoneInfo(clinic.zone)) for hour in week[day.weekday()])
        usual = usual or (opening if opening > here else None)
        opening = max(opening, here)  # of a day that has begun: shut for some hours, it opens again when they are over
        for since, until in closures:
            opening = until.astimezone(opening.tzinfo) if since <= opening < until else opening
        if here < opening < closing:
            return opening
    assert usual is not None, "a week has a day"
    return usual  # shut for as long as anybody looks ahead: nobody waits for that


SHUT_AHEAD = timedelta(days=60)


def shut(clinic: Clinic, at: datetime) -> list[tuple[datetime, datetime]]:
    """When nobody is there though the week says so: a holiday, a closure of the whole clinic."""
    rows = Absence.objects.filter(clinic_id=clinic.pk, user__isnull=True, withdrawn_at__isnull=True)
    rows = rows.filter(starts_at__lt=at + SHUT_AHEAD, ends_at__gt=at).order_by("starts_at")
    return list(rows.values_list("starts_at", "ends_at"))


def usual_week(clinic: Clinic) -> house.Week:
    """Its days with their hours. Where somebody stays by night every day is one, and still nobody is called at three;
    a week without a day says nothing, and the usual one stands."""
    usual = (clinic.opens_at, clinic.closes_at)
    week = house.weeks_of(clinic)[0] or dict.fromkeys(house.USUAL_DAYS, usual)
    return {day: week.get(day, usual) for day in range(7)} if clinic.is_open_all_night else week


def may_answer(clinic_id: UUID) -> QuerySet[Staff]:
    """Posts that may be put on call: those who may judge a concern, or at least take it up."""
    posts = Staff.objects.filter(clinic_id=clinic_id, ended_at__isnull=True, user__is_active=True)
    return posts.filter(role__in=[Role.RN, Role.RX, Role.MD]).select_related("user").order_by("user__name")


def answering(clinic_id: UUID) -> frozenset[UUID]:
    """Whoever may be on call here today: with their last post here a shift of theirs ends as well."""
    return frozenset(may_answer(clinic_id).order_by().values_list("user_id", flat=True))


def business_days_after(clinic: Clinic, days: int, at: datetime) -> datetime:
    """The end of the clinic's day, so many weekdays from now."""
    here = at.astimezone(ZoneInfo(clinic.zone))
    weekdays = [day for ahead in range(1, days * 2 + 3) if (day := here + timedelta(days=ahead)).weekday() < 5]
    return datetime.combine(weekdays[days - 1].date(), clinic.closes_at, tzinfo=ZoneInfo(clinic.zone))


def emergency_page(glass: BreakGlass) -> str:
    """Where an opening is read and reviewed; its duty leads there."""
    return f"/emergencies/{glass.pk}/"


def emergencies(clinic_id: UUID) -> QuerySet[BreakGlass]:
    """Every opening in an emergency, those still to be reviewed first, then the newest."""
    rows = BreakGlass.objects.filter(clinic_id=clinic_id).select_related("user", "patient", "review")
    return rows.order_by(F("review__recorded_at").desc(nulls_first=True), "-happened_at")


def read_during(glass: BreakGlass) -> QuerySet[Line]:
    """What was opened while it was open."""
    lines = Line.objects.filter(patient_id=glass.patient_id, actor_id=glass.user_id, purpose="emergency")
    return lines.filter(at__gte=glass.happened_at, at__lt=glass.until).order_by("at")


SAID_IN_CHECK_IN, SAID_IN_REPLY = "words.check_in", "words.reply"
SAID_ON_OWN_PAGE, SAID_IN_REMINDER = "words.own_page", "words.reminder"
SAID_AT_RISK = "said.at_risk"  # words in which no danger is heard, while the flag stands
SILENT = "silent.high_risk"  # why a concern is raised when a patient at high risk does not answer after a dose


def page(concern_id: UUID) -> str:
    """Where a concern is read and decided; its duty and its calls lead there."""
    return f"/concerns/{concern_id}/"


def interview_kind(asked: str) -> str:
    return f"interview.{asked}"


def interview_owed(patient: Patient, asked: str) -> Duty | None:
    """What a person still has to ask or rate after a flag; `asked` as the cadence calls it."""
    return duties.open_for(patient, interview_kind(asked)).first()


def interviews_owed(patient: Patient) -> list[Duty]:
    rows = (interview_owed(patient, one.asked) for one in safety_reader.triage_sheet().interviews)
    return [duty for duty in rows if duty is not None]


def owes_interview(concern: Concern) -> Duty | None:
    """What a person was to ask because of this concern, and has not."""
    interview = safety_reader.triage_sheet().interview(concern.reason_code)
    return interview_owed(concern.patient, interview.asked) if interview is not None else None


def is_of_suicide_risk(asked: str) -> bool:
    """The C-SSRS is part of the evaluation; anything else is a scale."""
    return asked.startswith("c-ssrs")


def interview_page(patient: Patient, asked: str) -> str:
    """Where it is written down: the C-SSRS with the risk of the evaluation, anything else as a scale."""
    here = f"/patients/{patient.pk}/"
    return f"{here}evaluation/#risk" if is_of_suicide_risk(asked) else f"{here}scales/{asked}/"


def rungs(concern: Concern) -> QuerySet[ConcernRung]:
    """Who was called about it, step by step as the ladder goes, with what became of each call. Steps on which nobody
    stands are taken in the same moment as the next."""
    ladder = supervision.concern_ladder()
    steps = {rung.id: step for stage in (ladder.now, ladder.same_day) for step, rung in enumerate(stage.rungs)}
    place = Case(*(When(rung=rung, then=Value(step)) for rung, step in steps.items()), output_field=IntegerField())
    return concern.rungs.order_by("begun_at", "round", place).prefetch_related("calls__user")


# -- the roster --------------------------------------------------------------------------------------------------------


def shifts(clinic_id: UUID, start: datetime, end: datetime) -> QuerySet[OnCall]:
    """Every shift that touches this stretch."""
    rows = OnCall.objects.filter(clinic_id=clinic_id, called_off_at__isnull=True, starts_at__lt=end, ends_at__gt=start)
    return rows.order_by("starts_at")


def away(clinic_id: UUID, start: datetime, end: datetime) -> QuerySet[Absence]:
    """Who is on leave, ill or away in this stretch: not put on call, and not called."""
    rows = Absence.objects.filter(clinic_id=clinic_id, user__isnull=False, withdrawn_at__isnull=True)
    return rows.filter(starts_at__lt=end, ends_at__gt=start).select_related("user").order_by("starts_at")


def on_leave(clinic_id: UUID, at: datetime) -> frozenset[UUID]:
    rows = away(clinic_id, at, at + timedelta(microseconds=1))
    return frozenset(row.user_id for row in rows if row.user_id is not None)


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Nobody is on call from then until then."""

    starts_at: datetime
    ends_at: datetime


def uncovered(clinic_id: UUID, start: datetime, end: datetime) -> list[Uncovered]:
    """Each stretch without anybody; a shift of somebody who no longer works here, or is away, covers nothing."""
    found, covered = [], start
    for since, until in covers(clinic_id, start, end):
        if since > covered:
            found.append(Uncovered(covered, since))
        covered = max(covered, until)
    return [*found, Uncovered(covered, end)] if covered < end else found


def covers(clinic_id: UUID, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Each stretch in which whoever is on call is there, in order."""
    absences = list(away(clinic_id, start, end))
    found: list[tuple[datetime, datetime]] = []
    for row in shifts(clinic_id, start, end).filter(user__in=answering(clinic_id)):
        since, until = max(row.starts_at, start), min(row.ends_at, end)
        for absence in (one for one in absences if one.user_id == row.user_id):
            if since < absence.starts_at < until:
                found.append((since, absence.starts_at))
            since = max(since, min(absence.ends_at, until)) if absence.starts_at < until else since
        if since < until:
            found.append((since, until))
    return found


def next_gap(clinic_id: UUID, at: datetime) -> Uncovered | None:
    """The first within the days that are looked ahead."""
    return next(iter(uncovered(clinic_id, at, at + supervision.concern_ladder().look_ahead)), None)


@dataclass(frozen=True, slots=True)
class Cover:
    """Who answers now, and the next stretch without anybody: what home and the concerns say aloud."""

    now: OnCall | None
    gap: Uncovered | None
    until: datetime | None  # when the gap ends, if somebody is on the roster by then
    silent: tuple[str, ...] = ()  # who is called by then and can be reached on their screen only
    called: str = ""  # whom a new concern goes to at once, with nobody on call
    uncalled: Uncalled = None  # since when no text and no call goes out


def cover(clinic_id: UUID, at: datetime) -> Cover:
    gap, horizon = next_gap(clinic_id, at), at + supervision.concern_ladder().look_ahead
    until = gap.ends_at if gap and gap.ends_at < horizon else None
    now = on_call(clinic_id, at)
    called = "" if now else called_first(clinic_id, at)
    return Cover(now, gap, until, silent(clinic_id, at, horizon), called, above.uncalled(at))


def called_first(clinic_id: UUID, at: datetime) -> str:
    """With nobody on call: the first of the ladder who is at work (H13)."""
    here, row = answering(clinic_id) - on_leave(clinic_id, at), shift_of(clinic_id, at)
    if row and row.backup and row.backup_id in here:
        return f"to the backup, {row.backup.name},"
    directors = list(people.colleagues(clinic_id=clinic_id, role=Role.MD))
    if any(user.pk in here for user in directors):
        return "to the medical director"
    if not directors:
        return "to everybody who can be called"
    return "past the medical director, who is away, to everybody else who can be called"


def helpless(clinic_id: UUID) -> str:
    """The country of a clinic whose patients are shown no crisis line; nothing where they are."""
    clinic = Clinic.objects.get(pk=clinic_id)
    return "" if crisis_line(clinic) else clinic.country


def misdialled(clinic_id: UUID) -> bool:
    """Somebody must look at the numbers of the clinic itself: they may not be dialled as they are meant."""
    return doubtful(Clinic.objects.get(pk=clinic_id))


def silent(clinic_id: UUID, start: datetime, end: datetime) -> tuple[str, ...]:
    """Whoever is on call or backup in this stretch, or is called while nobody is, and gave no telephone that rings or
    takes a text: at night a screen wakes nobody."""
    rows = shifts(clinic_id, start, end).select_related("user", "backup")
    here = answering(clinic_id)
    users = {user.pk: user.name for row in rows for user in (row.user, row.backup) if user and user.pk in here}
    if uncovered(clinic_id, start, end):
        directors = people.colleagues(clinic_id=clinic_id, role=Role.MD)
        users |= {user.pk: user.name for user in directors if user.pk in here}
    heard = ringing(clinic_id, users)
    return tuple(sorted(name for user, name in users.items() if user not in heard))


def ringing(clinic_id: UUID, users: Iterable[UUID]) -> frozenset[UUID]:
    """Who of them gave a telephone that rings or takes a text."""
    found = reaches(users, clinic_id).items()
    return frozenset(user for user, reach in found if reach.mobile and (reach.by_text or reach.by_voice))


UNKNOWN = "message.unknown"  # its duty is opened by the room of messages, as those to read what patients wrote are
UNHEARD = ("message.reply", "checkin.words")


def words_of_unknown() -> QuerySet[Duty]:
    """Words of danger from a number that nobody has, while they wait to be answered; and what a patient wrote while
    nobody was there to read it."""
    return Duty.objects.filter(kind__in=(UNKNOWN, *UNHEARD), state=DutyState.OPEN, consequence=Consequence.LIFE)


WORDS_SEEN = "seen"  # why a duty about words from an unknown number is held


def words_seen_at(duty: Duty) -> datetime | None:
    """When somebody last said of words from an unknown number that they have seen them and that they are theirs."""
    rows = duty.steps.filter(step="taken", reason=WORDS_SEEN).order_by("-happened_at")
    found: datetime | None = rows.values_list("happened_at", flat=True).first()
    return found


def help_text(source_id: UUID) -> HelpText | None:
    """What went to the number from which these words came, saying where help is: for another whom the same words
    reached, where it went with that row, if this organisation has it."""
    row = HelpText.objects.filter(source_id=source_id).first()
    if row is None or not row.is_with_another:
        return row
    beside = HelpText.objects.filter(address=row.address, created_at=row.created_at)
    return beside.exclude(state=HelpState.HELD).first() or row


# -- the standing flag -------------------------------------------------------------------------------------------------


def flag(patient: Patient) -> RiskFlag | None:
    """The flag of high risk, while it stands; also while its lowering has only been asked for."""
    rows = RiskFlag.objects.filter(patient=patient).exclude(state=FlagState.LOWERED)
    return rows.select_related("asked_by").first()


def flags(patient: Patient) -> QuerySet[RiskFlag]:
    rows = RiskFlag.objects.filter(patient=patient).order_by("-since").select_related("asked_by", "lowered_by")
    return rows.prefetch_related("steps__recorded_by")


def flag_page(patient_id: UUID) -> str:
    return f"/patients/{patient_id}/risk-flag/"
