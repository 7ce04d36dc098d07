"""The bare wire: answers each frame with itself. The least any gateway could take."""

from __future__ import annotations

import asyncio
import sys

from ketacare.exchange.hl7v2.translate import FrameReader, framed


async def converse(reader: asyncio.StreamReader, sender: asyncio.StreamWriter) -> None:
    frames = FrameReader()
    while received := await reader.read(65_536):
        for message in frames.feed(received):
            sender.write(framed(message))
        await sender.drain()
    sender.close()


async def main(port: int) -> None:
    server = await asyncio.start_server(converse, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
