"""The answers that the forms of trials and courses offer."""

from __future__ import annotations

from typing import Any

from ketacare.clinic.candidacy.forms.trials import EPISODE, STEPS
from ketacare.clinic.candidacy.models import (
    Adherence,
    AdherenceEvidence,
    EctSide,
    Effect,
    LevelUnit,
    Response,
    Stands,
    StoppedBecause,
    TherapyKind,
    TrialSource,
)


def trial_choices() -> dict[str, Any]:
    return {
        "adherence": Adherence.choices,
        "adherence_evidence": AdherenceEvidence.choices,
        "effect": Effect.choices,
        "stopped": StoppedBecause.choices,
        "episode": EPISODE,
        "source": TrialSource.choices,
        "level_unit": LevelUnit.choices,
        "stands": Stands.choices,
        "kind": TherapyKind.choices,
        "side": EctSide.choices,
        "response": Response.choices,
        "steps": STEPS,
    }
