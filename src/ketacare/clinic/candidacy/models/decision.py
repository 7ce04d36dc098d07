"""The evaluation with its working text, and what the prescriber decided on which sheets."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import Patient, PatientFact
from ketacare.clinic.tenancy.models import Work


class EvaluationState(models.TextChoices):
    OPEN = "open", "Open"
    DECIDED = "decided", "Decided"


class Evaluation(Work):
    """One evaluation with its working text, which several people may write in, one after another."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="evaluations")
    state = models.CharField(max_length=8, choices=EvaluationState, default=EvaluationState.OPEN)
    impression = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient"], condition=Q(state="open"), name="one_open_evaluation")
        ]

    def __str__(self) -> str:
        return self.impression


DIRECTOR = "MD"


def two_sign(override: str) -> bool:
    """Does whoever lifts this sign together with the medical director?"""
    return DIRECTOR in override.split("+")


class Choice(models.TextChoices):
    ACCEPT = "accept", "Accept"
    CLEARANCE = "clearance", "Needs clearance first"
    NOT_NOW = "not_now", "Not now"
    NO = "no", "No"


def told_against(against: list[dict[str, Any]]) -> str:
    """The reasons for each criterion in one line, where no other word was said."""
    return "; ".join(f"{row['criterion']}: {row['reason']}" for row in against)[:1000]


class Judgement(PatientFact):
    """What the prescriber decided, beside what the sheets answered then: outcome, every reason, sheets and versions."""

    evaluation = models.ForeignKey(Evaluation, models.PROTECT, related_name="judgements")
    choice = models.CharField(max_length=10, choices=Choice)
    reason = models.CharField(max_length=1000, blank=True)
    outcome = models.CharField(max_length=8)
    answer = models.JSONField(help_text="The answer of the sheets in full, as candidacy tells it to other tools")
    overrides = models.JSONField(default=list, help_text="Criteria this decision goes against, by id")
    against = models.JSONField(default=list, help_text="The same with title, whose word lifts each, and the reason")
    lacking = models.JSONField(default=list, help_text="What was owed before accepting and was not on record, in words")
    lacking_reason = models.CharField(max_length=500, blank=True, help_text="Why accepted all the same")
    decided_as = models.CharField(max_length=2, blank=True, help_text="The role in which it was signed")
    re_evaluate_on = models.DateField(null=True, blank=True)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(choice="accept", overrides=[]) | ~Q(reason=""), name="judgement_says_why"
            ),
        ]

    @property
    def own_reason(self) -> str:
        """What was said besides the reasons given for each criterion; without such words, nothing twice."""
        return "" if self.reason == told_against(self.against) else self.reason

    @property
    def needs_second(self) -> bool:
        """Does it go against a criterion that only prescriber and medical director lift together?"""
        return any(two_sign(row["override"]) for row in self.against)

    @property
    def second(self) -> Countersignature | None:
        """The second word, if it was given."""
        rows = sorted(self.countersignatures.all(), key=lambda row: row.recorded_at)
        return rows[-1] if rows else None

    @property
    def in_force(self) -> bool:
        """Until the second signature is given, nothing follows from it."""
        return not self.needs_second or (self.second is not None and self.second.agrees)

    @property
    def waits(self) -> bool:
        return self.needs_second and self.second is None


class Countersignature(PatientFact):
    """The second person's word on a decision: agrees, or does not and says why."""

    judgement = models.ForeignKey(Judgement, models.PROTECT, related_name="countersignatures")
    agrees = models.BooleanField()
    words = models.CharField(max_length=500, blank=True)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.UniqueConstraint(fields=["judgement"], name="one_second_word_per_decision"),
            models.CheckConstraint(condition=Q(agrees=True) | ~Q(words=""), name="a_second_no_says_why"),
        ]


class PatientWords(PatientFact):
    """What the patient reads about a decision, in both languages, as the prescriber released it."""

    judgement = models.ForeignKey(Judgement, models.PROTECT, related_name="patient_words")
    english = models.TextField()
    spanish = models.TextField()

    def __str__(self) -> str:
        return self.english


class ReferrerLetter(PatientFact):
    """The letter to whoever referred, kept word for word. A later decision's letter amends the one before it."""

    judgement = models.ForeignKey(Judgement, models.PROTECT, related_name="letters")
    body = models.JSONField()
