"""What whoever opens the programme's page first would else wait for: the statistics, the sheets, the template."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from functools import partial
from time import sleep

from django.template.loader import get_template

from ketacare.clinic.registry.queries import keeping
from ketacare.medicine.outcomes.reader import INSTRUMENTS, instrument
from ketacare.medicine.registry.reader import measures, published
from ketacare.medicine.registry.rules import rate

STATISTICS = "scipy.stats"
REST_S = 0.02  # between two parts the processor is whoever's who signs in meanwhile


def get_ready() -> None:
    """Nothing of it is any clinic's, and no question goes to the database."""
    for part in parts():
        part()
        sleep(REST_S)


def parts() -> Iterator[Callable[[], object]]:
    yield partial(importlib.import_module, STATISTICS)
    for name in INSTRUMENTS:
        yield partial(instrument, name)
    yield keeping.version
    yield published
    yield lambda: rate(1, 2, measures())
    yield partial(get_template, "registry/programme.jinja")
