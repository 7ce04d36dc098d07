"""`python -m tests.registry`: whether the programme's page finds the true rates of simulated years, into
docs/safety/results/programme-rates.md. A minute of one core; the same seeds write the same page.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from tests.registry.recovered import Year

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "safety" / "results" / "programme-rates.md"
SEEDS, PEOPLE, TRULY, TRUE_SEED = 24, 2000, 150_000, 99
APART = 0.05

HEAD = """# The programme's page on simulated years whose true rates are known

Written by `python -m tests.registry`; the same seeds write the same page. A smaller part runs with every change
(`test_the_intervals_hold_the_true_rates_as_often_as_they_say`), with a control arm that must fail.

**Everybody here is invented.** {seeds} simulated years (seeds 0 to {last}) of three clinics with {people:,} people
each. The true rates are those of {truly:,} people of the same simulation whose every form comes back. In each year
the page's own computation gives response and remission in each of {weeks} weeks with an interval at 95 %: {of}
intervals.

An interval at 95 % misses one time in twenty where nothing is wrong. So that one year has a rate outside its
interval is no fault by itself: with {of_one} intervals to a year it is to be expected of most years, were they
independent. Those of one year are not: one person is in many weeks, so that misses come together. What would be a
fault is that more are missed in all than a binomial count allows.
"""

TAIL = """
With {apart} points added to every true rate, {missed} of {of} are missed: the count can tell.

The mean over {seeds} years of a share less the true one is {most:+.1f} points at most ({kind} in week {week}),
with a standard error of {error:.1f} points by the spread of the years; the {of_one} rates of a year are not
independent. **It says nothing about real clinics**: whether a form comes back has nothing to do here with how
somebody fares.
"""


def main() -> int:
    from ketacare.web.demo import network
    from tests.registry.recovered import held_against, played

    true, networks = network.truth(TRULY, TRUE_SEED), played(SEEDS, PEOPLE)
    PAGE.write_text(page(held_against(networks, true), held_against(networks, true, APART)))
    print(PAGE.relative_to(ROOT))
    return 0


def page(years: list[Year], control: list[Year]) -> str:
    import numpy as np
    from scipy.stats import binom

    from tests.registry.recovered import count

    (missed, of), of_one = count(years), len(years[0].off)
    low, high = (int(binom.ppf(share, of, 0.05)) for share in (0.025, 0.975))
    off = {place: 100 * np.array([year.off[place] for year in years]) for place in years[0].off}
    place = max(off, key=lambda one: abs(off[one].mean()))
    told = (
        f"**{missed} of {of} are missed ({100 * missed / of:.1f} %)**, in {sum(bool(year.missed) for year in years)} "
        f"of {SEEDS} years. Of {of} independent ones with a chance of one in twenty each, {low} to {high} are, in 95 % "
        "of runs."
    )
    rows = [
        f"| {seed} | {len(year.missed)} | {', '.join(f'{kind} in week {week}' for kind, week in year.missed) or '–'} |"
        for seed, year in enumerate(years)
    ]
    head = HEAD.format(seeds=SEEDS, last=SEEDS - 1, people=PEOPLE, truly=TRULY, weeks=of_one // 2, of=of, of_one=of_one)
    tail = TAIL.format(
        apart=round(100 * APART), missed=count(control)[0], of=of, seeds=SEEDS, kind=place[0], week=place[1],
        most=off[place].mean(), error=off[place].std(ddof=1) / SEEDS**0.5, of_one=of_one,
    )  # fmt: skip
    return "\n".join([head, told, "", "| seed | missed | which |", "|---|---|---|", *rows, tail])


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ketacare.web.settings")
    django.setup()
    sys.exit(main())
