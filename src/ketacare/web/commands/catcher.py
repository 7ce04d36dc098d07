"""A gateway for trying out: takes calls to staff and messages to patients, shows them on a page, and reports them as
told. Sends nothing.

POST /send, /messages          what a real gateway gets, for staff and for patients: {id, to, channel, words, report_to}
                               with a bearer token
SMTP on --mail-port            what a real relay gets, for both
GET  /                         the page: everything caught, links that open, and what is reported of the next ones
POST /mode                     deliver (default), lose (taken, and never reported), refuse (not taken)
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ketacare.medicine.outcomes import reader
from ketacare.web.runtime.mail_catcher import Letter, MailCatcher

HELP = "a gateway for trying out: catches calls and messages and shows them with their links; sends nothing"
EXAMPLE = "ketacare catcher --port 8025"

KEPT = 200
BODY_MOST = 4096
TOLD_WITHIN_S = 10  # who hangs up earlier on a busy server leaves it half a report, which it refuses
MODES = {"deliver": "delivered at once", "lose": "taken, and never reported", "refuse": "not taken"}
TO_PATIENTS, TO_STAFF = "patients", "staff"
DOORS = {"/messages": TO_PATIENTS, "/send": TO_STAFF}
WAYS = {"text": "Text message", "voice": "Telephone call", "mail": "Mail"}
LINK = re.compile(r"https?://[^\s<&]+[^\s<&.,]")
STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 0 auto; padding: 1.5rem; }
h1 { margin: 0; font-size: 1.5rem; }
h2 { margin: 0 0 0.75rem; font-size: 1.125rem; }
.next { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; margin: 1rem 0 2rem; }
button { min-height: 2.75rem; padding: 0 1rem; border: 1px solid; border-radius: 0.5rem; background: none;
  color: inherit; font: inherit; cursor: pointer; }
button[aria-pressed="true"] { font-weight: 600; border-width: 2px; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 2rem; }
ol { display: grid; gap: 1rem; margin: 0; padding: 0; list-style: none; }
.small { margin: 0 0 0.25rem; font-size: 0.875rem; }
.bubble { margin: 0; padding: 0.75rem 1rem; border: 1px solid; border-radius: 0.25rem 1rem 1rem 1rem;
  overflow-wrap: anywhere; white-space: pre-line; }
"""
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>What would have gone out</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer"><style>{style}</style></head>
<body><main><h1>What would have gone out</h1>
<p>For trying out. Nothing here was sent to anybody; links open as on a phone.</p>
<form class="next" method="post" action="/mode" aria-labelledby="n">
<span id="n">The next ones are</span>{buttons}</form>
<p id="stopped" role="status"></p>
<div class="two"><section aria-labelledby="p"><h2 id="p">To patients</h2>{patients}</section>
<section aria-labelledby="s"><h2 id="s">To staff</h2>{staff}</section></div></main>{fresh}</body></html>"""
# What is new is drawn in; nothing moves under a finger while there is nothing new.
FRESH = """<script>setInterval(async () => {
  const stopped = document.getElementById("stopped");
  const answer = await fetch("/").catch(() => null);
  stopped.textContent = answer ? "" : "Ketacare is not running: nothing more is caught.";
  if (!answer) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [now, then] = [document, page].map((one) => one.querySelector(".two"));
  if (now.innerHTML !== then.innerHTML) now.replaceWith(document.adoptNode(then));
}, 3000);</script>"""


@dataclass
class Caught:
    """What was taken, in memory only, the newest first."""

    token: str
    mode: str = "deliver"
    patients_from: str = ""
    calls: deque[dict[str, str]] = field(default_factory=lambda: deque(maxlen=KEPT))

    def page(self) -> str:
        buttons = " ".join(
            f'<button name="mode" value="{mode}" aria-pressed="{str(mode == self.mode).lower()}">{words}</button>'
            for mode, words in MODES.items()
        )
        parts = {kind: self.list_of(kind) for kind in (TO_PATIENTS, TO_STAFF)}
        return PAGE.format(style=STYLE, fresh=FRESH, buttons=buttons, **parts)

    def list_of(self, kind: str) -> str:
        found = [shown(call) for call in self.calls if call["kind"] == kind]
        return f"<ol>{''.join(found)}</ol>" if found else f"<p>Nothing yet. {why_empty(kind)}</p>"

    def mail(self, letter: Letter) -> bool:
        """A relay tells of bounces only, so that nothing is reported of what it took."""
        if self.mode == "refuse":
            return False
        kind = TO_PATIENTS if letter.sender == self.patients_from else TO_STAFF
        self.calls.appendleft(
            {"kind": kind, "to": letter.to, "channel": "mail", "words": letter.words, "at": now(), "reported": "no"}
        )
        return True


def why_empty(kind: str) -> str:
    """An empty page looks broken; at night it is empty for hours."""
    if kind == TO_STAFF:
        return "Staff are called when a high alarm or a concern is not answered, or to their own code."
    quiet = reader.outreach()
    return (
        f"By the clinic’s clock nothing goes to patients from {quiet.quiet_begins.integer}:00 to "
        f"{quiet.quiet_ends.integer}:00, but the check-in of the same evening: what is due then waits for the morning. "
        "In between a message goes when its check-in opens. What waits stands on each patient’s page “Messages”."
    )


def shown(call: dict[str, str]) -> str:
    """As a telephone would show it; only what is a link of ours becomes one."""
    words = LINK.sub(
        lambda link: f'<a href="{link[0]}" target="_blank" rel="noopener">{link[0]}</a>', html.escape(call["words"])
    )
    told = {"delivered": "delivered", "no": "not reported"}.get(call["reported"], call["reported"])
    to, way = html.escape(call["to"] or "no address known"), WAYS.get(call["channel"], html.escape(call["channel"]))
    return (
        f'<li><p class="small">{call["at"]} · {way} to {to} · {html.escape(told)}</p><p class="bubble">{words}</p></li>'
    )


def now() -> str:
    return time.strftime("%H:%M:%S")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8025)
    parser.add_argument("--mail-port", type=int, help="port on which mail is taken (default: none is)")


def run(arguments: argparse.Namespace) -> int:
    server = serve(arguments.host, arguments.port, os.environ.get("KETACARE_CALLS_TOKEN", ""))
    caught: Caught = server.caught  # type: ignore[attr-defined]
    caught.patients_from = os.environ.get("KETACARE_MESSAGES_MAIL_FROM", "")
    if arguments.mail_port is not None:
        relay = MailCatcher((arguments.host, arguments.mail_port), caught.mail)
        threading.Thread(target=relay.serve_forever, daemon=True).start()
    print(f"What would go out is caught at http://{arguments.host}:{server.server_address[1]}/", flush=True)
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
            kind = DOORS.get(urlsplit(self.path).path)
            self.answer(take(caught, self.headers.get("Authorization", ""), body, kind) if kind else 404, "")

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


def take(caught: Caught, authorization: str, body: bytes, kind: str = TO_STAFF) -> int:
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
    call |= {"kind": kind, "at": now(), "reported": "delivered" if caught.mode == "deliver" else "no"}
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
            with urllib.request.urlopen(request, timeout=TOLD_WITHIN_S):  # noqa: S310
                return
        except (OSError, ValueError):
            continue
    call["reported"] = "delivered, and nobody heard it"
