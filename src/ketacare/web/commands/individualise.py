"""Find one person's own parameters from what was measured in them, and predict them again: how sure, if at all.

A case is that of `predict` with "observations": concentrations {"time_min", "analyte", "value", "unit": "ng/mL",
"nmol/mL" or "umol/L", "site", "arm": "other"}, those under their limit {…, "below_limit": true, "lloq"}, and scores
{"time_min", "effect": "cadss" or "drug_high", "value"}; one JSON document, or JSON Lines for many. Samples from the arm
of the infusion are refused. The answer says when the measurements do not support a change.
"""

from __future__ import annotations

import argparse
from typing import Any

from ketacare.medicine.pharmacology import individual, individual_answers, observations, picture
from ketacare.medicine.pharmacology.terms import PredictionRefused
from ketacare.web.commands import predict
from ketacare.web.runtime import documents
from ketacare.web.runtime.faults import BadInput

HELP = "a regimen and what was measured -> one person's parameters, and their own prediction"
EXAMPLE = "ketacare individualise docs/reference/examples/individualise.json --plot person.svg"
SCHEMA = observations.schema()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    predict.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    documents.answer_each(arguments.case, Individualising(arguments.plot))
    return 0


class Individualising(predict.Predicting):
    """Answers one case after the other; a picture is of one case only."""

    def __call__(self, document: Any) -> dict[str, Any]:
        try:
            found = individual.individualise(*observations.case_from_json(document))
        except PredictionRefused as refused:
            raise BadInput.of(refused.faults) from None
        if self.plot is not None:
            self.draw(self.plot, picture.drawn(individual_answers.prediction_of(found), individual_answers.dots(found)))
        return individual_answers.answer_to_json(found)
