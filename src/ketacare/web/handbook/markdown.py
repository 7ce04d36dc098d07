"""Markdown as this handbook writes it: headings, tables, and cells that cannot break their table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTHING = "–"


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|") or NOTHING


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table without the columns that nobody fills."""
    filled = [tuple(cell(text) for text in row) for row in rows]
    kept = [place for place in range(len(heads)) if any(row[place] != NOTHING for row in filled)]
    lines = [[heads[place] for place in kept], ["---"] * len(kept), *[[row[place] for place in kept] for row in filled]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", *[part.strip() for part in parts if part.strip()]]) + "\n"


def written_from(what: str) -> str:
    return f"*Written from {what} by `python3 make.py docs`. Change it there; a test compares.*"
