"""Start everything on this machine: database, migrations, web, alarms, gateway and background work."""

from __future__ import annotations

import argparse
import importlib.util
import os
import secrets
import socket
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from ketacare.web.commands import caller
from ketacare.web.runtime import founded
from ketacare.web.runtime.databases import is_external
from ketacare.web.runtime.faults import CannotRun
from ketacare.web.runtime.folders import default_data_folder
from ketacare.web.runtime.postgres import Postgres
from ketacare.web.runtime.supervisor import Child, Steps, Supervisor

HELP = "start everything; --demo makes a demo clinic and plays a recorded session live"
EXAMPLE = "ketacare up --demo"

# In the order of starting. Intake starts last and stops first, the alarms' watch starts first and stops last.
PROCESSES = ("watch", "caller", "worker", "web", "gateway")
# On a machine that cannot serve all at once, what judges alarms and takes readings in goes before pages, and pages
# before papers and exports. Nothing is raised, which would need rights: the others are lowered.
NICENESS = {"web": 2, "worker": 5, "catcher": 5}
DEMO_PLAY = Path(__file__).resolve().parents[1] / "demo" / "play.py"
READY_PATIENCE_S = 240.0  # a machine may do much else; what keeps dying is waited for no longer
HOPELESS_DELAY_S = 4.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--demo", action="store_true", help="make the demo clinic and play a recorded session live")
    parser.add_argument("--large", action="store_true", help="with --demo: add a simulated year of three clinics")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8000)


def run(arguments: argparse.Namespace) -> int:
    if arguments.large and not arguments.demo:
        raise CannotRun("--large adds to the demo clinic; start it with --demo --large")
    refuse_used_port(arguments.host, arguments.port, "--port")
    refuse_used_port("127.0.0.1", int(os.environ.get("KETACARE_MLLP_PORT", "2575")), "KETACARE_MLLP_PORT")
    if arguments.demo:
        # Invented people never share a folder with real ones.
        os.environ.setdefault("KETACARE_DATA", f"{default_data_folder()}-demo")
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    environment.setdefault("KETACARE_ORIGIN", f"http://localhost:{arguments.port}")
    if arguments.demo:
        environment["KETACARE_DEMO"] = "1"
        catch_calls(environment, arguments.port)
    with ExitStack() as stack:
        database = start_database(stack)
        prepare(environment, demo=arguments.demo, large=arguments.large)
        supervisor = Supervisor(children(arguments, environment), environment=environment, database=database)
        stack.callback(supervisor.stop)
        supervisor.listen()
        wait_until_ready(supervisor, arguments)
        supervisor.run()
    print("Stopped.", flush=True)
    return 0


def catch_calls(environment: dict[str, str], port: int) -> None:
    """In a demo nobody is called or written to: a gateway for trying out catches and shows what would have gone."""
    environment.setdefault("KETACARE_CATCHER_PORT", str(free_port()))
    environment.setdefault("KETACARE_CATCHER_MAIL_PORT", str(free_port()))
    here = f"http://127.0.0.1:{environment['KETACARE_CATCHER_PORT']}"
    mail = f"smtp://127.0.0.1:{environment['KETACARE_CATCHER_MAIL_PORT']}"
    environment.setdefault("KETACARE_CALLS_URL", f"{here}/send")
    environment.setdefault("KETACARE_CALLS_TOKEN", secrets.token_urlsafe(16))
    environment.setdefault("KETACARE_CALLS_REPORT_TO", f"http://127.0.0.1:{port}/calls/receipts/")
    environment.setdefault("KETACARE_MAIL_URL", mail)
    environment.setdefault("KETACARE_MAIL_FROM", "alarms@demo.example")
    environment.setdefault("KETACARE_MESSAGES_URL", f"{here}/messages")
    environment.setdefault("KETACARE_MESSAGES_TOKEN", environment["KETACARE_CALLS_TOKEN"])
    environment.setdefault("KETACARE_MESSAGES_REPORT_TO", f"http://127.0.0.1:{port}/messages/receipts/")
    environment.setdefault("KETACARE_MESSAGES_MAIL_URL", mail)
    environment.setdefault("KETACARE_MESSAGES_MAIL_FROM", "clinic@demo.example")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def refuse_used_port(host: str, port: int, how: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            raise CannotRun(f"port {port} on {host} can't be used ({problem.strerror}); choose another with {how}")


def start_database(stack: ExitStack) -> Postgres | None:
    """The embedded server, unless DATABASE_URL names another."""
    if is_external():
        return None
    began = time.monotonic()
    server = Postgres()
    print(f"Starting the database in {server.data} …", flush=True)
    stack.enter_context(server)
    Steps().done(began)
    return server


def prepare(environment: dict[str, str], *, demo: bool, large: bool) -> None:
    Steps().step("Bringing the database to this version", ["migrate", "--quiet"], environment)
    if demo:
        Steps().step("Making the demo clinic", ["demo"], environment)
    if demo and large:
        Steps().step("Adding a simulated year of three clinics", ["demo", "--large"], environment)


def exists(command: str) -> bool:
    return importlib.util.find_spec(f"ketacare.web.commands.{command}") is not None


def children(arguments: argparse.Namespace, environment: dict[str, str]) -> list[Child]:
    address = ["--host", arguments.host, "--port", str(arguments.port)]
    found = [
        Child(
            name,
            [name, *(address if name == "web" else [])],
            niceness=NICENESS.get(name, 0),
            lines=caller.MISSED if name == "caller" else "",
        )
        for name in PROCESSES
        if exists(name)
    ]
    if not arguments.demo:
        return found
    ports = ["--port", environment["KETACARE_CATCHER_PORT"], "--mail-port", environment["KETACARE_CATCHER_MAIL_PORT"]]
    catcher = Child("catcher", ["catcher", *ports], niceness=NICENESS["catcher"])
    return [catcher, *found, *([Child("play", ["demo", "--play"], once=True)] if DEMO_PLAY.is_file() else [])]


def wait_until_ready(supervisor: Supervisor, arguments: argparse.Namespace) -> None:
    print("Starting the processes …", flush=True)
    began = time.monotonic()
    while not answers(arguments.host, arguments.port):
        supervisor.tick()
        if supervisor.stopping:
            return
        if time.monotonic() - began > READY_PATIENCE_S or gives_up(supervisor):
            raise CannotRun("the web process does not become ready (the lines above say why)")
    Steps().done(began)
    print(f"\nKetacare is ready: http://localhost:{arguments.port}/   (Ctrl-C stops it)", flush=True)
    if arguments.demo:
        caught = supervisor.environment["KETACARE_CATCHER_PORT"]
        print(f"What it would have sent to patients and staff: http://127.0.0.1:{caught}/", flush=True)
    elif founded.is_nobody_here():
        print(f"There is no clinic yet, and nobody can sign in. {founded.REMEDY}", flush=True)


def gives_up(supervisor: Supervisor) -> bool:
    """At the first start a process that keeps dying is not waited for: somebody sits in front of the screen."""
    return any(child.delay_s > HOPELESS_DELAY_S for child in supervisor.children)


def answers(host: str, port: int) -> bool:
    reachable = "127.0.0.1" if host in ("0.0.0.0", "") else host  # noqa: S104 - compared, not bound
    try:
        with urllib.request.urlopen(f"http://{reachable}:{port}/readyz?for=pages", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
