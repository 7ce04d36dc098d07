"""What every page is held to: the policy on scripts and styles, the weight, the words (V3)."""

import gzip
import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string

from ketacare.web import served
from ketacare.web.styleguide.examples import guide
from ketacare.web.styleguide.views import PHONE_SCREENS

WEB = Path(__file__).parents[2]
STATIC = WEB / "static"
ALARM_COLOURS = re.compile(r"var\(--(?:on-)?alarm-(?:high|medium|low)")
BUDGET_BYTES = 100_000
PHONE_BUDGET_BYTES = 60_000


def pages() -> dict[str, str]:
    shown = {name: render_to_string(f"{name}.jinja", guide(), using="jinja") for name in ("styleguide",)}
    shown["paper"] = render_to_string("styleguide_paper.jinja", guide(), using="jinja")
    for screen in PHONE_SCREENS:
        shown[screen] = render_to_string("styleguide_phone.jinja", guide() | {"screen": screen}, using="jinja")
    return shown


@pytest.fixture(scope="module")
def shown() -> dict[str, str]:
    return pages()


def test_no_inline_style_and_no_inline_script(shown: dict[str, str]) -> None:
    for name, page in shown.items():
        assert not re.search(r"<[^>]+\sstyle=", page), name
        assert not re.search(r"<[^>]+\son[a-z]+=", page), name
        for attributes in re.findall(r"<script([^>]*)>", page):
            assert "src=" in attributes or 'type="application/json"' in attributes, name


def test_every_form_that_posts_carries_its_one_time_key(shown: dict[str, str]) -> None:
    for name, page in shown.items():
        for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", page, re.DOTALL):
            assert 'name="once"' in form or "data-sign-out" in form, f"{name}: {form[:120]}"


def test_ids_are_unique(shown: dict[str, str]) -> None:
    for name, page in shown.items():
        ids = re.findall(r"\sid=\"([^\"]+)\"", page)
        assert len(ids) == len(set(ids)), f"{name}: {sorted(i for i in ids if ids.count(i) > 1)}"


def test_v3_alarm_colours_are_used_for_alarms_only() -> None:
    allowed = re.compile(r"alarm|vital--alarm|tile--(high|medium|low)")
    for sheet in (STATIC / "css").glob("*.css"):
        for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet.read_text()):
            if ALARM_COLOURS.search(body) and not re.match(r"\s*(0%|50%)\s*$", selector):
                assert allowed.search(selector), f"{sheet.name}: {selector.strip()}"


def test_a_predicted_course_is_shown_and_says_that_it_is_none(shown: dict[str, str]) -> None:
    page = shown["styleguide"]
    assert page.count("polygon") == 3
    assert "Predicted, not measured" in page
    assert "0.4 mg/kg over 40 min, 07-Jul-2026" in page


def test_v1_flashing_stays_under_three_a_second() -> None:
    sheet = (STATIC / "css" / "chairside.css").read_text()
    periods = [int(period) for period in re.findall(r"animation: flash-\w+ (\d+)ms", sheet)]
    assert periods == [500, 2000]


def compressed(*paths: Path) -> int:
    return sum(len(served.compressed(served.as_sent(path))) for path in paths)


def vendored(*names: str) -> list[Path]:
    paths = [STATIC / "vendor" / name for name in names]
    if not all(path.is_file() for path in paths):
        pytest.skip("the page assets are not fetched on this machine")
    return paths


PACKAGE = WEB.parent
DOSING = PACKAGE / "clinic/dosing/templates/dosing"
STYLE = re.compile(r"""static\(['"]([\w/-]+\.css)['"]\)""")
IMPORT = re.compile(r"""(?:from |import )"\./([\w]+\.js)\"""")


def styles_of(*templates: Path) -> list[Path]:
    """The style sheets these templates ask for, where the finders would find them."""
    names = {name for template in templates for name in STYLE.findall(template.read_text())}
    found = [[STATIC / name, *PACKAGE.glob(f"clinic/*/static/{name}")] for name in sorted(names)]
    return [next(path for path in places if path.is_file()) for places in found]


def scripts_from(*names: str) -> list[Path]:
    """These modules and all that they import."""
    found: list[str] = []
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.append(name)
            waiting += IMPORT.findall((STATIC / "js" / name).read_text())
    return [STATIC / "js" / name for name in found]


def weight(styles: list[Path], scripts: list[Path]) -> int:
    every = styles_of(WEB / "templates" / "base.jinja")
    return compressed(*every, *styles, *scripts, *vendored("htmx.min.js", "uPlot.iife.min.js", "uPlot.min.css"))


# Each is fetched only where the page has what it draws.
NOT_AT_THE_CHAIR = ("outcome.js", "curve.js", "replay.js", "planner.js", "asking.js", "renew.js")


def test_script_and_style_of_the_chairside_page_stay_within_their_weight() -> None:
    scripts = scripts_from("main.js", *re.findall(r'import\("\./(\w+\.js)"\)', (STATIC / "js/main.js").read_text()))
    scripts = [path for path in scripts if path.name not in NOT_AT_THE_CHAIR]
    assert len(scripts) > 12
    assert weight(styles_of(DOSING / "_frame.jinja", DOSING / "chair.jinja"), scripts) <= BUDGET_BYTES


def test_script_and_style_of_every_other_page_stay_within_their_weight() -> None:
    scripts = scripts_from("main.js", "outcome.js")
    templates = [path for path in PACKAGE.rglob("templates/**/*.jinja") if path.name != "base.jinja"]
    heaviest = max(templates, key=lambda path: compressed(*styles_of(path)))
    assert weight(styles_of(heaviest), scripts) <= BUDGET_BYTES, heaviest


def test_a_phone_page_stays_within_its_weight(shown: dict[str, str]) -> None:
    css = [STATIC / "css" / name for name in ("tokens.css", "base.css", "phone.css")]
    js = [STATIC / "js" / name for name in ("phone.js", "keep.js")]
    page = max(len(gzip.compress(shown[screen].encode())) for screen in PHONE_SCREENS)
    assert compressed(*css, *js, *vendored("inter-latin-wght-normal.woff2")) + page <= PHONE_BUDGET_BYTES
