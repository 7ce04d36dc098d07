"""Courses of other treatments at the edges of their rows, and what earlier ketamine asks for."""

from decimal import Decimal

import pytest

from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.rules import courses, trials
from ketacare.medicine.candidacy.rules.derived import with_derived
from ketacare.medicine.candidacy.terms import Course, CourseKind, Side
from ketacare.medicine.candidacy.tests.given import LINES, SHEET, case, course, trial
from ketacare.medicine.evidence.terms import Result

MET, NOT_MET, UNKNOWN = Result.MET, Result.NOT_MET, Result.UNKNOWN
BILATERAL = {"side": Side.BILATERAL}
MANUAL = {"by_manual": True, "weeks": Decimal(20)}


@pytest.mark.parametrize(
    ("told", "adequate", "failed"),
    [
        (course("ECT", 6, **BILATERAL), MET, UNKNOWN),
        (course("ECT", 8, **BILATERAL), MET, MET),
        (course("ECT", 5, **BILATERAL), NOT_MET, NOT_MET),
        (course("ECT", 8, side=Side.UNILATERAL_HIGH), MET, MET),
        (course("ECT", 8, side=Side.UNILATERAL_LOW), NOT_MET, NOT_MET),
        (course("ECT", 8), UNKNOWN, UNKNOWN),
        (course("ECT", None, **BILATERAL), UNKNOWN, UNKNOWN),
        (course("ECT", 8, responded=None, **BILATERAL), MET, UNKNOWN),
        (course("ECT", 8, responded=True, **BILATERAL), MET, NOT_MET),
        (course("rTMS", 20, weeks=Decimal(4)), MET, MET),
        (course("rTMS", 19, weeks=Decimal(4)), NOT_MET, NOT_MET),
        (course("rTMS", 30, weeks=Decimal("3.5")), NOT_MET, NOT_MET),
        (course("rTMS", 30), UNKNOWN, UNKNOWN),
        (course("rTMS", 50, weeks=Decimal("0.7")), MET, MET),
        (course("psychotherapy", 12, **MANUAL), MET, MET),
        (course("psychotherapy", 11, **MANUAL), NOT_MET, NOT_MET),
        (course("psychotherapy", 12, by_manual=True, weeks=Decimal(26)), MET, MET),
        (course("psychotherapy", 12, by_manual=True, weeks=Decimal(27)), NOT_MET, NOT_MET),
        (course("psychotherapy", 12, by_manual=False, weeks=Decimal(20)), NOT_MET, NOT_MET),
        (course("psychotherapy", 12, weeks=Decimal(20)), UNKNOWN, UNKNOWN),
        (course("psychotherapy", 12, by_manual=True), UNKNOWN, UNKNOWN),
        (course("VNS", weeks=Decimal(52)), MET, MET),
        (course("VNS", weeks=Decimal(51)), NOT_MET, NOT_MET),
        (course("VNS"), UNKNOWN, UNKNOWN),
        (course("esketamine", 8), MET, MET),
        (course("esketamine", 7), NOT_MET, NOT_MET),
        (course("ketamine", 4), MET, MET),
        (course("ketamine", 3), NOT_MET, NOT_MET),
    ],
)
def test_adq_01_to_05(told, adequate, failed):
    judgement = rules.judge_course(told, LINES)
    assert (judgement.adequate, judgement.failed) == (adequate, failed)
    assert judgement.why


def test_a_course_says_what_is_missing():
    judgement = rules.judge_course(course("ECT", None, responded=None), LINES)
    assert judgement.missing == ("ECT: sessions", "ECT: side", "ECT: response")
    early = rules.judge_course(course("ECT", 6, **BILATERAL), LINES)
    assert early.why[-1] == "no response, but that is judged at 8 sessions or more"


@pytest.mark.parametrize(
    ("courses", "expected"),
    [
        ((), NOT_MET),
        ((course("ECT", 8, **BILATERAL),), MET),
        ((course("rTMS", 30, weeks=Decimal(6)),), MET),
        ((course("rTMS", 30),), UNKNOWN),
        ((course("VNS", weeks=Decimal(60)),), NOT_MET),
    ],
)
def test_exc_05_needs_an_adequate_course_of_ect_or_tms_that_failed(courses, expected):
    assert rules.ect_or_tms_failed(courses, LINES) is expected


@pytest.mark.parametrize(
    ("courses", "established"),
    [
        (None, set()),
        ((course("ECT", 8, **BILATERAL),), {"ect_or_tms_failed"}),
        ((course("ECT", 6, **BILATERAL),), set()),
        ((course("ketamine", 2, responded=True),), set()),
        ((course("ketamine", 2, responded=True, source="clinician"),), {"earlier_ketamine_response"}),
        ((course("ketamine", 6, source="clinician"),), set()),
    ],
)
def test_courses_establish_what_the_paths_by_exception_read(courses, established):
    known = with_derived(case((), courses), SHEET).facts
    names = ("ect_or_tms_failed", "earlier_ketamine_response")
    assert {name for name in names if known.all(name)} == established


def test_example_14_is_eligible_by_the_prescribers_exception():
    decision = rules.judge(case([trial("sertraline", (100, 6))], (course("ECT", 8, **BILATERAL),)), SHEET)
    said = {reason.criterion: reason for reason in decision.reasons}
    assert "IND-03" not in said
    assert said["EXC-05"].override == "P"


TWO = (trial("sertraline", (100, 8)), trial("venlafaxine", (150, 8)))


@pytest.mark.parametrize(
    ("courses", "result", "holds"),
    [
        (None, UNKNOWN, False),
        ((course("ketamine", 6),), MET, True),
        ((course("esketamine", 8),), MET, True),
        ((course("ketamine", 6, responded=None),), UNKNOWN, True),
        ((course("ketamine", 6, responded=True),), NOT_MET, False),
        ((course("ketamine", 2),), NOT_MET, False),
        ((course("ketamine", 6, responded=True), course("esketamine", 8)), MET, True),
    ],
)
def test_adq_05_earlier_ketamine_without_response_is_a_clearance_and_no_bar(courses, result, holds):
    reason = trials.reasons(case(TWO, courses), SHEET)[-1]
    assert (reason.criterion, reason.result, reason.override) == ("ADQ-05", result, "P")
    assert reason.holds_back is holds
    assert bool(reason.missing) is (result is UNKNOWN)


def test_without_earlier_ketamine_nothing_is_said_of_it():
    assert [r.criterion for r in trials.reasons(case(TWO, (course("ECT", 8),)), SHEET)] == ["IND-01"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: Course(CourseKind.ECT, 0), "not a number of sessions"),
        (lambda: Course(CourseKind.ECT, 8, Decimal(-1)), "not a duration"),
        (lambda: Course(CourseKind.RTMS, 30, side=Side.BILATERAL), "only ECT has a side"),
    ],
)
def test_impossible_courses_are_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (course("ECT", 5, side=Side.UNILATERAL_LOW), ("5 sessions, 6 needed", str(Side.UNILATERAL_LOW))),
        (course("ECT"), ("number of sessions not known", "side not known")),
        (course("rTMS", 50, weeks=Decimal("0.7")), ("accelerated, 50 sessions",)),
        (course("rTMS", 20, weeks=Decimal(3)), ("3 weeks, 4 needed",)),
        (course("rTMS", 20), ("duration not known",)),
        (course("psychotherapy", 12, by_manual=True, weeks=Decimal(27)), ("within 27 weeks, 26 at most",)),
    ],
)
def test_a_course_says_why_in_words(told, why):
    assert all(words in str(rules.judge_course(told, LINES).why) for words in why)


def test_what_courses_establish_is_told_as_a_yes():
    failed = case(courses=(course("ECT", 8, **BILATERAL),))
    assert [(fact.name, fact.value) for fact in courses.course_facts(failed, LINES)] == [("ect_or_tms_failed", True)]
    helped = case(courses=(course("ketamine", 6, responded=True, source="pharmacy"),))
    told = [(fact.name, fact.value) for fact in courses.course_facts(helped, LINES)]
    assert told == [("earlier_ketamine_response", True)]


@pytest.mark.parametrize("source", ["recall", "", "Recall", "patient", "letter"])
def test_exc_04_earlier_ketamine_is_known_by_records_alone(source):
    remembered = case(courses=(course("ketamine", 6, responded=True, source=source),))
    assert list(courses.course_facts(remembered, LINES)) == []
    without_doses = case(courses=(course("ketamine", responded=True, source="documents"),))
    assert list(courses.course_facts(without_doses, LINES)) == []


def test_of_earlier_ketamine_only_what_is_open_is_asked():
    """How often it was given does not matter where it helped."""
    both = (course("ketamine", responded=True), course("esketamine", 8, responded=None))
    (reason,) = courses.earlier_ketamine(case(courses=both), LINES)
    assert (reason.result, reason.missing) == (UNKNOWN, ("esketamine: response",))
    assert reason.sources


def test_what_settles_a_course_is_told_alone_and_nothing_more_is_asked():
    too_few = rules.judge_course(course("ECT", 5, side=Side.BILATERAL), LINES)
    assert (too_few.why, too_few.missing) == (("5 sessions, 6 needed", "not an adequate course"), ())
    whatever_the_side = rules.judge_course(course("ECT", 5), LINES)
    assert (whatever_the_side.why[0], whatever_the_side.missing) == ("5 sessions, 6 needed", ())
    unknown = rules.judge_course(course("ECT", 6), LINES)
    assert (unknown.why[0], unknown.missing) == ("side not known", ("ECT: side",))
