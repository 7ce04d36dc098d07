"""Staging of resistance by four methods. What is not known gives a range, never a number; none of them decides."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from ketacare.medicine.candidacy.rules.adequacy import judge_trial, plain
from ketacare.medicine.candidacy.rules.courses import every, judge_course, weeks_of
from ketacare.medicine.candidacy.rules.trials import best_of, grouped
from ketacare.medicine.candidacy.terms import (
    Band,
    Case,
    CourseKind,
    Knowledge,
    Medicine,
    Part,
    Score,
    Side,
    Staging,
    StagingSheet,
    Standing,
    TrialJudgement,
    TrialLines,
)
from ketacare.medicine.evidence.rules import current, day_of, in_order
from ketacare.medicine.evidence.terms import Fact, Figure, Result, weakest

_ZERO = Decimal(0)
_DAYS_PER_WEEK = 7


class Tried:
    """The trials and courses of a case as staging reads them: which failed for certain, and which may have."""

    def __init__(self, case: Case, lines: TrialLines) -> None:
        self.lines, self.asked = lines, case.trials is not None
        self.judged = [judge_trial(trial, lines) for trial in case.trials or ()]
        groups = grouped(self.judged, lines).values()
        speakers = [best_of(members) for members in groups]
        self.failed = [j for j in speakers if j.standing is Standing.CERTAIN]
        self.open = [j for j in speakers if j.standing is Standing.UNKNOWN]
        self.members = {id(best_of(members)): list(members) for members in groups}
        self.courses = None if case.courses is None else [judge_course(course, lines) for course in case.courses]

    @property
    def names(self) -> tuple[str, ...]:
        return in_order(j.trial.medicine for j in self.failed)

    @property
    def missing(self) -> tuple[str, ...]:
        return in_order(name for j in self.open for name in j.missing) if self.asked else ("trials",)

    def augmentations(self) -> tuple[int, int, tuple[str, ...]]:
        """Adequate steps of augmentation: for certain, at most, and what would settle the difference."""
        if not self.asked:
            return 0, 1, ("trials",)
        steps = [j for j in self.judged if j.standing is Standing.AUGMENTATION]
        both = [j for j in self.failed if j.medicine is not None and j.medicine.also_augments]
        maybe = [j for j in self.open if j.medicine is not None and j.medicine.also_augments]
        open_steps = [*(j for j in steps if j.adequate is Result.UNKNOWN), *maybe]
        sure = sum(j.adequate is Result.MET for j in steps) + len(both)
        return sure, sure + len(open_steps), in_order(name for j in open_steps for name in j.missing)

    def ect(self, side: Side | None = None, *, failed: bool = False) -> tuple[Result, tuple[str, ...]]:
        """Was there an adequate course of ECT in this episode, of this side, and without response if that is asked?"""
        if self.courses is None:
            return Result.UNKNOWN, ("courses",)
        answers = []
        for judged in (j for j in self.courses if j.course.kind is CourseKind.ECT):
            parts = [judged.failed if failed else judged.adequate, _known(judged.course.in_current_episode)]
            if side is not None:
                parts.append(_known(None if judged.course.side is None else judged.course.side is side))
            missing = judged.missing
            if judged.course.in_current_episode is None:
                missing = (*missing, "ECT: in the current episode")
            answers.append((every(parts), missing))
        for wanted in (Result.MET, Result.UNKNOWN):
            lacking = [missing for result, missing in answers if result is wanted]
            if lacking:
                return wanted, in_order(name for names in lacking for name in names)
        return Result.NOT_MET, ()


def _known(answer: bool | None) -> Result:
    return Result.UNKNOWN if answer is None else Result.MET if answer else Result.NOT_MET


def staging(case: Case, knowledge: Knowledge) -> Staging:
    tried, sheet = Tried(case, knowledge.trials), knowledge.staging
    return Staging(
        maudsley=maudsley(case, tried, sheet),
        thase_rush=thase_rush(tried, sheet),
        mgh=mgh(tried, sheet),
        european=european(tried, sheet),
    )


# --- Maudsley -------------------------------------------------------------------------------------------------------


def maudsley(case: Case, tried: Tried, sheet: StagingSheet) -> Score:
    """Duration, severity, failures, augmentation and ECT; not applicable without a failed antidepressant (RUL-16)."""
    parts = (_duration(case, sheet), _severity(case, sheet), _failures(tried, sheet), *_used(tried, sheet))
    figures = [
        sheet.maudsley["augmentation"],
        *sheet.severity.values(),
        *_all_points(sheet.failures),
    ]
    if tried.asked and not tried.failed and not tried.open:
        words = "Not applicable: no adequate antidepressant trial failed in this episode"
        return _score("Maudsley Staging Method", (), tried, words, figures, applies=False)
    score = _score("Maudsley Staging Method", parts, tried, "", figures)
    bands = in_order(band for value in (score.least, score.most) if (band := _band(sheet.bands, value)))
    words = _total_words(score, f"{_name(sheet, bands)}")
    if not tried.failed:
        words = f"{words}; not applicable if no adequate trial failed"
    return _score("Maudsley Staging Method", parts, tried, words, figures, band=_name(sheet, bands))


def _name(sheet: StagingSheet, bands: tuple[str, ...]) -> str:
    return " to ".join(bands)


def _duration(case: Case, sheet: StagingSheet) -> Part:
    fact = _fact(case, "episode_months")
    points = [figure.value for figure in _all_points(sheet.duration)]
    if fact is None:
        return Part("Duration of the episode", min(points), max(points), "not known", ("episode_months",))
    months = Decimal(str(fact.value)).to_integral_value(rounding="ROUND_FLOOR")
    band = next(band for band in sheet.duration if band.holds(months))
    return _part("Duration of the episode", band.points, f"{band.name}, {plain(months)} months")


def _severity(case: Case, sheet: StagingSheet) -> Part:
    """RUL-16: at its worst of the last months, from the first scale that was taken; psychosis in the episode counts."""
    psychosis = _psychosis(case)
    words, severity = _worst_severity(case, sheet)
    points, name = sheet.severity, "Severity at its worst"
    most = points["severe with psychosis"].value
    if psychosis is True:
        return _part(name, points["severe with psychosis"], "with psychosis in this episode")
    if severity is None:
        values = [figure.value for figure in points.values()]
        most = max(value for value in values if psychosis is None or value < most)
        missing = ("episode_severity",) if psychosis is False else ("episode_severity", "active_psychosis")
        return Part(name, min(values), most, "not known", missing)
    if psychosis is None:
        return Part(name, points[severity].value, most, f"{words}; psychosis not known", ("active_psychosis",))
    return _part(name, points[severity], words)


def _worst_severity(case: Case, sheet: StagingSheet) -> tuple[str, str | None]:
    for scale in sheet.scales:
        scores = [score for score in case.facts.all(scale.scale) if _recent(score, case, sheet)]
        if scores:
            worst = max(Decimal(str(score.value)) for score in scores)
            lines = (("severe", scale.severe), ("moderate", scale.moderate), ("mild", scale.mild))
            severity = next((name for name, line in lines if worst >= line.value), "subsyndromal")
            return f"{severity}, {scale.scale.replace('_', '-').upper()} {plain(worst)}", severity
    stated = _fact(case, "episode_severity")
    return ("as stated", str(stated.value)) if stated is not None else ("", None)


def _recent(score: Fact, case: Case, sheet: StagingSheet) -> bool:
    if score.known_at is None:
        return False
    age = (day_of(case.at, case.at) - day_of(score.known_at, case.at)).days
    return 0 <= age <= weeks_of(sheet.maudsley["severity_months"].value) * _DAYS_PER_WEEK


def _psychosis(case: Case) -> bool | None:
    """In this episode: now, by the diagnosis, or by its stated severity."""
    now, diagnosis, severity = (_fact(case, n) for n in ("active_psychosis", "diagnosis", "episode_severity"))
    stated = (diagnosis is not None and diagnosis.value == "psychotic depression") or (
        severity is not None and severity.value == "severe with psychosis"
    )
    if stated or (now is not None and now.value is True):
        return True
    return None if now is None else False


def _fact(case: Case, name: str) -> Fact | None:
    try:
        return current(case.facts, name, None, case.at)
    except LookupError:
        return None


def _failures(tried: Tried, sheet: StagingSheet) -> Part:
    name, points = "Antidepressants that failed", [figure.value for figure in _all_points(sheet.failures)]
    if not tried.asked:
        return Part(name, min(points), max(points), "not asked", ("trials",))
    sure, most = len(tried.failed), len(tried.failed) + len(tried.open)
    least_band, most_band = (_level(sheet, max(1, number)) for number in (sure, most))
    words = f"{sure}" if sure == most else f"{sure} for certain, {most} possible"
    named = f" ({', '.join(tried.names)})" if tried.names else ""
    return Part(name, _points(least_band), _points(most_band), f"{words}{named}, {most_band.name}", tried.missing)


def _level(sheet: StagingSheet, number: int) -> Band:
    return next(band for band in sheet.failures if band.holds(Decimal(number)))


def _all_points(bands: Sequence[Band]) -> list[Figure]:
    return [band.points for band in bands if band.points is not None]


def _points(band: Band) -> Decimal:
    return _ZERO if band.points is None else band.points.value


def _used(tried: Tried, sheet: StagingSheet) -> tuple[Part, Part]:
    """Augmentation and ECT count when used adequately, failed or not."""
    sure, most, missing = tried.augmentations()
    point = sheet.maudsley["augmentation"].value
    words = "used" if sure else "not known" if most else "not used"
    augmentation = Part("Augmentation", point if sure else _ZERO, point if most else _ZERO, words, missing)
    used, lacking = tried.ect()
    ect_point = sheet.maudsley["ect"].value
    least = ect_point if used is Result.MET else _ZERO
    most_ect = _ZERO if used is Result.NOT_MET else ect_point
    words = {Result.MET: "used", Result.NOT_MET: "not used", Result.UNKNOWN: "not known"}[used]
    return augmentation, Part("ECT", least, most_ect, words, lacking)


def _part(name: str, points: Figure | None, words: str) -> Part:
    value = _ZERO if points is None else points.value
    return Part(name, value, value, words)


def _band(bands: Sequence[Band], value: Decimal) -> str:
    return next((band.name for band in bands if band.holds(value)), "")


def _total_words(score: Score, band: str) -> str:
    if score.total is not None:
        return f"{plain(score.total)}, {band}"
    return f"not known: {plain(score.least)} to {plain(score.most)}, {band}"


def _score(
    name: str,
    parts: tuple[Part, ...],
    tried: Tried,
    words: str,
    figures: Sequence[Figure],
    *,
    band: str = "",
    applies: bool = True,
) -> Score:
    return Score(
        name=name,
        parts=parts,
        band=band,
        counted=tried.names,
        applies=applies,
        words=words,
        sources=in_order(source for figure in figures for source in figure.sources),
        grade=weakest([figure.grade for figure in figures]),
    )


# --- Thase-Rush -----------------------------------------------------------------------------------------------------

_STAGES = ("0", "I", "II", "III", "IV", "V")


def thase_rush(tried: Tried, sheet: StagingSheet) -> Score:
    """The stage of what failed for certain; a range where open trials or ECT could raise it."""
    ect, lacking = tried.ect(Side.BILATERAL, failed=True)
    least = _stage(tried.failed, ect is Result.MET, sheet)
    everything = [*tried.failed, *tried.open]
    most = _stage(everything, ect is not Result.NOT_MET, sheet, at_best=True) if tried.asked else len(_STAGES) - 1
    unnamed = [f"{j.trial.medicine}: which medicine" for j in tried.failed if j.medicine is None and least < most]
    missing = in_order([*tried.missing, *unnamed, *(lacking if most == len(_STAGES) - 1 else ())])
    words = f"stage {_STAGES[least]}" if least == most else f"not known: stage {_STAGES[least]} to {_STAGES[most]}"
    said = sheet.thase_rush[_STAGES[least]]
    if least == most == 0:
        said = f"{said} ({'tried, none counts' if tried.judged else 'none tried'})"
    part = Part("Stage", Decimal(least), Decimal(most), said, missing)
    return _score("Thase-Rush", (part,), tried, words, list(sheet.thase_rush_lines.values()), band=_STAGES[least])


def _stage(failed: Sequence[TrialJudgement], bilateral_ect: bool, sheet: StagingSheet, *, at_best: bool = False) -> int:
    """As written: the tricyclic of stage III may be one of the two classes of stage II.

    A name that nobody knows has a class that nobody knows: it may be that of any other, or at best one more.
    """
    classes = {_major(judgement.medicine, sheet) for judgement in failed if judgement.medicine is not None}
    unnamed = len({judgement.molecule for judgement in failed if judgement.medicine is None})
    spare = unnamed if at_best else 0
    lines = sheet.thase_rush_lines
    different = max(len(classes) + spare, 1 if unnamed else 0)
    two = len(failed) >= lines["trials"].value and different >= lines["classes"].value
    lacking = [("TCA" not in classes), ("TCA" not in classes) + ("MAOI" not in classes)]
    reached = [bool(failed), two, *(number <= spare for number in lacking), bilateral_ect]
    return reached.index(False) if False in reached else len(reached)


def _major(medicine: Medicine, sheet: StagingSheet) -> str:
    return sheet.major_classes.get(medicine.drug_class, medicine.drug_class)


# --- Massachusetts General Hospital ---------------------------------------------------------------------------------


def mgh(tried: Tried, sheet: StagingSheet) -> Score:
    """An open-ended sum: failures, each optimisation of them, each augmentation or combination, and ECT."""
    figures, sure = sheet.mgh, len(tried.failed)
    trials = _range("Failed trials", figures["trial"], sure, sure + len(tried.open), tried.missing)
    optimised = sum(optimisations(j, sheet) for j in tried.failed)
    open_ones = sum(max(2, optimisations(j, sheet)) for j in tried.open)
    better = _range(
        "Optimised dose or duration", figures["optimisation"], optimised, optimised + open_ones, tried.missing
    )
    least, most, missing = tried.augmentations()
    combined = sum(len({m.molecule for m in tried.members[id(j)]}) > 1 for j in tried.failed)
    added = _range("Augmented or combined", figures["augmentation"], least + combined, most + combined, missing)
    used, lacking = tried.ect()
    ect = _range("ECT", figures["ect"], int(used is Result.MET), int(used is not Result.NOT_MET), lacking)
    parts = (trials, better, added, ect)
    score = _score("Massachusetts General Hospital staging", parts, tried, "", list(figures.values()))
    if not tried.asked:
        words = f"not known: {plain(score.least)} or more"
    elif score.total is None:
        words = f"not known: {plain(score.least)} to {plain(score.most)}"
    else:
        words = f"{plain(score.total)}"
    return _score(score.name, parts, tried, words, list(figures.values()))


def _range(name: str, points: Figure, least: int, most: int, missing: tuple[str, ...]) -> Part:
    words = f"{least if least == most else f'{least} to {most}'} at {plain(points.value)}"
    return Part(name, points.value * least, points.value * most, words, missing)


def optimisations(judgement: TrialJudgement, sheet: StagingSheet) -> int:
    """Each raise of an already adequate dose, and keeping one adequate dose for long."""
    least = judgement.least_mg
    if least is None:
        return 0
    adequate = [(s.dose_mg, s.days) for s in judgement.trial.steps if s.dose_mg is not None and s.dose_mg >= least]
    raises = sum(later > earlier for (earlier, _), (later, _) in pairwise(adequate))
    long = sheet.mgh["long_weeks"].value * _DAYS_PER_WEEK
    return raises + any(days is not None and days >= long for _, days in adequate)


# --- European -------------------------------------------------------------------------------------------------------


def european(tried: Tried, sheet: StagingSheet) -> Score:
    """By the weeks of all counted trials together, once there are enough of them."""
    figures = [band.least for band in sheet.european if band.least is not None]
    weeks = sum((Decimal(j.least_days) for j in tried.failed), _ZERO) / _DAYS_PER_WEEK
    least = _european_stage(weeks, sheet) if len(tried.failed) >= tried.lines.needed.value else 0
    open_trials = bool(tried.open) or not tried.asked
    most = len(sheet.european) if open_trials else least
    name = sheet.european[least - 1].name if least else "not resistant"
    counted = len(tried.failed)
    shown = f"{plain(weeks.quantize(Decimal('0.1')))} weeks in {counted} counted trial{'' if counted == 1 else 's'}"
    part = Part("Weeks", Decimal(least), Decimal(most), shown, tried.missing)
    at_least = f"at least {name}" if least else "not known whether resistant"
    words = f"{name if least == most else at_least}, {shown}"
    return _score("European Staging Method", (part,), tried, words, figures, band=name)


def _european_stage(weeks: Decimal, sheet: StagingSheet) -> int:
    reached = [number for number, band in enumerate(sheet.european, 1) if band.least and weeks >= band.least.value]
    return max(reached, default=0)
