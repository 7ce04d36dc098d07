"""Parameters as their papers print them, typed here a second time, and the values an independent calculation gave."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

LN2 = float(np.log(2))
# Kamp 2020 (doi 10.1097/ALN.0000000000003577) with norketamine of Otto 2021 (doi 10.1007/s00228-021-03104-1), 70 kg, h.
KAMP = {
    "v1": 25, "v2": 56, "v3": 157, "cl": 84, "q2": 161, "q3": 79, "kv": LN2 * 6, "ke0": LN2 / 8.3 * 60,
    "vn1": 98.638, "cln": 57.72, "vn2": 160.04, "qn": 42.778, "fm": 1,
    "ka_im": 6, "f_im": 0.93, "ffp_im": 0, "ka_po": 2, "f_po": 0.20, "ffp_po": 0.70,
    "ka_sl": 2, "f_sl": 0.30, "ffp_sl": 0.60, "ka_nasal": 4, "f_nasal": 0.30, "ffp_nasal": 0.35,
}  # fmt: skip
# Otto 2021, S-ketamine, venous, without a link.
OTTO = KAMP | {"v1": 133, "cl": 95.2, "v2": 187, "q2": 23.2, "v3": 98.8, "q3": 157}
# Perez-Ruixo 2021 (doi 10.1007/s40262-020-00953-4), h.
PEREZ_RUIXO = {
    "ka_n": 2.93, "ka_sw": 1.45, "ka_po": 0.97, "vc": 192, "q1": 84.3, "vp1": 143, "q2": 37.6, "vp2": 417, "qh": 151,
    "vh": 101, "kel": 1.11, "kmet": 2.77, "vnc": 70, "cln": 38, "vnp": 115, "qn": 26.1,
}  # fmt: skip
IN_NOSE, LATER_DEVICE, SURVIVES_GUT, SWALLOWING_H = 0.54, 0.62, 0.64, 0.53
# Simons 2022 (doi 10.3389/fpain.2022.946486), minutes in the paper, hours here.
SIMONS = {
    "ka1": 0.04 * 60, "ka2": 0.049 * 60, "k_delay": 60 / 10.7, "k_chain": 2 * 60 / 20.1, "fm": 0.8,
    "v1": 11.6, "v2": 39.0, "v3": 174, "cl": 1.48 * 60, "q2": 2.43 * 60, "q3": 1.21 * 60,
    "vn1": 11.6, "vn2": 221, "cln": 1.00 * 60, "qn": 2.63 * 60,
}  # fmt: skip


def one(parameters: Mapping[str, float]) -> dict[str, NDArray[np.float64]]:
    """The same for a single course."""
    return {name: np.array([float(value)]) for name, value in parameters.items()}
