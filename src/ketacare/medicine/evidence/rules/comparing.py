"""One value held against one line, whatever it is measured in."""

from collections.abc import Callable
from decimal import Decimal

from ketacare.medicine.evidence.terms import Comparison, FactValue

NUMERIC: dict[Comparison, Callable[[Decimal, Decimal], bool]] = {
    Comparison.OVER: lambda value, line: value > line,
    Comparison.AT_LEAST: lambda value, line: value >= line,
    Comparison.UNDER: lambda value, line: value < line,
    Comparison.AT_MOST: lambda value, line: value <= line,
}
_LONG_AGO = Decimal("Infinity")


class NotANumber(TypeError):
    """A line for numbers was held against something that is none."""


def holds(comparison: Comparison, value: FactValue, line: FactValue | tuple[str, ...]) -> bool:
    """Does the value stand to the line as asked? "Hours ago" answered with no lies beyond every line."""
    if comparison in NUMERIC:
        return NUMERIC[comparison](_LONG_AGO if value is False else _number(value), _number(line))
    if comparison is Comparison.ONE_OF:
        return isinstance(line, tuple) and value in line
    return _same(value, line) is (comparison is Comparison.IS)


def _same(value: FactValue, line: FactValue | tuple[str, ...]) -> bool:
    """Equal and of one kind: no is not the number 0, nor yes the number 1."""
    return type(value) is type(line) and value == line


def _number(value: FactValue | tuple[str, ...]) -> Decimal:
    if not isinstance(value, Decimal):
        raise NotANumber(f"{value!r} is not a number.")
    return value
