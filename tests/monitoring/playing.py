"""Sessions compared, a chunk at a time, in one process or several."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context

from ketacare.web.clock import now
from tests.monitoring.comparison import compared
from tests.monitoring.simulation import session

CHUNK = 50


@dataclass(frozen=True)
class Chunk:
    seeds: list[int]
    ticks: int
    inputs: int
    differences: list[str]
    found: dict[str, str]  # what differed first, by seed
    took_s: float
    busy: float
    on: str


def played(seeds: list[int], processes: int) -> Iterator[Chunk]:
    """Each chunk as it is done. The processes are as nice as this one."""
    parts = [seeds[start : start + CHUNK] for start in range(0, len(seeds), CHUNK)]
    if processes == 1:
        yield from map(played_of, parts)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for one in as_completed([pool.submit(played_of, part) for part in parts]):
            yield one.result()


def played_of(seeds: list[int]) -> Chunk:
    began = time.monotonic()
    ticks, inputs, found = 0, 0, {}
    for seed in seeds:
        one = session(seed)
        result = compared(one)
        ticks, inputs = ticks + result.ticks, inputs + len(one.given)
        if result.difference is not None:
            found[seed] = result.difference
    return Chunk(
        seeds=seeds,
        ticks=ticks,
        inputs=inputs,
        differences=[str(one) for one in found.values()],
        found={str(seed): one.what for seed, one in found.items()},
        took_s=time.monotonic() - began,
        busy=os.getloadavg()[0],
        on=f"{now():%d %B %Y}",
    )
