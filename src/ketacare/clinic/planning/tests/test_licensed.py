"""P-rules of planning: nobody is planned past the last day of their licence, by no search, no hand and no name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest

from ketacare.clinic.people.models import Role, Staff
from ketacare.clinic.people.tests.factories import AT, someone
from ketacare.clinic.planning.tests.factories import Site
from ketacare.clinic.posts import actions as posts
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.scheduling.planner import judged_after, replan
from ketacare.clinic.scheduling.queries import anew
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.scheduling.rules import day_of
from ketacare.medicine.scheduling.terms import NEVER_LIFTED


@pytest.fixture
def site(db) -> Iterator[Site]:
    with patch("ketacare.web.clock.now", lambda: AT):
        yield Site()


def ends(site, who, day, at=AT) -> None:
    by = someone(site.clinic, Role.AD)
    post = Staff.objects.get(user_id=who.user_id)
    posts.note_licence(post, number="RN 1", issuer="Board", until=day.isoformat(), by=by, at=at)


def test_a_dose_goes_to_somebody_who_may_act_that_day_and_no_name_lifts_it(site):
    site.book()
    dose = Visit.objects.filter(kind=VisitKind.DOSE).order_by("starts_at").first()
    day = local_day(dose.starts_at, site.desk.zone)
    [holder] = {hold.user_id for hold in dose.holds.exclude(user=None)}
    nurse = next(one for one in site.nurses if one.user_id == holder)
    assert anew.setting_now(site.desk, AT)[1] == []
    ends(site, nurse, day)
    assert str(dose.pk) not in anew.setting_now(site.desk, AT)[1], "the last day itself is theirs"
    ends(site, nurse, day - timedelta(days=1), AT + timedelta(minutes=1))
    setting, lost = anew.setting_now(site.desk, AT)
    assert str(dose.pk) in lost
    found = replan(setting, lost)
    late = [move.after for move in found.moves if day_of(move.after.span.starts, site.desk.zone) >= day]
    assert late
    assert str(holder) not in {one.person for one in late}
    assert judged_after(setting, [move.after for move in found.moves]) == []
    stays = next(one for one in setting.calendar if one.key == str(dose.pk))
    never = {fault.words for fault in judged_after(setting, [stays]) if fault.rule in NEVER_LIFTED}
    assert any("licence has ended by then" in words for words in never)
