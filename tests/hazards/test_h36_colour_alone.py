"""H36: what only a colour says, in grey nobody hears."""

from __future__ import annotations

import re

from django.template import engines

CALL = """{% import "components.jinja" as ui with context %}{{ ui.alarm(a, flash=false, acts=false) }}"""


def drawn(**alarm) -> str:
    """An alarm as the page has it, with everything that carries colour taken out."""
    page = engines["jinja"].from_string(CALL).render({"a": {"words": "SpO2 88 %", **alarm}})
    return re.sub(r' class="[^"]*"', "", page)


def test_h36_without_any_colour_each_priority_and_kind_still_looks_different():
    kinds = [(priority, technical) for priority in ("low", "medium", "high") for technical in (False, True)]
    looks = {drawn(priority=priority, technical=technical) for priority, technical in kinds}
    assert len(looks) == len(kinds)


def test_h36_the_priority_is_a_word_a_mark_and_a_shape():
    low, medium, high = (drawn(priority=priority, technical=False) for priority in ("low", "medium", "high"))
    assert [word in look for word, look in (("Low", low), ("Medium", medium), ("High", high))] == [True] * 3
    assert [re.search(r">(\*+)<", look)[1] for look in (low, medium, high)] == ["*", "**", "***"]
    assert "<circle" in low
    assert "<path" in medium


def test_h36_seen_and_latched_are_said_in_words():
    assert "seen by Ann; not solved" in drawn(priority="high", state="acknowledged", acknowledged_by="Ann")
    assert "stays until someone closes it" in drawn(priority="high", state="latched")
