from django.urls import path

from ketacare.web.pages import audit, chart, me, outcome, patients, review, team

urlpatterns = [
    path("patients/", patients.patients, name="patients"),
    path("patients/<uuid:patient_id>/", chart.chart, name="patient"),
    path("patients/<uuid:patient_id>/outcome/", outcome.outcome, name="outcome"),
    path("patients/<uuid:patient_id>/review/", review.review, name="review"),
    path("patients/<uuid:patient_id>/review/decide/", review.decide, name="review-decide"),
    path("patients/<uuid:patient_id>/review/after/", review.follow, name="review-follow"),
    path("patients/<uuid:patient_id>/therapist/", team.assign_therapist, name="assign-therapist"),
    path("patients/<uuid:patient_id>/team/<uuid:relation_id>/end/", team.end_assignment, name="end-assignment"),
    path("audit/", audit.lines, name="audit"),
    path("audit/verify/", audit.verify, name="audit-verify"),
    path("audit/lines.csv", audit.export, name="audit-export"),
    path("me/", me.me, name="me"),
    path("me/help/", me.call_help, name="me-help"),
    path("me/fine/", me.fine, name="me-fine"),
    path("me/safety-plan/", me.safety_plan, name="me-safety-plan"),
    path("me/worker.js", me.worker, name="me-worker"),
    path("me/plan/", me.own_plan, name="me-plan"),
    path("me/after-treatment/", me.take_home, name="me-take-home"),
    path("me/learn/", me.learn, name="me-learn"),
    path("me/calendar/", me.own_calendar, name="me-calendar"),
    path("me/consents/", me.consents, name="me-consents"),
    path("me/consents/withdraw", me.withdraw, name="me-consent-withdraw"),
    path("me/caregivers/", me.caregivers, name="me-caregivers"),
    path("me/opened/", me.opened, name="me-opened"),
    path("me/reading", me.reading, name="me-reading"),
]
