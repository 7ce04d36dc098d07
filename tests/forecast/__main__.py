"""`python -m tests.forecast`: the forecast held against people it has not seen, into docs/safety/results/forecast.md.

Some minutes of one core. The same seed writes the same page.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from tests.forecast.backtest import Found

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "safety" / "results" / "forecast.md"
PICTURE = ROOT / "docs" / "pictures" / "forecast-calibration.svg"
LEARN, HOLD, SEED = 800, 2000, 20261128

HEAD = """# The forecast of the loss of response, on people it has not seen

Written by `python -m tests.forecast`; the same seed ({seed}) writes the same page. A small part runs with every change
(`tests/forecast/test_backtest.py`), with a control arm that must fail.

**Everybody here is invented.** The simulated network of the demo makes people whose truth is known. {learn} of them
teach the pool of a clinic; {hold} others are held back. Each of those is looked at on a day of their own, {first:.0f}
to {last:.0f} days after their last dose, and forecast from the weekly PHQ-9 forms that had come back by then (three in
four come back). What was forecast is held against the day on which the simulated relief had truly fallen by a quarter,
and against the forms that came back later. This says how well the arithmetic works where its suppositions hold, and in
three arms where they do not. **It says nothing about real patients**: no data of real courses were at hand.

Where the simulation and the forecast agree and differ: in the first arm the simulation fades as the forecast supposes
(halving in equal times, half-lives whose logarithms are normal), so that arm proves the arithmetic and not the model.
Even there the simulation rounds totals, keeps them between 0 and 27, lets the effect build up over six doses and gives
people gains that are not normally distributed. In the other arms fading has a form of its own; the forecast learns the
form from the clinic's scores, but "a rest that stays" is none of its forms. A clinic that writes its forecasts down and
looks back at them later can tell whether they hold there; until then they are a supposition.

"Last value carried forward" says that the next score is the last one, and that a gain is lost once the last score says
so. "Every N days" treats everybody alike: after the published median of 18 days, and after the median of the same pool.
"""


def main() -> int:
    from tests.forecast import backtest
    from tests.forecast.picture import calibration

    found = {
        name: backtest.run(fade, learn=LEARN, hold=HOLD, seed=SEED + place)
        for place, (name, fade) in enumerate(backtest.FADES.items())
    }
    PICTURE.write_text(calibration({name: one.calibration for name, one in found.items()}))
    first, last = backtest.LOOKED_AT_DAYS
    parts = [HEAD.format(seed=SEED, learn=LEARN, hold=HOLD, first=first, last=last)]
    parts += [covered(found), errors(found), CALIBRATION, tenths(found)]
    PAGE.write_text("\n".join(parts))
    print(PAGE.relative_to(ROOT), PICTURE.relative_to(ROOT), sep="\n")
    return 0


def covered(found: dict[str, Found]) -> str:
    rows = [
        "## Coverage",
        "",
        "How often the interval held the true day, and the later forms.",
        "",
        "| how the simulation fades | forecast of | day lost, 80 % | 95 % | no response any more, 80 % | 95 % "
        "| later forms, 80 % | middle minus truth, days | width of the 80 %, days |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, one in found.items():
        shares = (one.covered_80, one.covered_95, one.below_80, one.below_95, one.scores_80)
        told = " | ".join(f"{100 * share:.1f} %" for share in shares)
        rows.append(f"| {name} | {one.held} of {one.people} | {told} | {one.bias:+.1f} | {one.width_80:.0f} |")
    rows += ["", "Of the others it says that there is no gain to lose, or no score yet.", ""]
    return "\n".join(rows)


def errors(found: dict[str, Found]) -> str:
    rows = [
        "## Beside the baselines",
        "",
        "Brier: the mean square between what was said to be likely and what was so, on each of 84 days (less is "
        "better; a coin has 0.25). Day: median distance from the true day. Points: mean distance from the later forms.",
        "",
        "| how the simulation fades | by | Brier | day, d | points |",
        "|---|---|---|---|---|",
    ]
    for name, one in found.items():
        for by, brier in one.brier.items():
            day, points = one.error.get(by), one.score_error.get(by)
            cells = (f"{brier:.3f}", "–" if day is None else f"{day:.1f}", "–" if points is None else f"{points:.2f}")
            rows.append(f"| {name} | {by} | {' | '.join(cells)} |")
    return "\n".join([*rows, ""])


CALIBRATION = """## Calibration

Of the times it was said to be so likely that the gain is lost by a day (every seventh day of 84), how often it was.

![Calibration: said against happened, one line to an arm](../../pictures/forecast-calibration.svg)
"""


def tenths(found: dict[str, Found]) -> str:
    rows = ["| how the simulation fades | said | happened | times |", "|---|---|---|---|"]
    for name, one in found.items():
        rows += [
            f"| {name} | {100 * said:.0f} % | {100 * happened:.0f} % | {times} |"
            for said, happened, times in one.calibration
        ]
    return "\n".join([*rows, ""])


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ketacare.web.settings")
    django.setup()
    sys.exit(main())
