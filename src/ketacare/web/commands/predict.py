"""Predict what a regimen does: ketamine and norketamine over time, typical and in a band, with every reservation.

A case is {"patient": {…}, "regimen": [{"drug", "route", "start_min", "dose_mg", …}], "times_min": […], "site", "band",
"population": {"n", "seed"}, "inhibitors": […], "model"}; one JSON document, or JSON Lines for many. A weight whose day
("patient.weighed_on") is older than an order allows is refused, as there; without that day the answer says that nobody
knows how old it is. Predicted, not measured: every number describes groups of people, not a patient.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ketacare.medicine.pharmacology import answers, cases, picture, predictions
from ketacare.medicine.pharmacology.terms import PredictionRefused
from ketacare.web import clock
from ketacare.web.runtime import documents
from ketacare.web.runtime.faults import BadInput, CannotRun

HELP = "a patient and a regimen -> concentrations over time, with bands and reservations"
EXAMPLE = "ketacare predict docs/reference/examples/predict.json --plot predicted.svg"
SCHEMA = cases.case_schema()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", metavar="CASE", help="path of the case, or - for standard input")
    parser.add_argument("--plot", metavar="OUT.SVG", help="also draw one case as a picture into this file")


def run(arguments: argparse.Namespace) -> int:
    documents.answer_each(arguments.case, Predicting(arguments.plot))
    return 0


class Predicting:
    """Answers one case after the other; a picture is of one case only."""

    def __init__(self, plot: str | None) -> None:
        self.plot = plot
        self.drawn = False

    def __call__(self, document: Any) -> dict[str, Any]:
        try:
            prediction = predictions.predict(cases.case_from_json(document, clock.now().astimezone().date()))
        except PredictionRefused as refused:
            raise BadInput.of(refused.faults) from None
        if self.plot is not None:
            self.draw(self.plot, picture.drawn(prediction))
        return answers.answer_to_json(prediction)

    def draw(self, path: str, svg: str) -> None:
        if self.drawn:
            raise BadInput("--plot", "draws one case; several were given. Give one, or leave --plot out.")
        self.drawn = True
        try:
            Path(path).write_text(svg, encoding="utf-8")
        except OSError as problem:
            raise CannotRun(f"--plot: {path} can't be written ({type(problem).__name__}). Choose another.") from None
