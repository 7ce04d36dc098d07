"""Compiles `kernel.c` for the measurement, where the machine has a compiler, and runs it on the engine's exponents."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SOURCE = Path(__file__).with_name("kernel.c")
DOUBLES = ctypes.POINTER(ctypes.c_double)
Rows = NDArray[np.float64]
Course = Callable[[Rows, Rows, float, int, float, int], Rows]


def compiled(folder: Path) -> Course | None:
    """Share and rate (terms, patients), flow per hour, steps of it, step in hours, times -> (times, patients)."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    library = folder / "kernel.so"
    flags = ["-O3", "-march=native", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, str(SOURCE), "-o", str(library), "-lm"], check=True)
    run = ctypes.CDLL(str(library)).course
    run.restype = None

    def course(share: Rows, rate: Rows, flow: float, during: int, step: float, times: int) -> Rows:
        share, rate = np.ascontiguousarray(share), np.ascontiguousarray(rate)
        terms, patients = share.shape
        out = np.empty((times, patients))
        places = [array.ctypes.data_as(DOUBLES) for array in (share, rate)]
        run(
            *places,
            terms,
            patients,
            ctypes.c_double(flow),
            during,
            ctypes.c_double(step),
            times,
            out.ctypes.data_as(DOUBLES),
        )
        return out

    return course
