"""What is known of a person, gathered into the facts that the sheets read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy.models import MISSING, HistoryAnswer, Source, Vitals
from ketacare.clinic.candidacy.queries.judging import capacity_fact
from ketacare.clinic.candidacy.queries.risk import risk_facts
from ketacare.clinic.candidacy.queries.vocabulary import ALLERGIC, PRODUCT, PRODUCTS, kinds, value_of
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.outcomes import queries as outcomes
from ketacare.clinic.outcomes.models import Score
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.models import Allergies, AllergyState, Patient, Sex
from ketacare.clinic.people.standing import ahead_of, newest, standing, when
from ketacare.clinic.scheduling.models import GIVEN_UP, Visit, VisitKind, VisitState
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.looks import looked_up
from ketacare.medicine.candidacy.reader.allergens import allergens
from ketacare.medicine.candidacy.rules.allergens import allergic
from ketacare.medicine.candidacy.rules.derived import unsaid_facts
from ketacare.medicine.candidacy.terms import Pressure, Route
from ketacare.medicine.candidacy.terms.allergens import Allergic
from ketacare.medicine.evidence.rules import FactsDisagree, current, is_none_of_it
from ketacare.medicine.evidence.terms import Fact, Facts
from ketacare.medicine.outcomes import rules

PHQ9 = "phq-9"
ENTRY, PACE = "first_of_series", "more_than_one_dose_a_week"
WEEK = timedelta(days=7)
GIVEN = (VisitState.RUNNING, VisitState.RECOVERY, VisitState.DISCHARGED, VisitState.CLOSED)


def history(patient: Patient) -> list[HistoryAnswer]:
    """Every answer that stands, newest first."""
    return sorted(standing(HistoryAnswer, patient), key=when, reverse=True)


def answers(patient: Patient, names: Iterable[str]) -> list[HistoryAnswer]:
    """As history, of a few questions: a page at the chair is drawn often, and a long history has thousands."""
    rows = HistoryAnswer.objects.current().filter(patient=patient, name__in=sorted(names))
    return sorted(rows.order_by("recorded_at", "pk"), key=when, reverse=True)


def facts_of(patient: Patient, rows: Iterable[HistoryAnswer], *, at: datetime, zone: str) -> Facts:
    """All that is known, each from its one home. What was not answered is left out: absent is unknown, never no."""
    visits = dose_visits(patient)
    dosed_at = last_dose_before(patient, visits, at, zone)
    told = [row for row in rows if row.name != PRODUCT.name and not is_outrun(row, dosed_at)]
    doubted = in_doubt(told)
    found = [(row, fact) for row in told if (fact := fact_from(row)) is not None]
    answered = [fact for row, fact in found if not is_none_of_it(fact) or not is_doubted(row, doubted)]
    handed = [fact for hand in HANDS for fact in hand(patient, at, zone)]
    handed += pace_fact(visits, at, zone)
    if dosed_at is not None and all(fact.name != ENTRY for fact in answered):
        handed.append(Fact(ENTRY, False, known_at=dosed_at, source="Doses given"))
    answered = said_for_good(not_outlived(answered, zone), patient, at, zone)
    known = [*rated_as_one(answered, handed), *handed]
    return Facts([*known, *unsaid_facts(Facts(known), kinds(), at.astimezone(ZoneInfo(zone)))])


def rated_as_one(answered: list[Fact], handed: Iterable[Fact]) -> list[Fact]:
    """A rating typed by hand and one filled in here are ratings of one scale, whoever typed: the newest counts, and
    the other contradicts it no more than an earlier form does."""
    filled_in = {fact.name for fact in handed} & SCALE_FACTS
    return [
        Fact(fact.name, fact.value, fact.unit, fact.known_at, FILLED_IN, fact.settles)
        if fact.name in filled_in
        else fact
        for fact in answered
    ]


Doubted = Mapping[tuple[str, str], tuple[datetime, datetime]]


def in_doubt(rows: Iterable[HistoryAnswer]) -> Doubted:
    """When each source last could not or would not say."""
    found: dict[tuple[str, str], tuple[datetime, datetime]] = {}
    for row in rows:
        if row.answer in MISSING:
            key = (row.name, row.source)
            found[key] = max(when(row), found.get(key, when(row)))
    return found


def is_doubted(row: HistoryAnswer, doubted: Doubted) -> bool:
    """A no is a no until the same source can no longer say; a yes stands until somebody says otherwise."""
    since = doubted.get((row.name, row.source))
    return since is not None and when(row) < since


def last_dose_before(patient: Patient, visits: Iterable[Visit], at: datetime, zone: str) -> datetime | None:
    """When the last dose of the running course was given, today's not counted."""
    local = at.astimezone(ZoneInfo(zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    given = [visit for visit in visits if visit.state in GIVEN and visit.starts_at < midnight]
    last = max((visit.starts_at for visit in given), default=None)
    if last is None:
        return None
    course = enrolment.current_enrolment(patient)
    return last if course is not None and course.created_at <= last else None


def pace_fact(visits: Iterable[Visit], at: datetime, zone: str) -> Iterable[Fact]:
    """Whether doses lie closer than a week around this day, those that are planned too. Of fewer than two it says
    nothing."""
    today = local_day(at, zone)
    days = sorted({local_day(visit.starts_at, zone) for visit in visits if visit.state not in GIVEN_UP})
    near = [later - day for day, later in pairwise(days) if later >= today - WEEK and day <= today + WEEK]
    if near:
        yield Fact(PACE, min(near) < WEEK, known_at=at, source="Visits")


def dose_visits(patient: Patient) -> list[Visit]:
    ahead = ahead_of(Visit, patient)
    return list(Visit.objects.filter(patient=patient, kind=VisitKind.DOSE)) if ahead is None else ahead


def is_outrun(row: HistoryAnswer, dosed_at: datetime | None) -> bool:
    """Said to enter a series, and doses have been given since: entered. Said after them, it is a new series."""
    return dosed_at is not None and row.name == ENTRY and row.happened_at <= dosed_at


def fact_from(row: HistoryAnswer) -> Fact | None:
    """One answer as a fact; one that the vocabulary no longer allows establishes nothing."""
    kind = kinds().get(row.name)
    if kind is None or row.answer in MISSING:
        return None
    try:
        value = value_of(kind, row.answer)
    except ValueError:
        return None
    unit = None if value is False else kind.unit
    source = POSITIVE if (row.name, row.answer) == ("pregnancy_test", "positive") else told_by(row.source)
    return Fact(row.name, value, unit, row.happened_at, source, row.settles)


# A later word of one source takes the place of an earlier, but no negative undoes a positive pregnancy test: the two
# stand side by side until a prescriber rules, or the one that was typed wrongly is amended.
POSITIVE = "A positive test"
PREGNANCY_TEST = "pregnancy_test"


def not_outlived(facts: list[Fact], zone: str) -> list[Fact]:
    """The same, with a positive test that nobody has ruled on as new as the newest test beside it: a course may keep
    sheets that let it grow old (H19), and a later negative would then stand alone."""
    tests = [fact for fact in facts if fact.name == PREGNANCY_TEST and isinstance(fact.known_at, datetime)]
    newest = max((when_known(fact) for fact in tests), default=None)
    ruled = max((when_known(fact) for fact in tests if fact.settles), default=None)

    def told(fact: Fact) -> Fact:
        if newest is None or fact not in tests or fact.source != POSITIVE or when_known(fact) == newest:
            return fact
        if ruled is not None and when_known(fact) <= ruled:
            return fact
        day = local_day(when_known(fact), zone)
        return Fact(fact.name, fact.value, fact.unit, newest, f"{POSITIVE} of {day:%d-%b-%Y}")

    return [told(fact) for fact in facts]


OF_WOMEN = ("childbearing_potential", "breast_feeding")


def said_for_good(facts: list[Fact], patient: Patient, at: datetime, zone: str) -> list[Fact]:
    """The same, with a man's word that he cannot be pregnant and does not breast-feed as new as today: nobody asks him
    again each 90 and each 7 days. A sex on record alone answers nothing, for it does not say who can be pregnant."""
    if people.identity(patient).sex != Sex.MALE.label:
        return facts
    yes = {fact.name for fact in facts if fact.name in OF_WOMEN and fact.value is not False}

    def told(fact: Fact) -> Fact:
        if fact.name not in OF_WOMEN or fact.name in yes:
            return fact
        day = local_day(when_known(fact), zone)
        return Fact(fact.name, False, known_at=at, source=f"{fact.source}, {day:%d-%b-%Y}")

    return [told(fact) for fact in facts]


def when_known(fact: Fact) -> datetime:
    assert isinstance(fact.known_at, datetime)  # the caller has asked
    return fact.known_at


_SOURCES = {source.value: str(source.label) for source in Source}


def told_by(source: str) -> str:
    """A source as people say it."""
    return _SOURCES.get(source, source)


def disagrees(facts: Facts, name: str, at: datetime) -> bool:
    try:
        current(facts, name, None, at)
    except FactsDisagree:
        return True
    except LookupError:
        return False
    return False


def proposed_route(rows: Iterable[HistoryAnswer]) -> Route | None:
    """The route last proposed; None while it is open, and rows of one route are then judged as if it could be any."""
    return next((PRODUCTS.get(row.answer) for row in rows if row.name == PRODUCT.name), None)


# -- facts that are read from elsewhere -----------------------------------------------------------------------------


def age_fact(patient: Patient, at: datetime, zone: str) -> Iterable[Fact]:
    today = local_day(at, zone)
    years = people.identity(patient).age_on(today)
    yield from _number("age_years", years, at, "Date of birth")


def measured_facts(patient: Patient, at: datetime, zone: str) -> Iterable[Fact]:
    """Weight as last measured; body mass index from it and the newest height."""
    weight, height = people.latest_measure(patient), people.latest_height(patient)
    if weight is None:
        return
    yield from _number("weight_kg", weight.weight_kg, weight.happened_at, "Weighed")
    if height is not None and height.height_cm is not None:
        metres = height.height_cm / 100
        index = (weight.weight_kg / (metres * metres)).quantize(Decimal("0.1"))
        yield from _number("bmi", index, weight.happened_at, "Weighed and measured")


def phq9_scores(patient: Patient) -> list[Score]:
    """Every score that stands, oldest first."""
    return [score for score in scores_read(patient) if score.instrument == PHQ9]


def phq9_facts(patient: Patient, at: datetime, zone: str) -> Iterable[Fact]:
    """The newest total, item 9, and how far item 9 rose since it was last answered."""
    scores = [score for score in phq9_scores(patient) if score.happened_at <= at]
    if not scores:
        return
    last = scores[-1]
    if last.total is not None:
        yield from _number("phq_9", last.total, last.happened_at, "PHQ-9")
    item, before = last.answers.values.get("9"), [score.answers.values.get("9") for score in scores[:-1]]
    if item is not None:
        yield from _number("phq_9_item_9", item, last.happened_at, "PHQ-9")
        answered = [earlier for earlier in before if earlier is not None]
        rise = item - answered[-1] if answered else 0
        yield from _number("phq_9_item_9_rise", rise, last.happened_at, "PHQ-9")


# What a scale filled in here says to the sheets: the fact, its item or else the total, and the forms that ask it.
FROM_SCALES = (
    ("madrs_item_10", "10", ("madrs", "madrs-24h")),
    ("qids_item_12", "12", ("qids-sr16", "qids-sr16-24h")),
    ("madrs", None, ("madrs",)),
    ("qids_sr16", None, ("qids-sr16",)),
    ("hdrs_17", None, ("hamd-17",)),
    ("audit", None, ("audit",)),
    ("dast_10", None, ("dast-10",)),
    ("bss", None, ("bss",)),
    ("ymrs", None, ("ymrs",)),
)


MDQ, MDQ_POSITIVE = "mdq", "mdq_positive"
SCALE_FACTS = frozenset({*(name for name, _, _ in FROM_SCALES), MDQ_POSITIVE})
FILLED_IN = told_by(Source.TEST)


def read_from_scale(instrument: str) -> set[str]:
    """What a score of this form says to the sheets."""
    said = {name for name, _, forms in FROM_SCALES if instrument in forms}
    said |= {"phq_9", "phq_9_item_9", "phq_9_item_9_rise"} if instrument == PHQ9 else set()
    return said | ({MDQ_POSITIVE} if instrument == MDQ else set())


@looked_up
def scores_read(patient: Patient) -> list[Score]:
    """Every score that stands of PHQ-9 and of the scales that a criterion reads, oldest first, in one statement."""
    forms = [PHQ9, MDQ, *(form for _, _, forms in FROM_SCALES for form in forms)]
    rows = Score.objects.current().filter(patient=patient, instrument__in=forms).select_related("answers")
    return list(rows.order_by("happened_at"))


def scale_facts(patient: Patient, at: datetime, zone: str) -> Iterable[Fact]:
    """Each rating by itself, with the source that one typed by hand has: the newest of both counts, and a high one
    stays known until a person has assessed it (RUL-07)."""
    for score in scores_read(patient):
        for name, item, forms in FROM_SCALES:
            if score.instrument in forms and score.happened_at <= at:
                said = score.total if item is None else score.answers.values.get(item)
                if said is not None:
                    yield from _number(name, said, score.happened_at, FILLED_IN)
        if score.instrument == MDQ and score.happened_at <= at:
            yield from screen_facts(score)


def screen_facts(score: Score) -> Iterable[Fact]:
    """The MDQ is positive by three answers together; while an open one could decide, it says nothing."""
    positive = rules.score_as_given(outcomes.instrument(MDQ), score.answers.values).subscales.get("positive")
    if positive is not None:
        yield Fact(MDQ_POSITIVE, bool(positive), known_at=score.happened_at, source=FILLED_IN)


def vitals_facts(patient: Patient, at: datetime, zone: str) -> Iterable[Fact]:
    row = latest_vitals(patient)
    if row is not None and row.pulse_per_min is not None:
        yield from _number("pulse_per_min", row.pulse_per_min, row.happened_at, "Vital signs")
    if row is not None and row.spo2_percent is not None:
        yield from _number("spo2_percent", row.spo2_percent, row.happened_at, "Vital signs")


def allergy_fact(patient: Patient, at: datetime, zone: str) -> Iterable[Fact]:
    """CI-04 as the allergy list tells it. A list nobody has asked for establishes nothing; one that may mean ketamine
    says both, so that a prescriber rules; and none is a no while the person could not say whether they are."""
    row = newest(Allergies, patient)
    if row is None or row.state == AllergyState.NOT_ASKED:
        return
    found = allergic((entry["substance"] for entry in row.entries), allergens())
    says = {Allergic.YES: [True], Allergic.IN_DOUBT: [True, False], Allergic.NO: [False]}[found]
    if found is Allergic.NO and could_not_say(patient, row):
        return
    for named in says:
        yield Fact(ALLERGIC, named, known_at=row.happened_at, source="Allergy list")


def could_not_say(patient: Patient, listed: Allergies) -> bool:
    """Was the question itself left open, and has nobody been asked since whether there is any allergy at all?"""
    answer = next((row for row in history(patient) if row.name == ALLERGIC), None)
    if answer is None or answer.answer not in MISSING:
        return False
    return listed.state == AllergyState.LISTED or listed.happened_at <= answer.happened_at


def _number(name: str, value: object, known_at: datetime, source: str) -> Iterable[Fact]:
    """The number as a fact; one that the vocabulary calls impossible establishes nothing."""
    kind = kinds()[name]
    try:
        yield Fact(name, value_of(kind, str(value)), kind.unit, known_at, source)
    except ValueError:
        return


# Whoever keeps something that a criterion reads hands it over here: a function of the patient, the moment and the zone.
HANDS = (
    age_fact, measured_facts, phq9_facts, scale_facts, vitals_facts, allergy_fact, capacity_fact, risk_facts,
)  # fmt: skip


def latest_vitals(patient: Patient) -> Vitals | None:
    return max(standing(Vitals, patient), key=when, default=None)


def pressures_today(patient: Patient, *, at: datetime, zone: str) -> tuple[Pressure, ...]:
    """Every seated reading of the clinic's today, oldest first."""
    local = at.astimezone(ZoneInfo(zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = [row for row in standing(Vitals, patient) if midnight <= row.happened_at <= at]
    return tuple(
        Pressure(row.happened_at.astimezone(ZoneInfo(zone)), row.systolic_mmhg, row.diastolic_mmhg)
        for row in sorted(rows, key=when)
    )
