"""A recording through the alarm engine: every signal as a line of JSON."""

from __future__ import annotations

import argparse

HELP = "runs a recording through the alarm engine: alarm signals as JSON lines"
EXAMPLE = "ketacare replay recording.csv --limits default"
DEFAULT_SHEET = "tx-1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recording", help="CSV: t_s,channel,value[,quality] or timestamp,channel,value; - for input")
    parser.add_argument("--limits", default="default", help="a limit sheet by its id (default: the shipped one)")


def run(arguments: argparse.Namespace) -> int:
    import json

    from ketacare.medicine.evidence.reader import SheetRefused
    from ketacare.medicine.monitoring import reader, rules
    from ketacare.web.runtime.faults import BadInput

    text = read_text(arguments.recording)
    sheet = DEFAULT_SHEET if arguments.limits == "default" else arguments.limits
    try:
        limits = reader.limits(sheet)
    except (SheetRefused, LookupError, OSError):
        raise BadInput("--limits", f"{sheet} is not a limit sheet known here")
    try:
        for signal in rules.replay_csv(text, limits):
            print(json.dumps(signal))
    except rules.RecordingRefused as refused:
        raise BadInput("RECORDING", str(refused))
    return 0


def read_text(path: str) -> str:
    """The recording, from a file or from input."""
    import sys
    from pathlib import Path

    from ketacare.web.runtime.faults import BadInput

    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except OSError as problem:
        raise BadInput("RECORDING", f"{path} can't be read ({problem.strerror})")
    except UnicodeDecodeError:
        raise BadInput("RECORDING", f"{path} is not text in UTF-8")
