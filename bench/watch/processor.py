"""Who had the processor: the product, its database, the load itself, its browsers, everybody else on the machine."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    parent: int
    name: str
    had_s: float


def processes() -> dict[int, Process]:
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                name, _, rest = (folder / "stat").read_text().partition("(")[2].rpartition(")")
            except OSError:  # it has ended
                continue
            cells = rest.split()
            found[int(folder.name)] = Process(int(cells[1]), name, (int(cells[11]) + int(cells[12])) / TICKS_A_SECOND)
    return found


def all_busy_s() -> float:
    cells = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    return sum(int(cell) for place, cell in enumerate(cells) if place not in (3, 4)) / TICKS_A_SECOND


@dataclass
class Shares:
    """Of all cores, from when it was made until it is asked."""

    ours: Mapping[str, int]  # the product's processes, by name
    began: float = field(default_factory=time.perf_counter)
    had: dict[str, float] = field(default_factory=dict)
    busy_s: float = field(default_factory=all_busy_s)

    def __post_init__(self) -> None:
        self.had = self.seconds()

    def seconds(self) -> dict[str, float]:
        known, named = processes(), {pid: name for name, pid in self.ours.items()}
        told: dict[str, float] = {}
        for pid, one in known.items():
            at, word = pid, "load" if pid == os.getpid() else ""
            while at in known and not word:
                word = named.get(at, "")
                word = word or ("database" if known[at].name == "postgres" else "")
                at = known[at].parent
                word = word or ("browsers" if at == os.getpid() else "")
            if word and self.is_below(pid, known):
                told[word] = told.get(word, 0.0) + one.had_s
        return told

    @staticmethod
    def is_below(pid: int, known: Mapping[int, Process]) -> bool:
        while pid in known and pid != os.getpid():
            pid = known[pid].parent
        return pid == os.getpid()

    def told(self) -> str:
        whole = (time.perf_counter() - self.began) * (os.cpu_count() or 1)
        now, busy = self.seconds(), all_busy_s() - self.busy_s
        had = {name: max(0.0, now[name] - self.had.get(name, 0.0)) / whole for name in now}
        others = max(0.0, busy / whole - sum(had.values()))
        each = ", ".join(f"{name} {share:.0%}" for name, share in sorted(had.items(), key=lambda one: -one[1]))
        return f"of the processors: {each}; others on the machine {others:.0%}, idle {max(0.0, 1 - busy / whole):.0%}"
