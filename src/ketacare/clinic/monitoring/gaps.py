"""Where a monitor's stream broke off: how often, and for how long in all (T8, T4)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Window
from django.db.models.functions import Lag

from ketacare.clinic.monitoring.models import Device, Reading, Source
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.monitoring import reader
from ketacare.medicine.monitoring.rules.staleness import lost_after
from ketacare.medicine.monitoring.terms import Channel, Stream


@dataclass(frozen=True, slots=True)
class Gaps:
    """Of one channel of a session. `longest` says whether it was a slipped probe or an absent monitor."""

    channel: Channel
    count: int
    whole: timedelta
    longest: timedelta


def gaps(visit: Visit) -> list[Gaps]:
    """Silences longer than those after which a value counts as lost, between two values of one monitor. What waited in
    an agent and came later has closed its own."""
    streamed = [str(channel) for channel in Channel if not channel.intermittent]
    rows = Reading.objects.filter(
        organisation_id=visit.organisation_id, visit=visit, source=Source.DEVICE, channel__in=streamed,
        value__isnull=False,
    )  # fmt: skip
    before = Window(Lag("taken_at"), partition_by=[F("device_id"), F("channel")], order_by=F("taken_at").asc())
    intervals = dict(Device.objects.filter(pairings__visit=visit).values_list("pk", "interval_s"))
    found: dict[Channel, list[timedelta]] = defaultdict(list)
    shortest = timedelta(seconds=reader.limits().times.lost_s)
    apart = rows.annotate(before=before).filter(before__lte=F("taken_at") - shortest)
    for device_id, channel, taken_at, last in apart.values_list("device_id", "channel", "taken_at", "before"):
        if taken_at - last >= _lost_after(intervals.get(device_id, 1), last):
            found[Channel(channel)].append(taken_at - last)
    return [Gaps(channel, len(all_of), sum(all_of, timedelta()), max(all_of)) for channel, all_of in found.items()]


def _lost_after(interval_s: int, since: datetime) -> timedelta:
    return lost_after(Stream("", interval_s, since), reader.limits().times)
