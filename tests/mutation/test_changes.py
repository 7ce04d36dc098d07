"""What counts as a small change, and that a change put into a module is seen by whoever holds its function."""

import os
import sys
from types import ModuleType

import pytest

from tests.mutation.changes import changes, control, names_of_functions
from tests.mutation.trying import FELL_OVER, _forked, empty_stores, put


def told(body: str) -> set[str]:
    return {change.after for change in changes(f"LINE = 3\n\ndef f(a, b=1):\n    {body}\n")}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x = a < b", {"a <= b"}),
        ("x = a is not b", {"a is b"}),
        ("x = a and b", {"a or b"}),
        ("x = not a == b", {"a != b"}),
        ("x = not a", {"not not a"}),
        ("x = 1 if not a else a", {"2 if not a else a", "not not a"}),
        ("x = [y for y in a if y.ok]", {" for y in a", " for y in a if not y.ok"}),
        ("x = any(a)", {"all(a)"}),
        ("x = a + 2", {"a - 2", "a + 3"}),
        ("x = f(a, strict=True)", {"strict=False"}),
        ("x = 'a word'", set()),
        ("return a", {"return None"}),
        ("return None", set()),
        ("a.append(b)", {"pass"}),
        ("x = 1 if a else 2", {"1 if not a else 2", "2 if a else 2", "1 if a else 3"}),
    ],
)
def test_the_changes_of_a_line(body: str, expected: set[str]) -> None:
    assert told(body) == expected


def test_defaults_and_constants_outside_functions_stay_and_what_stands_within_belongs_to_its_function() -> None:
    inner = "        def inner(k):\n            return k\n        return inner\n"
    source = f"LINE = 3\n\nclass C:\n    def m(self, n=1):\n{inner}"
    assert names_of_functions(source) == ["C.m"]
    assert {change.function for change in changes(source)} == {"C.m"}
    assert not any("LINE" in str(change) or "n=2" in str(change) for change in changes(source))


def test_a_change_is_seen_by_all_who_hold_the_function_and_a_control_changes_nothing(tmp_path, monkeypatch) -> None:
    source = "def older(a, b):\n    return a > b\n"
    module = ModuleType("ketacare.medicine.sample.rules")
    module.__file__ = str(tmp_path / "sample.py")
    exec(compile(source, module.__file__, "exec"), vars(module))
    held = module.older
    put(module, control(source, "older"))
    assert (held(2, 1), held(1, 1)) == (True, False)
    put(module, next(change for change in changes(source) if ">=" in change.after))
    assert (held(2, 1), held(1, 1)) == (True, True)
    module._kept, module.LINES = {"answer": "of the code as it was"}, {"line": 3}
    monkeypatch.setitem(sys.modules, module.__name__, module)
    empty_stores()
    assert (module._kept, module.LINES) == ({}, {"line": 3})


def test_a_fault_of_the_driver_is_no_change_that_was_noticed() -> None:
    with _forked(lambda: bytes(1 // 0)) as (_, pid):
        _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == FELL_OVER
