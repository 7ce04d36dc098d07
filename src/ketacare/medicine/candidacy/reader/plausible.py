"""What a case as a whole cannot be: a trial longer than the time since it began, a dose that nobody takes, one
medicine under two names, a clearance of nothing. Told as the reading of a field is: field, rule, remedy."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from ketacare.medicine.candidacy.rules.adequacy import improvement, plain
from ketacare.medicine.candidacy.rules.duration import in_mg
from ketacare.medicine.candidacy.rules.formulary import matched
from ketacare.medicine.candidacy.terms import Case, Clearance, Knowledge, Pressure, TakenMedicine, Trial
from ketacare.medicine.evidence.rules import day_of
from ketacare.medicine.evidence.terms import FactValue


def implausible(case: Case, known: Knowledge, on: date | None) -> Iterator[str]:
    """Every fault of the whole; `on` is the day of the case, where that could be read."""
    yield from said_twice(case)
    yield from out_of_order(case, known)
    yield from before_birth(case, on)
    yield from listed_twice(case.medicines or (), known)
    yield from told_twice(case.trials or ())
    for place, trial in enumerate(case.trials or ()):
        yield from of_trial(trial, f"trials[{place}]", on, known)
    for place, one in enumerate(case.medicines or ()):
        yield from of_medicine(one, f"medicines[{place}]", known)
    for place, reading in enumerate(case.pressures):
        yield from of_pressure(reading, f"pressures[{place}]", known)
    for place, clearance in enumerate(case.clearances):
        yield from of_clearance(clearance, f"clearances[{place}]", known)


# --- told twice ---


def said_twice(case: Case) -> Iterator[str]:
    """Two sources may disagree, and a person settles it; one source that says two things at once is a slip."""
    said: dict[tuple[object, ...], set[FactValue]] = {}
    for fact in case.facts:
        said.setdefault((fact.name, fact.source, fact.known_at), set()).add(fact.value)
    for (name, source, known_at), told in said.items():
        if len(told) > 1:
            when = "" if known_at is None else f" of {known_at}"
            both = " and ".join(sorted(_said(value) for value in told))
            yield f"facts: {name} is {both} by one source ({source or 'not named'}){when}. Keep the right one."


# The first is part of the second, or by nature under it.
_UNDER = (("gate_dbp", "gate_sbp", "not under"), ("phq_9_item_9", "phq_9", "over"))


def out_of_order(case: Case, known: Knowledge) -> Iterator[str]:
    """What one source tells of one moment: a lower pressure that is not the lower, an item over its own total."""
    told = {(fact.name, fact.source, fact.known_at): fact.value for fact in case.facts}
    for (name, source, known_at), value in told.items():
        for under, over, rule in _UNDER:
            whole = told.get((over, source, known_at)) if name == under else None
            if not isinstance(value, Decimal) or not isinstance(whole, Decimal):
                continue
            if value > whole or (value == whole and rule == "not under"):
                told_of = f"{plain(whole)} ({known.facts[over].title})"
                yield f"facts: {name} is {plain(value)}, {rule} {over} {told_of}. Correct one of the two."


def before_birth(case: Case, on: date | None) -> Iterator[str]:
    """A day before anybody of this age was born, an episode longer than their life. Of two ages the older counts: which
    of them is right somebody else settles."""
    lived = [fact.value + 1 for fact in case.facts if fact.name == "age_years" and isinstance(fact.value, Decimal)]
    if not lived or on is None:
        return
    years = max(lived)
    born_after = on - timedelta(days=int(years * _DAYS_OF_A_YEAR) + 1)
    for fact in case.facts:
        if isinstance(fact.value, date) and day_of(fact.value, on) < born_after:
            yield f"facts: {fact.name} is {fact.value}, before a person of {plain(years - 1)} was born. Correct one."
        elif fact.name == _EPISODE and isinstance(fact.value, Decimal) and fact.value > years * 12:
            yield f"facts: {fact.name} is {plain(fact.value)}, over the {plain(years - 1)} years lived. Correct one."


_EPISODE, _DAYS_OF_A_YEAR = "episode_months", Decimal("365.25")


def _said(value: FactValue) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def listed_twice(medicines: Sequence[TakenMedicine], known: Knowledge) -> Iterator[str]:
    """A brand beside its ingredient is one medicine too."""
    named = Counter(_named(one, known) for one in medicines)
    for (name, form), times in named.items():
        if times > 1:
            told = f"{name} {form}".strip()
            yield f"medicines: {told} is listed {times} times. Add up its doses in one row, or tell the forms apart."


def _named(one: TakenMedicine, known: Knowledge) -> tuple[str, str]:
    match = matched(one.name, one.form, known.formulary)
    return match.drug.name if match else one.name.casefold(), one.form.casefold()


def told_twice(trials: Sequence[Trial]) -> Iterator[str]:
    """Two trials of one medicine differ in something; the same words again are the same trial, or a slip."""
    for trial in dict.fromkeys(trials):
        if (times := trials.count(trial)) > 1:
            yield (
                f"trials: {trial.medicine} is told {times} times in the same words. Keep one row, or say what differs."
            )


# --- what cannot be ---


def of_trial(trial: Trial, at: str, on: date | None, known: Knowledge) -> Iterator[str]:
    lines = known.trials
    if on is not None and trial.began_on is not None:
        days, since = sum(step.days or 0 for step in trial.steps), (on - trial.began_on).days + 1
        if since < 1:
            yield f"{at}.began_on: {trial.began_on} is after {on}, the time of the case. Correct the date."
        elif days > since:
            yield f"{at}.steps: {days} days do not fit into the {since} since {trial.began_on}. Correct one of the two."
    if trial.ended_on is not None and on is not None and trial.ended_on > on:
        yield f"{at}.ended_on: {trial.ended_on} is after {on}, the time of the case. Correct the date."
    if trial.ended_on is not None and trial.began_on is not None and trial.ended_on < trial.began_on:
        yield f"{at}.ended_on: {trial.ended_on} is before {trial.began_on}, when it began. Correct one of the two."
    for key in ("improvement_percent", "adherence_percent"):
        share: Decimal | None = getattr(trial, key)
        if share is not None and 0 < abs(share) < 1:
            yield f"{at}.{key}: {share} is a share of one, not per cent. Write {plain(share * 100)} for it."
    by_percent = None if trial.improvement_percent is None else improvement(trial, lines)
    if by_percent and trial.improvement and by_percent is not trial.improvement and not trial.relapsed_on_dose:
        told = f"{trial.improvement} beside {trial.improvement_percent} %"
        yield f"{at}.improvement: {told} does not fit together. Keep the right one."
    if trial.reduced_ceiling_mg is not None and trial.reduced_ceiling_mg <= 0:
        yield f"{at}.reduced_ceiling_mg: {trial.reduced_ceiling_mg} mg is not a dose. Enter mg a day, or leave it out."
    medicine, highest = lines.medicine_of(trial), trial.highest_mg
    if medicine is not None and highest is not None:
        figures = [medicine.most, medicine.most_inpatient, *(form.most for form in medicine.forms.values())]
        most = max((in_mg(figure) for figure in figures if figure is not None), default=None)
        if most is not None and highest > most * lines.value("unlikely_times_most"):
            rule = f"{highest} mg a day is more than twice the largest dose of {medicine.name}, {most} mg"
            yield f"{at}.steps: {rule}. Correct it, or leave it out."


def of_medicine(one: TakenMedicine, at: str, known: Knowledge) -> Iterator[str]:
    mg = one.daily_dose_mg
    if mg is None:
        return
    if mg == 0:
        yield f"{at}.daily_dose_mg: 0 mg is no dose. Take the medicine off the list, or leave the dose out."
    if mg > known.formulary.writing.impossible.value:
        yield f"{at}.daily_dose_mg: {mg} mg a day cannot be. Check the number and its unit."


def of_pressure(reading: Pressure, at: str, known: Knowledge) -> Iterator[str]:
    """Within what the vocabulary calls possible: 17/10 is kilopascals, and 1280 a slip of the finger."""
    for key, name, value in (
        ("systolic_mmhg", "gate_sbp", reading.systolic),
        ("diastolic_mmhg", "gate_dbp", reading.diastolic),
    ):
        span = known.facts[name].range
        assert span is not None  # a number in the vocabulary has a range, its tests hold
        low, high = span.values
        if not low <= value <= high:
            yield f"{at}.{key}: {value} is impossible: from {low} to {high} mmHg. Measure again."


def of_clearance(clearance: Clearance, at: str, known: Knowledge) -> Iterator[str]:
    """One that names no criterion would lift nothing, and whoever wrote it would not learn why."""
    if clearance.criterion not in known.titles:
        yield f"{at}.criterion: {clearance.criterion!r} is no criterion of these sheets. Write it as CI-07."
