"""`python -m ketacare.web.handbook FOLDER [RELEASE]`: list the sheets, and write the pages into this folder (`docs`).

With the number of a release, as 0.1.0, every version of a sheet is marked as shipped: from then on it can be replaced
by a new version and no longer changed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import ketacare
from ketacare.medicine.evidence.reader import EARLIER, INDEX, KNOWLEDGE, list_of, listed, table_in
from ketacare.web.runtime.application import set_up


def list_sheets(release: str = "") -> None:
    """The list of each knowledge folder, before any sheet is held against it."""
    for knowledge in sorted(Path(ketacare.__file__).parent.glob(f"*/*/{KNOWLEDGE}")):
        files = [*knowledge.glob("*.toml"), *(knowledge / EARLIER).glob("*.toml")]
        tables = [table_in(path.read_text(encoding="utf-8"), path.name) for path in files]
        (knowledge / INDEX).write_text(list_of(tables, listed(knowledge), release=release), encoding="utf-8")


def main(folder: Path) -> None:
    from ketacare.web.handbook.pages import pages

    for place, text in pages():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        print(target)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as data:  # settings make their secrets somewhere, and not in a clinic's folder
        os.environ["KETACARE_DATA"] = data
        set_up()
        list_sheets(*sys.argv[2:3])
        main(Path(sys.argv[1]))
