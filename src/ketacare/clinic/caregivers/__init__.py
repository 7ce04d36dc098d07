"""Whoever helps a patient: named by the patient, by a link with an end, for exactly what the patient agreed to."""
