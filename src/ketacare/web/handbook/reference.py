"""Reference pages: commands from their parsers, rights from the permission table, routes from the resolver."""

from __future__ import annotations

import argparse
import importlib
import tomllib
from collections.abc import Iterator
from typing import Any

from ketacare.web import cli
from ketacare.web.handbook.clinical import MEDICINE
from ketacare.web.handbook.markdown import page, table, written_from

PERMISSIONS = MEDICINE.parent / "clinic" / "people" / "permissions.toml"
ROLES = {
    "FD": "front desk",
    "RN": "nurse",
    "RX": "prescriber",
    "TH": "therapist",
    "ET": "therapist of another practice",
    "PT": "patient",
    "MD": "medical director",
    "AU": "auditor",
    "IC": "integration client",
    "AD": "administrator",
    "RC": "referring clinician",
    "RS": "researcher",
}
ACTS = {
    "C": "create",
    "R": "read",
    "U": "amend",
    "S": "sign",
    "W": "witness",
    "A": "adopt or approve",
    "X": "export",
}
RELATIONS = {"a": "patients assigned to them", "o": "their own record", "s": "granted scopes", "d": "de-identified"}


# --- commands ---


def commands_page() -> str:
    return page(
        "Commands",
        "`ketacare COMMAND …`. Commands that judge read one JSON document, or JSON Lines for many, from a path or `-` "
        "(standard input), and answer in kind; `--schema` prints the form of the input.",
        table(
            ("exit code", "means"),
            [
                ("0", "done"),
                ("1", "a fault of ours or of the machine; standard error says which"),
                ("2", "bad input; standard error names the field and the rule"),
            ],
        ),
        written_from("the commands' own parsers"),
        *[command_section(name) for name in cli.command_names()],
    )


def command_section(name: str) -> str:
    module = importlib.import_module(f"ketacare.web.commands.{name.replace('-', '_')}")
    parser = argparse.ArgumentParser(add_help=False)
    if hasattr(module, "SCHEMA"):
        parser.add_argument("--schema", action=cli.PrintSchema, schema=module.SCHEMA)
    module.add_arguments(parser)
    taken = table(("argument", "meaning", "default"), [argument(action) for action in parser._actions])
    parts = [f"## ketacare {name}", (module.__doc__ or module.HELP).strip(), taken if parser._actions else ""]
    answered = [indented(module.example())] if hasattr(module, "example") else []
    return "\n\n".join([*filter(None, parts), f"    {module.EXAMPLE}", *answered])


def indented(text: str) -> str:
    """What the example answers, as a terminal shows it."""
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def argument(action: argparse.Action) -> tuple[str, str, str]:
    names = ", ".join(action.option_strings) or str(action.metavar or action.dest)
    value = "" if not action.option_strings or action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
    choices = f" One of {', '.join(map(str, action.choices))}." if action.choices else ""
    plain = action.default in (None, False, "", argparse.SUPPRESS) or action.nargs == 0
    return f"`{names}{value}`", f"{action.help or ''}{choices}", "" if plain else f"`{action.default}`"


# --- rights ---


def permissions_page() -> str:
    rows = tomllib.loads(PERMISSIONS.read_text(encoding="utf-8"))
    return page(
        "Who may do what",
        "A right comes from the role in this clinic and from the relation to the patient. What is not granted here is "
        "refused; another clinic's record answers as one that does not exist.",
        written_from("`permissions.toml`"),
        "**Acts:** " + ", ".join(f"{letter} {act}" for letter, act in ACTS.items()) + ".",
        "**Roles:** " + ", ".join(f"{code} {role}" for code, role in ROLES.items()) + ".",
        "**Only for:** " + ", ".join(f"`:{code}` {relation}" for code, relation in RELATIONS.items()) + ".",
        table(("record", *ROLES), [(row["title"], *[row.get(role, "") for role in ROLES]) for row in rows.values()]),
    )


# --- routes ---


def routes_page() -> str:
    """Every route that is not the framework's own sign-in pages; needs Django set up."""
    return page(
        "Addresses",
        "Every address of the product with what guards it. A guarded page asks for a right of "
        "[this table](permissions.md); the record itself comes through its own door. A route without a guard fails the "
        "build.",
        written_from("the resolver"),
        table(("address", "name", "guard", "open without sign-in because"), sorted(routes())),
        "`/account/…` belongs to sign-in, second factor and passkeys. `/live/…` streams events of the clinic to pages "
        "that hold a signed ticket.",
    )


def routes(entries: Any = None, prefix: str = "") -> Iterator[tuple[str, str, str, str]]:
    from django.urls import URLResolver, get_resolver

    from ketacare.clinic.people.access import guard_of

    for entry in get_resolver().url_patterns if entries is None else entries:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, path)
        elif not path.startswith("account/"):
            guard = guard_of(entry.callback)
            right = f"{guard.object_name}: {ACTS[guard.act]}" if guard and guard.act else ""
            kind = guard.kind.replace("_", " ") if guard else "none"
            yield f"`/{path}`", entry.name or "", right or kind, guard.why if guard else ""
