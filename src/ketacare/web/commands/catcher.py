"""A gateway for trying out: takes the calls of alarms, shows them on a page, and reports them as told. Sends nothing.

POST /send                     what a real gateway gets: {id, to, channel, words, report_to} with a bearer token
GET  /                         the page: every call caught, and what is reported of the next ones
POST /mode                     deliver (default), lose (taken, and never reported), refuse (not taken)
"""

from __future__ import annotations

import argparse
import html
import json
import os
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

HELP = "a gateway for trying out: catches the calls of alarms and shows them; sends nothing"
EXAMPLE = "ketacare catcher --port 8025"

KEPT = 200
BODY_MOST = 4096
MODES = {"deliver": "Delivered at once", "lose": "Taken, and never reported", "refuse": "Not taken"}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Caught calls</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="3"></head>
<body><h1>Caught calls</h1><p>For trying out. Nothing here was sent to anybody. Next calls: <b>{mode}</b></p>
<form method="post" action="/mode">{buttons}</form>
<table><caption>Newest first</caption><thead><tr><th scope="col">At</th><th scope="col">To</th><th scope="col">By</th>
<th scope="col">Words</th><th scope="col">Reported</th></tr></thead><tbody>{rows}</tbody></table></body></html>"""


@dataclass
class Caught:
    """What was taken, in memory only."""

    token: str
    mode: str = "deliver"
    calls: deque[dict[str, str]] = field(default_factory=lambda: deque(maxlen=KEPT))

    def page(self) -> str:
        cells = ("at", "to", "channel", "words", "reported")
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(call[name])}</td>" for name in cells) + "</tr>" for call in self.calls
        )
        buttons = " ".join(f'<button name="mode" value="{mode}">{words}</button>' for mode, words in MODES.items())
        return PAGE.format(mode=MODES[self.mode], buttons=buttons, rows=rows)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8025)


def run(arguments: argparse.Namespace) -> int:
    server = serve(arguments.host, arguments.port, os.environ.get("KETACARE_CALLS_TOKEN", ""))
    print(f"Calls are caught at http://{arguments.host}:{server.server_address[1]}/", flush=True)
    server.serve_forever()
    return 0


def serve(host: str, port: int, token: str) -> ThreadingHTTPServer:
    """Listening, not yet serving; its `caught` holds what it took."""
    caught = Caught(token)

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if urlsplit(self.path).path != "/":
                return self.answer(404, "")
            self.answer(200, caught.page(), "text/html; charset=utf-8")

        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), BODY_MOST))
            if urlsplit(self.path).path == "/mode":
                asked = parse_qs(body.decode()).get("mode", [""])[0]
                caught.mode = asked if asked in MODES else caught.mode
                self.send_response(303)
                self.send_header("Location", "/")
                self.end_headers()
                return
            self.answer(take(caught, self.headers.get("Authorization", ""), body), "")

        def answer(self, status: int, body: str, kind: str = "text/plain") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: an address on a log line tells who is called."""

    server = ThreadingHTTPServer((host, port), Door)
    server.caught = caught  # type: ignore[attr-defined]
    return server


def take(caught: Caught, authorization: str, body: bytes) -> int:
    """The status that a gateway answers with."""
    if authorization != f"Bearer {caught.token}":
        return 401
    if caught.mode == "refuse":
        return 503
    try:
        said = json.loads(body)
        call = {name: str(said[name]) for name in ("id", "to", "channel", "words", "report_to")}
    except (ValueError, KeyError, TypeError):
        return 400
    call |= {"at": time.strftime("%H:%M:%S"), "reported": "delivered" if caught.mode == "deliver" else "no"}
    caught.calls.appendleft(call)
    if caught.mode == "deliver":
        threading.Thread(target=report, args=(call,), daemon=True).start()
    return 202


def report(call: dict[str, str]) -> None:
    """Say what became of it, until it is heard or a minute is over."""
    said = json.dumps({"id": call["id"], "state": "delivered"}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(call["report_to"], data=said, headers=headers)  # noqa: S310 - as the call names it
    for wait_s in (0.2, 1, 3, 10, 30):
        time.sleep(wait_s)
        try:
            with urllib.request.urlopen(request, timeout=3):  # noqa: S310
                return
        except (OSError, ValueError):
            continue
    call["reported"] = "delivered, and nobody heard it"
