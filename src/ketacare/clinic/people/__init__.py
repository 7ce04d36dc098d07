"""Patients, staff, roles, sign-in, consent: and who may do what."""
