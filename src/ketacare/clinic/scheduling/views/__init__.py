"""The pages of planning: calendar, one visit, a day planned anew, who waits, resources, calendar feeds."""

from ketacare.clinic.scheduling.views.calendar import planning
from ketacare.clinic.scheduling.views.feeds import calendar_feed, my_calendar
from ketacare.clinic.scheduling.views.replan import replan_day
from ketacare.clinic.scheduling.views.resources import resources
from ketacare.clinic.scheduling.views.visit import visit_planning
from ketacare.clinic.scheduling.views.waiting import waiting

__all__ = ["calendar_feed", "my_calendar", "planning", "replan_day", "resources", "visit_planning", "waiting"]
