"""A bedside monitor beside the journey's chair: `ketacare play` of two minutes of the demo's recording."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

from ketacare.web import demo
from ketacare.web.runtime.parent_death import die_with_parent

RECORDING = Path(demo.__file__).parent / "recording.csv"
SECONDS = 120


class Monitor:
    """Speaks HL7 v2 over MLLP to the gateway, one message a second."""

    def __init__(self, address: str, door: str, folder: Path) -> None:
        self.recording = folder / "recording.csv"
        self.recording.write_text(beginning_of(RECORDING.read_text()))
        self.command = [sys.executable, "-m", "ketacare", "play", str(self.recording)]
        self.command += ["--to", door, "--device", address, "--repeat"]
        self.process: subprocess.Popen[bytes] | None = None

    def speak(self) -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        self.process = subprocess.Popen(self.command, env=environment, preexec_fn=die_with_parent())

    def fall_silent(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None


def beginning_of(recording: str) -> str:
    head, *rows = recording.splitlines()
    return "\n".join([head, *takewhile(lambda row: int(row.split(",")[0]) < SECONDS, rows)])
