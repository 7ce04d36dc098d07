"""What a yes would open: a question of suicide risk that asks further ones when it is answered so.

The smallest set of missing facts names what settles the answer as its values most often turn out; whoever asks reads
beside it which questions follow at once.
"""

from collections.abc import Mapping
from dataclasses import replace

from ketacare.medicine.candidacy.rules import risk
from ketacare.medicine.candidacy.rules.derived import with_derived
from ketacare.medicine.candidacy.terms import Case, Knowledge
from ketacare.medicine.evidence.rules import in_order
from ketacare.medicine.evidence.terms import Decision, Fact, Result

_RISK = "risk"


def opened(decision: Decision, case: Case, knowledge: Knowledge) -> Mapping[str, tuple[str, ...]]:
    """By each missing question of risk what a yes would leave to be asked besides; none where that is nothing."""
    kinds = ((name, knowledge.facts.get(name)) for name in decision.missing)
    asked = [name for name, kind in kinds if kind is not None and kind.group == _RISK and kind.kind == "yes or no"]
    found = {name: _after_yes(name, case, knowledge) for name in asked}
    more = {name: tuple(one for one in names if one not in decision.missing) for name, names in found.items()}
    return {name: names for name, names in more.items() if names}


def _after_yes(name: str, case: Case, knowledge: Knowledge) -> tuple[str, ...]:
    supposed = replace(case, facts=case.facts.with_(Fact(name, True, None, case.at, "supposed")))
    held = [one for one in risk.reasons(with_derived(supposed, knowledge), knowledge) if one.holds_back]
    return in_order(name for one in held if one.result is Result.UNKNOWN for name in one.enough or one.missing)
