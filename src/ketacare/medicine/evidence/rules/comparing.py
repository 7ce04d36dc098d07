"""One value held against one line, whatever it is measured in."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from operator import ge, gt, le, lt

from ketacare.medicine.evidence.terms import Comparison, FactValue

NUMERIC: dict[Comparison, Callable[[Decimal, Decimal], bool]] = {
    Comparison.OVER: gt,
    Comparison.AT_LEAST: ge,
    Comparison.UNDER: lt,
    Comparison.AT_MOST: le,
}
_LONG_AGO = Decimal("Infinity")


class NotANumber(TypeError):
    """A line for numbers was held against something that is none."""


def holds(comparison: Comparison, value: FactValue, line: FactValue | tuple[str, ...]) -> bool:
    """Does the value stand to the line as asked?"""
    return test_of(comparison, line)(value)


def test_of(comparison: Comparison, line: FactValue | tuple[str, ...]) -> Callable[[FactValue], bool]:
    """The same question made ready to be asked of many values. "Hours ago" answered with no lies beyond every line."""
    if comparison in NUMERIC:
        return partial(_stands_to, NUMERIC[comparison], line)
    if comparison is Comparison.ONE_OF:
        return (line if isinstance(line, tuple) else ()).__contains__
    kind, wanted = type(line), comparison is Comparison.IS  # equal and of one kind: no is not 0, nor yes 1
    return lambda value: (type(value) is kind and value == line) is wanted


def _stands_to(over: Callable[[Decimal, Decimal], bool], line: FactValue | tuple[str, ...], value: FactValue) -> bool:
    return over(_LONG_AGO if value is False else _number(value), _number(line))


def _number(value: FactValue | tuple[str, ...]) -> Decimal:
    if not isinstance(value, Decimal):
        raise NotANumber(f"{value!r} is not a number.")
    return value
