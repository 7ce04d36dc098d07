"""The tables of the clinical reference that the sheets were written from, in the copy that the tests carry.

The reference itself is not part of the repository. Where it is there, the copy is held against it word by word, and
`python -m tests.reference_tables` writes the copy again.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / "tests" / "reference" / "tables"


def ketacare_reference() -> Path:
    """The folder of the reference; without it the test is skipped."""
    folder = reference_folder()
    if not folder.is_dir():
        pytest.skip("KETACARE_REFERENCE is not set and ../shared/reference is not there")
    return folder


def reference_folder() -> Path:
    named = os.environ.get("KETACARE_REFERENCE")
    return Path(named) if named else ROOT.parent / "shared" / "reference"


def tables(name: str, heading: str) -> list[dict[str, str]]:
    """Every row of every table under a heading, which is found by how its words begin, numbers left out."""
    return rows_under(heading, copied(name))


def copied(name: str) -> str:
    return (COPY / f"{name}.md").read_text(encoding="utf-8")


def original(name: str, folder: Path) -> str:
    (file,) = folder.rglob(f"{name}.md")
    return file.read_text(encoding="utf-8")


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ +(?:[\d.]+[a-z]? +)?(.*)$", text, flags=re.MULTILINE)


def copy_of(name: str, folder: Path) -> str:
    """The parts that the copy has, as the reference says them now."""
    text = original(name, folder)
    return "\n".join(f"## {part}\n" + "\n".join(lines_of(part, text)) for part in headings(copied(name))) + "\n"


def lines_of(heading: str, text: str) -> Iterator[str]:
    """A part without the empty lines at its ends."""
    yield ""
    yield from "\n".join(section(heading, text)).strip("\n").splitlines()
    yield ""


def rows_under(heading: str, text: str) -> list[dict[str, str]]:
    """Markup that only shapes the text is dropped. A column without a name parts two tables printed side by side."""
    titles: list[str] = []
    found: list[dict[str, str]] = []
    for line in section(heading, text):
        if not line.startswith("|"):
            titles = []
        elif not titles:
            titles = cells(line)
        elif set(line) - set("|-: "):
            found += side_by_side(titles, cells(line))
    return found


def section(heading: str, text: str) -> list[str]:
    """The lines between a heading and the next one."""
    parts = re.split(r"^#+ +(?:[\d.]+[a-z]? +)?(.*)$", text, flags=re.MULTILINE)
    titled = list(zip(parts[1::2], parts[2::2], strict=True))
    exact = [body for title, body in titled if title.strip() == heading]
    wanted = exact or [body for title, body in titled if title.startswith(heading)]
    if len(wanted) != 1:
        raise LookupError(f"{heading!r}: {len(wanted)} headings begin so. Name one.")
    return wanted[0].splitlines()


def cells(line: str) -> list[str]:
    return [re.sub(r"\*\*|`", "", cell).strip() for cell in line.strip().strip("|").split("|")]


def side_by_side(titles: list[str], values: list[str]) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = [{}]
    for title, value in zip(titles, values, strict=True):
        if title:
            rows[-1][title] = value
        else:
            rows.append({})
    return [row for row in rows if any(row.values())]


if __name__ == "__main__":
    for known in sorted(COPY.glob("*.md")):
        known.write_text(copy_of(known.stem, reference_folder()), encoding="utf-8")
