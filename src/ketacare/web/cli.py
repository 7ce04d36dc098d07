"""`ketacare …`: finds the command by name in `ketacare.web.commands` and runs it.

Exit codes: 0 done; 2 bad input, with the field and the rule on standard error; 1 a fault of ours or of the machine.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from ketacare.medicine.evidence.reader import SheetRefused
from ketacare.web import commands
from ketacare.web.runtime.faults import BadInput, CannotRun

DONE, FAULT, BAD_INPUT = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and answer its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parsed = parser_for(given).parse_args(given)
    try:
        return int(parsed.run(parsed))
    except BadInput as refused:
        for fault in refused.faults:
            print(f"ketacare {parsed.command}: {fault}", file=sys.stderr)
        return BAD_INPUT
    except SheetRefused as changed:
        print(f"ketacare {parsed.command}: {changed_sheet(changed)}", file=sys.stderr)
        return FAULT
    except CannotRun as reason:
        print(f"ketacare {parsed.command}: {reason}", file=sys.stderr)
        return FAULT
    except BrokenPipeError:
        return FAULT
    except KeyboardInterrupt:
        return 130
    except Exception as fault:  # noqa: BLE001 - the outermost edge: say where, never the values
        report(parsed.command, fault)
        return FAULT


def report(command: str, fault: Exception) -> None:
    """Where it happened and what kind; an exception's own text may quote a record, so it stays out."""
    frames = traceback.extract_tb(fault.__traceback__)
    ours = [frame for frame in frames if "ketacare" in frame.filename and frame is not frames[-1]]
    where = "\n".join(f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in [*ours, frames[-1]])
    kind = f"{type(fault).__name__} {fault.name or ''}" if isinstance(fault, ImportError) else type(fault).__name__
    print(f"ketacare {command}: a fault of ours ({kind.strip()}). Please report these lines:\n{where}", file=sys.stderr)


def command_names() -> list[str]:
    found = (module.name for module in pkgutil.iter_modules(commands.__path__))
    return sorted(name.replace("_", "-") for name in found if not name.startswith("_"))


def parser_for(given: Sequence[str]) -> argparse.ArgumentParser:
    """The parser; when the command is already clear, only its module is imported."""
    parser = argparse.ArgumentParser(prog="ketacare", description="Runs a ketamine-therapy programme.")
    choices = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    names = command_names()
    wanted = [given[0]] if given and given[0] in names else names
    for name in wanted:
        try:
            module = importlib.import_module(f"ketacare.web.commands.{name.replace('-', '_')}")
        except SheetRefused as changed:
            add_stopped(choices, name, changed)
        else:
            add_command(choices, name, module)
    return parser


def add_stopped(choices: Any, name: str, changed: SheetRefused) -> None:
    """A command that reads its sheets at once is listed all the same, and says what stops it when it is run."""

    def run(_: argparse.Namespace) -> int:
        raise changed

    parser = choices.add_parser(name, help=f"does not run: {changed_sheet(changed)}".replace("%", "%%"), add_help=False)
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    parser.set_defaults(run=run)


def changed_sheet(changed: SheetRefused) -> str:
    """Which file, and what to do; a clinic changes a figure by its own copy, never by the file."""
    first = changed.faults[0].split(". ")[0]
    remedy = "Put the file back as it was installed; a clinic's own figures are amended in the programme."
    return f"{changed.file}: {first}. {remedy}"


def add_command(choices: Any, name: str, module: Any) -> None:
    parser = choices.add_parser(
        name,
        help=module.HELP,
        description=(module.__doc__ or module.HELP).strip(),
        epilog=f"example:\n  {module.EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if hasattr(module, "SCHEMA"):
        parser.add_argument("--schema", action=PrintSchema, schema=module.SCHEMA)
    module.add_arguments(parser)
    parser.set_defaults(run=module.run)


class PrintSchema(argparse.Action):
    """`--schema`: print the JSON Schema of the command's input and stop, whatever else is missing."""

    def __init__(self, option_strings: Sequence[str], dest: str, schema: dict[str, Any]) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print the JSON Schema of the input and stop")
        self.schema = schema

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        try:
            print(json.dumps(self.schema, indent=2), flush=True)
        except BrokenPipeError:  # whoever read it has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        parser.exit(DONE)
