"""Makes `recording.csv`, the demo's bedside monitor: an invented session, shaped by published averages, nobody's data.

    python src/ketacare/web/demo/make_recording.py > src/ketacare/web/demo/recording.csv

Two hours, heart rate and SpO2 each second, respiratory rate each five, cuff pressure each five minutes. The infusion
runs from minute 10 to minute 50; pressure peaks at its end by 16/11 mmHg over the start and heart rate by a few beats,
the mean peak change of 138 patients and 2342 infusions (Gen Hosp Psychiatry 2024, doi
10.1016/j.genhosppsych.2024.07.001). For the sake of the demo there is one probe that slips for 15 s and one short
desaturation, so that each kind of alarm is seen.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

SECONDS = 7200
DOSE_FROM_S, DOSE_UNTIL_S = 600, 3000
FADES_IN_S = 1500.0
CUFF_EVERY_S = 300
SLIPPED = range(1620, 1635)
SHALLOW = range(2280, 2312)

Row = tuple[int, str, str, str]


def effect(second: int) -> float:
    """How much of the peak is there: rising through the infusion, fading after it."""
    if second < DOSE_FROM_S:
        return 0.0
    if second <= DOSE_UNTIL_S:
        return math.sin(math.pi / 2 * (second - DOSE_FROM_S) / (DOSE_UNTIL_S - DOSE_FROM_S))
    return math.exp(-(second - DOSE_UNTIL_S) / FADES_IN_S)


def rows(seed: int = 7) -> Iterator[Row]:
    """The same recording every time."""
    chance = random.Random(seed)  # noqa: S311 - wobble, not a secret
    wander = 0.0
    for second in range(SECONDS):
        wander = 0.98 * wander + chance.gauss(0, 0.35)
        breath = math.sin(2 * math.pi * second / 4.3)
        yield second, "HR", str(round(71 + 5 * effect(second) + wander + 1.2 * breath)), "good"
        yield second, "SPO2", *saturation(second, chance)
        if second % 5 == 0:
            yield second, "RR", str(round(14 - 1.5 * effect(second) + chance.gauss(0, 0.7))), "good"
        if second % CUFF_EVERY_S == 0:
            yield from cuff(second, chance)


def saturation(second: int, chance: random.Random) -> tuple[str, str]:
    if second in SLIPPED:
        return "", "none"
    value = 97.6 - 0.8 * effect(second) + chance.gauss(0, 0.3)
    if second in SHALLOW:
        value -= 9.5 * math.sin(math.pi * (second - SHALLOW.start) / len(SHALLOW))
    return str(min(100, round(value))), "good"


def cuff(second: int, chance: random.Random) -> Iterator[Row]:
    systolic = round(122 + 16 * effect(second) + chance.gauss(0, 2.5))
    diastolic = round(75 + 11 * effect(second) + chance.gauss(0, 2.0))
    mean = round(diastolic + (systolic - diastolic) / 3)
    for channel, value in (("NIBP_SYS", systolic), ("NIBP_DIA", diastolic), ("NIBP_MEAN", mean)):
        yield second, channel, str(value), "good"


def main() -> None:
    print("t_s,channel,value,quality")
    for second, channel, value, quality in rows():
        print(f"{second},{channel},{value},{'' if quality == 'good' else quality}")


if __name__ == "__main__":
    main()
