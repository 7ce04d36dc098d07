"""Nothing of the programme's page lets a count be worked out; and who was not asked counts for nothing."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from ketacare.clinic.outcomes.models import Answers, Ask
from ketacare.clinic.people.models import Staff
from ketacare.clinic.registry import figures, queries, views
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.reader import measures
from ketacare.medicine.registry.terms import Curve, Durations
from tests.registry.test_programme import AT, a_director, a_network, a_rate

pytestmark = pytest.mark.django_db


def leaves_the_clinic(met: int, of: int):
    """A rate as the page draws it, says it and gives it to a file."""
    rate = a_rate(met, of)
    which, here = figures.BY_WEEK[0], measures()
    week = figures.Shown(4, rate, None, of, rate, None)
    return (
        figures.point(4, rate, here), figures.said(rate, here), figures.at_four_weeks(which, week, here),
        views.rate_cells(rate),
    )  # fmt: skip


def test_no_count_can_be_worked_out_of_a_rate():
    first, *others = (leaves_the_clinic(*one) for one in ((41, 63), (42, 63), (42, 65), (43, 66)))
    assert all(one == first for one in others)
    assert first[1] == "about 65 % (52 to 76) of about 65"
    assert first[3][3] == "", "beside a share in steps no count is told: the two together would tell more than each"
    many, *more = (leaves_the_clinic(*one) for one in ((78, 163), (82, 163), (80, 165), (79, 167)))
    assert all(one == many for one in more)
    assert many[1] == "48 % (41 to 56) of about 165"


def test_a_rate_that_is_kept_back_at_four_weeks_is_said_to_be_that_one_where_others_are_shown():
    which, week, here = figures.BY_WEEK[1], figures.Shown(4, None, None, None, None, None), measures()
    why = "rate is shown: a small group could be recognised by it."
    assert figures.at_four_weeks(which, week, here) == f"At four weeks no {why}"
    assert figures.at_four_weeks(which, week, here, is_any=False) == f"No {why}"


def drawn_of(curve: Curve) -> figures.Figure:
    """With nothing published beside it."""
    told = SimpleNamespace(instrument=SimpleNamespace(id="qids-sr16"))
    return figures.time_to_response(curve, told, (), measures())


def test_one_person_more_moves_no_curve():
    def drawn(events: int):
        days = np.concatenate([np.linspace(1, 80, 40), np.full(60, 84.0)])
        curve = rules.curve(Durations(days, np.arange(100) < events), measures())
        return drawn_of(curve)

    whole, more = drawn(38), drawn(39)
    assert whole.points == more.points
    assert all(value % 5 == 0 for point in whole.points for value in (point.y, point.low, point.high))


def test_an_interval_is_never_told_as_a_point():
    of_many = rules.curve(Durations(np.linspace(1, 84, 4000), np.arange(4000) % 3 > 0), measures())
    points = drawn_of(of_many).points
    assert len(points) > 3
    assert all(point.low < point.y < point.high for point in points if 0 < point.y < 100)


def test_two_sites_are_counted_one_at_a_time():
    director = a_director()
    a_network(director, 40)
    own, second, *_ = queries.sites(director)
    Staff.objects.filter(user_id=director.person_id).exclude(clinic_id__in=[own.id, second.id]).update(ended_at=AT)
    found = views.counted(director, views.Chosen("phq-9", "all"), AT)
    assert [site.name for site in found.sites] == [own.name]


def test_check_ins_that_were_stopped_and_side_effects_nobody_was_asked_are_not_counted():
    director = a_director()
    a_network(director, 20)
    sites, here = queries.sites(director), measures()

    def seen():
        answered = {one.title: one.answered.of for one in queries.captured(sites, since=None, at=AT, measures=here)}
        return answered["24-hour check-in"], {
            one.term: (one.named.met, one.named.of) for one in queries.reported(sites, since=None, measures=here)
        }

    whole, named = seen()
    term, (met, of) = next(iter(named.items()))
    rows = Answers.objects.filter(instrument="side-effects", ask__key="next_day").order_by("pk")
    first, second = rows[:2]
    Answers.objects.create(
        organisation_id=first.organisation_id, clinic_id=first.clinic_id, happened_at=first.happened_at,
        recorded_at=AT, recorded_by_id=director.user_id, patient_id=first.patient_id, ask_id=first.ask_id,
        instrument=first.instrument, instrument_version=first.instrument_version, source=first.source,
        values=dict.fromkeys(first.values), amends=first, amend_reason="They would rather not say",
    )  # fmt: skip
    Ask.objects.filter(pk=second.ask_id).update(state="stopped", answered_at=None)
    after, less = seen()
    assert after == whole - 1
    assert less[term][1] == of - 2, "neither is a no"
    assert met - less[term][0] in (0, 1, 2)
