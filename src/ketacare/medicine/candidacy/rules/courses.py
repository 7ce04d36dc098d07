"""Was a course of ECT, magnetic stimulation, psychotherapy, VNS or ketamine adequate, and did it fail?"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from ketacare.medicine.candidacy.rules.adequacy import plain
from ketacare.medicine.candidacy.terms import (
    Case,
    Course,
    CourseJudgement,
    CourseKind,
    CourseLine,
    Side,
    ToldBy,
    TrialLines,
)
from ketacare.medicine.evidence.rules import in_order
from ketacare.medicine.evidence.terms import Effect, Fact, Reason, Result, weakest

# The calendar: so that "2 months" is 61 days and "12 months" 52 weeks.
_WEEKS_PER_YEAR = 52
_MONTHS_PER_YEAR = 12
_SOURCE = "courses of treatment"
RECORDS = frozenset(ToldBy) - {ToldBy.RECALL}
KETAMINE = (CourseKind.ESKETAMINE, CourseKind.KETAMINE)


def judge_course(course: Course, lines: TrialLines) -> CourseJudgement:
    """Adequate by its own row; failed only when it was adequate, long enough to judge, and without response."""
    line = lines.courses[course.kind]
    asked = [part for part in _parts(course, line) if part is not None]
    adequate = every([result for result, _, _ in asked])
    why = tuple(words for result, words, _ in asked if result is adequate)
    missing = in_order(name for result, _, name in asked if result is Result.UNKNOWN and adequate is Result.UNKNOWN)
    failed, told, lacks = _failed(course, line, adequate)
    return CourseJudgement(course, line, adequate, failed, (*why, told), (*missing, *lacks))


_Asked = tuple[Result, str, str]


def _parts(course: Course, line: CourseLine) -> tuple[_Asked | None, ...]:
    return (
        _sessions(course, line),
        _side(course),
        _duration(course, line),
        _at_most(course, line),
        _by_manual(course),
    )


def _asked(course: Course, name: str, holds: bool | None, words: str) -> _Asked:
    if holds is None:
        return Result.UNKNOWN, f"{words} not known", f"{course.kind}: {name}"
    return Result.MET if holds else Result.NOT_MET, words, f"{course.kind}: {name}"


def _sessions(course: Course, line: CourseLine) -> _Asked | None:
    if line.sessions is None:
        return None
    done, least = course.sessions, line.sessions.integer
    if done is None:
        return _asked(course, "sessions", None, "number of sessions")
    return _asked(course, "sessions", done >= least, f"{done} sessions, {least} needed")


def _side(course: Course) -> _Asked | None:
    if course.kind is not CourseKind.ECT:
        return None
    if course.side is None:
        return _asked(course, "side", None, "side")
    return _asked(course, "side", course.side is not Side.UNILATERAL_LOW, str(course.side))


def _duration(course: Course, line: CourseLine) -> _Asked | None:
    """Long enough; a protocol of many sessions in few days is one course whatever its weeks."""
    least = line.weeks.value if line.weeks else weeks_of(line.months.value) if line.months else None
    if least is None:
        return None
    many = line.accelerated_sessions
    if many is not None and course.sessions is not None and course.sessions >= many.value:
        return Result.MET, f"accelerated, {course.sessions} sessions", ""
    if course.weeks is None:
        return _asked(course, "weeks", None, "duration")
    return _asked(course, "weeks", course.weeks >= least, f"{plain(course.weeks)} weeks, {plain(least)} needed")


def _at_most(course: Course, line: CourseLine) -> _Asked | None:
    if line.within_months is None:
        return None
    most = weeks_of(line.within_months.value)
    if course.weeks is None:
        return _asked(course, "weeks", None, "duration")
    return _asked(course, "weeks", course.weeks <= most, f"within {plain(course.weeks)} weeks, {plain(most)} at most")


def _by_manual(course: Course) -> _Asked | None:
    if course.kind is not CourseKind.PSYCHOTHERAPY:
        return None
    words = {None: "whether it followed a manual", True: "by a manual", False: "not by a manual"}[course.by_manual]
    return _asked(course, "by a manual", course.by_manual, words)


def weeks_of(months: Decimal) -> Decimal:
    return months * _WEEKS_PER_YEAR / _MONTHS_PER_YEAR


def every(results: Sequence[Result]) -> Result:
    """Of parts that are all asked for: one no settles it, whatever else is not known."""
    if Result.NOT_MET in results:
        return Result.NOT_MET
    return Result.UNKNOWN if Result.UNKNOWN in results else Result.MET


def _failed(course: Course, line: CourseLine, adequate: Result) -> tuple[Result, str, tuple[str, ...]]:
    if course.responded:
        return Result.NOT_MET, "helped", ()
    if adequate is Result.NOT_MET:
        return Result.NOT_MET, "not an adequate course", ()
    if course.responded is None:
        return Result.UNKNOWN, "response not known", (f"{course.kind}: response",)
    judged_at = None if line.judged_at is None else line.judged_at.values[0]
    if judged_at is not None and course.sessions is not None and course.sessions < judged_at:
        return Result.UNKNOWN, f"no response, but that is judged at {plain(judged_at)} sessions or more", ()
    return adequate, "no response", ()


def ect_or_tms_failed(courses: Sequence[Course], lines: TrialLines) -> Result:
    """Has an adequate course of either failed in this episode or before (EXC-05)?"""
    kinds = (CourseKind.ECT, CourseKind.RTMS)
    results = [judge_course(course, lines).failed for course in courses if course.kind in kinds]
    if Result.MET in results:
        return Result.MET
    return Result.UNKNOWN if Result.UNKNOWN in results else Result.NOT_MET


def course_facts(case: Case, lines: TrialLines) -> Iterator[Fact]:
    """What courses establish for the paths by exception. Ketamine that only somebody remembers opens none: that path
    asks for records that name its doses."""
    courses = case.courses or ()
    if ect_or_tms_failed(courses, lines) is Result.MET:
        yield Fact("ect_or_tms_failed", True, None, case.at, _SOURCE)
    if any(one.kind in KETAMINE and one.responded and one.sessions and one.source in RECORDS for one in courses):
        yield Fact("earlier_ketamine_response", True, None, case.at, _SOURCE)


def earlier_ketamine(case: Case, lines: TrialLines) -> tuple[Reason, ...]:
    """ADQ-05: an earlier course without response needs a clearance and is no bar; while not asked it holds nothing."""
    if case.courses is None:
        words = "Nobody has asked about earlier ketamine, ECT or stimulation"
        return (_ketamine(lines, Result.UNKNOWN, Effect.CAUTION, words, ("courses",)),)
    judged = [judge_course(course, lines) for course in case.courses if course.kind in KETAMINE]
    if not judged:
        return ()
    results = [judgement.failed for judgement in judged]
    result = next((r for r in (Result.MET, Result.UNKNOWN) if r in results), Result.NOT_MET)
    words = {
        Result.MET: "An earlier course of ketamine was adequate and did not help; that is no bar",
        Result.UNKNOWN: "Ketamine was given before, and whether it failed is not known",
        Result.NOT_MET: "Earlier ketamine helped, or was too little to judge by",
    }[result]
    missing = in_order(name for j in judged if j.failed is Result.UNKNOWN for name in j.missing)
    return (_ketamine(lines, result, Effect.CLEAR, words, missing if result is Result.UNKNOWN else ()),)


def _ketamine(lines: TrialLines, result: Result, effect: Effect, words: str, missing: tuple[str, ...]) -> Reason:
    rows = [lines.courses[kind] for kind in KETAMINE]
    return Reason(
        criterion="ADQ-05",
        title="Ketamine before",
        result=result,
        effect=effect,
        words=words,
        missing=missing,
        sources=in_order(source for row in rows if row.sessions for source in row.sessions.sources),
        grade=weakest([row.grade for row in rows]),
        override="P",
    )
