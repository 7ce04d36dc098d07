"""The engine asked the way the courses are written: every dose of every course, a hundred courses at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ketacare.medicine.pharmacology.exponentials import Input, course
from ketacare.medicine.pharmacology.structures import Way, ways
from ketacare.medicine.pharmacology.terms import Analyte, Model, Route, Site
from tests.pharmacology.courses import ALIKE, Courses, Dose

Rows = NDArray[np.float64]
LN2 = float(np.log(2))
MAMMILLARY = {
    "V1": "v1", "V2": "v2", "V3": "v3", "CL": "cl", "Q2": "q2", "Q3": "q3", "VN1": "vn1", "CLN": "cln", "VN2": "vn2",
    "QN": "qn", "fm": "fm", "ka_im": "ka_im", "F_im": "f_im", "Ffp_im": "ffp_im", "ka_po": "ka_po", "F_po": "f_po",
    "Ffp_po": "ffp_po", "ka_sl": "ka_sl", "F_sl": "f_sl", "Ffp_sl": "ffp_sl", "ka_in": "ka_nasal", "F_in": "f_nasal",
    "Ffp_in": "ffp_nasal",
}  # fmt: skip
LIVER = {
    "ka_nose": "ka_n", "ka_swallowed": "ka_sw", "ka_po": "ka_po", "Vc": "vc", "Q1": "q1", "Vp1": "vp1", "Q2": "q2",
    "Vp2": "vp2", "Qh": "qh", "Vh": "vh", "kel": "kel", "kmet": "kmet", "VNc": "vnc", "CLN": "cln", "VNp": "vnp",
    "QN": "qn",
}  # fmt: skip
FILM = {
    "ka_mucosa": "ka1", "ka_swallowed": "ka2", "fm": "fm", "V1": "v1", "V2": "v2", "V3": "v3", "CL": "cl", "Q2": "q2",
    "Q3": "q3", "VN2": "vn2", "CLN": "cln", "QN": "qn",
}  # fmt: skip
ROUTES = {
    **{str(route): route for route in (Route.IV, Route.IM, Route.PO, Route.SL)},
    "nasal": Route.IN,
    "device": Route.IN,
    "film": Route.SL,
}


def found(model: Model, values: Mapping[str, Rows], courses: Courses, site: Site, analyte: Analyte) -> Rows:
    """What the engine gives in ng/mL, a row a course."""
    total = np.zeros(courses.hours.shape)
    for begin in range(0, len(courses.doses), ALIKE):
        block = slice(begin, begin + ALIKE)
        few = {name: value[block] for name, value in values.items()}
        for name in {dose.route for doses in courses.doses[block] for dose in doses}:
            for way in ways(model, few, ROUTES[name], site):
                if analyte in way.answers:
                    inputs = entered(way, courses.doses[block], name)
                    total[block] += course(way.answers[analyte], inputs, courses.hours[begin])
    return total


def entered(way: Way, courses: list[list[Dose]], name: str) -> list[Input]:
    """The n-th dose by this route of each course as one input; of nothing where a course has no n-th."""
    mine = [[dose for dose in doses if dose.route == name] for doses in courses]
    inputs = []
    for place in range(max(map(len, mine))):
        nth = [doses[place] if place < len(doses) else None for doses in mine]
        share = way.share if place == 0 or way.share_later is None else way.share_later
        inputs.append(
            Input(
                np.array([dose.mg if dose else 0.0 for dose in nth]) * share,
                np.array([dose.start_h if dose else 0.0 for dose in nth]),
                np.array([dose.lasts_h if dose else 0.0 for dose in nth]) + way.duration_h,
            )
        )
    return inputs
