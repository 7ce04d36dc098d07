"""What stands alone to be tapped is 44 px high where a finger points: by class, once, in the common sheet."""

from __future__ import annotations

import re
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "ketacare"
COMMON = SOURCE / "web/static/css/components.css"
TOUCH = re.compile(r"@media \(pointer: coarse\), \(max-width: 48rem\) \{\n(.*?)\n\}\n", re.DOTALL)
PARAGRAPH = re.compile(r"<p(?P<attributes>(?:\s[^>]*)?)>(?P<inside>(?:(?!</?p[\s>]).)*?)</p>")
JINJA = (re.compile(r"\{#.*?#\}", re.DOTALL), re.compile(r"\{%.*?%\}"), re.compile(r"\{\{.*?\}\}"))
LINK = re.compile(r"<a\b[^>]*>.*?</a>")
# Each gives its links the height of a finger in a sheet of its own, or is of the frame for patients' phones.
TALL = {"ways", "figure__files", "copy__ways", "crisis__promise", "phone__skip", "who__name"}
BY_THEMSELVES = {"duty__words", "queue__name", "queue__next"}
PHONE = ("/intake/", "/me/", "/links/", "/caregivers/page", "components/phone", "/therapy/my_")


def alone(text: str) -> list[str]:
    """The classes of each paragraph that holds links and nothing else."""
    text = JINJA[2].sub("X", JINJA[1].sub("", JINJA[0].sub("", text)))
    found = []
    for paragraph in PARAGRAPH.finditer(text):
        links = LINK.findall(paragraph["inside"])
        rest = LINK.sub("", paragraph["inside"]).strip(" \n·|")
        if links and not rest and not all('class="button' in link or "reach" in link for link in links):
            classes = re.search(r'class="([^"]*)"', paragraph["attributes"])
            found.append(classes[1] if classes else "")
    return found


def test_a_line_of_nothing_but_links_has_the_class_that_makes_them_tall() -> None:
    assert alone("<p class='small'><a href='x'>Back</a></p><p>See <a href='y'>there</a>.</p>") == [""]
    for path in SOURCE.rglob("templates/**/*.jinja"):
        if not any(part in str(path) for part in PHONE):
            short = [found for found in alone(path.read_text()) if not set(found.split()) & (TALL | BY_THEMSELVES)]
            assert short == [], f"{path.relative_to(SOURCE)}: give the paragraph class “ways”"


def test_the_common_sheet_makes_them_tall() -> None:
    tall = TOUCH.findall(COMMON.read_text())[-1].split("{")
    for selector in (".link", ".reach", ".ways > a", ".form__act > a", ":is(td, th, dd, h2, h3) > a", ":is(li, li > p"):
        assert selector in tall[0], selector
    assert "min-height: var(--touch)" in tall[1]
