"""`ketacare demo --large`: the simulated year is loaded by its command, the page opens on it, and what the page tells
of times, of follow-up and of side effects holds what the year was made with."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime
from functools import partial

import numpy as np
import pytest

from ketacare.clinic.outcomes.models import Score
from ketacare.clinic.people.models import Patient, Role, Staff
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.registry import queries
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic, Organisation
from ketacare.medicine.outcomes.reader import instrument
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.reader import measures
from ketacare.medicine.registry.terms import Courses, Curve
from ketacare.web import demo
from ketacare.web.commands import demo as command
from ketacare.web.demo import large, network, story
from tests.registry.recovered import courses_of

AT = datetime(2026, 7, 14, 14, 5, tzinfo=UTC)
PEOPLE = 120
# As the generator has them: each form comes back with its clinic's chance, whatever it says.
ANSWERED = sum(share * answers for _, share, answers in network.CLINICS)
# Two weekly forms, of day 27.5 and 34.5, lie in the days that the page calls four weeks; one of them is enough.
CAPTURED = sum(share * (1 - (1 - answers) ** 2) for _, share, answers in network.CLINICS)


@pytest.mark.django_db
def test_the_command_loads_the_year_once_and_the_page_finds_follow_up_and_side_effects_as_they_were_made(
    monkeypatch, capsys
):
    monkeypatch.setenv("KETACARE_DEMO", "0")  # the command sets it, and it is put back
    monkeypatch.setattr("ketacare.web.runtime.application.set_up", lambda: None)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    monkeypatch.setattr(story, "tell", lambda *_, **__: None)  # the one patient with a session under way
    monkeypatch.setattr(large, "load", partial(large.load, count=PEOPLE))
    for _ in range(2):
        assert command.run(Namespace(play=False, large=True)) == 0
    assert "Demo sign-ins (invented people)" in capsys.readouterr().out
    organisation = Organisation.objects.get(name=demo.ORGANISATION)
    tenancy.enter(organisation_id=organisation.pk)
    simulated = Clinic.objects.filter(name__endswith="(simulated)")
    assert sorted(clinic.name.split()[0] for clinic in simulated) == ["Harbour", "Hill", "River"]
    assert Patient.objects.filter(clinic__in=simulated).count() == PEOPLE, "once"
    assert Score.objects.filter(clinic__in=simulated).count() > 10 * PEOPLE
    director = demo.actor_at(Staff.objects.select_related("user", "clinic").filter(role=Role.MD).first())
    page = browser(director).get("/programme/?span=all")
    assert page.status_code == 200
    assert "Harbour (simulated)" in page.content.decode()
    tenancy.enter(organisation_id=organisation.pk)
    of, here = tuple(queries.sites(director)), measures()
    told = queries.told(of, "phq-9", since=None, at=AT)
    fourth = rules.four_weeks(told.courses, rules.lines_of(told.instrument), here).captured
    assert fourth.low <= CAPTURED <= fourth.high
    (came,) = [one for one in queries.captured(of, since=None, at=AT, measures=here) if one.answered.of > PEOPLE]
    assert came.answered.low <= ANSWERED <= came.answered.high
    named = {one.term.lower(): one.named for one in queries.reported(of, since=None, measures=here)}
    made = {"dizziness": 0.22, "dissociation": 0.18, "nausea": 0.2, "headache": 0.15, "somnolence": 0.1}
    assert made == large.NAMED
    missed = [name for name, share in made.items() if not named[name].low <= share <= named[name].high]
    assert len(missed) <= 1, missed  # of five intervals at 95 %
    assert all(not named[name].low <= share + 0.1 <= named[name].high for name, share in made.items())


# -- times -------------------------------------------------------------------------------------------------------------

LINES = rules.lines_of(instrument("phq-9"))
LONG = 200.0  # days; whoever began so long ago was followed as far as the page draws


def first_half(courses: Courses, which: int) -> float:
    """The day of somebody's first score at half of their baseline or less; infinity without one."""
    own = courses.course == which
    reached = own & (courses.day > 0) & (2 * courses.total <= courses.baseline[which])
    return float(courses.day[reached].min()) if reached.any() else np.inf


def lasted(courses: Courses) -> tuple[np.ndarray, np.ndarray]:
    """Of those followed for long, by counting: the day of response, and for how many days it then held."""
    long = [which for which in np.flatnonzero(courses.followed_days >= LONG) if (courses.course == which).sum() > 1]
    response = np.array([first_half(courses, which) for which in long])
    lost = np.array([first_loss(courses, which, since) for which, since in zip(long, response, strict=True)])
    early = response <= LONG - 112 - 28  # what was lost within 112 days is seen to be
    return response, lost[early] - response[early]


def first_loss(courses: Courses, which: int, since: float) -> float:
    """The first day of a row of scores, over the days that the sheet asks for, in each of which so much of the gain is
    gone; infinity without one."""
    own, best, begun, lines = courses.course == which, np.inf, None, measures()
    for day, total in sorted(zip(courses.day[own], courses.total[own], strict=True)):
        if day <= 0:
            continue
        best = min(best, total)
        gain = courses.baseline[which] - best
        if day < since or gain <= 0 or total - best < lines.loss_of_gain * gain:
            begun = None
            continue
        begun = day if begun is None else begun
        if day - begun >= lines.loss_apart_days:
            return float(begun)
    return np.inf


def share_at(curve: Curve, day: float) -> tuple[float, float]:
    """The interval of the share without the event on this day."""
    place = int(np.searchsorted(curve.day, day, side="right")) - 1
    return float(curve.low[place]), float(curve.high[place])


def test_kaplan_and_meier_find_the_time_to_response_and_how_long_it_was_kept():
    """Twenty years of 400 people, most of them cut short by today; the truth is counted over those who were not."""
    years = [courses_of(network.people(400, seed)) for seed in range(20)]
    response, kept = (np.concatenate(those) for those in zip(*(lasted(one) for one in years), strict=True))
    missed, off, of = 0, 0, 0
    for one in years:
        to_response = rules.curve(rules.to_response(one, LINES), measures())
        to_loss = rules.curve(rules.to_loss(one, LINES, measures()), measures())
        for curve, truth, days in ((to_response, response, (7, 14, 28, 56)), (to_loss, kept, (28, 56, 112))):
            for day in days:
                low, high = share_at(curve, day)
                true = float((truth > day).mean())
                missed += not low <= true <= high
                off += not low <= true + 0.15 <= high
                of += 1
    assert missed <= 0.1 * of, (missed, of)
    assert off >= 0.8 * of, (off, of)
