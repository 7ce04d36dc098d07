"""Where a person in danger is sent: the line of the clinic's country, or the numbers that the clinic wrote down."""

from __future__ import annotations

from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.safety import reader
from ketacare.medicine.safety.telephone import dialled
from ketacare.medicine.safety.terms import CrisisLine

UNNAMED = {"en": "Crisis line", "es": "Línea de crisis"}
EVERYWHERE = "112"  # a mobile telephone takes it as an emergency call in any network


def crisis_line(clinic: Clinic, language: str = "en") -> CrisisLine | None:
    """None: nobody has written down any number here, and the staff is told so until somebody has."""
    known = reader.crisis_line(clinic.country, language)
    if known is not None or not clinic.crisis_number:
        return known
    name = clinic.crisis_name or UNNAMED.get(language, UNNAMED["en"])  # of no clinic: it may stand on any telephone
    return CrisisLine(clinic.country, name, clinic.crisis_number, "", clinic.emergency_number, clinic.crisis_hours)


def first_call(clinic: Clinic) -> str:
    """The one number behind a button."""
    line = crisis_line(clinic)
    return line.dial if line else dialled(clinic.telephone) or EVERYWHERE


def doubtful(clinic: Clinic) -> bool:
    """The clinic's own numbers were written down before it was held which can be dialled, and do not hold it: nobody
    knows whether the button calls whom it names until somebody has written them down anew."""
    line = crisis_line(clinic)
    return line is not None and not line.sources and line.is_doubtful


def lines_here(language: str) -> tuple[CrisisLine, ...]:
    """Each line of the clinics of this installation: for whoever comes by a link of which nothing is known."""
    found: dict[str, CrisisLine] = {}
    for clinic in Clinic.objects.order_by("name"):
        line = crisis_line(clinic, language)
        if line is not None:
            found.setdefault(f"{line.where} {line.call}", line)
    return tuple(found.values())
