"""Trials and cases as the tests write them down."""

from datetime import date
from decimal import Decimal

from ketacare.medicine.candidacy import reader, rules
from ketacare.medicine.candidacy.terms import Case, Course, CourseKind, DoseStep, Trial
from ketacare.medicine.evidence.terms import Fact, Facts

LINES = reader.trial_lines()
SHEET = reader.shipped()
ON = date(2026, 7, 14)


def trial(medicine, *steps, better=0, adherence=95, episode=True, **more):
    """Steps as (mg, weeks); None where unknown."""
    days = [(None if mg is None else Decimal(str(mg)), None if weeks is None else weeks * 7) for mg, weeks in steps]
    return Trial(
        medicine=medicine,
        steps=tuple(DoseStep(mg, length) for mg, length in days),
        improvement_percent=None if better is None else Decimal(better),
        adherence_percent=None if adherence is None else Decimal(adherence),
        in_current_episode=episode,
        **more,
    )


def course(kind, sessions=None, **told):
    given = {"in_current_episode": True, "responded": False} | told
    return Course(CourseKind(kind), sessions, **given)


def counted(*trials):
    count = rules.count_trials(trials, LINES)
    return count.certain, count.possible


def standing(a_trial):
    return rules.judge_trial(a_trial, LINES).standing


def case(trials=(), courses=(), **facts):
    """A case of depression, unless another diagnosis or None is given, with these facts, known today."""
    facts = {name: value for name, value in ({"diagnosis": "depression"} | facts).items() if value is not None}
    known = [Fact(name, _exact(value), None, ON, "test") for name, value in facts.items()]
    return Case(ON, Facts(known), None if trials is None else tuple(trials), courses=courses)


def _exact(value):
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
