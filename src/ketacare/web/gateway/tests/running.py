"""The gateway on a loop of its own thread, and a monitor's wire to it."""

import asyncio
import socket
import threading

import hl7

from ketacare.exchange.hl7v2.translate import FrameReader
from ketacare.web import clock
from ketacare.web.gateway.listener import Listener
from ketacare.web.gateway.writer import Writer


class Running:
    """The gateway on a loop of its own thread."""

    def __init__(self):
        self.ready, self.loop = threading.Event(), asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self.live(),), daemon=True)
        self.thread.start()
        assert self.ready.wait(10)

    async def live(self):
        self.stopped = asyncio.Event()
        self.writer = Writer(clock.now)
        committing = asyncio.create_task(self.writer.run())
        listener = self.listener = Listener(self.writer, clock.now)
        server = await listener.serve("127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await self.stopped.wait()
        server.close()
        await listener.close()
        committing.cancel()
        await asyncio.gather(committing, return_exceptions=True)
        self.writer.close()

    def stop(self):
        self.loop.call_soon_threadsafe(self.stopped.set)
        self.thread.join(10)
        self.loop.close()


class Wire:
    def __init__(self, port):
        self.socket, self.frames, self.waiting = socket.create_connection(("127.0.0.1", port), 10), FrameReader(), []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def raw(self):
        while not self.waiting:
            received = self.socket.recv(65536)
            assert received, "closed"
            self.waiting += self.frames.feed(received)
        return self.waiting.pop(0)

    def answer(self):
        return hl7.parse(self.raw().decode())

    def answers(self, count):
        found = (self.answer().segment("MSA") for _ in range(count))
        return [(str(segment[1]), str(segment[2])) for segment in found]
