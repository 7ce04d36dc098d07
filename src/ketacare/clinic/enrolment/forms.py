"""What people type about a referral."""

from __future__ import annotations

from typing import Any

from django import forms

from ketacare.clinic.enrolment.actions import Person
from ketacare.clinic.enrolment.models import Source, Urgency
from ketacare.clinic.people.models import Sex

ANSWERS = [("yes", "Yes"), ("no", "No"), ("not_asked", "Not asked")]
READ = {"yes": True, "no": False}
PERSON = ("family", "given", "born_on", "sex", "telephone", "email", "may_text", "may_email", "voicemail_is_safe")
ASKED = (*PERSON, "source", "referrer_name", "reason", "urgency")


def permission(label: str) -> forms.TypedChoiceField:
    """Yes, no, or not asked; a question left alone was not asked (I14)."""
    return forms.TypedChoiceField(
        label=label, choices=ANSWERS, coerce=READ.get, empty_value=None, required=False, widget=forms.RadioSelect
    )


class ReferralForm(forms.Form):
    family = forms.CharField(label="Family name", max_length=120)
    given = forms.CharField(label="Given name", max_length=120)
    born_on = forms.DateField(label="Date of birth", widget=forms.DateInput(attrs={"type": "date"}))
    sex = forms.ChoiceField(
        label="Sex", choices=Sex.choices, required=False, widget=forms.RadioSelect, initial=Sex.UNKNOWN
    )
    telephone = forms.CharField(label="Telephone", max_length=40, required=False)
    email = forms.EmailField(label="E-mail", required=False)
    may_text = permission("May we send a text message?")
    may_email = permission("May we send e-mail?")
    voicemail_is_safe = permission("Is it safe to leave a voicemail?")
    source = forms.ChoiceField(label="Who asks", choices=Source.choices, widget=forms.RadioSelect, required=False)
    referrer_name = forms.CharField(label="Name and practice of whoever refers", max_length=200, required=False)
    reason = forms.CharField(label="Why", max_length=2000, widget=forms.Textarea)
    urgency = forms.ChoiceField(label="How soon", choices=Urgency.choices, widget=forms.RadioSelect)

    def clean_sex(self) -> str:
        return self.cleaned_data["sex"] or Sex.UNKNOWN

    def clean_source(self) -> str:
        return self.cleaned_data["source"] or Source.OTHER

    def person(self) -> Person:
        return Person(**{name: self.cleaned_data[name] for name in PERSON})

    def details(self) -> dict[str, Any]:
        """What the action takes besides the person."""
        return {
            "source": Source(self.cleaned_data["source"]),
            "referrer_name": self.cleaned_data["referrer_name"],
            "reason": self.cleaned_data["reason"],
            "urgency": Urgency(self.cleaned_data["urgency"]),
        }


class AmendForm(ReferralForm):
    """The same questions, with why the first answers were wrong."""

    amend_reason = forms.CharField(label="What was wrong", max_length=300)
