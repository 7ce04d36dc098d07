"""The whole judged: every part of the knowledge answers for itself, and the severest answer wins (RUL-01)."""

from ketacare.medicine.candidacy.rules import exceptions, medicines, risk, trials
from ketacare.medicine.candidacy.terms import Case, Knowledge
from ketacare.medicine.evidence.rules import decide, reason_for
from ketacare.medicine.evidence.terms import Decision


def judge(case: Case, knowledge: Knowledge) -> Decision:
    """Permit, warn, stop or unknown, with every reason and the sheets it rests on."""
    reasons = [reason_for(criterion, case.facts, case.at) for criterion in knowledge.criteria.criteria]
    reasons += trials.reasons(case, knowledge)
    reasons += medicines.reasons(case, knowledge)
    reasons += risk.reasons(case, knowledge)
    return decide(exceptions.applied(reasons, case, knowledge), knowledge.refs)
