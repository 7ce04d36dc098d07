from django.urls import path

from ketacare.clinic.candidacy.views import amend, evaluation, judging, missing, programme

HERE = "patients/<uuid:patient_id>/evaluation/"

urlpatterns = [
    path(HERE, evaluation.evaluation, name="evaluation"),
    path(f"{HERE}missing/", missing.missing, name="evaluation-missing"),
    path(f"{HERE}history", evaluation.history, name="evaluation-history"),
    path(f"{HERE}trials", evaluation.trials, name="evaluation-trials"),
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
    path(f"{HERE}trials/<uuid:trial_id>/amend", amend.amend_trial, name="trial-amend"),
    path(f"{HERE}body/<uuid:measure_id>/amend", amend.amend_body, name="body-amend"),
    path(f"{HERE}vitals/<uuid:vitals_id>/amend", amend.amend_vitals, name="vitals-amend"),
    path("patients/<uuid:patient_id>/enrolment/", programme.enrolment, name="enrolment"),
    path("patients/<uuid:patient_id>/plan/", programme.plan_summary, name="plan-summary"),
]
