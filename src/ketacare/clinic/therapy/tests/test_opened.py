"""H28: where what is one person's alone is opened, by name; an exit added tomorrow that opens it fails here."""

from __future__ import annotations

import ast
from pathlib import Path

import ketacare

SOURCE = Path(ketacare.__file__).parent
# Who names each, outside the four places where they are defined.
OPENED_IN: dict[str, set[str]] = {
    "unseal": set(),
    "notes_of": {"clinic/therapy/views/private.py"},
    "journal_of": {"clinic/therapy/views/private.py"},
    "shared_entries": set(),
    "agenda": {"clinic/therapy/views/integration.py"},
}
DEFINED_IN = {
    "clinic/therapy/sealing.py",
    "clinic/therapy/queries/private.py",
    "clinic/therapy/queries/agenda.py",
    "clinic/therapy/queries/__init__.py",
}


def named_in(text: str) -> set[str]:
    """Every name that a module calls, passes on or takes from another."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            found |= {one.name for one in node.names}
    return found


def test_h28_what_is_private_is_opened_for_the_pages_of_its_author_and_the_agenda_alone():
    found: dict[str, set[str]] = {name: set() for name in OPENED_IN}
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE).as_posix()
        text = path.read_text()
        if "/tests/" in place or place in DEFINED_IN or not place.startswith(("clinic/", "exchange/", "web/")):
            continue
        if any(name in text for name in OPENED_IN):
            for name in named_in(text) & OPENED_IN.keys():
                found[name].add(place)
    assert found == OPENED_IN


def test_h28_the_search_finds_an_exit_that_would_open_it():
    """The control."""
    exit_added = (
        "from ketacare.clinic.therapy import queries\n\ndef letter(actor, patient):\n    return queries.notes_of"
    )
    assert "notes_of" in named_in(exit_added)
    assert "unseal" in named_in("from ketacare.clinic.therapy.sealing import unseal")
