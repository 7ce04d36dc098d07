"""A mail relay for trying out: takes what is sent to it on this machine and hands it to whoever listens. Sends nothing.

As much of SMTP (RFC 5321) as a client needs to hand over a letter: no encryption, no sign-in, no queue.
"""

from __future__ import annotations

import socketserver
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy

LINE_MOST, LETTER_MOST = 2000, 65536


@dataclass(frozen=True)
class Letter:
    sender: str
    to: str
    words: str


class MailCatcher(socketserver.ThreadingTCPServer):
    """`taken` says whether a letter was."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: tuple[str, int], taken: Callable[[Letter], bool]) -> None:
        super().__init__(address, Conversation)
        self.taken = taken


class Conversation(socketserver.StreamRequestHandler):
    server: MailCatcher

    def handle(self) -> None:
        self.say(220, "ready")
        while line := self.rfile.readline(LINE_MOST):
            verb = line[:4].strip().upper()
            if verb == b"QUIT":
                return self.say(221, "bye")
            if verb == b"DATA":
                self.say(354, "end with a dot")
                taken = self.server.taken(read(self.letter()))
                self.say(250, "taken") if taken else self.say(451, "not taken")
            else:
                self.say(250, "go on")

    def letter(self) -> bytes:
        """Up to the line with a dot alone; of a doubled one the first goes (RFC 5321, 4.5.2)."""
        lines, size = [], 0
        while (line := self.rfile.readline(LINE_MOST)) not in (b"", b".\r\n", b".\n") and size < LETTER_MOST:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            size += len(line)
        return b"".join(lines)

    def say(self, code: int, words: str) -> None:
        self.wfile.write(f"{code} {words}\r\n".encode())


def read(letter: bytes) -> Letter:
    message = message_from_bytes(letter, policy=policy.default)
    body = message.get_body(("plain",))
    words = body.get_content().strip() if body is not None else ""
    return Letter(str(message["From"] or ""), str(message["To"] or ""), f"{message['Subject'] or ''}\n{words}")
