"""JSON in on a path or `-`, JSON out: one document, or JSON Lines answered line by line in kind."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from ketacare.web.runtime.faults import BadInput

Document = dict[str, Any]


def answer_each(path: str, judge: Callable[[Document], Any], out: TextIO | None = None) -> None:
    """Give every document at `path` to `judge`, print each answer; one document in, one document out."""
    out = out or sys.stdout
    text = read(path)
    whole = one_document(text)
    if whole is not None:
        print(json.dumps(judge(whole), indent=2, default=plain, ensure_ascii=False), file=out)
        return
    for number, document in lines(text):
        try:
            answer = judge(document)
        except BadInput as refused:
            raise BadInput(f"line {number}, {refused.field}", refused.rule) from None
        print(json.dumps(answer, default=plain, ensure_ascii=False), file=out)


def read(path: str) -> str:
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise BadInput(path, f"can't be read ({type(problem).__name__})") from None


def one_document(text: str) -> Document | None:
    """The document, or None when the text is JSON Lines (each line a document of its own)."""
    try:
        return checked(json.loads(text, parse_float=Decimal), "document")
    except json.JSONDecodeError as problem:
        if problem.msg == "Extra data":
            return None
        raise BadInput(f"line {problem.lineno}", f"is not JSON: {problem.msg}") from None


def lines(text: str) -> Iterator[tuple[int, Document]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield number, checked(json.loads(line, parse_float=Decimal), f"line {number}")
        except json.JSONDecodeError as problem:
            raise BadInput(f"line {number}", f"is not JSON: {problem.msg}") from None


def checked(value: Any, where: str) -> Document:
    if not isinstance(value, dict):
        raise BadInput(where, "must be a JSON object")
    return value


def plain(value: Any) -> Any:
    """Decimals leave as JSON numbers with all their digits where a float holds them, else as text; dates as ISO."""
    if isinstance(value, Decimal):
        number = float(value)
        return number if Decimal(repr(number)) == value else str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)
