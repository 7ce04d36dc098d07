"""H14: what only the day of a dose can answer is asked on it; not asked is not ready, and no reason takes its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from ketacare.clinic.candidacy.models import HistoryAnswer, Source
from ketacare.clinic.candidacy.queries import today
from ketacare.clinic.candidacy.queries.answer import Answered
from ketacare.clinic.candidacy.queries.of_the_day import AtTheChair, Days, OfTheDay, of_the_day, rows_of_the_day
from ketacare.clinic.candidacy.queries.vocabulary import ELSEWHERE, kinds
from ketacare.clinic.candidacy.tests.factories import an_answer
from ketacare.clinic.dosing.actions import preparing
from ketacare.clinic.dosing.calm_day import TODAY
from ketacare.clinic.dosing.queries import checklist, readiness
from ketacare.clinic.dosing.queries.facts import known
from ketacare.clinic.dosing.tests.factories import a_day, later, make_ready
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.tests.factories import AT, browser, once
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.reader import shipped
from ketacare.medicine.candidacy.terms import Case, Route, Stage
from ketacare.medicine.evidence.terms import Compare, Comparison, Effect, Facts, Reason, Result

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    day = a_day()
    make_ready(day)
    return day


def say(day, minutes=1, item="today", by=None, **said):
    facts = {name: known(value, "h" if isinstance(value, Decimal) else None) for name, value in said.items()}
    preparing.record_facts(session=day.session, item=item, facts=facts, words="", by=by or day.nurse, at=later(minutes))


def told(day, criterion="CLR-01", minutes=2):
    decision = readiness.decision(day.session, at=later(minutes), zone=day.clinic.zone)
    return next(reason for reason in decision.reasons if reason.criterion == criterion)


def go(day, minutes=3, **lift):
    by = day.prescriber if lift else day.nurse
    preparing.decide(session=day.session, go=True, overrides=lift, words="", by=by, at=later(minutes))


@pytest.mark.parametrize("left_out", sorted(TODAY.keys() - {"acutely_ill"}))
def test_h14_a_question_of_the_day_that_is_open_holds_and_no_reason_lifts_it(left_out):
    day = a_day()
    make_ready(day, without=left_out)
    found = told(day)
    if left_out == "airway_or_respiratory_problem":  # asked, and of a caution alone: it holds nobody back
        assert found.result is Result.NOT_MET
        return
    assert found.result is Result.UNKNOWN
    with pytest.raises(Refused) as refused:
        go(day, **{"CLR-01": "Known for years"})
    (fault,) = refused.value.refusals
    assert fault.rule == "What is asked on the day is not answered."
    assert fault.remedy.startswith("Ask today: ")


@pytest.mark.parametrize(
    ("said", "criterion", "effect"),
    [
        ({"haematuria": True}, "CI-59", Effect.STOP),
        ({"bladder_symptoms": "unexplained"}, "CI-59", Effect.STOP),
        ({"pressure_symptoms": True}, "CI-16", Effect.STOP),
        ({"plans_to_drive": True}, "CI-70", Effect.STOP),
        ({"anaesthesia_within_7_days": True}, "CI-73", Effect.STOP),  # not the prescriber's word alone
        ({"hours_since_ect": Decimal(20)}, "CI-74", Effect.CLEAR),
        ({"last_seizure_on": AT.date() - timedelta(days=2)}, "CI-19", Effect.STOP),  # a neurology letter first
        ({"head_injury_on": AT.date() - timedelta(days=9)}, "CI-18", Effect.STOP),
        ({"cardiovascular_event_on": AT.date() - timedelta(days=40)}, "CI-05", Effect.STOP),
        ({"stroke_or_tia_on": AT.date() - timedelta(days=1)}, "CI-06", Effect.STOP),
    ],
)
def test_h14_what_is_answered_on_the_day_is_judged_as_the_sheets_say(day, said, criterion, effect):
    say(day, **{name: kept["value"] for name, kept in TODAY.items()} | said)
    found = told(day)
    assert (found.result, found.effect) == (Result.MET, effect)
    assert criterion in found.facts[0].source
    with pytest.raises(Refused):
        go(day)
    if effect is Effect.CLEAR:
        go(day, **{"CLR-01": "A single ECT, alert"})


@pytest.mark.parametrize("tested_days_ago", [3, 9])  # gone stale, the older test excuses nothing that is said today
def test_h14_a_period_that_is_late_asks_for_a_test_of_today(day, tested_days_ago):
    tested = AT - timedelta(days=tested_days_ago)
    an_answer(day.patient, day.prescriber, "pregnancy_test", "negative", source=Source.TEST, at=tested)
    say(day, 1, "pregnancy", childbearing_potential=True)
    assert "Period more than 7 days late" in checklist.today_words(day.session, later(1))
    say(day, 2, **{name: kept["value"] for name, kept in TODAY.items()}, period_late_over_7_days=True)
    found = told(day)
    assert (found.result, found.effect) == (Result.MET, Effect.STOP)
    assert "CI-50" in found.facts[0].source
    say(day, 3, "pregnancy", childbearing_potential=True, pregnancy_test="negative", pregnancy_tested_on=AT.date())
    assert told(day, minutes=4).result is Result.NOT_MET


def test_h14_two_records_of_one_day_hold_until_somebody_rules_and_are_not_asked_a_third_time(day):
    an_answer(day.patient, day.prescriber, "pressure_symptoms", "yes", source=Source.CLINICIAN, at=later(1))
    say(day, 2, **{name: kept["value"] for name, kept in TODAY.items()})
    assert readiness.questions_open(day.session, later(3)) == ()
    found = told(day, minutes=3)
    assert found.holds_back
    assert "CI-16" in found.facts[0].source


def test_h14_the_list_says_what_stops_and_who_settles_it(day):
    an_answer(day.patient, day.prescriber, "pressure_symptoms", "yes", source=Source.CLINICIAN, at=later(1))
    seizure = AT.date() - timedelta(days=2)
    say(day, 2, **{name: kept["value"] for name, kept in TODAY.items()} | {"last_seizure_on": seizure})
    decision = readiness.decision(day.session, at=later(3), zone=day.clinic.zone)
    rows = {row.item: row for row in checklist.rows(day.session, decision, {}, at=later(3))}
    assert rows["today"].state == "no_go", "a letter is more than the prescriber's word"
    assert "two records disagree, a prescriber rules between them on the evaluation page" in rows["today"].known
    assert "A seizure in the last months" in rows["candidacy"].known


def test_h14_the_decision_says_which_of_the_two_is_open_and_no_code_of_a_question(monkeypatch):
    day = a_day()
    make_ready(day, without="pressure_symptoms")
    assert told(day).words == "What is asked on the day is not answered"
    whole = readiness.decision(day.session, at=later(2), zone=day.clinic.zone)
    assert not [name for name in kinds() if "_" in name for one in whole.reasons if name in one.words]
    monkeypatch.setattr(readiness, "today", lambda *_: None)
    assert told(day).words == "Nobody has accepted this person for treatment"


def test_h14_what_was_lifted_of_the_answer_before_is_not_lifted_of_this_one(day):
    say(day, 1, "risk", suicide_risk_tier="T2")
    go(day, 2, **{"RD-18": "Known for years, plan in hand"})
    assert "RD-18" in preparing.given_before(day.session, at=later(3))
    say(day, 4, "risk", suicide_risk_tier="T2")
    assert "RD-18" not in preparing.given_before(day.session, at=later(5))


def test_h14_what_was_answered_yesterday_answers_nothing_today(day):
    later_day = 24 * 60 + 5
    assert told(day).result is Result.NOT_MET
    assert "plans_to_drive" in readiness.questions_open(day.session, later(later_day))


EVERY_CHECK = frozenset(f"RD-{number:02d}" for number in range(1, 25))
# What a row of the day reads and neither the chair nor the day asks: it lasts, and the evaluation asks for it.
LASTING = {
    "age_years", "raised_intracranial_pressure", "first_of_series", "urinalysis", "ketamine_cystitis",
    "substance_use_disorder", "audit", "dast_10", "diagnosis", "consent",
}  # fmt: skip


def nothing_known(route, knowledge=None):
    case = Case(at=datetime(2026, 7, 14, 9, tzinfo=UTC), facts=Facts([]), route=route, stage=Stage.DOSE)
    return case, knowledge or shipped()


@pytest.mark.parametrize("checks", [EVERY_CHECK, frozenset()])
@pytest.mark.parametrize("route", [Route.IV, Route.IM, Route.SL, Route.IN])
def test_h14_everything_that_a_row_of_the_day_lacks_is_asked_somewhere(route, checks):
    """At the chair as a question of the day, by an item of the list, in another part of the evaluation; or it lasts."""
    case, knowledge = nothing_known(route)
    chair = AtTheChair(checks=checks, told=readiness.TOLD_THERE)
    days = Days(rules.day_rows(knowledge.contraindications.criteria), knowledge, chair)
    told = {reason.criterion: reason for reason in rules.judge(case, knowledge).reasons}
    rows = [told[row] for row in rows_of_the_day(knowledge, checks) if row in told]
    here = frozenset().union(*(days.asked_here(reason) for reason in rows))
    lacking = {name for reason in rows if reason.holds_back for name in reason.missing}
    assert lacking - here - chair.told - ELSEWHERE.keys() <= LASTING
    assert {"last_seizure_on", "head_injury_on", "cardiovascular_event_on", "stroke_or_tia_on"} <= here


def own_row(knowledge, fact):
    """A clinic's own row of the day on another fact, in place of the one about ECT."""
    sheet = knowledge.contraindications
    reads = Compare(fact, Comparison.IS, True)
    kept = [row for row in sheet.criteria if row.id != "CI-74"]
    own = [replace(row, condition=reads) for row in sheet.criteria if row.id == "CI-74"]
    return replace(knowledge, contraindications=replace(sheet, criteria=(*kept, *own)))


def on_the_day(knowledge, chair=None):
    case, _ = nothing_known(Route.IV)
    so_far = Answered(case, rules.judge(case, knowledge), None, (), None, knowledge)
    return of_the_day(so_far, chair or AtTheChair(checks=EVERY_CHECK, told=readiness.TOLD_THERE))


def test_h14_a_clinics_own_row_of_the_day_asks_its_own_question():
    found = on_the_day(own_row(shipped(), "dementia"))
    assert "dementia" in found.open
    assert "hours_since_ect" not in found.open


def test_h14_a_clinics_own_row_that_no_question_here_answers_holds_all_the_same():
    found = on_the_day(own_row(shipped(), "capacity"))
    assert "capacity" not in found.questions
    assert "CI-74" in [reason.criterion for reason in found.reasons]


def test_h14_a_go_that_many_rows_hold_back_judges_the_case_once(monkeypatch):
    day, judged = a_day(), []
    monkeypatch.setattr(today, "of_the_day", lambda *asked: judged.append(asked) or of_the_day(*asked))
    with pytest.raises(Refused) as refused:
        go(day)
    assert len(refused.value.refusals) > 10
    assert len(judged) == 1


def test_h14_an_event_of_long_ago_is_told_again_as_it_was_and_not_as_never():
    day = a_day()
    an_answer(day.patient, day.prescriber, "last_seizure_on", "2025-03-02", at=AT - timedelta(days=20))
    asked = {one.kind.name: one for one in checklist.questions(day.session, later(1))}["last_seizure_on"]
    assert asked.choices == (("same", "None since 02-Mar-2025"),)
    at, client = reverse("session-answer", args=[day.visit.pk, "today"]), browser(day.nurse)
    both = client.post(at, once(last_seizure_on="same", last_seizure_on_when="2026-07-10"))
    assert "answered both ways" in both.content.decode()
    assert client.post(at, once(last_seizure_on="same")).status_code == 302
    row = HistoryAnswer.objects.filter(name="last_seizure_on").order_by("recorded_at").last()
    assert (row.answer, row.source) == ("2025-03-02", Source.PATIENT)
    assert client.post(at, once(head_injury_on_when="2031-01-01")).status_code == 422
    # As a browser sends it: what was pressed before comes back checked, and cannot be taken out.
    as_it_stands = {"last_seizure_on": "same", "last_seizure_on_when": "2026-07-10"}
    assert client.post(at, once(**as_it_stands)).status_code == 302
    assert HistoryAnswer.objects.filter(name="last_seizure_on").order_by("recorded_at").last().answer == "2026-07-10"


@pytest.mark.parametrize(
    ("state", "name", "criterion"),
    [
        ("mania", "mania_now", "CI-32"),
        ("new psychosis", "active_psychosis", "CI-30"),
        ("delirium", "delirium", "CI-34"),
    ],
)
def test_h14_what_is_found_at_the_chair_stays_known_and_a_slip_is_put_right(day, state, name, criterion):
    def newest():
        return HistoryAnswer.objects.filter(name=name).order_by("recorded_at").last()

    say(day, 1, "state", mental_state=state)
    assert (newest().answer, newest().source) == ("yes", Source.CLINICIAN)
    assert criterion in told(day).facts[0].source
    say(day, 3, "state", mental_state="as planned")
    assert newest().answer == "no"
    say(day, 4, "state", mental_state="agitated")
    assert newest().happened_at == later(3), "nothing is said a second time"


def test_h14_as_planned_undoes_nothing_that_was_found_before(day):
    an_answer(day.patient, day.prescriber, "mania_now", "yes", source=Source.CLINICIAN, at=AT - timedelta(days=1))
    say(day, 1, "state", mental_state="mania")
    say(day, 2, "state", mental_state="as planned")
    assert HistoryAnswer.objects.filter(name="mania_now").order_by("recorded_at").last().answer == "yes"


def test_h14_what_a_prescriber_found_is_taken_back_by_no_nurse_and_another_finding_takes_none_back(day):
    def stands(name):
        return HistoryAnswer.objects.filter(name=name).order_by("recorded_at").last().answer

    say(day, 1, "state", by=day.prescriber, mental_state="new psychosis")
    say(day, 2, "state", mental_state="as planned")
    assert stands("active_psychosis") == "yes"
    say(day, 3, "state", by=day.prescriber, mental_state="delirium")
    assert (stands("active_psychosis"), stands("delirium")) == ("yes", "yes")
    say(day, 4, "state", by=day.prescriber, mental_state="as planned")
    assert (stands("active_psychosis"), stands("delirium")) == ("no", "no")
    say(day, 5, "state", mental_state="mania")
    say(day, 6, "state", by=day.prescriber, mental_state="as planned")
    assert stands("mania_now") == "no", "who may rule on it takes back what a nurse found"


def test_h14_what_a_clinician_finds_at_the_chair_is_not_told_as_the_patients_word(day):
    say(day, dementia=False)
    assert HistoryAnswer.objects.filter(name="dementia").order_by("recorded_at").last().source == Source.CLINICIAN


def test_h14_a_row_that_a_clinics_list_does_not_ask_is_asked_beside_it():
    sheets = shipped()
    assert "CI-63" not in rows_of_the_day(sheets, EVERY_CHECK)
    assert {"CI-63", "CI-68"} <= set(rows_of_the_day(sheets, frozenset()))


def test_h14_the_page_asks_keeps_and_says_what_is_open(day):
    client, at = browser(day.nurse), reverse("session-answer", args=[day.visit.pk, "today"])
    page = client.get(reverse("session", args=[day.visit.pk])).content.decode()
    assert "Plans to drive" in page
    told_later = client.post(at, once(hours_since_ect="no", hours_since_ect_ago="20"))
    assert told_later.status_code == 302, "the no of before comes back checked with every form"
    ect = HistoryAnswer.objects.filter(name="hours_since_ect").order_by("recorded_at").last()
    assert ect.answer == "20"
    answers = {name: {True: "yes", False: "no"}.get(kept["value"], kept["value"]) for name, kept in TODAY.items()}
    assert client.post(at, once(**answers | {"plans_to_drive": "yes"})).status_code == 302
    row = HistoryAnswer.objects.filter(name="plans_to_drive").order_by("recorded_at").last()
    assert (row.answer, row.source, row.recorded_by.name) == ("yes", Source.PATIENT, "Ann Vale")
    assert "nobody may override" in client.get(reverse("session", args=[day.visit.pk])).content.decode()


# -- the crisis path on its day (RUL-06) -----------------------------------------------------------------------------


def crisis(result, cleared=True):
    return OfTheDay(crisis=Reason("EXC-01", "", result, Effect.CLEAR, "", cleared=cleared))


def test_h14_the_crisis_path_holds_only_with_every_condition_of_the_day_and_both_signatures():
    assert crisis(Result.MET).by_crisis_path
    for path in (crisis(Result.MET, cleared=False), crisis(Result.UNKNOWN, cleared=False), OfTheDay()):
        assert not path.by_crisis_path


@pytest.mark.parametrize(
    ("tier", "by_path", "result", "effect"),
    [
        ("T3", False, Result.MET, Effect.STOP),
        ("T3", True, Result.MET, Effect.CLEAR),
        ("T4", True, Result.MET, Effect.STOP),
        ("T0", False, Result.NOT_MET, Effect.STOP),
    ],
)
def test_h14_high_risk_stops_but_by_the_crisis_path_where_the_prescriber_decides(
    day, monkeypatch, tier, by_path, result, effect
):
    say(day, 1, "risk", suicide_risk_tier=tier)
    if by_path:
        monkeypatch.setattr(OfTheDay, "by_crisis_path", True)
    found = told(day, "RD-18")
    assert (found.result, found.effect) == (result, effect)


# -- an allergy told at the chair ------------------------------------------------------------------------------------


def test_h15_an_allergy_to_ketamine_told_at_the_chair_is_on_record_with_source_and_time(day):
    say(day, 1, "allergies", ketamine_allergy="yes")
    row = HistoryAnswer.objects.filter(name="ketamine_hypersensitivity").order_by("recorded_at").last()
    assert (row.answer, row.source, row.happened_at) == ("yes", Source.PATIENT, later(1))
    assert "ketamine" in [
        item["what"] for item in people.header(day.patient, at=later(2), zone=day.clinic.zone)["allergies"]["items"]
    ]
    found = told(day)
    assert (found.result, found.effect) == (Result.MET, Effect.STOP)
    assert "CI-04" in found.facts[0].source


def test_h15_in_doubt_at_the_chair_takes_back_the_no_of_an_earlier_day(day):
    assert "CI-04" not in "".join(fact.source for fact in told(day).facts)
    say(day, 5, "allergies", ketamine_allergy="doubtful")
    known_facts = readiness.treatable.case_now(day.patient, at=later(6), zone=day.clinic.zone).facts
    assert all(fact.value is not False for fact in known_facts.all("ketamine_hypersensitivity"))


def test_h15_a_list_that_nobody_asked_for_does_not_look_asked():
    day = a_day()
    say(day, 1, "allergies", ketamine_allergy="yes")
    items = people.header(day.patient, at=later(2), zone=day.clinic.zone)["allergies"]["items"]
    assert items == [{"what": "ketamine", "reaction": "told before a dose; others not asked"}]


def test_h15_allergic_to_ketamine_and_no_known_allergies_is_refused(day):
    at = reverse("session-answer", args=[day.visit.pk, "allergies"])
    refused = browser(day.nurse).post(at, once(ketamine_allergy="yes", list="none_known", amend_reason="asked"))
    assert refused.status_code == 422
    assert "answered both ways" in refused.content.decode()
