"""Effects that have a published model: S-ketamine at the effect site, and the dissociation index.

No model of blood pressure with parameters is published for adults, so none is predicted. The index is no score: a
clinic's own CADSS needs a baseline and a slope of its own, and a band.
"""

from collections.abc import Iterable, Sequence
from math import log
from typing import Protocol

import numpy as np

from ketacare.medicine.pharmacology import reader
from ketacare.medicine.pharmacology.exponentials import Array, after, link
from ketacare.medicine.pharmacology.kinetics import Flow
from ketacare.medicine.pharmacology.terms import Model, Site

_MINUTES = 60.0


class _By(Protocol):
    @property
    def model(self) -> Model: ...


def site_known(by: Iterable[_By]) -> bool:
    """The effect site follows the artery: does every model know it?"""
    return all(Site.ARTERIAL in one.model.sites for one in by)


def at_effect_site(flows: Sequence[Flow]) -> tuple[Flow, ...]:
    """Arterial S-ketamine through the effect-site link."""
    rate = log(2) / (reader.effect_numbers("dissociation")["half_time"] / _MINUTES)
    return tuple(
        Flow(after(flow.answer, link(np.full(flow.answer.rate.shape[1], rate))), flow.inputs, flow.route)
        for flow in flows
    )


def dissociation_index(effect_site_ng_per_ml: Array) -> Array:
    """0 to 1: the share of the greatest external-perception effect that this concentration of S-ketamine gives."""
    figures = reader.effect_numbers("dissociation")
    driven = np.maximum(effect_site_ng_per_ml, 0) ** figures["hill"]
    index: Array = driven / (driven + figures["c50"] ** figures["hill"])
    return index
