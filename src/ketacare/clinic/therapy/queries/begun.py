"""What was begun because somebody came to a visit: as long as it stands, they were here."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.enrolment.models import Review
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.therapy.models import IntegrationNote, Preparation


def begun_since(visit: Visit, since: datetime) -> list[str]:
    of = {"patient": visit.patient_id, "recorded_at__gte": since}
    written = {
        VisitKind.PREPARATION: (Preparation, "Its preparation was written since they came."),
        VisitKind.INTEGRATION: (IntegrationNote, "A note of therapy was written since they came."),
        VisitKind.REVIEW: (Review, "The course was reviewed since they came."),
    }
    model, words = written.get(VisitKind(visit.kind), (None, ""))
    return [words] if model is not None and model.objects.current().filter(**of).exists() else []
