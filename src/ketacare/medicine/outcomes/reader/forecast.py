"""What a forecast of the loss of response rests on, from its sheet."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader import SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Sheet
from ketacare.medicine.outcomes.terms import Forecasting

_FORECAST = Path(__file__).parents[1] / "knowledge" / "forecast.toml"


@cache
def forecasting() -> Forecasting:
    return forecasting_from(read_sheet(_FORECAST))


def forecasting_from(sheet: Sheet) -> Forecasting:
    """SheetRefused where the window or a range is the wrong way round."""
    body: Mapping[str, Any] = sheet.body
    least, search, window = body["least"], body["search"], body["window"]
    found = Forecasting(
        header=sheet.header,
        loss_of_gain=body["loss"]["of_gain"],
        loss_apart=body["loss"]["apart"],
        least_people=least["people"],
        least_scores=least["scores"],
        least_pooled_scores=least["pooled_scores"],
        built_up=least["doses"],
        form_people=least["form_people"],
        most_people=least["most_people"],
        narrow=body["interval"]["narrow"],
        wide=body["interval"]["wide"],
        opens=window["opens"],
        closes=window["closes"],
        too_soon=body["counting"]["too_soon"],
        carries=body["in_response"]["carries"],
        half_life=search["half_life"],
        between_people=search["apart_between_people"],
        noise=search["noise"],
        dose_to_dose=search["dose_to_dose"],
        form=search["form"],
        shown_ahead=search["shown_ahead"],
        published=tuple((row["words"], row["time"]) for row in body["published"]),
    )
    wrong = [name for name, low, high in _in_order(found) if not low < high]
    if wrong:
        raise SheetRefused(sheet.header.id, [f"{name}: the first is not under the second." for name in wrong])
    return found


def _in_order(found: Forecasting) -> list[tuple[str, Any, Any]]:
    return [
        ("interval", found.narrow.value, found.wide.value),
        ("window", found.opens.value, found.closes.value),
        ("half_life", found.half_life.values[0], found.half_life.values[-1]),
        ("apart_between_people", found.between_people.values[0], found.between_people.values[-1]),
    ]
