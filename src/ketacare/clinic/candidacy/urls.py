from django.urls import path

from ketacare.clinic.candidacy.views import amend, evaluation, judging, missing, programme, trials
from ketacare.clinic.candidacy.views.intake import desk, entries, pages

HERE = "patients/<uuid:patient_id>/evaluation/"
BY_LINK, BY_DESK = "i/<str:token>/", "patients/<uuid:patient_id>/intake/"

urlpatterns = [
    path(HERE, evaluation.evaluation, name="evaluation"),
    path(f"{HERE}missing/", missing.missing, name="evaluation-missing"),
    path(f"{HERE}history", evaluation.history, name="evaluation-history"),
    path(f"{HERE}trials", trials.trials, name="evaluation-trials"),
    path(f"{HERE}courses", trials.courses, name="evaluation-courses"),
    path(f"{HERE}body", evaluation.body, name="evaluation-body"),
    path(f"{HERE}vitals", evaluation.vitals, name="evaluation-vitals"),
    path(f"{HERE}allergies", evaluation.allergies, name="evaluation-allergies"),
    path(f"{HERE}medicines", evaluation.medicines, name="evaluation-medicines"),
    path(f"{HERE}phq-9", evaluation.phq9, name="evaluation-phq9"),
    path(f"{HERE}impression", evaluation.impression, name="evaluation-impression"),
    path(f"{HERE}differential", judging.differential, name="evaluation-differential"),
    path(f"{HERE}capacity", judging.capacity, name="evaluation-capacity"),
    path(f"{HERE}alternatives", judging.alternatives, name="evaluation-alternatives"),
    path(f"{HERE}information", judging.information, name="evaluation-information"),
    path(f"{HERE}decision", evaluation.decide, name="evaluation-decide"),
    path(f"{HERE}history/<uuid:fact_id>/amend", amend.amend_history, name="history-amend"),
    path(f"{HERE}trials/<uuid:trial_id>/amend", trials.amend_trial, name="trial-amend"),
    path(f"{HERE}trials/<uuid:trial_id>/ruling", trials.rule, name="trial-rule"),
    path(f"{HERE}courses/<uuid:course_id>/amend", trials.amend_course, name="course-amend"),
    path(f"{HERE}body/<uuid:measure_id>/amend", amend.amend_body, name="body-amend"),
    path(f"{HERE}vitals/<uuid:vitals_id>/amend", amend.amend_vitals, name="vitals-amend"),
    path(BY_LINK, pages.intake, name="intake"),
    path(f"{BY_LINK}help/", pages.help_page, name="intake-help"),
    path(f"{BY_LINK}language/", pages.language, name="intake-language"),
    path(f"{BY_LINK}print/", pages.large_print, name="intake-print"),
    path(f"{BY_LINK}review/", pages.review, name="intake-review"),
    path(f"{BY_LINK}end/", pages.end, name="intake-end"),
    path(f"{BY_LINK}<slug:screen>/", pages.screen, name="intake-screen"),
    path(f"{BY_LINK}<slug:screen>/help/", pages.crisis, name="intake-crisis"),
    path(f"{BY_LINK}<slug:screen>/<slug:key>/", entries.one_entry, name="intake-entry"),
    path(BY_DESK, desk.patient_intake, name="patient-intake"),
    path(f"{BY_DESK}send", desk.send, name="intake-send"),
    path(f"{BY_DESK}again", desk.again, name="intake-again"),
    path(f"{BY_DESK}revoke", desk.revoke, name="intake-revoke"),
    path(f"{BY_DESK}check", desk.check, name="intake-check"),
    path("patients/<uuid:patient_id>/enrolment/", programme.enrolment, name="enrolment"),
    path("patients/<uuid:patient_id>/plan/", programme.plan_summary, name="plan-summary"),
]
