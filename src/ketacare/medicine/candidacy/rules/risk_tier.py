"""Which tier of suicide risk counts now.

Only what was asked today makes a tier low. A high one found within the last weeks stands until somebody asks again, and
after a lower answer it is still handled as moderate for a while; behaviour ever recorded is never unsaid. Of several
raters and several answers of one day the graver counts.

A person asks the screener (RUL-07): what a patient filled in alone raises the tier by each yes, as any flag of theirs
does, and answers nothing by its no.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

from msgspec import Struct, structs

from ketacare.medicine.candidacy.rules.by_themselves import by_a_person
from ketacare.medicine.candidacy.terms import Case, Clearance, RiskRows, RiskStanding
from ketacare.medicine.evidence.rules import in_order
from ketacare.medicine.evidence.rules.facts import AsOf, as_of
from ketacare.medicine.evidence.terms import Fact, FactUsed
from ketacare.medicine.safety.rules import cssrs_tier, gravest
from ketacare.medicine.safety.terms import RiskTier, Screened

QUESTIONS: Mapping[str, str] = MappingProxyType(
    {
        **{str(number): f"cssrs_{number}" for number in range(1, 7)},
        "6.recent": "cssrs_6_within_3_months",
        "imminent": "imminent_risk",
    }
)
_QUESTION_OF: Mapping[str, str] = MappingProxyType({name: question for question, name in QUESTIONS.items()})
_BEHAVIOUR = ("cssrs_6", "cssrs_6_within_3_months")
_FORM, _REFUSED, _FOUND = "cssrs_form", "cssrs_refused", "risk_tier_found"
_SINCE_LAST_VISIT = "since last visit"
_INTOXICATED = ("intoxicated_or_withdrawing", "breath_alcohol_percent")


def standing(case: Case, rows: RiskRows) -> RiskStanding:
    """The tier that counts at this moment."""
    kept: tuple[RiskRows, RiskStanding] = case.facts.once(
        (standing, case.at, id(rows)), lambda: (rows, _Now(case, rows).told())
    )
    return kept[1]


def high_anew(case: Case, rows: RiskRows, signed: Clearance) -> date | None:
    """The day on which the risk was high again, after it was found otherwise to the end since this was signed: it was
    about another crisis. None: the risk has been high all the while, as far as is known."""
    now = _Now(case, rows)
    ended = min((day.on for day in now.days.values() if _is_since(day, signed) and _is_otherwise(day)), default=None)
    if ended is None:
        return None
    high = [on for on, day in now.days.items() if day.at_least >= RiskTier.T3]
    high += [now.known.day_known(fact) or now.on for fact in now.scale]
    return min((on for on in high if on > ended), default=None)


def _is_since(day: "_Day", signed: Clearance) -> bool:
    """A later day; or that of the signature, where all of it was told after."""
    told = [fact.known_at or day.on for fact in (*day.answers.values(), *day.findings, *day.alone)]
    return day.on > signed.given_on or (day.on == signed.given_on and all(map(signed.was_before, told)))


def _is_otherwise(day: "_Day") -> bool:
    return day.is_settled and day.tier not in (RiskTier.T3, RiskTier.TX)


# --- one day ---------------------------------------------------------------------------------------------------------


class _Day(Struct, frozen=True, gc=False):
    """What was asked and found on one day, by whomever: of each answer the graver. `asked`: what it comes to by what
    persons asked; `screened`: with what the patient said yes to alone, of which all is in `alone`;
    `asked_at`: when a person had last asked it to its end, `found_at` when a clinician last found something."""

    on: date
    answers: Mapping[str, Fact]
    screened: Screened | None
    asked: Screened | None
    alone: tuple[Fact, ...]
    found: RiskTier
    findings: tuple[Fact, ...]
    is_refused: bool
    needs_lifetime_form: bool
    asked_at: datetime | None
    found_at: datetime | None

    @property
    def at_least(self) -> RiskTier:
        said = [self.found] if self.screened is None else [self.found, self.screened.at_least]
        return max((tier for tier in said if tier is not RiskTier.TX), default=RiskTier.T0)

    @property
    def is_settled(self) -> bool:
        """Asked to its end by a person, or refused and decided by a clinician."""
        return self.is_asked or (self.is_refused and self.is_assessed)

    @property
    def settled_at(self) -> datetime | None:
        return self.asked_at if self.is_asked else self.found_at

    @property
    def is_asked(self) -> bool:
        return self.asked is not None and self.asked.tier is not RiskTier.TX and not self.needs_lifetime_form

    @property
    def is_assessed(self) -> bool:
        """A person asked or found something, and the tier is known."""
        return (self.asked is not None or bool(self.findings)) and self.tier is not RiskTier.TX

    @property
    def tier(self) -> RiskTier:
        """TX while a question is open, unless a clinician found danger, or decided because the patient refuses."""
        asked = RiskTier.TX if self.screened is None else self.screened.tier
        if asked is not RiskTier.TX and (asked >= RiskTier.T3 or self.is_asked):
            return gravest([asked, self.found])
        if self.found is RiskTier.TX:
            return RiskTier.TX
        certain = RiskTier.T0 if self.screened is None else self.screened.certain
        return max(self.found, certain) if self.is_refused or self.found >= RiskTier.T3 else RiskTier.TX


@dataclass(slots=True)
class _Asked:
    """One rater's answers of one day; not `by_a_person`: the patient's own."""

    by_a_person: bool = True
    answers: dict[str, Fact] = field(default_factory=dict)
    askings: dict[datetime, dict[str, bool]] = field(default_factory=dict)
    forms: set[str] = field(default_factory=set)

    def take(self, fact: Fact) -> None:
        question = _QUESTION_OF[fact.name]
        if isinstance(fact.known_at, datetime):
            self.askings.setdefault(fact.known_at, {})[question] = fact.value is True
        if question not in self.answers or fact.value is True:
            self.answers[question] = fact

    @property
    def is_since_last_visit(self) -> bool:
        return self.forms == {_SINCE_LAST_VISIT}


def _dated(case: Case, names: Iterable[str], known: AsOf) -> list[tuple[date, Fact]]:
    """With the day on which each was known; without those that have none, or a later moment than the case's."""
    return [(on, fact) for name in names for fact in case.facts.all(name) if (on := known.day_known(fact)) is not None]


def _days(case: Case, known: AsOf, rows: RiskRows) -> dict[date, _Day]:
    asked: dict[tuple[date, str], _Asked] = {}
    for on, fact in _dated(case, _QUESTION_OF, known):
        asked.setdefault((on, fact.source), _Asked(by_a_person(fact))).take(fact)
    for on, fact in _dated(case, (_FORM,), known):
        if (on, fact.source) in asked:
            asked[on, fact.source].forms.add(str(fact.value))
    findings = [(on, fact) for on, fact in _dated(case, (_FOUND,), known) if by_a_person(fact) or _is_high(fact)]
    refusals = {on for on, fact in _dated(case, (_REFUSED,), known) if fact.value is True}
    days: dict[date, _Day] = {}
    for on in sorted({on for on, _ in asked} | {on for on, _ in findings} | refusals):
        raters = [rater for (day, _), rater in asked.items() if day == on]
        found = tuple(fact for day, fact in findings if day == on)
        days[on] = _day(on, raters, found, on in refusals, days, rows)
    return days


def _day(
    on: date,
    raters: list[_Asked],
    found: tuple[Fact, ...],
    is_refused: bool,
    before: Mapping[date, _Day],
    rows: RiskRows,
) -> _Day:
    persons, alone = [one for one in raters if one.by_a_person], [one for one in raters if not one.by_a_person]
    asked = _graver(persons)
    answers = asked | {question: fact for question, fact in _graver(alone).items() if fact.value is True}
    gap = rows.screener.days("lifetime_form_after_gap")
    earlier = [day for day, known in before.items() if known.asked and known.asked.tier is not RiskTier.TX]
    is_late = not earlier or (on - max(earlier)).days > gap
    moments = [fact.known_at for fact in found if isinstance(fact.known_at, datetime) and by_a_person(fact)]
    return _Day(
        on=on,
        answers=answers,
        screened=_screened(answers, rows) if answers else None,
        asked=_screened(asked, rows) if asked else None,
        alone=tuple(fact for one in alone for fact in one.answers.values()),
        found=gravest(RiskTier(str(fact.value)) for fact in found),
        findings=found,
        is_refused=is_refused,
        needs_lifetime_form=is_late and bool(persons) and all(one.is_since_last_visit for one in persons),
        asked_at=_asked_at(persons, rows),
        found_at=max(moments, default=None),
    )


def _asked_at(persons: list[_Asked], rows: RiskRows) -> datetime | None:
    """The last moment at which the answers of one person come to a tier by themselves; of answers told one by one, the
    moment of the last."""
    whole = [
        at
        for one in persons
        for at, said in one.askings.items()
        if cssrs_tier(said, rows.screener).tier is not RiskTier.TX
    ]
    return max(whole or [at for one in persons for at in one.askings], default=None)


def _is_high(found: Fact) -> bool:
    return RiskTier(str(found.value)) >= RiskTier.T3


def _graver(raters: Iterable[_Asked]) -> dict[str, Fact]:
    """Of each answer of several the graver."""
    answers: dict[str, Fact] = {}
    for rater in raters:
        for question, fact in _told_by(rater).items():
            if question not in answers or fact.value is True:
                answers[question] = fact
    return answers


def _told_by(rater: _Asked) -> dict[str, Fact]:
    """On the form since the last visit any behaviour is recent."""
    answers = dict(rater.answers)
    if rater.is_since_last_visit and "6" in answers:
        answers["6.recent"] = answers["6"]
    return answers


def _screened(answers: Mapping[str, Fact], rows: RiskRows) -> Screened:
    return cssrs_tier({question: fact.value is True for question, fact in answers.items()}, rows.screener)


# --- the tier that counts now ----------------------------------------------------------------------------------------


class _Now:
    """Today's answers beside what earlier days leave behind."""

    def __init__(self, case: Case, rows: RiskRows) -> None:
        self.case, self.rows, self.sheet = case, rows, rows.screener
        self.known = as_of(case.facts, case.at)
        self.on = self.known.today
        self.days = _days(case, self.known, rows)
        self.today = self.days.get(self.on)
        recent = self.sheet.days("high_is_recent")
        before = [day for day in self.days.values() if 0 < (self.on - day.on).days <= recent]
        self.high_before = [day for day in before if day.at_least >= RiskTier.T3]
        self.scale = self._scale()
        self.behaviour = [
            fact for name in _BEHAVIOUR for fact in case.facts.all(name) if fact.value is True and self._past(fact)
        ]

    def _past(self, fact: Fact) -> bool:
        return fact.known_at is None or self.known.day_known(fact) is not None

    def _scale(self) -> list[Fact]:
        """MADRS item 10 so high that it counts as T3, with no person's assessment of that day or later that was not
        before it (RUL-07)."""
        line = self.rows.madrs_item_10_high.value
        assessed = [day for day in self.days.values() if day.is_assessed or day.findings]
        last = max(assessed, key=lambda day: day.on, default=None)
        facts = [f for f in self.case.facts.all("madrs_item_10") if self._past(f)]
        high = [f for f in facts if isinstance(f.value, Decimal) and f.value >= line]
        return [f for f in high if last is None or self._is_after(f, last)]

    def _is_after(self, told: Fact, day: _Day) -> bool:
        on = self.known.day_known(told) or self.on
        moments = [at for at in (day.asked_at, day.found_at) if at is not None]
        if on != day.on or not isinstance(told.known_at, datetime) or not moments:
            return on > day.on
        return told.known_at > max(moments)

    @property
    def screened(self) -> _Day | None:
        """The newest day on which the screener was asked to its end, or refused and decided by a clinician."""
        asked = [day for day in self.days.values() if day.is_settled]
        return max(asked, key=lambda day: day.on, default=None)

    def told(self) -> RiskStanding:
        tier = RiskTier.TX if self.today is None else self.today.tier
        if self.scale and tier < RiskTier.T3:
            tier = RiskTier.TX  # told after the screener of today
        now = self._open() if tier is RiskTier.TX else self._known(tier)
        return self._intoxicated(now) if now.tier is RiskTier.T3 else now

    def _intoxicated(self, high: RiskStanding) -> RiskStanding:
        """High risk in a person intoxicated today is imminent (section 4.2); a later no of the day does not undo it."""
        told = _dated(self.case, _INTOXICATED, self.known)
        facts = [self.known.used(fact) for on, fact in told if on == self.on and _is(fact)]
        if not facts:
            return high
        words = f"{high.words.removeprefix(self._sentence(RiskTier.T3, []))}; intoxicated or in withdrawal today"
        return structs.replace(
            high,
            finding=self.sheet.tiers[RiskTier.T4],
            at_least=RiskTier.T4,
            words=f"{self._sentence(RiskTier.T4, [])}{words}",
            facts=in_order([*high.facts, *facts]),
        )

    def _known(self, tier: RiskTier) -> RiskStanding:
        assert self.today is not None  # a tier of today has a day
        because, facts = self._today_words(), self._today_facts()
        if tier < RiskTier.T3 and self.high_before:
            newest = max(day.on for day in self.high_before)
            because.append(f"high on {_told(newest)}, so moderate for {self.sheet.days('high_is_recent')} days")
        behaviour_long_ago = [fact for fact in self.behaviour if fact not in self.today.answers.values()]
        if tier < RiskTier.T3 and behaviour_long_ago:
            because.append("behaviour recorded before")
            facts += [self.known.used(fact) for fact in behaviour_long_ago]
        floor = RiskTier.T2 if self.high_before or self.behaviour else RiskTier.T0
        found = max(tier, floor)
        return RiskStanding(
            finding=self.sheet.tiers[found],
            at_least=found,
            words=self._sentence(found, because),
            facts=in_order(facts),
            screened_on=None if self.screened is None else self.screened.on,
            screened_at=None if self.screened is None else self.screened.settled_at,
            lifetime_only=found is RiskTier.T2 and not self.high_before and self._without_behaviour() < RiskTier.T2,
        )

    def _without_behaviour(self) -> RiskTier:
        """What today would come to if nothing had ever been done."""
        assert self.today is not None
        answers = {q: fact for q, fact in self.today.answers.items() if q not in ("6", "6.recent")}
        said = {q: fact.value is True for q, fact in answers.items()} | {"6": False}
        asked = cssrs_tier(said, self.sheet).at_least
        return gravest([asked, self.today.found])

    def _open(self) -> RiskStanding:
        """Not asked today, or not to its end: an earlier high tier stands, else it is unknown."""
        carried = max((day.at_least for day in self.high_before), default=RiskTier.T0)
        tier = max(carried, RiskTier.T3) if self.scale else carried
        because, facts = [], self._today_facts()
        for day in self.high_before:
            because.append(f"{day.at_least} on {_told(day.on)}, and not asked to the end since")
            facts += [self.known.used(fact) for fact in (*day.answers.values(), *day.findings) if _speaks(fact)]
        if self.scale:
            because.append("MADRS item 10 counts as T3 until a person has asked")
            facts += [self.known.used(fact) for fact in self.scale]
        because = because or self._today_words()
        at_least = max(tier, RiskTier.T0 if self.today is None else self.today.at_least)
        found = tier if tier >= RiskTier.T3 else RiskTier.TX
        return RiskStanding(
            finding=self.sheet.tiers[found],
            at_least=at_least,
            words=self._open_sentence(found, at_least, because),
            facts=in_order(facts),
            to_ask=self._to_ask(),
            from_before=found is not RiskTier.TX,
            screened_on=None if self.screened is None else self.screened.on,
            screened_at=None if self.screened is None else self.screened.settled_at,
        )

    def _to_ask(self) -> tuple[str, ...]:
        screened = None if self.today is None or self.scale else self.today.asked
        if self.today is not None and screened is not None and screened.tier is not RiskTier.TX:
            screened = self.today.screened  # a yes that the patient gave alone may contradict what was asked
        screened = cssrs_tier({}, self.sheet) if screened is None else screened
        if screened.tier is not RiskTier.TX:
            return (_FORM,)
        return tuple(QUESTIONS[q] for q in self.sheet.questions if q in (*screened.inconsistent, *screened.unanswered))

    def _today_words(self) -> list[str]:
        if self.today is None:
            return ["not asked today"]
        words = []
        screened = self.today.screened
        if screened is None:
            words.append("screener not asked today")
        elif screened.inconsistent:
            words.append(f"questions {_listed(screened.inconsistent)} contradict each other")
        if screened is not None and screened.unanswered:
            words.append(f"not answered: {_listed(screened.unanswered)}")
        if screened is not None and screened.decided_by:
            words.append(self._decided(screened))
        if self.today.alone and not self.today.is_asked:
            words.append("the patient answered alone, and a person asks")
        if self.today.is_refused:
            words.append("the patient refused the screener")
        if self.today.needs_lifetime_form:
            gap = self.sheet.days("lifetime_form_after_gap")
            words.append(f"the lifetime form is due first, or after a gap of more than {gap} days")
        if self.today.found is not RiskTier.TX:
            words.append(f"a clinician found {self.today.found}")
        return words

    def _decided(self, screened: Screened) -> str:
        meanings = [self.sheet.questions[question].meaning for question in screened.decided_by]
        if screened.tier is RiskTier.T0:
            return "no to every question that was asked"
        return "; ".join(
            f"{_number(q)}: {m[:1].lower()}{m[1:]}" for q, m in zip(screened.decided_by, meanings, strict=True)
        )

    def _today_facts(self) -> list[FactUsed]:
        """Every yes and every finding; with nothing found, what was asked."""
        if self.today is None:
            return []
        told = [fact for fact in (*self.today.answers.values(), *self.today.findings) if _speaks(fact)]
        return [self.known.used(fact) for fact in told or (*self.today.answers.values(), *self.today.alone)]

    def _open_sentence(self, tier: RiskTier, at_least: RiskTier, because: list[str]) -> str:
        """What is certain is told beside what is not known, from the tier up that calls for something."""
        if tier is not RiskTier.TX or at_least < RiskTier.T2:
            return self._sentence(tier, because)
        unknown, certain = self.sheet.tiers[tier].name, self.sheet.tiers[at_least].name
        return f"{tier} {unknown}, at least {at_least} {certain}: {'; '.join(because)}"

    def _sentence(self, tier: RiskTier, because: list[str]) -> str:
        return f"{tier} {self.sheet.tiers[tier].name}: {'; '.join(because)}"


def _is(fact: Fact) -> bool:
    """A yes, or a reading above zero."""
    return fact.value > 0 if isinstance(fact.value, Decimal) else fact.value is True


def _speaks(fact: Fact) -> bool:
    return fact.value is not False


def _number(question: str) -> str:
    return {"6.recent": "question 6, past 3 months", "imminent": "imminent"}.get(question, f"question {question}")


def _listed(questions: tuple[str, ...]) -> str:
    return ", ".join(_number(question).removeprefix("question ") for question in questions)


def _told(day: date) -> str:
    return f"{day:%d-%b-%Y}"
