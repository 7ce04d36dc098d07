"""A site with a patient whose plan is signed, for tests of planning and of the rooms above."""

from __future__ import annotations

from datetime import timedelta

from ketacare.clinic.enrolment.tests.factories import a_plan
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, someone
from ketacare.clinic.planning import actions, queries
from ketacare.clinic.planning.queries import Asked
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling import queries as calendar
from ketacare.clinic.scheduling.models import Course, ResourceKind, Visit, VisitState
from ketacare.clinic.scheduling.planner import Held
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.scheduling.rules import breaks
from ketacare.medicine.scheduling.terms import Span

DAY = timedelta(days=1)


class Site:
    """A clinic with two chairs, two nurses, a therapist, a prescriber and one patient with a signed plan."""

    def __init__(self) -> None:
        self.clinic = a_clinic()
        self.desk, self.prescriber = someone(self.clinic, Role.FD), someone(self.clinic, Role.RX)
        self.nurses = [someone(self.clinic, Role.RN, f"Nurse {n}") for n in (1, 2)]
        self.therapist = someone(self.clinic, Role.TH, "Teo Therapist")
        self.chairs = [scheduling.add_chair(name=f"Chair {n}", by=self.desk, at=AT) for n in (1, 2)]
        for kind, name in ((ResourceKind.PUMP, "Pump 1"), (ResourceKind.MONITOR, "Monitor 1")):
            scheduling.add_resource(kind=kind, name=name, by=self.desk, at=AT)
        self.patient = a_patient(self.desk)
        a_plan(self.patient, self.clinic, self.prescriber)

    @property
    def asked(self) -> Asked:
        return Asked(local_day(AT, self.clinic.zone) + DAY)

    def proposal(self):
        question = queries.question(self.patient, self.asked, by=self.desk, at=AT)
        made = queries.proposal(question, self.asked, by=self.desk)
        assert not isinstance(made, Held)
        return question, made

    def book(self) -> Course:
        question, made = self.proposal()
        return actions.book_proposal(question=question, visits=made[0].visits, asked=self.asked, by=self.desk, at=AT)

    def kept(self):
        """The whole calendar against the whole site, by the checker."""
        rows = Visit.objects.filter(state=VisitState.BOOKED).order_by("starts_at")
        span = calendar_span(rows)
        return breaks(calendar.booked_in(self.clinic.pk, span), calendar.house_of(self.clinic, span))


def calendar_span(rows):
    return Span(rows.first().starts_at - DAY, rows.last().ends_at + DAY)
