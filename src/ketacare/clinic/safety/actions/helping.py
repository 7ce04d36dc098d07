"""Words of danger that came by text are answered with where help is: fixed words to the number they came from, at any
hour, once in a while to one number. They say nothing of a patient or a clinic (H13, D7).

After STOP no text goes to a number until START: carriers deliver none in between, so one would only look as if somebody
had been told. Then only a call reaches them, and whoever is called about the words reads so.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.channels.actions import AT_ONCE, FINAL, TAKEN_FOR
from ketacare.clinic.channels.gateways import TELEPHONE, is_last_word
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.access import system
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.people.models import Role
from ketacare.clinic.safety import queries
from ketacare.clinic.safety.models import Concern, ConcernState, HelpState, HelpText
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.safety import reader
from ketacare.medicine.supervision import reader as supervision

ADDRESS_MOST = 40
NOT_REACHED = duties.ends_by_word("help.not_reached", "Whom you reached, and what was done")
NO_NUMBER = "what it came from is no number, with its country, that a text can go to"
LATELY = "one went to this number a short while ago"
NONE_ARRIVED = "one before it did not arrive, and one after it was tried"
log = logging.getLogger(__name__)


def answer_with_help(
    *, clinic: Clinic, source_id: UUID, address: str, words: str, at: datetime, held: str = ""
) -> HelpText | None:
    """With the answer that is kept, in its transaction. `held`: why it may not go. A fault of it silences nobody's
    words: then there is no row, and whoever reads them sees that nothing went out."""
    goes = TELEPHONE.fullmatch(address) or "@" in address
    why = held or ("" if goes and len(address) <= ADDRESS_MOST else NO_NUMBER)
    try:
        with transaction.atomic():
            row = HelpText.objects.create(
                organisation_id=clinic.organisation_id,
                clinic=clinic,
                created_at=at,
                source_id=source_id,
                address=address[:ADDRESS_MOST],
                words=words,
                state=HelpState.HELD if why else HelpState.WAITING,
                why=why[:80],
                try_after=at,
            )
            audit.note(by=system(clinic), at=at, verb="help.write", on=row, because=why or "text")
            return row
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:  # noqa: BLE001 - said; its own text may hold words
        log.error("nobody was told where help is: %s", type(fault).__name__)
        return None


def release_help(*, clinic: Clinic, address: str, held: str, at: datetime) -> HelpText | None:
    """What was held back for this reason goes now, the newest, while it is as new as what is not said twice."""
    since = at - timedelta(hours=reader.danger_words().help_again_after.integer)
    rows = HelpText.objects.select_for_update(of=("self",)).filter(clinic=clinic, address=address, created_at__gt=since)
    row = rows.filter(state=HelpState.HELD, why=held[:80]).order_by("created_at").last()
    if row is None or not TELEPHONE.fullmatch(address) or told_lately(address, at):
        return None
    row.state, row.why, row.try_after, row.version = HelpState.WAITING, "", at, row.version + 1
    row.save(update_fields=["state", "why", "try_after", "version"])
    audit.note(by=system(clinic), at=at, verb="help.write", on=row, because="start")
    return row


def held_for(clinic: Clinic, address: str, why: str) -> list[UUID]:
    """The words that no text answered, for this reason."""
    rows = HelpText.objects.filter(clinic=clinic, address=address, state=HelpState.HELD, why=why[:80])
    return list(rows.values_list("source_id", flat=True))


def goes_instead(failed: HelpText, *, at: datetime) -> None:
    """The text that others were held back for did not arrive: the newest of them goes now, and none of them says any
    longer that one went."""
    rows = HelpText.objects.select_for_update(of=("self",)).filter(address=failed.address, state=HelpState.HELD)
    held = list(rows.filter(why=LATELY, created_at__gte=failed.created_at).order_by("created_at"))
    if told_lately(failed.address, at):
        return
    for row in held[-1:]:
        row.state, row.why, row.try_after, row.version = HelpState.WAITING, "", at, row.version + 1
    for row in held[:-1]:
        row.why, row.version = NONE_ARRIVED, row.version + 1
    for row in held:
        row.save(update_fields=["state", "why", "try_after", "version"])
        audit.note(by=system(row.clinic), at=at, verb="help.write", on=row, because="earlier one failed")


def told_lately(address: str, at: datetime) -> bool:
    """In the tenant its caller entered: whatever answers by itself is not answered again."""
    since = at - timedelta(hours=reader.danger_words().help_again_after.integer)
    rows = HelpText.objects.filter(address=address, created_at__gt=since)
    return rows.exclude(state__in=(HelpState.HELD, HelpState.FAILED)).exists()


def take_help(at: datetime) -> list[HelpText]:
    """What waits in the entered tenant is this sender's for a while: nobody waits for a gateway. Each try has a receipt
    of its own, so that what is said late of one is not taken for the next."""
    rows = HelpText.objects.select_for_update(of=("self",), skip_locked=True).select_related("clinic")
    found = list(rows.filter(state=HelpState.WAITING, try_after__lte=at).order_by("created_at")[:AT_ONCE])
    for row in found:
        if row.tries:
            row.earlier_receipts, row.receipt = [*row.earlier_receipts, str(row.receipt)], uuid4()
        row.try_after, row.tries, row.why, row.version = at + TAKEN_FOR, row.tries + 1, "", row.version + 1
        row.save(update_fields=["try_after", "tries", "receipt", "earlier_receipts", "why", "version"])
    return found


def note_help_sent(row: HelpText, fault: str, *, at: datetime) -> HelpText:
    """Handed over is not delivered: a receipt says that, and may have come before the gateway's own answer."""
    now = HelpText.objects.select_for_update(of=("self",)).select_related("clinic").get(pk=row.pk)
    if now.version != row.version:
        return now
    retry = supervision.concern_ladder().retry
    if not fault:
        now.state, now.sent_at, now.why = HelpState.SENT, at, ""
    elif settings.DEMO and fault in FINAL:
        now.state, now.sent_at = HelpState.CAUGHT, at
    elif fault in FINAL or is_last_word(fault) or now.tries >= retry.tries:
        now.state, now.why = HelpState.FAILED, fault[:80]
    else:
        now.try_after, now.why = at + retry.again_after, fault[:80]
    now.version += 1
    now.save(update_fields=["state", "sent_at", "why", "try_after", "version"])
    audit.note(by=system(now.clinic), at=at, verb="help.sent", on=now, because=now.state)
    if now.state == HelpState.FAILED:
        goes_instead(now, at=at)
        somebody_calls(now, at=at)
    return now


@transaction.atomic
def receive_help_receipt(*, receipt: UUID, delivered: bool, why: str = "", at: datetime) -> HelpText | None:
    """The gateway says what became of a try. Said twice, it is the same; a delivery by any try is never taken back, and
    that one did not arrive says nothing of a later one, which waits, is on its way or went."""
    rows = HelpText.objects.select_for_update(of=("self",)).select_related("clinic")
    row = rows.filter(receipt=receipt).first() or rows.filter(earlier_receipts__contains=[str(receipt)]).first()
    if row is None or row.state == HelpState.DELIVERED or (row.state == HelpState.FAILED and not delivered):
        return row
    is_tried_again = row.receipt != receipt or (row.state == HelpState.WAITING and row.why != "")
    if not delivered and is_tried_again:
        return row
    if delivered:
        row.state, row.delivered_at, row.why = HelpState.DELIVERED, at, ""
    else:
        row.state, row.why = HelpState.FAILED, why[:80] or "it did not arrive"
    row.version += 1
    row.save(update_fields=["state", "delivered_at", "why", "version"])
    audit.note(by=system(row.clinic), at=at, verb="help.receipt", on=row, because=row.state)
    if row.state == HelpState.FAILED:
        goes_instead(row, at=at)
        somebody_calls(row, at=at)
    return row


def receive_help_unnamed(addresses: Mapping[str, str], *, since: datetime, at: datetime) -> int:
    """Mail systems that hand nothing back name the address alone: it is the newest mail to it of this tenant."""
    done = 0
    for address, why in addresses.items():
        rows = HelpText.objects.filter(address__iexact=address, sent_at__gt=since)
        if (row := rows.order_by("sent_at").last()) is not None and row.state == HelpState.SENT:
            receive_help_receipt(receipt=row.receipt, delivered=False, why=why, at=at)
            done += 1
    return done


def somebody_calls(failed: HelpText, *, at: datetime) -> None:
    """Where help is did not reach who wrote of danger: whoever has their concern calls, told in the same moment (H23),
    unless another goes out instead or a clinician has decided. Of words that are nobody's who is known, their own duty
    says so."""
    rows = Concern.objects.filter(source_id=failed.source_id).exclude(state=ConcernState.CLOSED)
    concern = rows.select_related("patient", "owner").first()
    if concern is None or told_lately(failed.address, at):
        return
    if owed.open_for(concern.patient, NOT_REACHED).exists():
        return
    watch = queries.on_call(concern.clinic_id, at)
    duties.open_duty(
        kind=NOT_REACHED,
        title="Call: what says where help is did not reach them",
        patient=concern.patient,
        owner_role=watch.role if watch else Role.RX,
        owner=concern.owner or (watch.user if watch else None),
        due_at=at,
        why=f"Not delivered: {failed.why}",
        link=queries.page(concern.pk),
        consequence=Consequence.SAFETY,
        by=system(failed.clinic),
        at=at,
    )
