"""H22: whoever typed much gets it back, whatever came between: every form with room for sentences is kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ketacare

HOME = Path(ketacare.__file__).parent
FORMS = re.compile(r"(?:\{\{\s*ui\.form_open\(|<form\b)(.*?)(?:\{\{\s*ui\.form_close\(|</form>)", re.DOTALL)
ROOM = re.compile(r"ui\.textarea\(|<textarea\b")
KEPT = re.compile(r"\bkeep=|data-keep=|data-answer\b")
# Drawn by a link for somebody without an account: nobody's sign-in ends while they write.
BY_LINK = {"clearance_answer.jinja"}


def unkept(text: str) -> list[str]:
    """The forms with room for sentences that say nowhere in their opening how they are kept."""
    forms = [form.group(1) for form in FORMS.finditer(text)]
    return [form[:120] for form in forms if ROOM.search(form) and not KEPT.search(form[: ROOM.search(form).start()])]


PAGES = [page for page in HOME.rglob("*.jinja") if ROOM.search(page.read_text()) and page.name not in BY_LINK]


def test_the_search_finds_a_form_that_is_not_kept():
    assert len(PAGES) > 20
    assert unkept('{{ ui.form_open(url("x")) }}{{ ui.textarea("words", "Why") }}{{ ui.form_close() }}')
    assert not unkept('{{ ui.form_open(url("x"), keep="x") }}{{ ui.textarea("words", "Why") }}{{ ui.form_close() }}')
    assert not unkept('<form method="post">{{ ui.field("words", "Why") }}</form>')


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_h22_every_form_for_sentences_is_kept(page: Path):
    assert unkept(page.read_text()) == []
