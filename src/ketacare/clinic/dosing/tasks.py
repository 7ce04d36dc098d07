"""What the passing of time does: the reviews of a course fall due, whoever is not ready stays too long, and a serious
event is still to be reported."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.dosing.actions import adverse, reviewing, staying
from ketacare.clinic.dosing.queries import reviewing as queries
from ketacare.clinic.dosing.queries import staying as stays
from ketacare.clinic.duties.access import system
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.tenancy.actions import for_each_organisation


def open_reviews(at: datetime) -> int:
    """Every review that is owed and has no owner yet gets one, in every organisation; and whose doses rise or come too
    close."""
    owed = for_each_organisation(
        lambda: queries.to_open(at),
        lambda found: reviewing.open_review(found, by=system(found.enrolment.clinic), at=at),
    )
    rising: list[Duty | None] = []
    for_each_organisation(
        lambda: queries.may_rise(at),
        lambda found: rising.append(reviewing.open_rising(found, by=system(found.enrolment.clinic), at=at)),
    )
    return owed + sum(duty is not None for duty in rising)


def follow_adverse_events(at: datetime) -> int:
    """A serious event of which no report is kept and for which nobody waits, has somebody again."""
    return for_each_organisation(
        lambda: adverse.forgotten(),
        lambda event: adverse.follow(event, by=system(event.clinic), at=at),
    )


def see_to_who_stays(at: datetime) -> int:
    """Whoever is in recovery and not ready, long after the least time, at closing time, or after the longest stay; and
    whoever stays longer goes on being looked after."""
    for_each_organisation(
        lambda: stays.outlasting(at),
        lambda session: staying.go_on_asking(session, by=system(session.visit.clinic), at=at),
    )
    return for_each_organisation(
        lambda: stays.here(),
        lambda session: staying.open_owed(session, by=system(session.visit.clinic), at=at),
    )
