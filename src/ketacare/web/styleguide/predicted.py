"""The predicted course as the style guide shows it: two regimens, and an earlier dose behind them."""

from decimal import Decimal

from ketacare.clinic.dosing.queries import overlay
from ketacare.clinic.dosing.queries.overlay import Picture
from ketacare.clinic.dosing.queries.predicting import Planned
from ketacare.medicine.dosing.rules.choices import choice, doses
from ketacare.medicine.dosing.rules.on_board import OnBoard
from ketacare.medicine.pharmacology.predictions import predict
from ketacare.medicine.pharmacology.terms import Case, Patient
from ketacare.medicine.quantities.terms import Weight

WEIGHT = Weight(Decimal(72))
TIMES = tuple(float(minute) for minute in range(0, 181, 4))


def predicted() -> Picture:
    """Nobody's: a body of 72 kg, a small crowd."""
    vein, muscle = _planned("ketamine-iv", "0.5", "40"), _planned("ketamine-im", "0.5", None)
    before = _planned("ketamine-iv", "0.4", "40").prediction
    assert before is not None
    ghost = ("0.4 mg/kg over 40 min, 07-Jul-2026", before.curves["ketamine"])
    found = overlay.picture([vein, muscle], [ghost])
    assert found is not None
    return found


def _planned(way: str, amount: str, minutes: str | None) -> Planned:
    chosen = choice(way, Decimal(amount), "mg/kg", None if minutes is None else Decimal(minutes))
    case = Case(
        patient=Patient(72.0, 40.0, weight_days=0),
        regimen=doses(chosen, WEIGHT),
        times_min=TIMES,
        patients=100,
        effects=True,
    )
    return Planned(chosen, chosen.mass(WEIGHT), OnBoard(), (), predict(case))
