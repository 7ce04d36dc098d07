"""Differences between the sheets and the reference that are meant, each with its reason."""

import tomllib
from pathlib import Path

LISTED = Path(__file__).parent / "differences.toml"


def deliberate(check: str) -> set[tuple[str, str]]:
    """Row and column of every difference that this check may find."""
    listed = tomllib.loads(LISTED.read_text(encoding="utf-8")).get(check, [])
    assert all(entry["reason"].strip() and entry["reference"] and entry["ours"] for entry in listed)
    return {(entry["row"], entry["column"]) for entry in listed}
