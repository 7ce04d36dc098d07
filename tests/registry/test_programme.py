"""The programme's page: what a clinic sees of its courses, and what nobody may see."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest

from ketacare.clinic.audit.models import Line
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import numbers
from ketacare.clinic.outcomes.models import Answers, Rating, Score
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import a_clinic, browser, someone
from ketacare.clinic.registry import figures, measured, queries, views
from ketacare.clinic.registry.drawing import drawing, lettered, run_drawing, y_of
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.reader import measures, published
from ketacare.medicine.registry.terms import Durations, Week
from ketacare.web.demo import large, network
from tests.registry.recovered import count, held_against, played

AT = datetime(2026, 7, 14, 14, 5, tzinfo=UTC)
FIGURES = (
    "response",
    "remission",
    "time-to-response",
    "kept-response",
    "capture",
    "windows",
    "check-ins",
    "side-effects",
    "funnel",
)
FIGURES += tuple(f"safety-{kind.replace('_', '-')}" for kind in numbers.KINDS)
pytestmark = pytest.mark.django_db


def a_director(name: str = "Main"):
    """A medical director with a post in one clinic."""
    return someone(a_clinic(name), Role.MD)


def a_network(director, count: int):
    """Three simulated clinics in the director's organisation, who then holds a post in each."""
    clinic = Clinic.objects.select_related("organisation").get(pk=director.clinic_id)
    return large.load(clinic.organisation, director, at=AT, count=count, seed=5)


def test_the_intervals_hold_the_true_rates_as_often_as_they_say():
    """Forty networks of 400 people: of their 960 intervals at 95 % about 48 miss. Rates that were ten points off would
    be missed by most."""
    true, networks = network.truth(30_000, seed=99), played(40, 400)
    missed, of = count(held_against(networks, true))
    assert 0.03 <= missed / of <= 0.07
    assert count(held_against(networks, true, apart=0.1))[0] >= 0.8 * of


def test_courses_scores_baselines_and_plans_are_read_as_they_were_written():
    director = a_director()
    a_network(director, 40)
    told = queries.told(queries.sites(director), "phq-9", since=None, at=AT)
    people = sorted(network.people(40, 5), key=lambda one: -one.began_days_ago)
    assert told.courses.followed_days == pytest.approx([one.began_days_ago for one in people], abs=1e-4)
    assert told.courses.baseline.tolist() == [one.forms[0] for one in people]
    assert told.doses.tolist() == [len(one.dose_days) for one in people]
    assert set(told.planned.tolist()) == {6}
    assert told.courses.total.tolist() == [total for one in people for total in one.forms]
    assert told.courses.day == pytest.approx([day for one in people for day in one.form_days], abs=1e-4)
    names = [site.name for site in queries.sites(director)]
    assert [names[place] for place in told.courses.site] == [
        f"{network.CLINICS[one.clinic][0]} (simulated)" for one in people
    ]


def test_an_amended_score_counts_once_as_it_stands():
    director = a_director()
    a_network(director, 3)
    score = Score.objects.filter(instrument="phq-9").order_by("happened_at").last()
    assert score is not None
    again = Answers.objects.create(
        organisation_id=score.organisation_id, clinic_id=score.clinic_id, happened_at=score.happened_at,
        recorded_at=AT, recorded_by_id=director.user_id, patient_id=score.patient_id, instrument="phq-9",
        instrument_version="1.0.0", source="patient", values={},
    )  # fmt: skip
    before = queries.told(queries.sites(director), "phq-9", since=None, at=AT).courses
    Score.objects.create(
        organisation_id=score.organisation_id, clinic_id=score.clinic_id, happened_at=score.happened_at,
        recorded_at=AT, recorded_by_id=director.user_id, patient_id=score.patient_id, answers=again,
        instrument="phq-9", instrument_version="1.0.0", total=27, sum_answered=27, amends=score,
        amend_reason="Heard wrong",
    )  # fmt: skip
    after = queries.told(queries.sites(director), "phq-9", since=None, at=AT).courses
    assert len(after.total) == len(before.total)
    assert after.total.sum() - before.total.sum() == 27 - float(score.total)


def test_of_a_course_only_scores_of_one_edition_rated_alike_are_held_against_each_other():
    director = a_director()
    a_network(director, 1)
    session = Session.objects.order_by("started_at").first()
    patient = session.visit.patient
    # Day, version, edition, what the rater did not know (None: nobody rated), whether it is counted.
    rows = [
        (-12, "1.0.0", "2019", ["dose"], False), (-7, "1.0.0", "1979", ["nothing"], True),
        (1, "1.0.0", " 1979 ", ["dose"], False), (2, "1.0.0", "1979  ", ["nothing"], True),
        (3, "1.0.0", "", None, True), (4, "0.9.0", "1979", ["nothing"], False),
    ]  # fmt: skip
    for day, version, edition, hidden, _ in rows:
        said = {
            "organisation_id": patient.organisation_id, "clinic_id": patient.clinic_id, "recorded_at": AT,
            "happened_at": session.started_at + timedelta(days=day), "recorded_by_id": director.user_id,
            "patient_id": patient.pk,
        }  # fmt: skip
        scored = {"instrument": "madrs", "instrument_version": version}
        answers = Answers.objects.create(**said, **scored, source="rater", values={})
        if hidden is not None:
            Rating.objects.create(**said, answers=answers, rater_name="A", came="video", edition=edition, hidden=hidden)
        Score.objects.create(**said, **scored, answers=answers, total=30 + day, sum_answered=30 + day)
    told = queries.told(queries.sites(director), "madrs", since=None, at=AT)
    assert told.courses.total.tolist() == [30 + day for day, *_, counts in rows if counts]
    assert (told.courses.baseline.tolist(), told.apart) == ([23.0], 3)


def test_the_last_year_leaves_out_who_began_before_it():
    director = a_director()
    a_network(director, 40)
    sites = queries.sites(director)
    recent = queries.told(sites, "phq-9", since=AT - timedelta(days=100), at=AT).courses
    assert 0 < len(recent) < 40
    assert (recent.followed_days <= 100).all()


# -- the page ----------------------------------------------------------------------------------------------------------


def test_the_page_says_its_figures_in_words_numbers_and_files():
    director = a_director()
    a_network(director, 120)
    client = browser(director)
    page = client.get("/programme/?span=all").content.decode()
    assert "About 120 courses with a first dose" in page
    assert re.search(
        r"At four weeks \(day 21 to 35\): response in (?:about )?\d+ % of about \d+ measured \(\d+ to \d+ %\); if who "
        r"is missing has not, in (?:about )?\d+ % of about \d+\.",
        page,
    )
    assert page.count("a share of fewer than 100 to the nearest 5 %") >= 6, "each figure says how it is told"
    assert "McInnes 2022: ketamine IV, induction series, 14 to 31 days after induction" in page
    assert "537 of 9,016 treated could be analysed" in page
    assert "Harbour (simulated)" in page
    for name in FIGURES:
        picture = client.get(f"/programme/{name}.svg?span=all")
        assert picture["Content-Type"] == "image/svg+xml"
        assert ElementTree.fromstring(picture.content).tag.endswith("svg")
        table = client.get(f"/programme/{name}.csv?span=all").content.decode()
        assert len(table.splitlines()) > 4
    assert client.get("/programme/nothing.csv").status_code == 404
    rows = list(csv.reader(client.get("/programme/response.csv?span=all").content.decode().splitlines()))
    assert rows[3] == ["at", "percent", "low", "high", "met", "of"]
    assert all(int(count) % 5 == 0 for row in rows[4:] for count in row[4:] if count)


def test_a_scale_that_is_not_known_is_said_and_not_taken_for_the_usual_one():
    client = browser(a_director())
    page = client.get("/programme/?scale=nope").content.decode()
    assert "The scale that was asked for is not counted here. What follows is PHQ-9." in page
    assert "is not counted here. What follows" not in client.get("/programme/?scale=phq-9").content.decode()
    assert "is not counted here. What follows" not in client.get("/programme/").content.decode()
    assert client.get("/programme/response.csv?scale=nope").status_code == 404
    assert client.get("/programme/response.svg?scale=nope").status_code == 404


def test_a_file_has_what_is_drawn_beside_the_curve():
    rows = views.beside_of(kept_of([*range(2, 82, 2), *[200] * 60], [True] * 40 + [False] * 60))
    assert rows[0] == ["letter", "percent", "at", "beside it"]
    assert [row[:3] for row in rows[1:]] == [["A", "80", "28"], ["B", "60", "56"]]
    assert rows[1][3].startswith("McInnes 2022, week 4: response kept")
    line = figures.Figure("a", "A", "", "", "points", "weeks", 12, 1, (), (figures.Companion(53.6, "x"),), (), ())
    assert views.beside_of(line)[1:] == [["A", "53.6", "", "x"]]
    assert views.beside_of(figures.Figure("a", "A", "", "", "points", "weeks", 12, 1, (), (), (), ())) == []


def test_what_was_measured_at_four_weeks_is_drawn_where_its_aim_is():
    """85 of 100 in day 21 to 35, while each single week has fewer: the aim belongs to the first."""
    four, week = week_of(85), week_of(77)
    ours, aim = measured.capture([week], four, measures()).companions
    assert (ours.x, ours.y) == (4, 85)
    assert ours.words == "measured at four weeks, day 21 to 35, of all courses"
    assert (aim.x, aim.y) == (None, 80)
    assert aim.words == "our aim at four weeks, day 21 to 35; the dots are of single weeks and are not held against it"
    assert len(measured.capture([week], week_of(4), measures()).companions) == 1, "a small one is not drawn"


def week_of(measured: int, due: int = 100):
    one = a_rate(measured, due)
    return Week(
        week=4, due=due, captured=one, response=one, remission=one, response_if_missing_is_not=one,
        remission_if_missing_is_not=one,
    )  # fmt: skip


def test_every_file_of_a_clinic_without_courses_can_be_taken():
    client = browser(a_director())
    for name in FIGURES:
        assert client.get(f"/programme/{name}.csv").status_code == 200
        assert client.get(f"/programme/{name}.svg").status_code == 200


def a_rate(met: int, of: int):
    return rules.rate(met, of, measures())


@pytest.mark.parametrize(
    ("due", "measured", "responded", "remitted", "response", "remission", "of_all"),
    [
        (80, 60, 30, 15, True, True, True),
        (80, 60, 30, 24, True, False, True),  # six responded without remission
        (65, 60, 30, 15, True, True, False),  # five were not measured
        (80, 60, 55, 15, False, True, False),  # five did not respond
    ],
)
def test_what_could_be_taken_from_another_is_not_shown(due, measured, responded, remitted, response, remission, of_all):
    week = Week(
        week=4, due=due, captured=a_rate(measured, due), response=a_rate(responded, measured),
        remission=a_rate(remitted, measured), response_if_missing_is_not=a_rate(responded, due),
        remission_if_missing_is_not=a_rate(remitted, due),
    )  # fmt: skip
    seen = figures.shown(week, measures())
    assert (seen.response is not None, seen.remission is not None) == (response, remission)
    assert (seen.response_of_all is not None) is of_all
    assert (seen.due is None) is (due - measured == 5)


def test_a_curve_shows_the_days_of_its_table_and_not_those_of_people():
    days = np.concatenate([np.linspace(1, 80, 40), np.full(60, 84.0)])
    curve = rules.curve(Durations(days, np.arange(100) < 40), measures())
    told = SimpleNamespace(instrument=SimpleNamespace(id="phq-9"))
    figure = figures.kept_response(curve, told, published().kept, measures())
    assert [point.x for point in figure.points] == list(range(0, 85, 7))
    assert [row[2] for row in figure.rows][::4] == ["about 100", "about 85", "about 70", "about 60"]
    assert {value % 5 for point in figure.points for value in (point.y, point.low, point.high)} == {0}
    assert "told to the nearest 5 %" in figure.how, "what is rounded says so"
    few = rules.curve(Durations(days, np.arange(100) < 3), measures())
    assert figures.kept_response(few, told, published().kept, measures()).points == ()


def test_a_few_courses_show_no_figure():
    director = a_director()
    a_network(director, 10)
    page = browser(director).get("/programme/?span=all").content.decode()
    assert "Few courses with a first dose" in page
    assert "No rate is shown: a small group could be recognised by it." in page
    assert "figure__dot" not in page
    assert "figure__line" not in page
    assert "weeks after the first dose" not in page, "no empty axes"
    ours, _, _ = page.partition("What others published")
    assert not re.search(r"\d+ of (10|[1-9])\b", ours)


def test_without_a_course_the_page_says_what_will_come():
    page = browser(a_director()).get("/programme/").content.decode()
    printed = r'programme__printed">PHQ-9\. First dose in the last 12 months\. [^<]+, printed '
    assert re.search(printed, page), "paper too says what was chosen"
    assert "No course has begun in this time." in page


def test_a_director_of_one_clinic_counts_that_clinic_alone():
    network_director, other = a_director("Main"), a_director("Elsewhere")
    a_network(network_director, 20)
    tenancy.enter(organisation_id=other.organisation_id)
    assert [site.name for site in queries.sites(other)] == ["Elsewhere"]
    assert "No course has begun" in browser(other).get("/programme/?span=all").content.decode()


def test_each_safety_measure_is_a_run_chart_with_what_others_saw():
    director = a_director()
    a_network(director, 40)
    found = {one.id: one for one in charts_of(director)}
    assert set(found) == {views.safety.PREFIX + kind.replace("_", "-") for kind in numbers.KINDS}
    assert found["safety-transfer"].sentence.startswith("None in any of ")
    assert "Yale 2024: 0.98 % of infusions with severe hypertension" in found["safety-pressure"].beside[0]
    assert "Anhøj and Olesen 2014" in found["safety-pressure"].how


def test_a_level_that_rises_is_said_in_words_and_a_steady_one_is_not():
    risen, _ = months_of(*[(count, 100) for count in (24, 25, 23, 24, 26, 25, 14, 12, 13, 15, 14, 12)])
    assert risen.shifted
    assert risen.sentence == "Changed: the middle is crossed once, where chance makes at least 3. Look for the reason."
    assert [spot.name for spot in risen.spots][::11] == ["2025-01", "2025-12"]
    steady, _ = months_of(*[(count, 100) for count in (14, 25, 13, 24, 16, 25, 14, 22, 13, 25, 14, 22)])
    assert not steady.shifted
    assert steady.sentence.startswith("No sign of a change around ")


def charts_of(director):
    sites = [site.id for site in queries.sites(director)]
    return views.safety.run_charts_of(sites, at=AT, zone="America/New_York", published=published(), measures=measures())


def months_of(*told: tuple[int, int], last: int = 12):
    """Whole months of one year up to its last, the newest first; each: sessions with it, of all."""
    named = [
        numbers.Month(f"2025-{last - place:02}", of, dict.fromkeys(numbers.KINDS, 0) | {"vomiting": met})
        for place, (met, of) in enumerate(told)
    ]
    return views.safety.run_chart("vomiting", named, published(), measures()), named


def test_a_month_that_is_small_makes_the_chart_one_of_quarters_and_a_small_quarter_stays_hidden():
    chart, _ = months_of((12, 100), (4, 100), (20, 100), (20, 100), (30, 100), (5, 100))
    assert [(spot.name, spot.rate.met) for spot in chart.spots] == [("2025 Q3", 55), ("2025 Q4", 36)]
    chart, _ = months_of((2, 100), (4, 100), (1, 100), (20, 100), (30, 100), (5, 100))
    assert chart.rows == (("2025 Q3", "18 (14 to 23) of about 300"), ("2025 Q4", "not shown"))
    assert "Of 2 quarters 1 are not shown" in chart.sentence
    assert chart.middle is None
    chart, _ = months_of((12, 100), (4, 100), (20, 100), (20, 100), last=8)  # the third quarter still runs
    assert [spot.name for spot in chart.spots] == ["2025 Q2"]


def test_the_table_by_month_tells_no_small_cell_nor_lets_it_be_found():
    _, months = months_of((12, 100), (4, 100), (20, 100), (30, 200), (31, 200), (32, 200))
    rows = {
        row.name: row.cells[list(numbers.KINDS).index("vomiting")] for row in views.safety.table(months, measures())
    }
    assert rows == {
        "2025-12": "not shown",  # the fourth quarter less the two others would be the small one
        "2025-11": "not shown",
        "2025-10": "about 20, 20 in 100",
        "2025-09": "about 30, 15 in 100",
        "2025-08": "about 30, 15 in 100",
        "2025-07": "about 30, 15 in 100",
        "All": "about 130, 14 in 100",
    }


def drawn_of(*told: tuple[int, int]):
    """All that leaves the clinic of these months: the chart as a table, a file and a picture; the table by month."""
    chart, months = months_of(*told)
    return chart.rows, views.rows_of(chart), run_drawing(chart), views.safety.table(months, measures())


def test_no_count_can_be_worked_out_of_a_run_chart():
    """What is counted beside it reads the same in every place: the middle is one of these months too."""
    kept = [(25, 100)] * 5 + [(15, 100)] * 5
    first, *others = (drawn_of(one, *kept) for one in ((18, 54), (21, 54), (18, 56), (22, 57)))
    assert all(one == first for one in others)
    assert first[0][-1] == ("2025-12", "36 (25 to 50) of about 55")
    assert first[1][-1] == ["2025-12", "36", "25", "50", 20, 55]


def test_a_chart_keeps_back_what_the_table_by_month_keeps_back():
    """The running month is small: the table hides the next smallest of its quarter as well, and no chart shows it."""
    told = [(30, 100), (12, 100), *[(30, 100)] * 10]
    whole, months = months_of(*told, last=11)
    assert whole.heads[0] == "Month"
    running = numbers.Month("2025-12", 20, dict.fromkeys(numbers.KINDS, 0) | {"vomiting": 3})
    place = list(numbers.KINDS).index("vomiting")
    table = {row.name: row.cells[place] for row in views.safety.table([running, *months], measures())}
    assert table["2025-10"] == "not shown"
    chart = views.safety.run_chart("vomiting", months, published(), measures(), [running])
    assert chart.heads[0] == "Quarter"


def test_two_sites_have_no_chart_together():
    assert views.safety.charted("AB", measures()) == "A"
    assert views.safety.charted("ABC", measures()) == "ABC"


def test_a_run_chart_is_drawn_with_a_gap_where_a_quarter_is_hidden():
    chart, _ = months_of(*([(30, 100)] * 3 + [(1, 100)] * 3 + [(20, 100)] * 3))
    place = run_drawing(chart)
    assert len(place.dots) == 2
    assert place.line.count("M") == 2
    assert place.middle is None


@pytest.mark.parametrize("last", [14, 40])
def test_the_words_of_the_middle_stand_where_the_last_dots_do_not(last):
    chart, _ = months_of(*[(last, 100)] * 3, *([(20, 100), (30, 100)] * 3), *[(last, 100)] * 3)
    place = run_drawing(chart)
    assert place.middle is not None
    assert (place.middle_words_y > place.middle) is (place.dots[-1].y < place.middle)


def test_beside_the_doses_that_were_planned_stands_what_one_clinic_published_of_stopping():
    ways = [queries.Way("A", (40, 40, 30, 30, 20, 20, 20, 20))]
    (beside,) = views.funnel.funnel(ways, measures(), published().caveats).beside
    assert beside.startswith("All planned doses, elsewhere: Of 85 people in one academic clinic 47.1 % stopped")
    assert views.beside_of(views.funnel.funnel(ways, measures(), published().caveats))[1] == ["", "", "", beside]


def test_sites_stand_side_by_side_from_three_on_and_small_counts_are_kept_back():
    ways = [queries.Way(name, (40, 40, 30, 30, 20, 70, count, 0)) for name, count in (("A", 4), ("B", 30), ("C", 60))]
    rows = {row.site: row.cells for row in views.funnel.funnel(ways, measures()).rows}
    assert rows["All sites"][6] == "95"
    assert [rows[name][6] for name in "ABC"] == ["hidden", "hidden", "60"]
    unrated = views.funnel.funnel([queries.Way("A", (40, 40, 30, 30, 20, 0, 0, 0))], measures()).rows[0]
    assert unrated.cells[5:] == ("0", "not measured", "not measured"), "nobody was rated: it is not that nobody gained"
    assert unrated.numbers[5:] == (0, "", "")
    assert [row.site for row in views.funnel.funnel(ways[:2], measures()).rows] == ["All sites"]


@pytest.mark.parametrize("role", [Role.FD, Role.RN, Role.TH, Role.PT, Role.AD])
def test_others_are_told_that_it_is_not_theirs(role):
    assert browser(someone(a_clinic(), role)).get("/programme/").status_code == 403


def test_opening_and_taking_a_file_is_in_the_audit():
    director = a_director()
    client = browser(director)
    client.get("/programme/")
    client.get("/programme/response.csv")
    verbs = list(Line.objects.filter(verb__startswith="programme").values_list("verb", flat=True))
    assert sorted(verbs) == ["programme.export", "programme.open"]


# -- pictures ----------------------------------------------------------------------------------------------------------


def test_letters_never_lie_on_each_other():
    lines = tuple(figures.Companion(float(y), "x") for y in (53.6, 50, 49.4, 62.8))
    figure = figures.Figure("a", "A", "", "", "points", "weeks", 12, 1, (), lines, (), ())
    heights = [mark.letter_y for mark in drawing(figure).marks]
    assert all(later - earlier >= 12 for earlier, later in pairwise(heights))
    assert [mark.letter for mark in drawing(figure).marks] == ["A", "B", "C", "D"]


def test_a_curve_joins_its_days_within_its_band():
    points = (figures.Point(0, 0, 0, 0), figures.Point(7, 40, 30, 50), figures.Point(14, 60, 50, 70))
    figure = figures.Figure("a", "A", "", "", "curve", "days", 28, 14, points, (), (), ())
    place = drawing(figure)
    assert place.line == "M48.0 212.0L134.5 132.0L221.0 92.0"
    assert place.band == "M48.0 212.0L134.5 112.0L221.0 72.0L221.0 112.0L134.5 152.0L48.0 212.0Z"


def kept_of(days, happened, scale="phq-9"):
    told = SimpleNamespace(instrument=SimpleNamespace(id=scale))
    curve = rules.curve(Durations(np.asarray(days, dtype=float), np.asarray(happened)), measures())
    return figures.kept_response(curve, told, published().kept, measures())


def test_the_curve_under_a_published_mark_is_what_was_kept_on_that_day():
    """Of 100, one is lost every second day: 86 kept on day 28, 72 on day 56, whatever days are drawn beside them."""
    figure = kept_of([*range(2, 82, 2), *[200] * 60], [True] * 40 + [False] * 60)
    place, at = drawing(figure), {point.x: point.y for point in figure.points}
    assert [mark.percent for mark in place.marks] == ["80 %", "60 %"]
    assert (at[28], at[56]) == (85, 70), "to the nearest five"
    line = [tuple(map(float, one.split())) for one in place.line[1:].split("L")]
    for mark, kept in zip(place.marks, (85, 70), strict=True):
        assert (mark.x, y_of(kept)) in line
    assert {"28", "56"} <= {tick.words for tick in place.across}
    assert {"28", "56"} <= {row[0] for row in figure.rows}


def test_a_mark_on_a_day_between_two_weeks_has_its_own_place_on_the_curve():
    figure = kept_of([*range(2, 82, 2), *[200] * 60], [True] * 40 + [False] * 60, "madrs")
    assert {18, 57} <= {point.x for point in figure.points}


def test_each_letter_beside_what_was_kept_says_its_week():
    marks = drawing(kept_of([*range(2, 82, 2), *[200] * 60], [True] * 40 + [False] * 60)).marks
    assert [mark.words.partition(":")[0] for mark in marks] == ["McInnes 2022, week 4", "McInnes 2022, week 8"]


def test_a_response_of_the_first_week_is_in_the_first_week_of_the_curve():
    curve = rules.curve(Durations(np.array([6.5] * 34 + [13.5] * 30 + [84.0] * 36), np.arange(100) < 64), measures())
    told = SimpleNamespace(instrument=SimpleNamespace(id="qids-sr16"))
    figure = figures.time_to_response(curve, told, published().reached, measures())
    assert [(point.x, point.y) for point in figure.points][:3] == [(0, 0), (7, 35), (14, 65)]
    assert [row[0] for row in figure.rows][:3] == ["0", "7", "14"]
    assert figure.companions == (), "nothing was published by this scale"


@pytest.mark.parametrize(
    ("scale", "beside"),
    [
        ("phq-9", [(72, None, "Oliver 2022, after 10 infusions"), (50, 42, "Oliver 2022, week 6")]),
        ("madrs", []),
    ],
)
def test_how_soon_others_responded_stands_beside_on_its_day_or_across_where_no_day_was_published(scale, beside):
    curve = rules.curve(Durations(np.array([6.5] * 34 + [13.5] * 30 + [84.0] * 36), np.arange(100) < 64), measures())
    told = SimpleNamespace(instrument=SimpleNamespace(id=scale))
    figure = figures.time_to_response(curve, told, published().reached, measures())
    found = [(one.y, one.x, one.words.partition(":")[0]) for _, one in lettered(figure)]
    assert found == beside
    assert all("no control group" in one.words for one in figure.companions)
    assert [mark.x is None for mark in drawing(figure).marks] == [x is None for _, x, _ in beside]
    assert ("Phillips 2019, 3 infusions: median" in figure.how) == (scale == "madrs"), "no share was published"


def test_a_trial_stands_beside_only_with_its_control_group():
    told = SimpleNamespace(instrument=SimpleNamespace(id="phq-9"))
    words = [(one.words, one.control) for one in figures.companions("remitted", told, published())]
    place = next(number for number, (name, _) in enumerate(words) if name.startswith("ESCAPE-TRD"))
    assert words[place + 1] == ("ESCAPE-TRD (Reif 2023), control group: quetiapine XR with SSRI or SNRI", True)


def test_every_line_of_remission_names_its_cut_off_and_the_esketamine_trials_have_twelve():
    told = SimpleNamespace(instrument=SimpleNamespace(id="madrs"))
    words = [one.words for one in figures.companions("remitted", told, published()) if not one.control]
    assert all(re.search(r", remission (≤|<|with a cut-off not said)", line) for line in words)
    trials = [line for line in words if line.startswith("TRANSFORM")]
    assert len(trials) == 4
    assert all("remission ≤12" in line for line in trials)
    assert not any(", remission" in one.words for one in figures.companions("responded", told, published()))
