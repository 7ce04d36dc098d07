"""Signing a version, writing its letters, who the family doctor is, and a consent taken back."""

from ketacare.clinic.careplan.actions.consents import WITHDRAWN, withdraw_consent
from ketacare.clinic.careplan.actions.letters import say_family_doctor, say_referrer, write_letter
from ketacare.clinic.careplan.actions.signing import MEANING, sign

__all__ = ["MEANING", "WITHDRAWN", "say_family_doctor", "say_referrer", "sign", "withdraw_consent", "write_letter"]
