"""At the bedside: keeps what a monitor sends on its own disk and hands it on, so that a cut of hours loses nothing."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from urllib.parse import urlsplit

from ketacare.web.runtime.faults import BadInput

HELP = "at the bedside: keeps what a monitor sends on disk and hands it on to the gateway"
EXAMPLE = "ketacare agent --to mllp://server.example:2575 --name 'Chair 3'"

MOST_MB = 1024
DEFAULT_STORE = "~/.local/share/ketacare-agent"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", required=False, help="the gateways, tried in turn: mllp://HOST:PORT[,mllp://HOST:PORT]")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on for the monitor")
    parser.add_argument("--port", type=int, default=2576, help="MLLP port for the monitor; 0 for none")
    parser.add_argument("--follow", action="append", default=[], help="a file to which framed messages are appended")
    parser.add_argument("--store", default=os.environ.get("KETACARE_AGENT_STORE", DEFAULT_STORE), help="its folder")
    parser.add_argument("--most-mb", type=int, default=MOST_MB, help="beyond this nothing more is acknowledged")
    parser.add_argument(
        "--name", default="agent", help="the chair it stands at, as the clinic calls it, or CLINIC CHAIR; no person"
    )
    parser.add_argument("--status", action="store_true", help="say how much waits, as JSON, and end")


def run(arguments: argparse.Namespace) -> int:
    import asyncio
    import json
    import logging
    import signal

    from ketacare.web.agent.run import serve
    from ketacare.web.agent.store import Store
    from ketacare.web.runtime.faults import CannotRun

    folder = Path(arguments.store).expanduser()
    if arguments.status:
        store = Store(folder, most_bytes=0)
        print(json.dumps(store.told()))
        store.close()
        return 0
    servers = servers_in(arguments.to or "")
    if not arguments.port and not arguments.follow:
        raise BadInput("--port", "is 0 and no file is followed, so nothing can come in")

    async def until_told() -> None:
        stop = asyncio.Event()
        for signum in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(signum, stop.set)
        await serve(arguments, folder, servers, stop)

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    try:
        asyncio.run(until_told())
    except OSError as problem:
        raise CannotRun(f"port {arguments.port} on {arguments.host} can't be used ({problem.strerror})")
    return 0


def servers_in(text: str) -> list[tuple[str, int]]:
    """The gateways by host and port."""
    found = [urlsplit(part.strip()) for part in text.split(",") if part.strip()]
    if not found or any(one.scheme != "mllp" or not one.hostname for one in found):
        raise BadInput("--to", "is mllp://HOST:PORT, or several with commas between")
    return [(one.hostname or "", one.port or 2575) for one in found]
