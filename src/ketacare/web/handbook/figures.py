"""One knowledge sheet as a chapter: every figure with its unit, its grade and the label of its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ketacare.medicine.evidence.terms import Figure, Series, Sheet
from ketacare.web.handbook import criteria
from ketacare.web.handbook.cells import amount, called, condition, day, filled, labels, part, phrases, shown, worded
from ketacare.web.handbook.markdown import table

# A table with more columns than this is read no more: each row becomes a section of its own.
WIDEST = 9
# Long lists that are looked things up in: one table, these in columns of their own and what few rows have in the last.
GATHERED = {
    "drugs": ("brands", "class", "rows", "uses"),
    "medicines": ("brand", "class", "least", "usual", "most"),
    "reported": ("study", "drug", "drug_percent", "control", "control_percent"),
    "ratios": ("drug", "given", "enzyme", "victim", "routes", "effect"),
}
JUDGED = {"when": "met when", "no_go": "no-go when", "prescriber": "prescriber decides when", "go": "go when"}


def headed(name: str, sheet_id: str) -> str:
    headings = phrases()["headings"]
    return headings.get(f"{sheet_id}.{name}") or headings.get(name, name.replace("_", " ").capitalize())


def chapter(sheet: Sheet) -> str:
    head = sheet.header
    about = (
        f"Sheet `{head.id}` {head.version}, {head.status}. Author: {head.author}; checked by: {head.checker}; "
        f"reviewed {day(head.reviewed_on)}, next review {day(head.next_review_on)}."
    )
    parts = [f"## {head.title}", about]
    for name, body in sheet.body.items():
        parts += [f"### {headed(name, head.id)}", *section(name, body)]
    cited = table(("source", "citation"), [(source.label, source.citation) for source in sheet.sources.values()])
    return "\n\n".join([*parts, "### Sources", cited])


def section(name: str, body: Any) -> Iterator[str]:
    """A table, or one section for each row when a table would be too wide or its rows are judgements."""
    rows = [(which, filled(row)) for which, row in rows_of(body)]
    if not rows:
        yield from alone(name, filled(body))
        return
    columns = list(dict.fromkeys(key for _, row in rows for key in row))
    if len(columns) < WIDEST and not set(columns) & JUDGED.keys():
        heads = ["which", *[called(column, name) for column in columns]]
        yield table(heads, [[which, *[part(column, row.get(column)) for column in columns]] for which, row in rows])
        return
    if name in GATHERED and set(GATHERED[name]) <= set(columns):
        yield gathered(name, rows)
        return
    for which, row in rows:
        title = row.get("title") or row.get("name", "")
        yield f"#### {' '.join(filter(None, [row.get('id', ''), title or which]))}"
        yield from told_as(name, row)


def alone(name: str, body: Mapping[str, Any]) -> Iterator[str]:
    """What stands by itself, a line for each of its parts; a row of its own, SEV-01, under its title."""
    if "title" in body and str(body.get("id", "")).isupper():
        yield f"#### {body['id']} {body['title']}"
        body = without_title(body)
    yield table(("what", "value", "grade", "source"), [line(name, key, value) for key, value in body.items()])


def gathered(name: str, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """A row to a line; what is in none of the columns stands in the last, by name."""
    columns = GATHERED[name]
    heads = ["which", *[called(column, name) for column in columns], "besides"]
    lines = []
    for which, row in rows:
        title = " ".join(filter(None, (row.get("id", ""), row.get("title") or row.get("name", "") or which)))
        rest = {key: value for key, value in without_title(row).items() if key not in columns}
        lines.append([title, *[shown(row.get(column)) for column in columns], shown(rest)])
    return table(heads, lines)


def told_as(name: str, row: Mapping[str, Any]) -> Iterator[str]:
    if "parts" in row or {"effect", "when"} <= row.keys():
        return criteria.criterion(row)
    if "purpose" in row:
        return criteria.check(row)
    return judgement(row) if set(row) & JUDGED.keys() else section(name, without_title(row))


def rows_of(body: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The rows of a list of tables, or of a table of tables named by their keys."""
    if isinstance(body, tuple):
        yield from (("", row) for row in body)
    elif all(isinstance(row, Mapping) for row in body.values()):
        yield from ((called(name) if "title" in row else worded(name), row) for name, row in body.items())


def without_title(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in ("id", "title", "name")}


def line(section: str, key: str, value: Any) -> tuple[str, str, str, str]:
    if isinstance(value, (Figure, Series)):
        return worded(key, section), amount(value), str(value.grade), labels(value)
    return worded(key, section), part(key, value), "", ""


# --- judgements ---


def judgement(row: Mapping[str, Any]) -> Iterator[str]:
    """A criterion or check: when it holds, what it then does and says, and on whose word."""
    yield "\n".join(f"- {words}" for words in told(row))


def told(row: Mapping[str, Any]) -> Iterator[str]:
    for key, words in JUDGED.items():
        if key in row:
            yield f"{words}: {condition(row[key])}"
    for key, value in row.items():
        if key == "words":
            yield from (f"{called(result, key)}: {words}" for result, words in value.items())
        elif key == "override":
            yield f"{called(key)}: {called(value, key)}"
        elif key not in JUDGED and key not in ("id", "title"):
            yield f"{called(key)}: {shown(value)}"
