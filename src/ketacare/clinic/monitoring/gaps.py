"""Where a monitor's stream broke off: how often, and for how long in all (T8, T4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Max, Min, QuerySet, Window
from django.db.models.functions import Lag

from ketacare.clinic.monitoring.models import Pairing, Reading, Source
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.monitoring import reader
from ketacare.medicine.monitoring.rules.staleness import lost_after
from ketacare.medicine.monitoring.terms import Channel, Stream

STREAMED = tuple(channel for channel in Channel if not channel.intermittent)
Silence = tuple[Channel, timedelta]


@dataclass(frozen=True, slots=True)
class Gaps:
    """Of one channel of a session. `longest` says whether it was a slipped probe or an absent monitor."""

    channel: Channel
    count: int
    whole: timedelta
    longest: timedelta


def gaps(visit: Visit, *, until: datetime) -> list[Gaps]:
    """Silences as long as those after which a value counts as lost, while a monitor was on this person: before its
    first value, between two, and after its last one until `until`. What was promised and never came is one from end to
    end. What waited in an agent and came later has closed its own."""
    found: dict[Channel, list[timedelta]] = defaultdict(list)
    for pairing in Pairing.objects.filter(visit=visit).select_related("device").order_by("paired_at"):
        end = min(pairing.ended_at or until, pairing.until, until)
        for channel, silence in _of_one(pairing, end):
            found[channel].append(silence)
    return [
        Gaps(channel, len(found[channel]), sum(found[channel], timedelta()), max(found[channel]))
        for channel in STREAMED
        if channel in found
    ]


def _of_one(pairing: Pairing, end: datetime) -> Iterator[Silence]:
    lost = lost_after(Stream("", pairing.device.promises_every_s, pairing.paired_at), reader.limits().times)
    rows = Reading.objects.filter(
        organisation_id=pairing.organisation_id, visit_id=pairing.visit_id, device_id=pairing.device_id,
        source=Source.DEVICE, channel__in=[str(channel) for channel in STREAMED], value__isnull=False,
        taken_at__gte=pairing.paired_at, taken_at__lte=end,
    )  # fmt: skip
    silences = [*_at_its_ends(pairing, end, rows), *_between(rows, lost)]
    yield from ((channel, silence) for channel, silence in silences if silence >= lost)


def _at_its_ends(pairing: Pairing, end: datetime, rows: QuerySet[Reading]) -> Iterator[Silence]:
    came = rows.values("channel").annotate(first=Min("taken_at"), last=Max("taken_at"))
    spans = {Channel(row["channel"]): (row["first"], row["last"]) for row in came}
    for channel in STREAMED:
        if channel in spans:
            first, last = spans[channel]
            yield channel, first - pairing.paired_at
            yield channel, end - last
        elif channel in pairing.device.channels:
            yield channel, end - pairing.paired_at


def _between(rows: QuerySet[Reading], lost: timedelta) -> Iterator[Silence]:
    before = Window(Lag("taken_at"), partition_by=[F("channel")], order_by=F("taken_at").asc())
    apart = rows.annotate(before=before).filter(before__lte=F("taken_at") - lost)
    for channel, taken_at, last in apart.values_list("channel", "taken_at", "before"):
        yield Channel(channel), taken_at - last
