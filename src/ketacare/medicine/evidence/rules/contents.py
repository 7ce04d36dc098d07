"""What a sheet says, entry by entry: each with its place in the file, its readable name, and what it is.

Rows of a list are known by their own id or name, so that a row put in between moves no other. A condition is one
entry in plain words where versions are compared, and opened into its figures where figures are looked at.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from ketacare.medicine.evidence.terms import Comparison, Figure, Grade, Series, Sheet, Source

_CONDITIONS = ("when", "only_if", "no_go", "prescriber", "go")
_ROW_KEYS = ("id", "name", "title", "generic", "kind")
# What a row says, as far as it is words and its name does not say them already; a title that was cut stands in full.
_ROW_WORDS = (
    *("title", "effect", "established_by", "mechanism", "size", "advice", "text", "what", "alternative"),
    *("levels", "scoring", "use", "rule", "purpose", "words"),
)
_ROW_TITLES = ("title", "name", "generic", "kind", "words", "drug", "given", "id")
_WORDS = {
    Comparison.IS: "is",
    Comparison.IS_NOT: "is not",
    Comparison.OVER: "over",
    Comparison.AT_LEAST: "at least",
    Comparison.UNDER: "under",
    Comparison.AT_MOST: "at most",
    Comparison.ONE_OF: "one of",
    "within": "within the last",
    "for": "for",
}
_LONGEST_TITLE = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """`steps` lead to it from the root of the file; `name` is for people."""

    steps: tuple[str | int, ...]
    key: tuple[str, ...]
    name: tuple[str, ...]
    value: object
    is_condition: bool = False

    @property
    def place(self) -> str:
        """As a fault of the loader names it: `criteria[3].when.over`."""
        return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.steps).lstrip(".")

    @property
    def words(self) -> str:
        return " › ".join(self.name)


def contents(sheet: Sheet) -> Iterator[Entry]:
    """Every entry, conditions closed."""
    for name, part in sheet.body.items():
        yield from _walk(part, (name,), (name,), (_called(name),), closed=True)


def figures_of(sheet: Sheet) -> Iterator[Entry]:
    """Every figure in the sheet's own order, those of conditions too."""
    for name, part in sheet.body.items():
        for entry in _walk(part, (name,), (name,), (_called(name),), closed=False):
            if isinstance(entry.value, (Figure, Series)):
                yield entry


@dataclass(frozen=True, slots=True)
class Cited:
    """One row of a sheet as it is looked up: what it says in words, by whose word, and how sure that is."""

    name: str
    words: tuple[str, ...]
    sources: tuple[Source, ...]
    grade: Grade


def cited_rows(sheet: Sheet) -> Iterator[Cited]:
    """Every row that names its source, in the sheet's own order, those without a figure too."""
    yield from (_cited(row, sheet) for row in _rows_in(sheet.body) if "source" in row and "grade" in row)


def _rows_in(tree: object) -> Iterator[Mapping[str, object]]:
    if isinstance(tree, Mapping):
        if "id" in tree:
            yield tree
        tree = tuple(_named_by_key(key, part) for key, part in tree.items())
    for part in tree if isinstance(tree, tuple) else ():
        yield from _rows_in(part)


def _named_by_key(key: str, part: object) -> object:
    """A row that its sheet knows by the key it stands under has an id as well."""
    return {"id": _called(key), **part} if isinstance(part, Mapping) and "title" in part and "id" not in part else part


def _cited(row: Mapping[str, object], sheet: Sheet) -> Cited:
    tags = row["source"] if isinstance(row["source"], tuple) else (row["source"],)
    apart, name = row.get("figures"), _row_name(row, 0)
    figures = {**row, **apart} if isinstance(apart, Mapping) else row
    told = [str(row[key]) for key in _ROW_WORDS if isinstance(row.get(key), str)]
    return Cited(
        name=name,
        words=tuple(_filled(words, figures) for words in told if words not in name),
        sources=tuple(sheet.sources[str(tag)] for tag in tags),
        grade=Grade(str(row["grade"])),
    )


def _filled(words: str, figures: Mapping[str, object]) -> str:
    """With the row's own figures where it names them."""
    for name, figure in figures.items():
        if isinstance(figure, (Figure, Series)):
            words = words.replace(f"{{{name}}}", amount(figure))
    return words


def _walk(
    tree: object, steps: tuple[str | int, ...], key: tuple[str, ...], name: tuple[str, ...], *, closed: bool
) -> Iterator[Entry]:
    if isinstance(tree, Mapping):
        for part, value in tree.items():
            at = (*steps, part)
            if closed and part in _CONDITIONS and isinstance(value, Mapping):
                yield Entry(at, (*key, part), (*name, _called(part)), in_words(value), is_condition=True)
            elif part in _CONDITIONS and isinstance(value, Mapping):
                yield from _condition(value, at, (*name, _called(part)))
            else:
                yield from _walk(value, at, (*key, part), (*name, _called(part)), closed=closed)
    elif isinstance(tree, tuple) and tree and all(isinstance(row, Mapping) for row in tree):
        for number, (row, row_key) in enumerate(zip(tree, _row_keys(tree), strict=True)):
            own = (*name, _row_name(row, number))
            yield from _walk(row, (*steps, number), (*key, row_key), own, closed=closed)
    else:
        yield Entry(steps, key, name, tree)


def _condition(tree: Mapping[str, object], steps: tuple[str | int, ...], name: tuple[str, ...]) -> Iterator[Entry]:
    """The figures of a condition, each named by the fact it is a line for."""
    for joint in ("all", "any"):
        parts = tree.get(joint)
        if isinstance(parts, tuple):
            for number, part in enumerate(parts):
                yield from _condition(part, (*steps, joint, number), name)
    denied = tree.get("not")
    if isinstance(denied, Mapping):
        yield from _condition(denied, (*steps, "not"), name)
    fact = tree.get("fact")
    about = (*name, _called(fact)) if isinstance(fact, str) else name
    for part, value in tree.items():
        if isinstance(value, (Figure, Series)):
            yield Entry((*steps, part), (), (*about, _WORDS.get(part, _called(part))), value)


def _row_keys(rows: tuple[Mapping[str, object], ...]) -> list[str]:
    """Each row by the first of its names that tells it from the others; else by its number."""
    for key in _ROW_KEYS:
        keys = [row.get(key) for row in rows]
        if all(isinstance(one, str) for one in keys) and len(set(keys)) == len(rows):
            return [str(one) for one in keys]
    return [str(number) for number in range(1, len(rows) + 1)]


def _row_name(row: Mapping[str, object], number: int) -> str:
    """A row by its id and its title, where it has them."""
    own = row.get("id")
    title = next((str(row[key]) for key in _ROW_TITLES if isinstance(row.get(key), str) and row[key]), None)
    if title is None:
        return str(number + 1)
    short = title if len(title) <= _LONGEST_TITLE else f"{title[:_LONGEST_TITLE].rsplit(' ', 1)[0]} …"
    return short if own is None or own == title else f"{own} {short}"


def _called(key: str) -> str:
    return key.replace("_", " ")


# --- in words -------------------------------------------------------------------------------------------------------


def in_words(tree: object) -> str:
    """A condition, or any other entry, as a sentence would say it."""
    match tree:
        case Figure() | Series():
            return amount(tree)
        case bool():
            return "yes" if tree else "no"
        case tuple():
            return ", ".join(in_words(part) for part in tree)
        case date():
            return f"{tree:%d-%b-%Y}"
        case Mapping():
            return _condition_in_words(tree)
    return str(tree)


def _condition_in_words(tree: Mapping[str, object]) -> str:
    for joint, word in (("all", " and "), ("any", " or ")):
        parts = tree.get(joint)
        if isinstance(parts, tuple):
            return word.join(f"({in_words(part)})" for part in parts) + _ages(tree)
    if "not" in tree:
        return f"not ({in_words(tree['not'])})" + _ages(tree)
    told = " ".join(f"{_WORDS[key]} {_line(value)}" for key, value in tree.items() if key in _WORDS)
    return f"{_called(str(tree.get('fact', '')))} {told}".strip() + _ages(tree)


def _ages(tree: Mapping[str, object]) -> str:
    others = [key for key in tree if key not in _WORDS and key not in ("fact", "all", "any", "not")]
    return "".join(f", {_called(key)} {_line(tree[key])}" for key in others)


def _line(value: object) -> str:
    if isinstance(value, (Figure, Series)):
        return f"{amount(value)} [{value.grade}: {', '.join(source.label for source in value.sources)}]"
    return in_words(value)


def amount(figure: Figure | Series) -> str:
    numbers = figure.values if isinstance(figure, Series) else (figure.value,)
    told = ", ".join(f"{number.normalize() + 0:f}" for number in numbers)
    return told if figure.unit == "1" else f"{told} {figure.unit}"
