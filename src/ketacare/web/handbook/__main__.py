"""`python -m ketacare.web.handbook FOLDER`: write the pages into this folder (`docs`)."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from ketacare.web.handbook.pages import pages
from ketacare.web.runtime.application import set_up


def main(folder: Path) -> None:
    for place, text in pages():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        print(target)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as data:  # settings make their secrets somewhere, and not in a clinic's folder
        os.environ["KETACARE_DATA"] = data
        set_up()
        main(Path(sys.argv[1]))
