"""The list of what each version of a sheet says, so that a sheet that was changed under its old version is refused.

Every `knowledge` folder has a list, `index.csv`: id, version, the release that first shipped it, and the fingerprint of
its content. `python3 make.py docs` writes it; a version that a release has shipped can then only be replaced, never
changed. A folder without a list (a file tried out, a test) is not held against one; the shipped ones all have theirs.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader.writing import fingerprint

KNOWLEDGE, EARLIER, INDEX = "knowledge", "earlier", "index.csv"
_HEADS = ("id", "version", "released", "sha256")


@dataclass(frozen=True, slots=True)
class Listed:
    released: str
    sha256: str


def fault_of(path: Path, table: Mapping[str, Any]) -> str | None:
    """What is wrong with this file by the list of its folder; None where all is as listed, or nothing is listed."""
    index = _folder(path) / INDEX
    if not index.is_file():
        return None
    head = table.get("sheet", {})
    known = _read(index, index.stat().st_mtime_ns).get((str(head.get("id")), str(head.get("version"))))
    if known is None:
        return "sheet.version: this version is not on the list of the folder. List it: python3 make.py docs."
    if known.sha256 == fingerprint(table):
        return None
    remedy = "Put the released file back, or give it a new version and keep the old one under knowledge/earlier."
    if not known.released:
        remedy = "If you meant to, list it again: python3 make.py docs. If not, put the file back."
    return f"sheet.version: the sheet has changed and still says version {head['version']}. {remedy}"


def _folder(path: Path) -> Path:
    return path.parent.parent if path.parent.name == EARLIER else path.parent


def listed(folder: Path) -> Mapping[tuple[str, str], Listed]:
    """The list of a folder by id and version; empty where there is none."""
    index = folder / INDEX
    return _read(index, index.stat().st_mtime_ns) if index.is_file() else {}


@lru_cache(maxsize=64)
def _read(index: Path, changed_at: int) -> Mapping[tuple[str, str], Listed]:
    with index.open(encoding="utf-8", newline="") as lines:
        return {(row["id"], row["version"]): Listed(row["released"], row["sha256"]) for row in csv.DictReader(lines)}


class Released(ValueError):
    """A version that a release has shipped says something else now."""


def list_of(tables: Iterable[Mapping[str, Any]], known: Mapping[tuple[str, str], Listed], *, release: str = "") -> str:
    """The list of these sheets as it is written; Released when one changed that a release has shipped.

    `release` marks every version that no release has shipped yet as shipped by this one.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_HEADS)
    for table in sorted(tables, key=lambda table: (table["sheet"]["id"], table["sheet"]["version"])):
        key = (table["sheet"]["id"], table["sheet"]["version"])
        now, before = fingerprint(table), known.get(key)
        if before is not None and before.released and before.sha256 != now:
            told = f"{key[0]} {key[1]} was released in {before.released} and has changed."
            raise Released(f"{told} Give it a new version, and keep the old one under knowledge/earlier.")
        rows.writerow((*key, (before.released if before else "") or release, now))
    return text.getvalue()
