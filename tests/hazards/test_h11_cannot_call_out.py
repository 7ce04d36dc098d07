"""H11: the patient cannot call out, the therapist is alone in the room."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from ketacare.clinic.dosing.actions import helping
from ketacare.clinic.dosing.queries import helping as helps
from ketacare.clinic.dosing.queries import schedule
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import User
from ketacare.clinic.people.tests.factories import AT, browser, once, someone
from ketacare.clinic.supervision import actions as supervision
from ketacare.clinic.supervision.access import help_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def day() -> f.Day:
    day = f.a_day()
    f.to_running(day)
    return day


def at(minutes: float):
    return AT + timedelta(minutes=10 + minutes)


def standing(day: f.Day, minutes: float) -> dict[str, tuple[str, bool]]:
    found = watch.standing(day.visit, at=at(minutes))
    assert found is not None
    return {one.key: (one.priority.word if one.priority else "", one.present) for one in found.conditions}


def test_h11_the_button_at_the_chair_is_a_high_alarm_at_once(day: f.Day):
    helping.call_help(session=day.session, place="chair", by=day.nurse, at=at(1))
    assert standing(day, 1)["sign.help button"] == ("high", True)
    with pytest.raises(NotAllowed):
        helping.call_help(session=day.session, place="chair", by=someone(day.clinic, "FD"), at=at(1))


def test_h11_the_tablet_calls_with_one_press_and_shows_nobody(day: f.Day):
    client, address = Client(), f"/room/{help_token(day.chair)}/"
    page = client.get(address).content.decode()
    assert "Reed" not in page
    assert "<button" in page
    assert client.post(f"{address}call/", once()).status_code == 303
    assert watch.signals(day.visit).filter(condition="sign.help button", priority="high").exists()
    assert "Help was called at" in client.get(address).content.decode()


def test_h11_the_tablet_speaks_the_language_of_whoever_sits_there():
    spanish = f.a_day(contact={"language": "es"})
    page = Client().get(f"/room/{help_token(spanish.chair)}/").content.decode()
    assert "Ayuda</button>" in page
    assert '<html lang="es"' in page
    empty = f.furniture("Chair 9", spanish.desk, spanish.nurse)[0]
    assert "Help</button>" in Client().get(f"/room/{help_token(empty)}/").content.decode()


def test_h11_a_link_of_another_room_or_an_old_one_calls_nobody_and_says_so(day: f.Day):
    from ketacare.clinic.scheduling import actions as scheduling

    old = help_token(day.chair)
    scheduling.renew_help_link(chair=day.chair, by=day.desk, at=AT)
    for token in (old, "nothing", old[:-3] + "abc"):
        answer = Client().post(f"/room/{token}/call/", once())
        assert answer.status_code == 410
        assert "calls nobody" in answer.content.decode()
    assert not watch.signals(day.visit).filter(condition="sign.help button").exists()


def test_h11_a_room_without_a_session_still_brings_somebody(day: f.Day):
    empty = f.furniture("Chair 9", day.desk, day.nurse)[0]
    helping.call_help_from_room(chair=empty, at=at(1))
    duty = Duty.objects.get(kind="help.room")
    assert (duty.owner_role, duty.consequence) == ("RN", 1)
    assert helps.told_in_room(empty, at(1)).called_at is not None


def test_h11_the_patient_calls_for_themselves_on_their_own_page_and_for_nobody_else(day: f.Day):
    patient, other = someone(day.clinic, "PT"), someone(day.clinic, "PT")
    day.patient.user = User.objects.get(pk=patient.user_id)
    day.patient.save()
    client = browser(patient)
    assert "Help</button>" in client.get("/me/").content.decode()
    assert client.post("/me/help/", once()).status_code == 302
    assert watch.signals(day.visit).filter(condition="sign.help button").exists()
    assert browser(other).post("/me/help/", once()).status_code == 404


def test_h11_being_with_the_patient_answers_the_call_and_the_looks_that_were_owed(day: f.Day):
    helping.call_help(session=day.session, place="chair", by=day.nurse, at=at(16))
    helping.be_present(session=day.session, by=day.nurse, at=at(17))
    assert standing(day, 17)["sign.help button"] == ("", False)
    assert helps.presence(day.session, at(18)).last == at(17)
    assert helps.presence(day.session, at(18)).due == at(30)


def test_h11_t6_a_look_that_is_skipped_is_late_then_missed(day: f.Day):
    assert [look.due_at for look in schedule.looks(day.session)][:2] == [at(15), at(30)]
    key = "due.presence@15"
    for minutes, expected in ((16, None), (17.1, "low"), (20.1, "medium")):
        monitoring.tick(clinic=day.clinic, at=at(minutes))
        assert standing(day, minutes).get(key, (None, False))[0] == expected
    helping.be_present(session=day.session, by=day.nurse, at=at(21))
    assert not standing(day, 21).get(key, ("", False))[1]


def test_h11_what_helps_this_patient_opens_when_help_is_called(day: f.Day):
    said = {"helps": "Say my name.\nHand on the shoulder.", "touch": "where", "touch_words": "shoulder"}
    supervision.write_plan(patient=day.patient, said=said, by=day.nurse, at=at(1))
    assert not helps.distress(day.session, at(2)).is_now
    helping.call_help(session=day.session, place="tablet", by=day.nurse, at=at(3))
    found = helps.distress(day.session, at(4))
    assert found.is_now
    assert found.plan is not None
    assert found.plan.helps.startswith("Say my name")
    assert not helps.distress(day.session, at(14)).is_now
