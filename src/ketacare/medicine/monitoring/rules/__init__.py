"""The judgement of the watch: `step` in the middle, one module for each thing it judges."""

from ketacare.medicine.monitoring.rules.acknowledge import listed, loudest, signal_of, sounding
from ketacare.medicine.monitoring.rules.coming import is_late
from ketacare.medicine.monitoring.rules.due import is_high, is_judged
from ketacare.medicine.monitoring.rules.entry import (
    parse_blood_pressure,
    parse_end_tidal_co2,
    parse_rate,
    parse_spo2,
    parse_temperature,
    parse_time,
)
from ketacare.medicine.monitoring.rules.glance import glanced
from ketacare.medicine.monitoring.rules.kept import (
    from_json,
    given_from_plain,
    given_to_plain,
    limits_from_plain,
    plain,
    to_json,
)
from ketacare.medicine.monitoring.rules.limits import moved, strictest
from ketacare.medicine.monitoring.rules.load import Load, load_of
from ketacare.medicine.monitoring.rules.recording import (
    Recording,
    RecordingRefused,
    channel_named,
    read_recording,
    read_rows,
)
from ketacare.medicine.monitoring.rules.replay import replay, replay_csv, replay_plain
from ketacare.medicine.monitoring.rules.staleness import visible
from ketacare.medicine.monitoring.rules.step import begin, next_deadline, step
from ketacare.medicine.monitoring.rules.words import unit_of, words

__all__ = [
    "Load",
    "Recording",
    "RecordingRefused",
    "begin",
    "channel_named",
    "from_json",
    "given_from_plain",
    "given_to_plain",
    "glanced",
    "is_high",
    "is_judged",
    "is_late",
    "limits_from_plain",
    "listed",
    "load_of",
    "loudest",
    "moved",
    "next_deadline",
    "parse_blood_pressure",
    "parse_end_tidal_co2",
    "parse_rate",
    "parse_spo2",
    "parse_temperature",
    "parse_time",
    "plain",
    "read_recording",
    "read_rows",
    "replay",
    "replay_csv",
    "replay_plain",
    "signal_of",
    "sounding",
    "step",
    "strictest",
    "to_json",
    "unit_of",
    "visible",
    "words",
]
