"""A clinic whose medical director has adopted the intravenous protocol."""

from __future__ import annotations

from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import AT, someone
from ketacare.clinic.protocols import actions
from ketacare.clinic.protocols.models import Adoption
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.protocols import reader

IV = "p-iv-05-2w"


def an_adoption(clinic: Clinic, sheet_id: str = IV) -> Adoption:
    version = reader.protocol(sheet_id).version
    return actions.adopt(sheet_id=sheet_id, version=version, by=someone(clinic, Role.MD), at=AT)
