"""JSON in on a path or `-`, JSON out: one document, or JSON Lines answered line by line in kind.

A judge that answers with text (an explanation in words) has it printed as it is. A document on a single line is
answered on a single line, so that a file of JSON Lines with one case in it is no special case to whoever reads it. A
line that can't be used is answered in its place with what is wrong with it, the others are judged all the same, and
the command ends as bad input.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from ketacare.web.runtime.faults import BadInput, CannotRun

Document = Any
NOTHING = "There was no line to answer."


def answer_each(
    path: str,
    judge: Callable[[Document], Any],
    out: TextIO | None = None,
    *,
    by_line: bool = False,
    refusal: Callable[[int, BadInput], Any] | None = None,
) -> None:
    """Give every document at `path` to `judge`, print each answer; one document in, one document out.

    `by_line`: the text is JSON Lines whatever it looks like, so that an empty one is answered with nothing, and
    standard error says so. `refusal` says how a line that can't be used is answered; BadInput with every fault of
    every line follows the last answer.
    """
    out = out or sys.stdout
    text = read(path)
    found, whole = (False, None) if by_line else one_document(text)
    if found:
        print(shown(judge(whole), indent=2 if "\n" in text.strip() else None), file=out)
        return
    if not text.strip():
        print(NOTHING, file=sys.stderr)
    faults: list[str] = []
    ours: Exception | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            answer = shown(judge(parsed_line(line)))
        except BadInput as refused:
            faults += refused.at(f"line {number}").faults
            answer = shown((refusal or refused_in_json)(number, refused))
        except Exception as fault:  # noqa: BLE001 - it is told at the end: the other lines are answered all the same
            ours = ours or fault
            answer = shown((refusal or refused_in_json)(number, BadInput("", "a fault of ours, not of the line")))
        print(answer, file=out)
    if ours is not None:
        raise ours
    if faults:
        raise BadInput.of(tuple(faults))


def refused_in_json(line: int, refused: BadInput) -> Document:
    """What stands in the place of an answer: the line, and each fault by its field and its rule."""
    told = [fault.partition(": ") for fault in refused.faults]
    return {"line": line, "error": [{"field": field or "line", "rule": rule} for field, _, rule in told]}


def refused_in_words(line: int, refused: BadInput) -> str:
    return (
        "\n".join(
            [f"REFUSED. Line {line} can't be used:", *(f"  - {fault.removeprefix(': ')}" for fault in refused.faults)]
        )
        + "\n"
    )


def shown(answer: Any, indent: int | None = None) -> str:
    """An answer is JSON: a number that JSON does not have is never printed, whatever went wrong before."""
    if isinstance(answer, str):
        return answer
    try:
        return json.dumps(answer, indent=indent, default=plain, ensure_ascii=False, allow_nan=False)
    except ValueError as problem:
        raise CannotRun(f"The answer holds what is no number ({problem}); this is a fault of the software.") from None


def read(path: str) -> str:
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        text.encode("utf-8")  # what stands for a byte that is no letter was read, and can't be written again
    except UnicodeError:
        raise BadInput(path, "can't be read: it is not in UTF-8. Save it as UTF-8 text.") from None
    except FileNotFoundError:
        raise BadInput(path, "can't be read: there is no such file. Check the path.") from None
    except OSError as problem:
        why = (problem.strerror or type(problem).__name__).lower()
        raise BadInput(path, f"can't be read: {why}. Give the path of a file you may read.") from None
    return text.removeprefix("\ufeff")  # spreadsheets write this mark before the first letter


def one_document(text: str) -> tuple[bool, Document]:
    """Whether the text is one document, and that; otherwise it is JSON Lines, each line a document of its own."""
    try:
        return True, parsed(text)
    except json.JSONDecodeError as problem:
        if looks_like_lines(text) or (problem.msg == "Extra data" and "\n" in text[: problem.pos]):
            return False, None
        raise BadInput(f"line {problem.lineno}", no_json(problem)) from None
    except BadInput:
        if looks_like_lines(text):
            return False, None
        raise


def looks_like_lines(text: str) -> bool:
    """A first line that can't be read hides what follows: are all the others a document each?"""
    _, *others = [line.strip() for line in text.split("\n") if line.strip()] or [""]
    return bool(others) and all(line.startswith("{") and line.endswith("}") for line in others)


def parsed_line(line: str) -> Document:
    try:
        return parsed(line)
    except json.JSONDecodeError as problem:
        raise BadInput("", no_json(problem)) from None


# What the reader of JSON says, in words of ours.
NO_JSON = {
    "Expecting value": "a value is missing, or is none that JSON knows,",
    "Expecting property name enclosed in double quotes": "a name in double quotes is missing",
    "Expecting ':' delimiter": "a colon is missing",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing",
    "Extra data": "something stands after its end",
    "Unterminated string starting at": "a text without its closing quote begins",
    "Invalid control character at": "a line end or another sign that must be escaped stands",
}


def no_json(problem: json.JSONDecodeError) -> str:
    said = NO_JSON.get(problem.msg, problem.msg)
    return f"is not JSON: {said} at letter {problem.colno}. Correct it there, or write one document a line."


def parsed(text: str) -> Document:
    """JSON with exact numbers. What JSON does not have (NaN) and what it leaves open (a key twice) is refused."""
    try:
        if "\\u" in text:
            refuse_half_letter("document", json.loads(text))
        whole = json.loads(text, parse_float=Decimal, parse_constant=NoNumber, object_pairs_hook=once_each)
        refuse_no_number("number", whole)
    except RecursionError:
        raise BadInput("document", "is nested too deep. No document of ours is.") from None
    except json.JSONDecodeError:
        raise
    except ValueError:  # the only other one that the reading of JSON raises
        raise BadInput("document", "holds a whole number of thousands of digits. Correct it.") from None
    return whole


class NoNumber(str):
    """NaN or an infinity, until it is known which field it stands in."""


def refuse_no_number(field: str, value: Any) -> None:
    if isinstance(value, NoNumber):
        raise BadInput(field, f"{value} is not a number. Leave out what is not known.")
    for place, part in enumerate(value if isinstance(value, list) else ()):
        refuse_no_number(f"{field}[{place}]", part)


def refuse_half_letter(field: str, value: Any) -> None:
    """Half of a letter that JSON writes as two (\\ud83d without its second) can be read, and never be written."""
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise BadInput(field, "holds half a letter, as \\ud800 alone. Write the whole letter, or leave it out.")
    for key, part in value.items() if isinstance(value, dict) else ():
        refuse_half_letter(field, key)
        refuse_half_letter(key, part)
    for place, part in enumerate(value if isinstance(value, list) else ()):
        refuse_half_letter(f"{field}[{place}]", part)


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise BadInput(key, "is given twice. Give it once.")
        refuse_no_number(key, value)
        found[key] = value
    return found


def plain(value: Any) -> Any:
    """Decimals leave as JSON numbers with all their digits where a float holds them, else as text; dates as ISO."""
    if isinstance(value, Decimal):
        number = float(value)
        return number if Decimal(repr(number)) == value else str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)
