"""A stand-in for the live server: serves one page and its files, and beats, speaks or falls silent as told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs

STATIC = Path(__file__).parents[2] / "static"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
POLICY = "default-src 'self'; img-src 'self' data:"
VISIT = "a"
PRESENCE = "/presence/"


def until(true: Any, patience_s: float = 20) -> None:
    give_up_at = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.1)


def static_file(name: str) -> Path:
    """As the finders find it: of web, else of the room it is named after."""
    rooms = Path(__file__).parents[3] / "clinic"
    return STATIC / name if (STATIC / name).is_file() else rooms / name.split("/")[0] / "static" / name


class Stream(ThreadingHTTPServer):
    """What the tests turn: `silent` stops every answer of the stream, `probe` the SpO2, `watching` the alarm watch;
    `alarming` sends an alarm that only the page can draw, and `failing` keeps the page from being read; `away` is a
    database that does not answer, `ahead` how much later it has become. Of what is posted, `posts` is every try and
    `saved` each entry once; `hanging_up` saves and does not say so, `refusing` refuses with these words; nothing is
    answered before `answering` is set."""

    daemon_threads = True

    def __init__(self, page: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.page = page
        self.silent, self.probe, self.watching = False, True, True
        self.failing, self.alarming, self.late, self.pages = False, False, False, 0
        self.resumed_after: list[str] = []
        self.away, self.hanging_up, self.refusing, self.signed_out = False, False, "", False
        self.spent: set[str] = set()  # keys that came before with other contents
        self.ahead = timedelta(0)
        self.dead_before = 0.0  # lines that were opened before stay open, and say nothing any more
        self.answering = Event()
        self.answering.set()
        self.visit, self.values = VISIT, {"HR": "88", "NIBP_SYS": "141", "NIBP_DIA": "87", "SPO2": "93"}
        self.posts: list[dict[str, str]] = []
        self.present: list[str] = []  # what the page says at its door of presence
        self.quiet_s = 0  # for how long it may be silent because somebody else listens
        self.present_after = 0  # how often the page was read before its presence is answered
        self.saved: dict[str, dict[str, str]] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class Handler(BaseHTTPRequestHandler):
    server: Stream
    number = 100

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/live/stream":
            self.stream()
        elif path.startswith("/static/"):
            self.file(static_file(path.removeprefix("/static/")))
        elif self.headers.get("HX-Request"):
            self.answer(
                b"", "text/html", 204
            )  # a fragment that some part asks for; the page itself would not fit there
        elif self.server.failing:
            self.send_error(500)
        else:
            self.server.pages += 1
            self.answer(self.server.page.encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        """As the product: saved once by its key and answered, refused with the page that says why, or not at all."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == PRESENCE:
            return self.be_present(body)
        typed = parse_qs(body)
        entry = {name: values[-1] for name, values in typed.items()} | {"action": self.path}
        self.server.posts.append(entry)
        self.server.answering.wait(20)
        if self.server.away:
            return self.send_error(500)
        if self.server.signed_out:
            return self.answer(b"", "text/html", 401)
        if entry.get("once") in self.server.spent:
            return self.answer(b"<main><span data-spent hidden></span></main>", "text/html", 422)
        if self.server.refusing and "confirm" not in entry:
            return self.answer(self.server.refusing.encode(), "text/html; charset=utf-8", 422)
        self.server.saved.setdefault(entry.get("once", ""), entry)
        if self.server.hanging_up:
            self.close_connection = True
            return self.connection.close()
        return self.answer(b"", "text/html", 204)

    def be_present(self, body: str) -> None:
        self.server.present.append(body)
        for _ in range(200):  # never for ever
            if self.server.pages >= self.server.present_after:
                break
            time.sleep(0.02)
        until = datetime.now(UTC) + timedelta(seconds=self.server.quiet_s)  # noqa: TID251 - as above
        told = {"quiet_until": until.isoformat() if self.server.quiet_s else None}
        self.answer(json.dumps(told).encode(), "application/json")

    def file(self, path: Path) -> None:
        if path.is_file():
            self.answer(path.read_bytes(), TYPES.get(path.suffix, "application/octet-stream"))
        else:
            self.send_error(404)

    def answer(self, body: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self) -> None:
        if self.server.silent:
            self.send_error(503)
            return
        self.server.resumed_after.append(self.headers.get("Last-Event-ID") or self.path.partition("after=")[2])
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        opened = time.monotonic()
        while not self.server.silent:
            try:
                if opened >= self.server.dead_before:
                    self.speak()
            except OSError:
                return
            time.sleep(0.5)

    def speak(self) -> None:
        now = (datetime.now(UTC) + self.server.ahead).isoformat()  # noqa: TID251 - this is a server; its clock is its own
        if self.server.away:
            return self.send("away", {})
        watch_at = now if self.server.watching else "2020-01-01T00:00:00+00:00"
        channels = {name: value for name, value in self.server.values.items() if name != "SPO2" or self.server.probe}
        readings = [
            {"channel": name, "value": value, "taken_at": now, "quality": "good"} for name, value in channels.items()
        ]
        if self.server.late:
            earlier = {"channel": "SPO2", "value": "71", "taken_at": "2020-01-01T00:00:00+00:00", "quality": "good"}
            readings.append(earlier)
        Handler.number += 1
        self.send("reading", {"topic": f"visit:{self.server.visit}", "body": {"readings": readings}}, Handler.number)
        if self.server.alarming:
            Handler.number += 1
            self.send(
                "alarm", {"topic": f"visit:{self.server.visit}", "body": {"version": 1, "signals": []}}, Handler.number
            )
        return self.send("beat", {"at": now, "number": Handler.number, "watch_at": watch_at})

    def send(self, kind: str, body: dict[str, Any], number: int | None = None) -> None:
        name = f"id: {number}\n" if number else ""
        self.wfile.write(f"{name}event: {kind}\ndata: {json.dumps(body)}\n\n".encode())
        self.wfile.flush()


@contextmanager
def streaming(page: str) -> Iterator[Stream]:
    server = Stream(page)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.silent = True
        server.shutdown()
        server.server_close()
