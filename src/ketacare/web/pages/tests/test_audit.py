"""The audit page: what the auditor finds, what reading it leaves, and what a proof of the chain says."""

import csv
import io
import re
from datetime import timedelta

import psycopg
import pytest
from django.db import transaction
from django.urls import reverse

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.audit.models import Line
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Demographics, Role
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, browser, just_confirmed, once, someone
from ketacare.clinic.tenancy.actions import tenant
from ketacare.web.pages.audit import harmless


@pytest.fixture
def clinic(db):
    return a_clinic()


@pytest.fixture
def auditor(clinic) -> Actor:
    return someone(clinic, Role.AU)


def number_of(patient) -> str:
    return Demographics.objects.get(patient=patient).record_number


def look(actor: Actor, **asked):
    return browser(actor).post(reverse("audit"), asked)


@pytest.mark.parametrize("role", [Role.AU, Role.MD])
def test_auditor_and_director_read_it_and_reading_leaves_a_line(clinic, role):
    answer = browser(someone(clinic, role)).get(reverse("audit"))
    assert answer.status_code == 200
    assert Line.objects.filter(verb="audit.read", role=role).count() == 1


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.AU, Role.MD}))
def test_nobody_else_reads_it(clinic, role):
    assert browser(someone(clinic, role)).get(reverse("audit")).status_code == 403


def test_newest_first_in_the_clock_of_the_clinic(clinic, auditor):
    nurse = someone(clinic, Role.RN, name="Alice Nurse")
    for minutes in (0, 1):
        audit.note(by=nurse, at=AT + timedelta(minutes=minutes), verb=f"act.{minutes}")
    text = look(auditor, verb="act").text
    assert text.index("act.1") < text.index("act.0")
    assert "14-Jul-2026 10:06:00" in text  # 14:06 UTC in New York
    assert "Alice Nurse" in text


def test_the_other_clinic_of_the_same_organisation_is_not_in_it(clinic, auditor):
    south = a_clinic("South", organisation=clinic.organisation)
    audit.note(by=someone(south, Role.RN), at=AT, verb="southern.act")
    assert "southern.act" not in look(auditor).text


def test_it_is_filtered_by_each_field(clinic, auditor):
    alice, bob = someone(clinic, Role.RN, name="Alice"), someone(clinic, Role.RX, name="Bob")
    patient = a_patient(someone(clinic, Role.FD), family="Zyzzyva")
    audit.note(by=alice, at=AT, verb="dose.sign", patient=patient)
    audit.note(by=bob, at=AT + timedelta(days=1), verb="plan.sign", outcome="refused")
    wanted = {
        "dose.sign": ({"person": alice.user_id}, {"verb": "dose"}, {"record_number": number_of(patient)},
                      {"outcome": "done"}, {"first_day": "2026-07-14", "last_day": "2026-07-14"}),
        "plan.sign": ({"person": bob.user_id}, {"verb": "PLAN"}, {"outcome": "refused"}, {"first_day": "2026-07-15"}),
    }  # fmt: skip
    for verb, searches in wanted.items():
        (other,) = set(wanted) - {verb}
        for asked in searches:
            text = look(auditor, **asked).text
            assert f"<code>{verb}</code>" in text, asked
            assert f"<code>{other}</code>" not in text, asked
            assert "zyzzyva" not in text.lower()


def test_a_day_is_the_clinics_day(clinic, auditor):
    late = AT.replace(hour=3)  # 23:00 of the day before in New York
    audit.note(by=someone(clinic, Role.RN), at=late, verb="late.act")
    assert "late.act" in look(auditor, first_day="2026-07-13", last_day="2026-07-13").text
    assert "late.act" not in look(auditor, first_day="2026-07-14", last_day="2026-07-14").text


def test_an_unknown_record_number_is_said_beside_its_field(auditor):
    answer = look(auditor, record_number="K9")
    assert answer.status_code == 422
    assert "Nobody here has this number" in answer.text


def test_a_hundred_a_page_and_the_older_ones_on_asking(clinic, auditor):
    nurse = someone(clinic, Role.RN)
    for number in range(105):
        audit.note(by=nurse, at=AT, verb=f"many.{number:03}")  # all at one moment: the hardest case
    client, seen = browser(auditor), set()
    first = client.post(reverse("audit"), {"verb": "many"})
    seen |= verbs_in(first)
    assert len(seen) == 100
    below = first.text.split('name="below" value="')[1].split('"')[0]
    second = client.post(reverse("audit"), {"verb": "many", "below": below})
    seen |= verbs_in(second)
    assert len(seen) == 105
    assert "Older lines" not in second.text
    assert client.post(reverse("audit"), {"below": "nonsense"}).status_code == 422


def verbs_in(answer) -> set[str]:
    return set(re.findall(r"<code>(many\.\d+)</code>", answer.text))


def test_a_patient_who_acts_is_not_named_in_the_list(clinic, auditor):
    jo = someone(clinic, Role.PT, name="Zyzzyva")
    audit.note(by=jo, at=AT, verb="scores.answer")
    assert "Zyzzyva" not in look(auditor).text


def test_k6_an_export_asks_who_sits_there_and_what_it_is_for(clinic, auditor):
    client, address = browser(auditor), reverse("audit-export")
    assert client.post(address, {"purpose": "inspection"})["Location"].startswith("/account/reauthenticate/")
    just_confirmed(client)
    assert "needs a purpose" in client.post(address, {}).text
    audit.note(by=someone(clinic, Role.RN, name="=Alice"), at=AT, verb="dose.sign")
    answer = client.post(address, {"purpose": "inspection", "verb": "dose"})
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["verb"], row["actor"], row["at_clinic"]) == ("dose.sign", "'=Alice", "2026-07-14 10:05:00.000-04:00")
    line = Line.objects.get(verb="audit.export")
    assert (line.purpose, line.reason, line.actor_id) == ("inspection", "1 lines", auditor.user_id)


def test_the_director_reads_and_does_not_export(clinic):
    director = someone(clinic, Role.MD)
    assert not access.may(director, "audit", "X")
    assert just_confirmed(browser(director)).post(reverse("audit-export"), {"purpose": "incident"}).status_code == 403
    assert "Export these lines" not in browser(director).get(reverse("audit")).text


def test_a_formula_is_made_harmless():
    assert [harmless(value) for value in ("=1+1", "@x", "-1", None, "fine")] == ["'=1+1", "'@x", "'-1", "", "fine"]


def test_the_proof_says_that_the_chain_is_whole_and_leaves_a_line(fresh_database):
    clinic, auditor = a_chain()
    answer = browser(auditor).post(reverse("audit-verify"), once(), headers={"HX-Request": "true"})
    assert "The chain is whole" in answer.text
    assert "<html" not in answer.text
    with tenant(clinic.organisation_id):
        assert Line.objects.get(verb="audit.verify").outcome == "done"


def test_the_proof_names_a_break(fresh_database, database_server):
    clinic, auditor = a_chain()
    address = database_server.admin.url().replace("/postgres?", f"/{fresh_database.owner.database}?")
    with psycopg.connect(address) as admin:
        admin.execute("set session_replication_role = replica")
        admin.execute("update audit_line set verb = 'x' where id = (select line_id from audit_link where number = 2)")
    answer = browser(auditor).post(reverse("audit-verify"), once())
    assert "The chain does not hold" in answer.text
    assert "its line was changed" in answer.text
    with tenant(clinic.organisation_id):
        assert Line.objects.get(verb="audit.verify").outcome == "broken"


def a_chain():
    with transaction.atomic():
        clinic = a_clinic()
        auditor, desk = someone(clinic, Role.AU), someone(clinic, Role.FD)
        a_patient(desk)
        a_patient(desk, family="Another")
    return clinic, auditor
