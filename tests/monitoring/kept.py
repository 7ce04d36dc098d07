"""The seeds whose sessions ever told engine and reference apart. They are replayed before all others."""

from __future__ import annotations

from pathlib import Path

FAILED_SEEDS = Path(__file__).with_name("failed_seeds.txt")


def failed_seeds() -> list[int]:
    lines = FAILED_SEEDS.read_text(encoding="utf-8").splitlines()
    return [int(line.split("#")[0]) for line in lines if line.split("#")[0].strip()]


def keep(seed: int, why: str) -> None:
    if seed in failed_seeds():
        return
    lines = FAILED_SEEDS.read_text(encoding="utf-8").splitlines()
    notes = [line for line in lines if line.startswith("#")]
    seeds = [line for line in lines if line and not line.startswith("#")]
    ordered = sorted([*seeds, f"{seed}  # {why}"], key=lambda line: int(line.split("#")[0]))
    FAILED_SEEDS.write_text("\n".join([*notes, *ordered]) + "\n", encoding="utf-8")
