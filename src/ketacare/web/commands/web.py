"""The web process: pages, live channel and interfaces on one port. The database must already run."""

from __future__ import annotations

import argparse
import os
import threading

HELP = "the web process: pages, live channel and interfaces on one port"
EXAMPLE = "ketacare web --port 8000"
AFTER_START_S = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8000)


def run(arguments: argparse.Namespace) -> int:
    import uvicorn

    from ketacare.web.runtime.folders import default_data_folder

    # Where collected static files would be; none is needed, but a missing folder is warned about at every start.
    (default_data_folder() / "static").mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("KETACARE_DATABASE_POOL", "1")
    os.environ.setdefault("KETACARE_ORIGIN", f"http://localhost:{arguments.port}")
    # No start and no first sign-in waits for the statistics, and whoever opens the programme's page need not either.
    later = threading.Timer(AFTER_START_S, get_ready)
    later.daemon = True
    later.start()
    uvicorn.run(
        "ketacare.web.asgi:application",
        host=arguments.host,
        port=arguments.port,
        # Request lines carry record ids and, in signed links, a secret: the audit log is the place for access.
        access_log=False,
        log_level="warning",
        server_header=False,
        lifespan="auto",
        # Live streams never end by themselves.
        timeout_graceful_shutdown=3,
    )
    return 0


def get_ready() -> None:
    from ketacare.clinic.registry import ready
    from ketacare.web.runtime.application import set_up

    set_up()
    ready.get_ready()
