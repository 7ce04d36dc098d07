"""The words of what follows a decision: how soon somebody acts, and how early the end of a clearance is told."""

from dataclasses import dataclass

from ketacare.medicine.evidence.terms import Figure, SheetHeader, SheetRef


@dataclass(frozen=True)
class FollowingLines:
    """Times from a decision, from a letter to a specialist and to the end of a clearance."""

    header: SheetHeader
    act_within: Figure
    ask_clearance_within: Figure
    order_tests_within: Figure
    look_again_after: Figure
    link_lasts: Figure
    wrong_dates: Figure
    ask_again_after: Figure
    read_clearance_within: Figure
    told_before_end: Figure
    told_before_acceptance_ends: Figure
    decide_exception_within: Figure
    read_exception_within: Figure

    @property
    def ref(self) -> SheetRef:
        return self.header.ref
