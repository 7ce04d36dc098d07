"""H21: a macro that writes a time is imported `with context`. Without it no zone of a clinic reaches the macro, and the
time stands there in UTC beside others that do not."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, nodes

SOURCE = Path(__file__).parents[2] / "src" / "ketacare"
FILES = {path.as_posix().rpartition("/templates/")[2]: path for path in SOURCE.rglob("templates/**/*.jinja")}
BY_THE_ZONE = frozenset({"clock", "day", "weekday", "moment"})


@cache
def tree(name: str) -> nodes.Template:
    return Environment(autoescape=True).parse(FILES[name].read_text())


def used(part: nodes.Node) -> set[str]:
    """The filters and the names that a part of a template uses, and what it takes of another by an alias."""
    attributes = {found.attr for found in part.find_all(nodes.Getattr)}
    names = {found.name for found in part.find_all(nodes.Name)}
    return attributes | names | {found.name for found in part.find_all(nodes.Filter)}


@cache
def writes_time(name: str) -> frozenset[str]:
    """Which macros of a template write a time, by themselves or by another of it."""
    macros = {macro.name: used(macro) for macro in tree(name).find_all(nodes.Macro)}
    found = {macro for macro, uses in macros.items() if uses & BY_THE_ZONE}
    while more := {macro for macro, uses in macros.items() if uses & found} - found:
        found |= more
    return frozenset(found)


def without_zone(name: str, page: nodes.Template) -> list[str]:
    """What a template takes without its zone, though it writes a time."""
    bare = [one for one in page.find_all((nodes.Import, nodes.FromImport)) if not one.with_context]
    lost: list[str] = []
    for one in bare:
        whence = one.template.as_const()
        if isinstance(one, nodes.FromImport):
            taken = {each if isinstance(each, str) else each[0] for each in one.names}
        else:
            taken = {
                call.attr
                for call in page.find_all(nodes.Getattr)
                if isinstance(call.node, nodes.Name) and call.node.name == one.target
            }
        lost += [f"{name}: {macro} of {whence}" for macro in sorted(taken & writes_time(whence))]
    return lost


def test_h21_a_macro_that_writes_a_time_has_the_zone_of_the_clinic():
    assert "told" in writes_time("safety/_help_text.jinja")
    assert [lost for name in sorted(FILES) for lost in without_zone(name, tree(name))] == []


def test_h21_an_import_without_context_is_found_whichever_way_it_is_written():
    for words in (
        '{% import "safety/_help_text.jinja" as said %}{{ said.told(help) }}',
        '{% from "safety/_help_text.jinja" import told %}{{ told(help) }}',
    ):
        page = Environment(autoescape=True).parse(words)
        assert without_zone("page", page) == ["page: told of safety/_help_text.jinja"]
