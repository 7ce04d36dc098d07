"""Listens for bedside monitors (HL7 v2 over MLLP) and answers each message after it is committed."""

from __future__ import annotations

import argparse

HELP = "listens for bedside monitors: HL7 v2 over MLLP, answered after the commit"
EXAMPLE = "ketacare gateway --port 2575"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=None, help="default: KETACARE_MLLP_PORT, else 2575")


def run(arguments: argparse.Namespace) -> int:
    import asyncio
    import signal

    from ketacare.web.runtime.application import set_up, settled

    set_up()
    from django.conf import settings

    from ketacare.exchange.hl7v2.translate import parameters
    from ketacare.medicine.monitoring import reader
    from ketacare.web import clock
    from ketacare.web.gateway import listener
    from ketacare.web.runtime.faults import CannotRun

    parameters.shipped()  # before the first message asks for it, as for the limits
    reader.limits()
    settled()
    port = settings.MLLP_PORT if arguments.port is None else arguments.port

    async def serve() -> None:
        stop = asyncio.Event()
        for signum in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(signum, stop.set)
        await listener.run(arguments.host, port, clock.now, stop)

    try:
        asyncio.run(serve())
    except OSError as problem:
        raise CannotRun(
            f"port {port} on {arguments.host} can't be used ({problem.strerror}); choose another with --port"
        )
    return 0
