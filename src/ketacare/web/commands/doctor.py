"""Check this installation and say how to mend what is wrong. Changes nothing."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

HELP = "check the installation and say how to mend it"
EXAMPLE = "ketacare doctor --json"
MARKS = {"ok": "ok  ", "warning": "warn", "wrong": "BAD "}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--port", type=int, default=8000, help="the port that `up` would use")


def run(arguments: argparse.Namespace) -> int:
    from ketacare.web.runtime.examination import examine

    findings = examine(port=arguments.port)
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            print(f"{MARKS[finding.state]}  {finding.subject}: {finding.text}")
            if finding.remedy:
                print(f"      {finding.remedy}")
    return 1 if any(finding.state == "wrong" for finding in findings) else 0
