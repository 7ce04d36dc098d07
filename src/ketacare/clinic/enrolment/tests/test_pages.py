"""The referral pages as each role meets them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from ketacare.clinic.enrolment.models import Referral, ReferralStep
from ketacare.clinic.enrolment.tests.factories import a_referral
from ketacare.clinic.people.models import Patient
from ketacare.clinic.people.tests.factories import a_clinic, a_patient, browser, once, someone

pytestmark = pytest.mark.django_db

TYPED = {
    "family": "Reed", "given": "Jo", "born_on": "1985-07-14", "sex": "female", "telephone": "555 0142",
    "may_text": "yes", "may_email": "no", "source": "clinician", "referrer_name": "Dr Adeyemi",
    "reason": "Two antidepressants did not help", "urgency": "urgent",
}  # fmt: skip


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def desk(clinic):
    return someone(clinic, "FD")


def test_the_desk_records_a_referral(desk):
    client = browser(desk)
    assert b"How soon" in client.get(reverse("referral-new")).content
    answer = client.post(reverse("referral-new"), once(**TYPED))
    row = Referral.objects.get()
    assert answer["Location"] == reverse("referral", args=[row.pk])
    assert (row.may_text, row.may_email, row.voicemail_is_safe) == (True, False, None)
    assert b"REED, Jo" in client.get(answer["Location"]).content
    assert b"Prescriber: evaluate" in client.get(reverse("referrals")).content


def test_sent_twice_it_is_one_referral(desk):
    client, typed = browser(desk), once(**TYPED)
    assert (
        client.post(reverse("referral-new"), typed)["Location"]
        == client.post(reverse("referral-new"), typed)["Location"]
    )
    assert (Referral.objects.count(), Patient.objects.count()) == (1, 1)


def test_look_alikes_are_shown_with_birth_dates_before_anything_is_saved(desk):
    known = a_patient(desk, family="Reed", given="Joanna")
    client = browser(desk)
    answer = client.post(reverse("referral-new"), once(**TYPED))
    assert answer.status_code == 422
    assert b"REED, Joanna" in answer.content
    assert b"14-Jul-1985" in answer.content
    assert not Referral.objects.exists()
    client.post(reverse("referral-new"), once(**TYPED, who=str(known.pk)))
    assert ReferralStep.objects.get(step="identified").patient == known
    client.post(reverse("referral-new"), once(**TYPED, who="new"))
    assert Patient.objects.count() == 2


def test_a_person_of_another_clinic_cannot_be_chosen(clinic, desk):
    a_patient(desk)
    south = a_clinic("South", organisation=clinic.organisation)
    theirs = a_patient(someone(south, "FD"))
    assert browser(desk).post(reverse("referral-new"), once(**TYPED, who=str(theirs.pk))).status_code == 404


def test_e2_all_faults_at_once_and_typed_text_stays(desk):
    answer = browser(desk).post(
        reverse("referral-new"), once(**TYPED | {"family": "", "born_on": "2999-01-01", "email": "jo at home"})
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Family name:" in text
    assert "E-mail:" in text
    assert "Two antidepressants did not help" in text


def test_a_future_birth_date_is_refused(desk):
    answer = browser(desk).post(reverse("referral-new"), once(**TYPED | {"born_on": "2999-01-01"}))
    assert answer.status_code == 422
    assert b"in the future" in answer.content
    assert not Referral.objects.exists()


def test_a_referrer_learns_nothing_of_who_is_known_here(clinic, desk):
    a_patient(desk, family="Reed", given="Joanna")
    client = browser(someone(clinic, "RC"))
    answer = client.post(reverse("referral-new"), once(**TYPED))
    assert answer.status_code == 302
    page = client.get(answer["Location"])
    assert b"Joanna" not in page.content
    assert b"Front desk: say which person this is" in page.content


def test_the_desk_identifies_what_a_referrer_sent(clinic, desk):
    referral = a_referral(someone(clinic, "RC"))
    known = a_patient(desk)
    client = browser(desk)
    assert b"Use this person" in client.get(reverse("referral", args=[referral.pk])).content
    assert client.post(reverse("referral-person", args=[referral.pk]), once()).status_code == 422
    client.post(reverse("referral-person", args=[referral.pk]), once(who=str(known.pk)))
    assert ReferralStep.objects.get(step="identified").patient == known


def test_crisis_shows_the_route_at_once(desk):
    answer = browser(desk).post(reverse("referral-new"), once(**TYPED | {"urgency": "crisis"}), follow=True)
    assert b"Danger now" in answer.content
    assert b"tel:988" in answer.content


def test_i1_an_amendment_shows_the_old_words_struck_through(desk):
    referral = a_referral(desk)
    client = browser(desk)
    path = reverse("referral-amend", args=[referral.pk])
    assert b"Two antidepressants did not help" in client.get(path).content
    changed = TYPED | {"reason": "Three did not help", "amend_reason": "misread the letter", "read": str(referral.pk)}
    page = client.post(path, once(**changed), follow=True).content.decode()
    assert "Three did not help" in page
    assert "<del" in page
    assert "misread the letter" in page
    assert client.post(path, once(**changed)).status_code == 422, "the first version was read; it has moved on"


@pytest.mark.parametrize(("role", "status"), [("RN", 200), ("AU", 200), ("AD", 403), ("RS", 403)])
def test_who_sees_the_list(clinic, desk, role, status):
    a_referral(desk)
    assert browser(someone(clinic, role)).get(reverse("referrals")).status_code == status
