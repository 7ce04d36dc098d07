"""Every write of the watch: devices and pairings, readings in, alarms answered, time passing."""

from ketacare.clinic.monitoring.actions.alarms import (
    acknowledge_alarm,
    begin_emergency,
    change_limits,
    end_emergency,
    monitor_again,
    observe_sign,
    pause_audio,
    stop_monitoring,
    unpause_audio,
)
from ketacare.clinic.monitoring.actions.devices import (
    claim_devices,
    close_stray,
    end_pairings,
    end_watch,
    note_stray,
    pair_device,
    register_device,
    release_devices,
    unpair_device,
)
from ketacare.clinic.monitoring.actions.readings import Arrival, amend_reading, record_by_hand, record_readings
from ketacare.clinic.monitoring.actions.ticking import NotAllWatched, beat, tick
from ketacare.clinic.monitoring.actions.watching import (
    advance,
    begin_watch,
    check_done,
    dose_acting,
    schedule_checks,
    set_baseline,
)

__all__ = [
    "Arrival",
    "NotAllWatched",
    "acknowledge_alarm",
    "advance",
    "amend_reading",
    "beat",
    "begin_emergency",
    "begin_watch",
    "change_limits",
    "check_done",
    "claim_devices",
    "close_stray",
    "dose_acting",
    "end_emergency",
    "end_pairings",
    "end_watch",
    "monitor_again",
    "note_stray",
    "observe_sign",
    "pair_device",
    "pause_audio",
    "record_by_hand",
    "record_readings",
    "register_device",
    "release_devices",
    "schedule_checks",
    "set_baseline",
    "stop_monitoring",
    "tick",
    "unpair_device",
    "unpause_audio",
]
