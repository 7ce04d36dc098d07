"""Which listeners, workers and bedside agents were heard, and when last. One that was only tried, or whose machine is
gone, is told as used no more: until it is heard again nobody is to miss it. The watch and the caller are always needed.
"""

from __future__ import annotations

import argparse
from datetime import datetime

from ketacare.web.runtime.faults import BadInput

HELP = "says which listeners, workers and bedside agents were heard, and takes back one that is used no more"
EXAMPLE = "ketacare processes --not-used 'mqtt ketacare-trial'"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--not-used", metavar="NAME", help="a process of this list that nobody is to miss any more")


def run(arguments: argparse.Namespace) -> int:
    from ketacare.web.runtime.application import set_up

    set_up()
    from ketacare.clinic.monitoring import processes
    from ketacare.web import clock

    known = heard()
    if arguments.not_used is not None:
        if arguments.not_used not in known:
            raise BadInput("--not-used", f"is none of: {', '.join(known) or 'nothing was heard yet'}")
        processes.stopped(known[arguments.not_used][0])
        known = heard()
    width = max((len(name) for name in known), default=0)
    for name, (_, at) in known.items():
        print(f"{name:<{width}}  {said_of(at, clock.now())}")
    return 0


def heard() -> dict[str, tuple[str, datetime]]:
    """What may be missed, by the name people know it by: of an agent its clinic and its chair."""
    from ketacare.clinic.monitoring import agents, processes
    from ketacare.clinic.monitoring.models import Beat

    begins = tuple(kind.begins for kind in processes.KINDS)
    chairs = {agents.process_of(one.chair_id): f"{agents.AGENT}{one.clinic} {one.chair}" for one in agents.places()}
    rows = Beat.objects.order_by("process").values_list("process", "at")
    return {
        chairs.get(process, process): (process, at)
        for process, at in rows
        if process in chairs or process.startswith(begins)
    }


def said_of(at: datetime, now: datetime) -> str:
    from ketacare.clinic.monitoring import processes

    if at == processes.STOPPED:
        return "stopped on purpose, or used no more"
    return f"last heard {at:%d-%b-%Y %H:%M:%S} UTC, {max(0, round((now - at).total_seconds()))} s ago"
