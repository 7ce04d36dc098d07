"""Run a recording through the alarm engine, and print what would have been told.

One line of JSON for every change of a condition: {"t_s", "condition", "priority", "state", "value", "limit", "rule"}.
`t_s` is seconds from the start; `state` is pending, present, clearing or absent; an end is told with its last priority.
The same engine, limits and recording print the same bytes. With --load: how many alarms would have begun to sound, and
how many without delay, dead-band and confirmation.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ketacare.medicine.monitoring.rules import Load, Recording
    from ketacare.medicine.monitoring.terms import Limits

HELP = "runs a recording through the alarm engine: alarm signals as JSON lines"
EXAMPLE = "ketacare replay docs/reference/examples/replay.csv --limits default"
DEFAULT_SHEET = "tx-1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "recordings",
        metavar="RECORDING",
        nargs="+",
        help="CSV: t_s,channel,value[,quality] or timestamp,channel,value; - for input. Several only with --load",
    )
    parser.add_argument(
        "--limits",
        metavar="SHEET",
        default="default",
        help="a limit sheet by its id, or the path of one as TOML; default is the shipped one",
    )
    parser.add_argument("--load", action="store_true", help="count the alarms instead: one line for each recording")


def run(arguments: argparse.Namespace) -> int:
    import json

    from ketacare.medicine.monitoring import rules
    from ketacare.web.runtime.faults import BadInput

    limits = limits_named(arguments.limits)
    if arguments.load:
        for answer in loads(arguments.recordings, limits):
            print(json.dumps(answer))
        return 0
    if len(arguments.recordings) > 1:
        raise BadInput("RECORDING", "one is replayed at a time. Give one, or add --load to count alarms")
    for line in rules.replay_plain(recording_at(arguments.recordings[0]), limits):
        print(json.dumps(line))
    return 0


def limits_named(name: str) -> Limits:
    """The shipped sheet of this id, or the sheet in this file."""
    from ketacare.medicine.evidence.reader import SheetRefused
    from ketacare.medicine.monitoring import reader
    from ketacare.web.runtime.faults import BadInput

    try:
        if is_path(name):
            return reader.limits_in(read_text(name, "--limits"), name)
        return reader.limits(DEFAULT_SHEET if name == "default" else name)
    except SheetRefused as refused:
        first, *more = (f"--limits: {refused.file}, {fault}" for fault in refused.faults)
        raise BadInput.of((first, *more)) from None
    except KeyError:
        rule = f"{name} is no limit sheet known here. Give default, {DEFAULT_SHEET}, or the path of a sheet (.toml)"
        raise BadInput("--limits", rule) from None


def is_path(name: str) -> bool:
    return "/" in name or name.endswith(".toml")


def recording_at(path: str) -> Recording:
    """The recording in this file; what was passed over in it is said on standard error, and never in the answer."""
    import sys

    from ketacare.medicine.monitoring import rules
    from ketacare.web.runtime.faults import BadInput

    try:
        recording = rules.read_recording(read_text(path))
    except rules.RecordingRefused as refused:
        raise BadInput("RECORDING", f"{path}, {refused}") from None
    if recording.passed_over:
        named = ", ".join(f"{name or 'no name'} ({rows} rows)" for name, rows in recording.passed_over.items())
        print(f"ketacare replay: {path}: passed over channels not known here: {named}", file=sys.stderr)
    return recording


def read_text(path: str, field: str = "RECORDING") -> str:
    """A text from a file or from input."""
    import sys
    from pathlib import Path

    from ketacare.web.runtime.faults import BadInput

    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except OSError as problem:
        raise BadInput(field, f"{path} can't be read ({problem.strerror}). Give the path of a file") from None
    except UnicodeDecodeError:
        raise BadInput(field, f"{path} is not text in UTF-8. Save it as UTF-8") from None


# --- load -------------------------------------------------------------------------------------------------------------


def loads(paths: list[str], limits: Limits) -> list[dict[str, Any]]:
    """Each recording, and all of them together when there are several."""
    from ketacare.medicine.monitoring.rules import load

    found = []
    for path in paths:
        rows = recording_at(path).rows
        found.append((path, load.load_of(rows, limits), load.load_of(rows, load.bare(limits))))
    if len(found) > 1:
        adopted, bare = (load.together(arm) for arm in zip(*((one[1], one[2]) for one in found), strict=True))
        found.append(("all", adopted, bare))
    return [compared(*one) for one in found]


def compared(name: str, adopted: Load, bare: Load) -> dict[str, Any]:
    fewer = None if not bare.audible else round(100 * (1 - adopted.audible / bare.audible), 1)
    return {
        "recording": name,
        "hours": round(adopted.hours, 2),
        "adopted": counts(adopted),
        "bare": counts(bare),
        "fewer_percent": fewer,
    }


def counts(load: Load) -> dict[str, Any]:
    from ketacare.medicine.monitoring.terms import Kind, Priority

    return {
        "high": load.count(Kind.PHYSIOLOGICAL, Priority.HIGH),
        "medium": load.count(Kind.PHYSIOLOGICAL, Priority.MEDIUM),
        "low": load.count(Kind.PHYSIOLOGICAL, Priority.LOW),
        "technical": load.count(Kind.TECHNICAL, *Priority),
        "due": load.count(Kind.DUE, *Priority),
        "audible_per_hour": None if load.hours == 0 else round(load.audible / load.hours, 2),
    }
