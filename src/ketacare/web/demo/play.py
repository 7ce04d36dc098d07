"""Plays the demo's recording into the running session, as its monitor would send it, over and over."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings

from ketacare.web.cli import main
from ketacare.web.demo.story import MONITOR_ADDRESS

RECORDING = Path(__file__).parent / "recording.csv"


def run(*, at: datetime) -> None:
    """Until the process is stopped. The gateway keeps what arrives; this is only a monitor that talks."""
    door = f"mllp://127.0.0.1:{settings.MLLP_PORT}"
    main(["play", str(RECORDING), "--to", door, "--device", MONITOR_ADDRESS, "--repeat"])
