"""What planning tells the calendar, the asks and the posts below it, once, when the product starts."""

from __future__ import annotations

from django.apps import AppConfig


class Planning(AppConfig):
    name = "ketacare.clinic.planning"

    def ready(self) -> None:
        from ketacare.clinic.outcomes.above import above as asks
        from ketacare.clinic.outcomes.actions import follow_the_team, post_ended
        from ketacare.clinic.planning.actions.reminding import forget, moved
        from ketacare.clinic.planning.queries.course import window_for
        from ketacare.clinic.planning.queries.one import rules_without_course
        from ketacare.clinic.planning.queries.reminding import goes_on
        from ketacare.clinic.posts.above import left
        from ketacare.clinic.scheduling.above import above
        from ketacare.clinic.therapy.queries.begun import begun_since

        above.rules_without_course = rules_without_course
        above.window_without_course = window_for
        above.given_up.append(forget)
        above.moved.append(moved)
        above.begun_since.append(begun_since)
        above.team_changed.append(follow_the_team)
        asks.goes_on = goes_on()
        left.append(post_ended)
