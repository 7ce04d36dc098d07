"""A broker of a few lines: one session that outlives its wire, QoS 1, delivered again until acknowledged."""

import contextlib
import socket
import threading


class Broker(threading.Thread):
    def __init__(self, refuses=0):
        super().__init__(daemon=True)
        self.refuses = refuses
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.unacknowledged, self.acknowledged, self.answers, self.deliveries = {}, [], [], 0
        self.wire, self.subscribed, self.number = None, threading.Event(), 0
        self.turn = threading.RLock()
        self.start()

    def publish(self, topic, payload):
        """As a monitor does; the number under which it goes to the subscriber."""
        with self.turn:
            self.number += 1
            self.unacknowledged[self.number] = (topic, payload)
            self.deliver(self.number)
            return self.number

    def publish_loosely(self, topic, payload):
        """With QoS 0: nobody answers for it."""
        self.send(0x30, string(topic) + payload)

    def deliver(self, number, again=False):
        topic, payload = self.unacknowledged[number]
        body = string(topic) + number.to_bytes(2, "big") + payload
        self.deliveries += 1
        self.send(0x3A if again else 0x32, body)

    def send(self, kind, body):
        with self.turn:
            if self.wire is not None:
                try:
                    self.wire.sendall(bytes([kind]) + length(len(body)) + body)
                except OSError:
                    self.wire = None

    def run(self):
        while True:
            try:
                wire, _ = self.listening.accept()
            except OSError:
                return
            with wire:
                with contextlib.suppress(OSError):
                    self.serve(wire)
                with self.turn:
                    self.wire = None

    def serve(self, wire):
        reading = wire.makefile("rb")
        with reading:
            while head := reading.read(1):
                body = reading.read(read_length(reading))
                self.came(wire, head[0], body)

    def came(self, wire, kind, body):
        if kind >> 4 == 1:  # CONNECT: the session is there already
            with self.turn:
                self.wire = wire
                if self.refuses:
                    self.refuses -= 1
                    self.send(0x20, bytes([0, 5]))  # not authorized
                    return
                self.send(0x20, bytes([1, 0]))
                for number in sorted(self.unacknowledged):
                    self.deliver(number, again=True)
        elif kind >> 4 == 8:  # SUBSCRIBE
            self.send(0x90, body[:2] + b"\x01")
            self.subscribed.set()
        elif kind >> 4 == 3:  # an answer
            size = int.from_bytes(body[:2], "big")
            self.answers.append((body[2 : 2 + size].decode(), body[4 + size :]))
            self.send(0x40, body[2 + size : 4 + size])
        elif kind >> 4 == 4:  # PUBACK
            number = int.from_bytes(body[:2], "big")
            self.acknowledged.append(number)
            self.unacknowledged.pop(number, None)
        elif kind >> 4 == 12:
            self.send(0xD0, b"")

    def close(self):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.join(10)


def string(text):
    return len(text.encode()).to_bytes(2, "big") + text.encode()


def length(size):
    out = bytearray()
    while True:
        size, digit = divmod(size, 128)
        out.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(out)


def read_length(reading):
    size, shift = 0, 0
    while True:
        digit = reading.read(1)[0]
        size |= (digit & 0x7F) << shift
        shift += 7
        if not digit & 0x80:
            return size
