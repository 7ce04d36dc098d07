"""Ready to go home? RC-1 to RC-12 from recorded values, never from ticks; unknown is not ready (H12).

Facts here carry times and may come many to a name: the last reading speaks, and a criterion holds since the first
reading of the unbroken run that satisfies it. Only what was recorded from the end of the infusion on counts.
`ready_at` is the moment the last criterion came true, which is not the moment the patient leaves.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.medicine.dosing.rules.holding import clock_of, in_words, named, no, number, time_of, to_come, yes
from ketacare.medicine.dosing.rules.lasting import AGES, AT_THE_PEAK, AWAKE, DISTURB, LASTS, RESCUED, VITALS, WAITS
from ketacare.medicine.dosing.terms import Release, ReleaseCriterion
from ketacare.medicine.evidence.rules import current, in_order, used
from ketacare.medicine.evidence.terms import Fact, Facts, FactUsed, FactValue, Result
from ketacare.medicine.protocols.terms import Protocol, ReleaseSet


class _Case:
    """What the criteria look at: the recorded facts up to `at`, the lines, and the end of the infusion."""

    def __init__(self, facts: Facts, lines: ReleaseSet, at: datetime) -> None:
        self.facts, self.lines, self.at = facts, lines, at
        self.started_at = self.moment("started_at")
        self.ended_at = self.moment("ended_at")
        self.too_old: dict[str, Fact] = {}
        self.counting_from: dict[str, datetime] = {}
        self.looked_from = max((m for m in map(self.moment, ("ended_at", *DISTURB)) if m is not None), default=None)

    def moment(self, name: str) -> datetime | None:
        times = [fact.value for fact in self.facts.all(name) if isinstance(fact.value, datetime)]
        return max((time for time in times if time <= self.at), default=None)

    def counted(self, name: str) -> list[Fact]:
        """What is recorded under this name and still counts now, oldest first."""
        since = self.counts_from(name)
        timed = [fact for fact in self.facts.all(name) if isinstance(fact.known_at, datetime)]
        inside = [fact for fact in timed if since is not None and since <= time_of(fact) <= self.at]
        if name in AWAKE and (drowsy_at := self.drowsy_at()) is not None:
            inside = [fact for fact in inside if time_of(fact) > drowsy_at]
        return sorted(inside, key=time_of)

    def counts_from(self, name: str) -> datetime | None:
        """From when on what is found says something of going home. Who walks while an injection has not begun to act
        has not been examined."""
        if self.ended_at is None or self.looked_from is None:
            return None
        if name in LASTS:
            return self.ended_at
        waits: tuple[str, ...] = ("exam_after_end", "exam_after_start") if name in AWAKE else ()
        waits = ("scales_after_start",) if name in AT_THE_PEAK else waits
        begun = {"exam_after_end": self.ended_at}
        found = [(begun.get(wait, self.started_at), wait) for wait in waits if wait in self.lines.figures]
        return max([self.looked_from, *(since + self.minutes(wait) for since, wait in found if since is not None)])

    def drowsy_at(self) -> datetime | None:
        """When the patient was last found less than fully awake: whoever falls asleep again is examined again."""
        wanted = self.lines.value("moaas")
        low = [fact for fact in self.facts.all("moaas") if number(fact.value) < wanted and time_of(fact) <= self.at]
        return max(map(time_of, low), default=None)

    def baseline(self, name: str) -> Decimal | None:
        """The newest value from before the dose."""
        try:
            value = current(self.facts, name, None, self.at).value
        except LookupError:
            return None
        return value if isinstance(value, Decimal) else None

    def used(self, facts: Sequence[Fact]) -> tuple[FactUsed, ...]:
        return tuple(used(fact, self.at) for fact in facts)

    def minutes(self, name: str) -> timedelta:
        return timedelta(minutes=self.lines.figures[name].integer)


Judge = Callable[[_Case], ReleaseCriterion]


def release(facts: Facts, protocol: Protocol, at: datetime) -> Release:
    """Ready, not ready, or unknown, with every criterion, the fact behind it, and what is missing, missing first."""
    case = _Case(facts, protocol.release, at)
    judged = [judge(case) for judge in _CRITERIA]
    results = {criterion.result for criterion in judged}
    ready = False if Result.NOT_MET in results else None if Result.UNKNOWN in results else True
    return Release(
        ready=ready,
        ready_at=max((c.since for c in judged if c.since is not None), default=None) if ready else None,
        earliest_at=_earliest(case),
        criteria=tuple(sorted(judged, key=lambda criterion: _ORDER[criterion.result])),
        missing=in_order(name for criterion in judged for name in criterion.missing),
        sheets=(protocol.ref, protocol.release.ref),
    )


def earliest(facts: Facts, protocol: Protocol, at: datetime) -> datetime | None:
    """Before this nobody leaves, whatever else is found; None until the dose has ended."""
    return _earliest(_Case(facts, protocol.release, at))


_ORDER = {Result.UNKNOWN: 0, Result.NOT_MET: 1, Result.MET: 2}


def _earliest(case: _Case) -> datetime | None:
    """The minimum time: after the end, after the start, and after whatever makes people wait longer."""
    if case.started_at is None or case.ended_at is None:
        return None
    times = [case.ended_at + case.minutes("after_end"), case.started_at + case.minutes("after_start")]
    for name, wait in WAITS.items():
        given_at = case.moment(name)
        if given_at is not None:
            times.append(given_at + case.minutes(wait))
    return max(times)


# --- the criteria ---------------------------------------------------------------------------------------------------


def _rc_1(case: _Case) -> ReleaseCriterion:
    title, earliest = "Minimum time passed", _earliest(case)
    if earliest is None:
        absent = tuple(name for name in ("started_at", "ended_at") if case.moment(name) is None)
        return ReleaseCriterion("RC-1", title, Result.UNKNOWN, f"{title}: end of dose not recorded", (), absent)
    alarms = case.facts.all("high_alarm")
    if alarms:
        named = ", ".join(f"{fact.value}, {clock_of(fact, case.at)}" for fact in alarms)
        return _stands(case, f"A high alarm stands, or was seen by nobody: {named}", alarms)
    going_on = [fact for fact in case.facts.all("emergency_open") if fact.value is True]
    if going_on:
        begun = ", ".join(clock_of(fact, case.at) for fact in going_on)
        return _stands(case, f"An emergency is still open: begun {begun}", going_on)
    if case.facts.all("alarms_unread"):
        words = "Alarms of this session cannot be judged: the prescriber decides"
        return ReleaseCriterion("RC-1", title, Result.UNKNOWN, words)
    missed = case.facts.all("missed_check")
    if missed:
        words = f"Missed, take it or say why not: {', '.join(str(fact.value) for fact in missed)}"
        return ReleaseCriterion("RC-1", title, Result.NOT_MET, words, case.used(missed))
    met = earliest <= case.at
    words = f"{title}: not before {earliest.astimezone(case.at.tzinfo):%H:%M}"
    # Not ready is never told of a moment that is later called ready (RC-1, H12).
    held_until = case.moment("held_until")
    since = earliest if held_until is None else max(earliest, held_until)
    return ReleaseCriterion("RC-1", title, _answer(met), words, since=since if met else None)


def _stands(case: _Case, words: str, facts: Sequence[Fact]) -> ReleaseCriterion:
    return ReleaseCriterion("RC-1", words.partition(":")[0], Result.NOT_MET, words, case.used(facts))


def _rc_2(case: _Case) -> ReleaseCriterion:
    title, wanted = "MOAA/S 5 on two checks 15 min apart", case.lines.value("moaas")
    _, facts, run = _part(case, "moaas", lambda value: number(value) >= wanted)
    if not facts:
        return _unknown(case, "RC-2", title, "moaas")
    apart = [fact for fact in run if time_of(fact) - time_of(run[0]) >= case.minutes("moaas_apart")]
    told = run if apart else facts[-1:]
    return _told(case, "RC-2", title, bool(apart), told, time_of(apart[0]) if apart else None)


def _rc_3(case: _Case) -> ReleaseCriterion:
    wanted = case.lines.value("orientation")
    return _last(case, "RC-3", "Orientation 5 of 5", {"orientation": lambda value: number(value) >= wanted})


def _rc_4(case: _Case) -> ReleaseCriterion:
    """Standing and walking; with rescue medicine, age or dizziness the standing pressure too, with age a timed walk."""
    parts = [_part(case, name, yes) for name in ("romberg", "gait")]
    ages = case.facts.all("age_years")
    if not ages:
        return _joined(case, "RC-4", "Romberg and gait pass", [*parts, ("age_years", [], [])])
    older = number(ages[-1].value) >= case.lines.value("older_from")
    dizzy = any(fact.value is True for fact in case.facts.all("dizzy"))
    if older or dizzy or any(case.moment(name) is not None for name in RESCUED):
        parts += _standing(case)
    if older:
        parts.append(_part(case, "walk_s", lambda value: _quick(case, value)))
    words = "Romberg and gait pass" + (", pressure holds on standing" if len(parts) > 2 else "")
    return _joined(case, "RC-4", words, parts)


def _standing(case: _Case) -> "list[_Part]":
    """From lying or sitting to standing: how far it falls, and whether that is felt."""
    falls = [_part(case, name, _under(case.lines.value(name))) for name in ("standing_fall_sbp", "standing_fall_dbp")]
    return [*falls, _part(case, "dizzy_standing", no)]


def _under(line: Decimal) -> Callable[[FactValue], bool]:
    return lambda value: number(value) < line


def _quick(case: _Case, value: FactValue) -> bool:
    own = case.baseline("baseline_walk_s")
    slower = own is not None and number(value) <= own + case.lines.value("walk_over_baseline")
    return number(value) < case.lines.value("walk_under") or slower


def _rc_5(case: _Case) -> ReleaseCriterion:
    title = "Blood pressure and heart rate near baseline"
    parts = [_pressure(case, "sbp", "sbp_most"), _pressure(case, "dbp", "dbp_most"), _rate(case)]
    return _joined(case, "RC-5", title, parts)


def _rc_6(case: _Case) -> ReleaseCriterion:
    floor, baseline = case.lines.value("spo2_least"), case.baseline("baseline_spo2")
    if baseline is not None:
        floor = min(floor, baseline - case.lines.value("spo2_under_baseline"))
    parts = [_part(case, "spo2", lambda value: number(value) >= floor), _on_air(case)]
    title = "SpO2 94 % or baseline - 1, on air for 5 min"
    if "rr_least" not in case.lines.figures:  # a session keeps the sheet that it began with (H19)
        return _joined(case, "RC-6", title, parts)
    least, most = case.lines.value("rr_least"), case.lines.value("rr_most")
    parts.append(_part(case, "rr", lambda value: least <= number(value) <= most))
    return _joined(case, "RC-6", f"{title}, breaths {least:f} to {most:f}", parts)


def _rc_7(case: _Case) -> ReleaseCriterion:
    title, most = "Nausea at most 3, fluids kept or no vomiting for 30 min", case.lines.value("nausea_most")
    parts = [_part(case, "nausea", lambda value: number(value) <= most), _vomit_free(case)]
    return _joined(case, "RC-7", title, parts)


def _rc_8(case: _Case) -> ReleaseCriterion:
    checks: dict[str, Callable[[FactValue], bool]] = {
        "dissociation": lambda value: number(value) <= case.lines.value("dissociation_most"),
        "frightening_perceptions": no,
        "distress": lambda value: number(value) <= case.lines.value("distress_most"),
    }
    return _last(case, "RC-8", "Dissociation at most 2, nothing frightening, distress at most 3", checks)


def _rc_9(case: _Case) -> ReleaseCriterion:
    checks = {"new_suicidal_or_violent_intent": no, "safety_plan_held": yes}
    return _last(case, "RC-9", "No new suicidal or violent intent; safety plan held", checks)


def _rc_10(case: _Case) -> ReleaseCriterion:
    checks = {"line_out": yes, "site_fine": yes, "pain_acceptable": yes}
    return _last(case, "RC-10", "Line out, site fine, pain acceptable", checks)


def _rc_11(case: _Case) -> ReleaseCriterion:
    who = dict.fromkeys(("escort_name", "escort_relation", "escort_phone"), named)
    checks = {**who, "escort_present": yes, "escort_told": yes, "transport_seen": yes}
    return _last(case, "RC-11", "Escort named, present and told: no driving today; transport seen", checks)


def _rc_12(case: _Case) -> ReleaseCriterion:
    checks = {"instructions_taught_back": yes, "emergency_number_given": yes, "next_contact": named}
    return _last(case, "RC-12", "Instructions taught back, emergency number, next contact time", checks)


_CRITERIA: tuple[Judge, ...] = (_rc_1, _rc_2, _rc_3, _rc_4, _rc_5, _rc_6, _rc_7, _rc_8, _rc_9, _rc_10, _rc_11, _rc_12)


# --- parts of criteria ----------------------------------------------------------------------------------------------

# One named fact judged: its readings, the unbroken run that satisfies, or None when nothing usable is recorded.
_Part = tuple[str, list[Fact], list[Fact]]


def _run(facts: list[Fact], holds: Callable[[FactValue], bool]) -> list[Fact]:
    """The unbroken run of satisfying readings that ends with the last one; empty if the last does not satisfy."""
    run: list[Fact] = []
    for fact in reversed(facts):
        if not holds(fact.value):
            break
        run.insert(0, fact)
    return run


def _part(case: _Case, name: str, holds: Callable[[FactValue], bool]) -> _Part:
    """What was found longer ago than the sheet allows says nothing about now."""
    facts = case.counted(name)
    run, figure = _run(facts, holds), AGES.get(name, "")
    ages = figure in case.lines.figures and (bool(run) or figure == VITALS)  # what was found amiss by asking stands
    if facts and ages and case.at - time_of(facts[-1]) > case.minutes(figure):
        case.too_old[name] = facts[-1]
        return name, [], []
    return name, facts, run


def _pressure(case: _Case, name: str, most: str) -> _Part:
    ceiling, baseline = case.lines.value(most), case.baseline(f"baseline_{name}")
    _, facts, _ = _part(case, name, lambda _value: True)
    if baseline is None:
        return f"baseline_{name}", [], []
    near = baseline + case.lines.value("within_baseline")
    if _falling(facts):
        near = ceiling
    floor = case.lines.value("sbp_over") if name == "sbp" else Decimal(0)
    return _part(case, name, lambda value: floor < number(value) <= min(ceiling, near))


def _falling(facts: list[Fact]) -> bool:
    """Falling on two readings: each of the last two is below the one before it."""
    last = [number(fact.value) for fact in facts[-3:]]
    return len(last) == 3 and last[0] > last[1] > last[2]


def _rate(case: _Case) -> _Part:
    least, most = case.lines.value("hr_least"), case.lines.value("hr_most")
    return _part(case, "hr", lambda value: least <= number(value) <= most)


def _on_air(case: _Case) -> _Part:
    """`on_air` is recorded when oxygen goes off (or never was on); it counts after 5 min."""
    name, facts, run = _part(case, "on_air", yes)
    return name, facts, _lasting(case, name, run, time_of(run[0]) + case.minutes("air_for")) if run else []


def _vomit_free(case: _Case) -> _Part:
    """Fluids kept down since the last vomit settle it; otherwise the answer to "vomited since?" must have been no for
    30 min."""
    vomits = [fact for fact in case.counted("vomited") if fact.value is True]
    name, facts, run = _part(case, "fluids_kept", yes)
    run = [fact for fact in run if not vomits or time_of(fact) > time_of(vomits[-1])]
    if run:
        return name, facts, run
    name, facts, run = _part(case, "vomited", no)
    return name, facts, _lasting(case, name, run, time_of(vomits[-1]) + case.minutes("vomit_free")) if vomits else run


def _lasting(case: _Case, name: str, run: list[Fact], counts_from: datetime) -> list[Fact]:
    """What must have lasted holds from the end of that time on, not from when it began."""
    if not run:
        return run
    case.counting_from[name] = counts_from
    return run if counts_from <= case.at else []


def _last(
    case: _Case, criterion: str, title: str, checks: Mapping[str, Callable[[FactValue], bool]]
) -> ReleaseCriterion:
    return _joined(case, criterion, title, [_part(case, name, holds) for name, holds in checks.items()])


def _joined(case: _Case, criterion: str, title: str, parts: list[_Part]) -> ReleaseCriterion:
    """Not met as soon as one part fails; unknown while a part is not recorded; else met since the last came true."""
    failing = [facts[-1] for _, facts, run in parts if facts and not run]
    if failing:
        return _told(case, criterion, title, False, failing, None)
    absent = [name for name, facts, _ in parts if not facts]
    if absent:
        return _unknown(case, criterion, title, *absent)
    latest = [run[-1] for _, _, run in parts]
    since = [max(time_of(run[0]), case.counting_from.get(name, time_of(run[0]))) for name, _, run in parts]
    return _told(case, criterion, title, True, latest, max(since))


def _told(
    case: _Case, criterion: str, title: str, met: bool, facts: Sequence[Fact], since: datetime | None
) -> ReleaseCriterion:
    return ReleaseCriterion(
        criterion, title, _answer(met), f"{title}: {_values(case, facts)}", case.used(facts), since=since
    )


def _values(case: _Case, facts: Sequence[Fact]) -> str:
    """Each value with its time; the time once, where all were found together."""
    times = {clock_of(fact, case.at) for fact in facts}
    if len(times) == 1:
        words = ", ".join(f"{fact.name} {in_words(fact)}" for fact in facts) + f" at {times.pop()}"
    else:
        words = ", ".join(f"{fact.name} {in_words(fact)} at {clock_of(fact, case.at)}" for fact in facts)
    return words + "".join(_waits(case, fact) for fact in facts)


def _waits(case: _Case, fact: Fact) -> str:
    """What is recorded and right, and has not lasted yet: nobody looks for a wrong value (E1)."""
    counts_from = case.counting_from.get(fact.name)
    if counts_from is None or counts_from <= case.at:
        return ""
    return f", counts from {to_come(counts_from, case.at)} on"


def _unknown(case: _Case, criterion: str, title: str, *absent: str) -> ReleaseCriterion:
    old = [case.too_old[name] for name in absent if name in case.too_old]
    never = tuple(name for name in absent if name not in case.too_old)
    said = [f"{_values(case, old)}: {_older(case, AGES[old[0].name])}"] if old else []
    said += [_not_recorded(case, never)] if never else []
    return ReleaseCriterion(criterion, title, Result.UNKNOWN, f"{title}: {'; '.join(said)}", missing=absent)


def _older(case: _Case, figure: str) -> str:
    again = "take it again" if figure == VITALS else "look and ask again"
    return f"older than {case.lines.value(figure):f} min, {again}"


def _not_recorded(case: _Case, absent: Sequence[str]) -> str:
    found = [moment for name in absent if (moment := case.counts_from(name)) is not None]
    since = max(found, default=None)
    clock = "the dose ended" if since in (None, case.ended_at) else to_come(since, case.at)
    when = f"counts from {clock} on" if since is not None and since > case.at else f"not recorded since {clock}"
    return f"{when} ({', '.join(absent)})"


def _answer(met: bool) -> Result:
    return Result.MET if met else Result.NOT_MET
