"""What the passing of time does to asks: they follow the course, messages go out, windows close."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Exists, OuterRef, Q

from ketacare.clinic.channels import Gateways
from ketacare.clinic.channels.actions import TAKEN_FOR, hand_over
from ketacare.clinic.channels.gateways import MAIL, TEXT
from ketacare.clinic.duties.access import system
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.enrolment import pausing
from ketacare.clinic.outcomes import actions, following, letters, reopening, ways
from ketacare.clinic.outcomes.above import above
from ketacare.clinic.outcomes.actions import messages, sending
from ketacare.clinic.outcomes.models import Ask, AskState, MessageOut, MessageState, Way
from ketacare.clinic.outcomes.until_next import in_the_chair
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.actions import SomeFailed, for_each_organisation
from ketacare.clinic.tenancy.models import Organisation

AT_ONCE = 200
LINES = 8
# Messages of forms above that belong to a course: the reminder of a planned dose and of preparation, a small act a day.
OF_A_COURSE = Q(kind__in=("reminder", "homework"))
SHOWN_FOR = timedelta(days=1)


def deliver_due(at: datetime, *, caught: bool, channels: frozenset[str] = frozenset()) -> int:
    """Every message whose time has come, in every organisation."""

    def due() -> list[MessageOut]:
        rows = MessageOut.objects.select_for_update(of=("self",), skip_locked=True)
        waiting = rows.filter(state=MessageState.WAITING, send_after__lte=at, duty__isnull=True)
        still = pausing.paused().filter(patient=OuterRef("patient"))  # what a course sends waits while it stands still
        waiting = waiting.exclude(OF_A_COURSE & ~above.goes_on & Exists(still))
        waiting = waiting.exclude(Q(ask__isnull=False) & Exists(in_the_chair(at)))  # nobody is asked in a session
        return list(waiting.select_related("ask", "clinic", "patient").order_by("send_after")[:AT_ONCE])

    return for_each_organisation(
        due,
        lambda message: actions.deliver(message, caught=caught, channels=channels, by=system(message.clinic), at=at),
    )


def send_due(at: datetime, through: Gateways) -> int:
    """Every message that is ready for a gateway, in every organisation; one that hangs holds up no other."""
    sent = 0
    for organisation in Organisation.objects.all():
        with tenancy.tenant(organisation.pk):
            rows = taken(at)
            written = [letters.letter(row) for row in rows]
        if not rows:
            continue
        with ThreadPoolExecutor(LINES) as lines:  # only the network: no line touches the database
            faults = list(lines.map(lambda one, row: hand_over(one, through, row.clinic), written, rows))
        with tenancy.tenant(organisation.pk):
            for row, fault in zip(rows, faults, strict=True):
                actions.note_sent(row, fault, at=at)
        sent += len(rows)
    return sent


def taken(at: datetime) -> list[MessageOut]:
    """This sender's for a while, and committed as such before anybody is talked to: no receipt, no answer and no stop
    waits for a gateway."""
    rows = [row for row in ready(at) if not messages.called_off(row, by=system(row.clinic), at=at)]
    for row in rows:
        row.try_after = at + TAKEN_FOR
        row.save(update_fields=["try_after"])
    return rows


def show_caught(at: datetime, through: Gateways) -> int:
    """In a demo what would have gone out is shown by the catcher as well, once: its words and its links."""

    def caught() -> list[MessageOut]:
        rows = MessageOut.objects.select_for_update(of=("self",), skip_locked=True)
        fresh = rows.filter(state=MessageState.CAUGHT, tries=0)
        fresh = fresh.filter(Q(sent_at__gt=at - SHOWN_FOR) | Q(ask__link_until__gt=at) | Q(form_until__gt=at))
        fresh = fresh.select_related("ask", "ask__clinic", "clinic", "patient")
        return list(fresh.order_by("sent_at")[: LINES * 3])

    return for_each_organisation(caught, lambda message: show(message, through))


def show(message: MessageOut, through: Gateways) -> None:
    """Only to a catcher on this machine: nothing of a demo leaves it."""
    channel = ways.way_out(message, frozenset({TEXT, MAIL}))[0] or (MAIL if message.way == Way.EMAIL else TEXT)
    if through.stays_here(channel) and not hand_over(letters.letter(message, channel), through, message.clinic):
        message.tries = 1
        message.save(update_fields=["tries"])


def ready(at: datetime) -> list[MessageOut]:
    rows = MessageOut.objects.select_for_update(of=("self",), skip_locked=True).filter(state=MessageState.READY)
    rows = rows.filter(try_after__lte=at).select_related("ask", "ask__clinic", "clinic", "patient", "duty")
    return list(rows.order_by("ready_at")[: LINES * 3])


def follow_silence(at: datetime) -> int:
    """Every message that no gateway took in time, or of which none reported: a person has it (H23)."""
    return for_each_organisation(
        lambda: sending.unheard(at),
        lambda row: actions.give_up(row, sending.unheard_why(row), by=system(row.clinic), at=at),
    )


def close_missed(at: datetime) -> int:
    """Every ask whose window closed unanswered."""

    def late() -> list[Ask]:
        rows = Ask.objects.select_for_update(of=("self",), skip_locked=True)
        waiting = rows.filter(state=AskState.WAITING, closes_at__lte=at)
        return list(waiting.select_related("patient", "clinic").order_by("closes_at")[:AT_ONCE])

    # Silence is a sign, but of the dead.
    return for_each_organisation(
        late,
        lambda ask: (
            actions.keep_in_step(ask, None, following.DEATH, by=system(ask.clinic), at=at)
            if above.has_died(ask.patient)
            else actions.miss(ask, by=system(ask.clinic), at=at)
        ),
    )


# What is looked at for all courses, one after another.
LOOKS: tuple[Callable[[datetime], Sequence[following.OutOfStep]], ...] = (
    following.out_of_step,
    following.gone_on,
    reopening.opened_again,
    reopening.alive,
    following.before_doses,
    following.of_courses,
)


def follow_courses(at: datetime) -> int:
    """Asks as the course has them now: made before planned doses and as months go by; moved and stopped with it. What
    fails in one look keeps none of the others from being taken."""
    done, faults = 0, []
    for look in LOOKS:
        try:
            done += for_each_organisation(partial(look, at), lambda one: one.put_right(at))
        except SomeFailed as fault:
            faults.append(str(fault))
    if faults:
        raise SomeFailed("; ".join(faults))
    return done


def hand_back(at: datetime) -> int:
    """Integration visits of therapists whose last day is before the window closes, or who are assigned no more."""

    def theirs() -> list[Patient]:
        rows = Duty.objects.filter(kind=actions.INTEGRATION, state=DutyState.OPEN, owner_role__in=("TH", "ET"))
        people = Patient.objects.filter(pk__in=rows.exclude(owner=None).values("patient_id"))
        return list(people.select_related("clinic"))

    return for_each_organisation(theirs, lambda one: actions.hand_back(one, by=system(one.clinic), at=at))
