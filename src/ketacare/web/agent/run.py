"""The whole agent in one loop, until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path

from ketacare.web.agent.handing import Forwarder, Server
from ketacare.web.agent.store import Store
from ketacare.web.agent.taking import Keeper, Wires, follow


async def until(stop: asyncio.Event) -> None:
    await stop.wait()


async def serve(
    arguments: argparse.Namespace, folder: Path, servers: Sequence[tuple[str, int]], stop: asyncio.Event
) -> None:
    keeper = Keeper(Store(folder, most_bytes=arguments.most_mb * 1_000_000))
    forwarder = Forwarder(keeper, [Server(host, port) for host, port in servers], arguments.name)
    tasks: list[asyncio.Task[None]] = [asyncio.create_task(forwarder.run())]
    tasks += [asyncio.create_task(follow(Path(path), keeper)) for path in arguments.follow]
    server, wires = None, Wires(keeper)
    if arguments.port or not arguments.follow:
        server = await wires.serve(arguments.host, arguments.port)
        print(f"Listening for monitors on mllp://{arguments.host}:{server.sockets[0].getsockname()[1]}", flush=True)
    stopping = asyncio.create_task(until(stop))
    try:
        await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()  # a fault of ours ends the agent, so that whoever started it starts it anew
    finally:
        if server is not None:
            server.close()
        await wires.close()
        for task in (stopping, *tasks):
            task.cancel()
        await asyncio.gather(stopping, *tasks, return_exceptions=True)
        keeper.close()
