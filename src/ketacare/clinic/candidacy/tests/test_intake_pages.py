"""The intake on a phone, tap by tap, and the clinic's side of it."""

from __future__ import annotations

import logging
import re
from datetime import date, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from ketacare.clinic.candidacy import access, queries
from ketacare.clinic.candidacy.actions import answering, asking
from ketacare.clinic.candidacy.forms import screens
from ketacare.clinic.candidacy.models import HistoryAnswer, Intake, Said, TrialEntry
from ketacare.clinic.candidacy.queries import intake as intakes
from ketacare.clinic.candidacy.queries.risk import concern_facts
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT, Place
from ketacare.clinic.links.access import link_actor
from ketacare.clinic.outcomes import letters
from ketacare.clinic.outcomes.models import MessageOut, MessageReply
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.safety.reasons import reason_words

pytestmark = pytest.mark.django_db
SOON = AT + timedelta(minutes=5)


@pytest.fixture
def at(monkeypatch):
    """Set the clock of the edge."""

    def set_clock(moment):
        monkeypatch.setattr("ketacare.web.clock.now", lambda: moment)

    set_clock(SOON)
    return set_clock


def an_intake(here: Place, language: str = "en") -> Intake:
    intake = asking.send_intake(patient=here.patient(), way="hand", by=here.staff(Role.FD), at=AT)
    answering.choose(intake=intake, language=language, by=link_actor(intake), at=AT)
    return intake


class Phone:
    """A browser that knows one link."""

    def __init__(self, intake: Intake, *, proven: bool = True) -> None:
        self.client, self.token = Client(), access.token_for(intake)
        if proven:
            assert self.post("intake", birth_year="1985").status_code == 303

    def url(self, route: str, *more: str) -> str:
        return reverse(route, args=[self.token, *more])

    def get(self, route: str, *more: str):
        return self.client.get(self.url(route, *more))

    def page(self, route: str, *more: str) -> str:
        return self.get(route, *more).content.decode()

    def post(self, route: str, *more: str, **fields):
        return self.client.post(self.url(route, *more), {"once": str(uuid4()), **fields})

    def screen(self, slug: str, **fields):
        return self.post("intake-screen", slug, **{name.replace("__", "."): value for name, value in fields.items()})


# -- the door ----------------------------------------------------------------------------------------------------------


def test_a_forwarded_link_shows_nothing_without_the_birth_year(here: Place, at):
    intake = an_intake(here)
    phone = Phone(intake)
    phone.screen("hopes", hopes="To sleep again")
    stranger = Phone(intake, proven=False)
    for route, *more in (
        ("intake",),
        ("intake-screen", "hopes"),
        ("intake-review",),
        ("intake-entry", "trials", "new"),
    ):
        page = stranger.page(route, *more)
        assert "What year were you born?" in page
        assert "To sleep again" not in page
    assert stranger.screen("hopes", hopes="Written by another").status_code == 422
    here.enter()
    assert Said.objects.get().values == {"hopes": {"words": "To sleep again"}}


def test_a_script_is_told_where_the_next_page_is_and_not_led_to_it(here: Place, at):
    """So what was saved is known to be, though the next page never comes; sent again, it is told the same."""
    phone, asks = Phone(an_intake(here)), {"headers": {"X-Names-Next": "yes"}}
    address, sent = phone.url("intake-screen", "hopes"), {"once": str(uuid4()), "hopes": "To sleep again"}
    for _ in range(2):
        saved = phone.client.post(address, sent, **asks)
        assert (saved.status_code, saved["X-Next"]) == (204, phone.client.post(address, sent)["Location"])
        assert "Location" not in saved
    assert (
        phone.client.post(
            phone.url("intake-screen", "bladder"), {"once": str(uuid4()), "haematuria": "yes"}, **asks
        ).status_code
        == 422
    )
    here.enter()
    assert Said.objects.filter(values={"hopes": {"words": "To sleep again"}}).count() == 1


def test_h19_a_page_by_link_says_that_its_rules_are_past_review(here: Place, at, monkeypatch):
    late = SimpleNamespace(next_review_on=date(2026, 6, 1))
    asked = []
    monkeypatch.setattr(
        "ketacare.clinic.links.pages.protocols.past_review", lambda sheets, _: asked.append(sheets) or [late]
    )
    assert "were to be read again by 01-Jun-2026" in Phone(an_intake(here)).page("intake-screen", "hopes")
    assert "facts-1" in asked[-1]


@pytest.mark.parametrize("typed", ["", "85", "19855", "nineteen", "١٩٨٥", "-198"])
def test_what_is_no_year_is_told_kept_and_not_counted(here: Place, at, typed):
    intake = an_intake(here)
    answer = Phone(intake, proven=False).post("intake", birth_year=typed)
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.content.decode()
    here.enter()
    intake.refresh_from_db()
    assert intake.wrong_years == 0


def test_five_wrong_years_shut_the_link_for_everybody_and_help_stays_open(here: Place, at):
    intake = an_intake(here)
    phone = Phone(intake, proven=False)
    for left in ("4 more times", "3 more times", "2 more times", "one more time"):
        assert left in phone.post("intake", birth_year="1999").content.decode()
    shut = phone.post("intake", birth_year="1999")
    assert shut.status_code == 303
    page = phone.client.get(shut.headers["Location"])
    assert page.status_code == 410
    assert "This link is locked." in page.content.decode()
    assert 'href="tel:5550100"' in page.content.decode()
    assert phone.post("intake", birth_year="1985").status_code == 410
    assert phone.get("intake-help").status_code == 200


def test_another_device_resumes_with_the_year_and_the_open_door_shuts_after_a_while(here: Place, at):
    intake = an_intake(here)
    first = Phone(intake)
    first.screen("hopes", hopes="To sleep")
    second = Phone(intake)
    assert second.get("intake").headers["Location"] == second.url("intake-screen", "heart")
    at(SOON + timedelta(minutes=29))
    assert "Your heart" in second.page("intake-screen", "heart")
    at(SOON + timedelta(minutes=60))
    assert "What year were you born?" in second.page("intake-screen", "heart")


def test_what_was_typed_when_the_door_shut_is_carried_through_it_and_saved(here: Place, at):
    intake = an_intake(here)
    phone = Phone(intake)
    at(SOON + timedelta(hours=1))
    door = phone.screen("hopes", hopes="A long answer")
    assert door.status_code == 422
    page = door.content.decode()
    assert "Nothing you wrote is lost" in page
    assert '<input type="hidden" name="hopes" value="A long answer">' in page
    wrong = phone.screen("hopes", hopes="A long answer", birth_year="1984")
    assert 'name="hopes" value="A long answer"' in wrong.content.decode()
    assert phone.screen("hopes", hopes="A long answer", birth_year="1985").status_code == 303
    here.enter()
    assert Said.objects.get().values == {"hopes": {"words": "A long answer"}}


def test_k1_a_link_lives_a_day_the_intake_two_weeks_and_a_new_link_goes_to_the_patient(here: Place, at):
    intake = an_intake(here)
    mine, stranger = Phone(intake), Phone(intake, proven=False)
    at(AT + timedelta(days=1, minutes=1))
    assert "What year were you born?" in mine.page("intake"), "a device that gave the year goes on, and gives it again"
    assert mine.post("intake", birth_year="1985").status_code == 303
    closed = stranger.get("intake")
    assert closed.status_code == 410
    assert "Send me a new link" in closed.content.decode()
    assert stranger.post("intake", birth_year="1985").status_code == 410
    sent = stranger.post("intake-fresh")
    assert "on its way" in stranger.client.get(sent.headers["Location"]).content.decode()
    stranger.post("intake-fresh")
    here.enter()
    message = MessageOut.objects.get(code="fresh")
    assert (message.kind, message.way) == ("intake", "any"), "it was handed over; now it goes by what they allow"
    stranger.token = letters.words_of(message, at=AT + timedelta(days=1)).partition("/i/")[2].partition("/")[0]
    assert "What year were you born?" in stranger.page("intake")
    at(AT + timedelta(days=3))
    assert mine.get("intake").status_code == 410, "not for ever"
    here.enter()
    intake.refresh_from_db()
    assert intake.state == "opened"


def test_k1_whoever_the_intake_is_not_for_says_so(here: Place, at):
    intake = an_intake(here)
    mine, stranger = Phone(intake), Phone(intake, proven=False)
    assert "Not for me" in stranger.page("intake")
    assert "Not for me" not in mine.page("intake-screen", "hopes")
    assert mine.get("intake-not-mine").status_code == 303
    assert "Nothing more is sent to you" in stranger.post("intake-not-mine").content.decode()
    assert stranger.get("intake").status_code == 410
    assert mine.get("intake-screen", "hopes").status_code == 200
    here.enter()
    assert Duty.objects.filter(kind="message.misdirected", state="open").count() == 1


@pytest.mark.parametrize("forged", ["x", "eyJmb3JtIjpbXX0:1:abc", '{"at": 1}'])
def test_a_forged_proof_opens_nothing(here: Place, at, forged):
    phone = Phone(an_intake(here), proven=False)
    phone.client.cookies["intake"] = forged
    assert "What year were you born?" in phone.page("intake-screen", "hopes")


def test_the_proof_of_one_intake_opens_no_other(here: Place, at):
    mine, other = Phone(an_intake(here)), an_intake(here)
    mine.token = access.token_for(other)
    assert "What year were you born?" in mine.page("intake-screen", "hopes")


@pytest.mark.parametrize(("ends", "words"), [("expired", "too old"), ("revoked", "taken back"), ("used", "been used")])
def test_a_link_that_is_over_says_why_and_where_to_turn(here: Place, at, ends, words):
    intake = an_intake(here)
    phone = Phone(intake)
    here.enter()
    match ends:
        case "expired":
            at(AT + timedelta(days=14))
        case "revoked":
            asking.revoke_intake(intake=intake, reason="Comes by telephone", by=here.staff(Role.FD), at=SOON)
        case "used":
            answering.hand_in(intake=intake, by=link_actor(intake), at=SOON)
    for answer in (phone.get("intake"), phone.get("intake-screen", "heart"), phone.screen("hopes", hopes="Late")):
        assert answer.status_code == 410
        assert words in answer.content.decode()
    assert phone.get("intake-help").status_code == 200
    here.enter()
    assert not Said.objects.exists()


def test_a_replaced_or_forged_link_is_one_page_for_all(here: Place, at):
    intake = an_intake(here)
    phone = Phone(intake)
    here.enter()
    asking.send_again(intake=intake, way="hand", by=here.staff(Role.FD), at=SOON)
    old = phone.get("intake")
    phone.token = "nothing.at-all"
    forged = phone.get("intake")
    assert (old.status_code, old.content) == (forged.status_code, forged.content)
    assert old.status_code == 404


# -- the screens -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "es"])
def test_from_the_first_screen_to_the_end_in_both_languages(here: Place, at, language):
    """Everything skipped or answered quietly; each page in its language, with help, its place, and one way on."""
    intake = an_intake(here, language)
    phone = Phone(intake)
    seen = []
    while (where := phone.get("intake")).headers["Location"] != phone.url("intake-review"):
        slug = where.headers["Location"].split("/")[-2]
        page = phone.page("intake-screen", slug)
        assert f'<html lang="{language}"' in page
        assert phone.url("intake-help") in page
        assert re.search(r"\d+ (of|de) 10", page)
        assert not re.search(r"<input[^>]* checked", page)
        seen.append(slug)
        quiet = {"closed": "unable"} if slug in ("medicines", "trials") else {"skip": "unable"}
        assert phone.screen(slug, **quiet).status_code == 303, slug
    expected = [place.slug for place in screens.places(language=language)]
    assert seen == expected
    assert phone.post("intake-review").headers["Location"] == phone.url("intake-end")
    assert {"en": "Thank you.", "es": "Gracias."}[language] in phone.page("intake-end")
    here.enter()
    intake.refresh_from_db()
    assert intake.state == "handed_in"
    assert set(HistoryAnswer.objects.values_list("answer", flat=True)) == {"unable"}


def test_back_leads_back_and_what_was_said_stands_there(here: Place, at):
    phone = Phone(an_intake(here))
    phone.screen("hopes", hopes="To sleep")
    heart = phone.page("intake-screen", "heart")
    assert f'href="{phone.url("intake-screen", "hopes")}"' in heart
    assert ">To sleep</textarea>" in phone.page("intake-screen", "hopes")


HEART = {
    "hypertension": "none", "cardiac_history": "no", "coronary_disease": "none", "cardiovascular_event_on": "no",
    "aneurysmal_vascular_disease": "no", "pulmonary_embolism_on": "no",
}  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"cardiovascular_event_on.year": "20x1"}, "“20x1” is not a year"),
        ({"cardiovascular_event_on.year": "2027"}, "still to come"),
        ({"cardiovascular_event_on.year": "2026", "cardiovascular_event_on.month": "8"}, "still to come"),
        ({"cardiovascular_event_on.year": "1980"}, "before you were born"),
        ({"cardiovascular_event_on.month": "3"}, "Add the year"),
    ],
)
def test_a_date_that_cannot_be_is_told_and_nothing_typed_is_lost(here: Place, at, typed, words):
    phone = Phone(an_intake(here))
    answer = phone.screen("heart", **HEART | {"cardiovascular_event_on": "yes"} | typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert 'name="hypertension" value="none" checked' in page
    for value in typed.values():
        assert f'value="{value}"' in page
    here.enter()
    assert not HistoryAnswer.objects.exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [("three", "is not a number"), ("-2", "cannot be right"), ("9999", "cannot be right"), ("NaN", "cannot be right")],
)
def test_a_number_that_cannot_be_is_told_and_kept(here: Place, at, typed, words):
    answer = Phone(an_intake(here)).screen("alcohol", alcohol_units_per_week__value=typed, tobacco="no")
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert f'value="{typed}"' in answer.content.decode()


def test_drinks_become_units_and_both_are_kept(here: Place, at):
    phone = Phone(an_intake(here))
    both = phone.screen("alcohol", alcohol_units_per_week="unable", alcohol_units_per_week__value="4", tobacco="no")
    assert "Keep one of the two" in both.content.decode()
    assert phone.screen("alcohol", alcohol_units_per_week__value="4", tobacco="no").status_code == 303
    here.enter()
    row = HistoryAnswer.objects.get(name="alcohol_units_per_week")
    assert (row.answer, row.typed) == ("7", "4 drinks a week")


def test_a_screen_with_open_questions_names_each_and_a_skip_answers_only_those(here: Place, at):
    intake = an_intake(here)
    phone = Phone(intake)
    answer = phone.screen("bladder", haematuria="yes")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "2 things on this page are still open." in page
    assert 'href="#f-ketamine_cystitis"' in page
    phone.screen("bladder", haematuria="yes", skip="refused")
    here.enter()
    said = {row.name: row.answer for row in HistoryAnswer.objects.all()}
    assert said == {"haematuria": "yes", "bladder_symptoms": "refused", "ketamine_cystitis": "refused"}


@pytest.mark.parametrize(("field", "value"), [("haematuria", "maybe"), ("haematuria", "not_asked"), ("skip", "no")])
def test_an_answer_that_is_not_offered_is_none(here: Place, at, field, value):
    answer = Phone(an_intake(here)).screen("bladder", **{field: value})
    assert answer.status_code == 422
    here.enter()
    assert not Said.objects.exists()


def test_what_follows_from_an_answer_is_asked_only_after_it(here: Place, at):
    phone = Phone(an_intake(here))
    yes = phone.screen("heart", **HEART | {"aneurysmal_vascular_disease": "yes"})
    assert 'href="#f-aneurysm_repaired"' in yes.content.decode()
    assert phone.screen("heart", **HEART | {"aneurysm_repaired": "yes"}).status_code == 303
    here.enter()
    assert not HistoryAnswer.objects.filter(name="aneurysm_repaired").exists()


def test_too_long_words_and_a_wrong_address_are_told(here: Place, at):
    phone = Phone(an_intake(here))
    assert "too long by 5 letters" in phone.screen("hopes", hopes="x" * 2005).content.decode()
    wrong = phone.screen("contact", email="me at home", skip="unable")
    assert "is not an e-mail address" in wrong.content.decode()


def test_a_place_that_this_intake_has_not_leads_back_to_it(here: Place, at):
    phone = Phone(an_intake(here))
    for slug in ("nowhere", "mood-99"):
        assert phone.get("intake-screen", slug).headers["Location"] == phone.url("intake")
        assert phone.get("intake-crisis", slug).status_code == 200
    for slug, key in (("heart", "new"), ("trials", "nothing"), ("nowhere", "new")):
        assert phone.get("intake-entry", slug, key).headers["Location"] == phone.url("intake")


# -- lists -------------------------------------------------------------------------------------------------------------

TRIAL = {"name": "Zoloft", "dose": "150", "long": "3", "unit": "months", "taken": "good", "helped": "lot",
         "stopped": "wore_off", "episode": "no"}  # fmt: skip


def test_an_antidepressant_is_put_on_the_list_changed_and_taken_off(here: Place, at):
    phone = Phone(an_intake(here))
    assert "I have never taken one" in phone.page("intake-screen", "trials")
    phone.post("intake-entry", "trials", "new", **TRIAL)
    here.enter()
    row = TrialEntry.objects.get()
    assert (row.medicine, row.days, row.effect, row.in_current_episode) == ("Zoloft", 90, "relapse", False)
    listed = phone.page("intake-screen", "trials")
    assert "150 mg · 3 months · A lot" in listed
    key = re.search(r"/trials/([0-9a-f-]{36})/", listed)[1]
    assert 'value="Zoloft"' in phone.page("intake-entry", "trials", key)
    phone.post("intake-entry", "trials", key, **TRIAL | {"dose": "200"})
    assert "200 mg" in phone.page("intake-screen", "trials")
    phone.post("intake-entry", "trials", key, take_away="yes")
    here.enter()
    assert not TrialEntry.objects.current().exists()
    assert phone.screen("trials", closed="all").status_code == 422
    assert phone.screen("trials", closed="none").status_code == 303


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": " "}, "Write the name"),
        ({"dose": "much"}, "“much” is not a number"),
        ({"dose": "0"}, "cannot be right"),
        ({"dose": "99999"}, "cannot be right"),
        ({"long": "100", "unit": "years"}, "cannot be right"),
        ({"unit": ""}, "Choose weeks, months or years too"),
        ({"helped": "wonderful"}, "Choose one."),
        ({"began.month": "3"}, "Add the year"),
        ({"began.year": "2031"}, "still to come"),
        ({"began.year": "1970"}, "before you were born"),
        ({"began.year": "2021", "ended.year": "2020"}, "before you started"),
        ({"began.year": "2021", "began.month": "3", "ended.year": "2021", "ended.month": "3"}, "longer than from when"),
        ({"ended.year": "2021", "stopped": "not"}, "Keep one of the two"),
    ],
)
def test_an_entry_that_cannot_be_is_told_and_kept_as_typed(here: Place, at, change, words):
    phone = Phone(an_intake(here))
    answer = phone.post("intake-entry", "trials", "new", **TRIAL | change)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    for name in ("name", "dose", "long"):
        assert f'value="{(TRIAL | change)[name]}"' in page
    here.enter()
    assert not TrialEntry.objects.exists()


def test_ten_months_may_be_told_as_a_year(here: Place, at):
    phone = Phone(an_intake(here))
    began = {"began.year": "2019", "began.month": "2", "ended.year": "2019", "ended.month": "11"}
    assert (
        phone.post("intake-entry", "trials", "new", **TRIAL | began | {"long": "2", "unit": "years"}).status_code == 422
    )
    assert (
        phone.post("intake-entry", "trials", "new", **TRIAL | began | {"long": "1", "unit": "years"}).status_code == 303
    )


def test_antidepressants_stand_on_a_line_of_time_the_newest_first_and_what_has_no_time_is_asked_for(here: Place, at):
    phone = Phone(an_intake(here))
    times = {
        "Prozac": {},
        "Zoloft": {"began.year": "2019", "began.month": "2", "ended.year": "2019", "ended.month": "10"},
        "Effexor": {"began.year": "2023", "stopped": "not"},
    }
    for name, told in times.items():
        assert phone.post("intake-entry", "trials", "new", **TRIAL | {"name": name} | told).status_code == 303
    page = phone.page("intake-screen", "trials")
    drawn, undated = page.split("When is not known")
    assert re.findall(r"listing__name\">(\w+)<", drawn) == ["Effexor", "Zoloft"]
    assert re.findall(r"listing__name\">(\w+)<", undated) == ["Prozac"]
    assert "Say when" in undated
    assert "2023 until now" in drawn
    assert "February 2019 to October 2019" in drawn
    here.enter()
    rows = {row.medicine: (row.began_on, row.began_to_month, row.ended_on) for row in TrialEntry.objects.all()}
    assert rows["Zoloft"] == (date(2019, 2, 28), True, date(2019, 10, 31))
    assert rows["Effexor"] == (None, False, None), "of a year alone nobody knows the month"
    assert "Zoloft (February 2019 to October 2019)" in phone.page("intake-review")


def test_an_unlikely_dose_and_the_same_told_twice_are_asked_about_once(here: Place, at):
    intake = an_intake(here)
    phone = Phone(intake)

    def put(**change):
        return phone.post("intake-entry", "trials", "new", **TRIAL | {"name": "sertraline", "dose": "2000"} | change)

    page = put().content.decode()
    assert "much more than people take in a day" in page
    assert '<input type="hidden" name="confirm" value="dose">' in page
    asked = re.search(r'name="dose_asked" value="(.*?)"', page)[1]
    assert put(confirm="dose", dose_asked=asked, dose="3000").status_code == 422
    assert put(confirm="dose", dose_asked=asked).status_code == 303
    assert put(dose="100").status_code == 303
    page = put(dose="100", name="Zoloft").content.decode()
    assert "sertraline is on your list already" in page
    asked = re.search(r'name="name_asked" value="(.*?)"', page)[1]
    assert put(dose="100", name="Zoloft", confirm="name", name_asked=asked).status_code == 303
    here.enter()
    assert len(intakes.screens_said(intake)["trials"].values["entries"]) == 3


def test_a_date_beside_no_is_asked_about_and_then_left_out(here: Place, at):
    intake = an_intake(here)
    phone = Phone(intake)
    told = HEART | {"cardiovascular_event_on": "no", "cardiovascular_event_on.year": "2020"}
    answer = phone.screen("heart", **told)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "the answer is not “Yes”" in page
    asked = re.search(r'name="cardiovascular_event_on_asked" value="(.*?)"', page)[1]
    again = {"confirm": "cardiovascular_event_on", "cardiovascular_event_on_asked": asked}
    assert phone.screen("heart", **told | again).status_code == 303
    here.enter()
    assert HistoryAnswer.objects.get(name="cardiovascular_event_on").answer == "no"


def test_drinks_are_read_as_drinks_where_they_are_gone_over(here: Place, at):
    intake = an_intake(here)
    Phone(intake).screen("alcohol", alcohol_units_per_week__value="4", tobacco="no")
    here.enter()
    assert "4 drinks a week (7 " in desk(here.staff(Role.RX), intake.patient).content.decode()


def test_a_list_that_was_called_whole_is_open_again_once_it_changes(here: Place, at):
    intake = an_intake(here)
    phone = Phone(intake)
    medicine = {"name": "lisinopril", "dose": "10 mg", "often": "once"}
    phone.post("intake-entry", "medicines", "new", **medicine)
    phone.screen("medicines", closed="all")
    phone.post("intake-entry", "medicines", "new", **medicine | {"name": "zolpidem", "often": "needed"})
    here.enter()
    assert len(queries.medicines(intake.patient).entries) == 1
    assert intakes.screens_said(intake)["medicines"].values["closed"] == ""
    phone.screen("medicines", closed="all")
    here.enter()
    assert [entry["dose"] for entry in queries.medicines(intake.patient).entries][1] == "10 mg, only when needed"


# -- safety ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("slug", "answer"), [("safety-1", "1"), ("safety-1", "3"), ("safety-2", "2"), ("mood-9", "1")])
def test_h13_a_sign_of_danger_shows_help_at_once_and_raises_a_concern(here: Place, at, slug, answer):
    phone = Phone(an_intake(here))
    there = phone.screen(slug, answer=answer).headers["Location"]
    assert there == phone.url("intake-crisis", slug)
    page = phone.client.get(there).content.decode()
    assert 'href="tel:988"' in page
    assert 'href="tel:5550100"' in page
    here.enter()
    assert Concern.objects.count() == 1


def test_h13_words_of_danger_under_any_question_show_help_and_raise_a_concern_once(here: Place, at):
    intake = an_intake(here)
    phone = Phone(intake)
    there = phone.screen("hopes", hopes="I want to kill myself, I have the pills here").headers["Location"]
    assert there == phone.url("intake-crisis", "hopes")
    assert 'href="tel:988"' in phone.client.get(there).content.decode()
    at(SOON + timedelta(minutes=1))
    again = phone.screen("hopes", hopes="I want to kill myself, I have the pills here", worries="Needles")
    assert again.headers["Location"] != there
    here.enter()
    concern = Concern.objects.get()
    assert (concern.tier, concern.reason_code, concern.source_kind) == (1, "words.intake", "candidacy.said")
    assert reason_words(concern.reason_code) == "Words of danger among the answers before the first visit"
    waits = {fact.name: fact.value for fact in concern_facts(intake.patient, SOON, "UTC")}
    assert waits["suicidal_words_on"] is not False
    at(SOON + timedelta(minutes=2))
    cat = "Needles, and who feeds my cat then"
    phone.screen("hopes", hopes="I want to kill myself, I have the pills here", worries=cat)
    here.enter()
    words = MessageReply.objects.order_by("happened_at").values_list("words", flat=True)
    assert list(words) == ["I want to kill myself, I have the pills here", cat], "read under what was written"
    assert Concern.objects.count() == 1


def test_h13_words_of_danger_beside_a_medicine_are_heeded_too(here: Place, at):
    phone = Phone(an_intake(here))
    told = {"name": "sleeping pills to end my life", "dose": "", "often": "once"}
    there = phone.post("intake-entry", "medicines", "new", **told).headers["Location"]
    assert there == phone.url("intake-crisis", "medicines")
    here.enter()
    assert Concern.objects.count() == 1


def test_h13_a_medicine_is_refused_rather_than_cut_and_danger_at_its_end_is_heard(here: Place, at):
    phone = Phone(an_intake(here))
    told = {"name": "x" * 79, "dose": "", "often": "once"}
    long = phone.post("intake-entry", "medicines", "new", **(told | {"name": "x" * 90}))
    assert (long.status_code, "10 letters" in long.content.decode()) == (422, True)
    grave = phone.post("intake-entry", "medicines", "new", **(told | {"dose": "x" * 40 + " to end my life"}))
    assert (grave.status_code, 'href="tel:988"' in grave.content.decode()) == (200, True)
    here.enter()
    assert Concern.objects.get().reason_code == "words.intake"


DANGER = "I want to kill myself tonight"


@pytest.mark.parametrize("ended", ["idle", "handed_in", "revoked", "locked", "expired"])
def test_h13_danger_is_heard_before_anything_else_is_asked_and_on_a_form_that_is_over(here: Place, at, ended: str):
    intake = an_intake(here)
    phone = Phone(intake)
    later = SOON + timedelta(hours=1) if ended != "expired" else intake.link_until + timedelta(minutes=1)
    gone = {"handed_in": {"state": "handed_in", "handed_in_at": SOON}, "locked": {"locked_at": SOON}}
    gone["revoked"] = {"state": "revoked"}
    here.enter()
    Intake.objects.filter(pk=intake.pk).update(**gone.get(ended, {"version": 9}))
    at(later)
    calm = phone.screen("hopes", hopes="To sleep again")
    assert "tel:988" not in calm.content.decode() or calm.status_code >= 400
    tapped = phone.screen("safety-1", answer="3")
    assert (tapped.status_code, 'href="tel:988"' in tapped.content.decode()) == (200, True)
    for _ in range(2):
        wrote = phone.screen("hopes", hopes=DANGER)
        assert (wrote.status_code, 'href="tel:988"' in wrote.content.decode()) == (200, True)
    here.enter()
    assert sorted(Concern.objects.values_list("reason_code", flat=True))[-1] == "words.intake"
    assert Concern.objects.count() == 2
    assert not Said.objects.exists(), "nothing is entered"
    if ended == "idle":
        phone.screen("hopes", hopes=DANGER, birth_year="1985")
        here.enter()
        assert (Said.objects.count(), Concern.objects.count()) == (1, 2)


def test_h13_the_same_said_again_after_a_clinician_decided_is_heard_again(here: Place, at):
    intake = an_intake(here)
    said = (("hopes", {"hopes": DANGER}), ("safety-1", {"answer": "3"}))
    for slug, typed in said:
        Phone(intake).screen(slug, **typed)
    elsewhere = Phone(intake, proven=False)

    def again() -> int:
        pages = [elsewhere.screen(slug, **typed).content.decode() for slug, typed in said]
        here.enter()
        return len([page for page in pages if 'href="tel:988"' in page])

    again()
    assert Concern.objects.count() == 2, "nobody has decided yet"
    doctor = here.staff(Role.RX)
    for concern in Concern.objects.all():
        safety.acknowledge(concern, by=doctor, at=SOON + timedelta(minutes=1))
        safety.decide(concern, finding="Spoke", action="Comes today", by=doctor, at=SOON + timedelta(minutes=2))
    at(SOON + timedelta(minutes=3))
    assert [again(), again()] == [2, 2]
    assert Concern.objects.count() == 4, "sent again they call nobody twice"


def test_h13_words_of_danger_beside_a_fault_are_heard_before_it_is_mended(here: Place, at):
    intake = an_intake(here)
    phone = Phone(intake)
    page = phone.screen("hopes", hopes=DANGER, worries="x" * 2001)
    assert page.status_code == 200
    assert 'href="tel:988"' in page.content.decode()
    assert DANGER in page.content.decode(), "what was typed stands there still"
    assert "data-errors" in page.content.decode()
    entry = phone.post("intake-entry", "medicines", "new", name="", dose="to end my life", often="once")
    assert (entry.status_code, 'href="tel:988"' in entry.content.decode()) == (200, True)
    here.enter()
    assert (Concern.objects.count(), Said.objects.count()) == (2, 0)
    assert phone.screen("hopes", hopes=DANGER).status_code == 303
    here.enter()
    assert (Concern.objects.count(), Said.objects.count()) == (2, 1), "the same words call nobody twice"


def test_h13_no_danger_goes_on_and_rather_not_say_is_no_zero(here: Place, at):
    intake = an_intake(here)
    phone = Phone(intake)
    assert phone.screen("safety-2", answer="0").headers["Location"] == phone.url("intake-screen", "safety-3")
    assert phone.screen("safety-1", skip="refused").headers["Location"] == phone.url("intake-crisis", "safety-1")
    assert phone.screen("safety-1").status_code == 422
    here.enter()
    assert intakes.items_said(intake, "safety-first") == {"i2": 0, "i1": None}
    assert not Concern.objects.exists()


# -- lost replies, language, letters -----------------------------------------------------------------------------------


def test_i5_the_same_screen_sent_twice_has_one_effect_and_one_answer_even_after_handing_in(here: Place, at):
    intake = an_intake(here)
    phone = Phone(intake)
    once, url = {"once": str(uuid4()), "hopes": "To sleep"}, phone.url("intake-screen", "hopes")
    first = phone.client.post(url, once)
    here.enter()
    answering.hand_in(intake=intake, by=link_actor(intake), at=SOON)
    second = phone.client.post(url, once)
    assert (first.status_code, first.headers["Location"]) == (second.status_code, second.headers["Location"])
    here.enter()
    assert Said.objects.count() == 1


def test_language_and_letters_are_switched_on_any_page_and_kept(here: Place, at):
    phone = Phone(an_intake(here))
    there = phone.post("intake-language", here="heart").headers["Location"]
    assert there == phone.url("intake-screen", "heart")
    page = phone.page("intake-screen", "heart")
    assert "Su corazón" in page
    assert 'data-print="large"' not in page
    assert phone.post("intake-print", here="nowhere").headers["Location"] == phone.url("intake")
    assert 'data-print="large"' in phone.page("intake-screen", "heart")


def test_a_phone_that_speaks_spanish_is_asked_in_it_from_the_door_on_unless_somebody_switches(here: Place, at):
    intake = an_intake(here)
    phone = Phone(intake, proven=False)
    phone.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "es-US,es;q=0.9,en;q=0.8"
    assert '<html lang="es"' in phone.page("intake")
    phone.post("intake", birth_year="1985")
    assert "Su corazón" in phone.page("intake-screen", "heart")
    other = Phone(intake, proven=False)
    other.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "es"
    other.post("intake-language", here="nowhere")
    assert '<html lang="en"' in other.page("intake")
    other.post("intake", birth_year="1985")
    assert "Your heart" in other.page("intake-screen", "heart")


def test_a_second_phone_that_asks_for_spanish_leaves_the_language_that_was_read(here: Place, at):
    intake = an_intake(here)
    first, second = Phone(intake, proven=False), Phone(intake, proven=False)
    first.post("intake", birth_year="1985")
    second.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "es"
    assert '<html lang="en"' in second.page("intake")
    second.post("intake", birth_year="1985")
    assert "Your heart" in second.page("intake-screen", "heart")
    assert "Your heart" in first.page("intake-screen", "heart")


@pytest.mark.parametrize("switch", ["intake-language", "intake-print"])
@pytest.mark.parametrize("help_on", ["safety-1", "mood-9", ""])
def test_h13_help_stays_where_it_is_in_the_other_language_and_in_larger_letters(here: Place, at, help_on, switch):
    phone = Phone(an_intake(here))
    if help_on:
        phone.screen(help_on, answer="1")
    address = phone.url("intake-crisis", help_on) if help_on else phone.url("intake-help")
    page = phone.client.get(address).content.decode()
    named = set(re.findall(r'name="here" value="(.*?)"', page))
    there = phone.post(switch, here=named.pop()).headers["Location"]
    assert there == address
    other = phone.client.get(there).content.decode()
    assert 'href="tel:988"' in other
    assert ("Por favor, hable con alguien ahora." if help_on else "La ayuda") in other or switch == "intake-print"


def test_h30_no_answer_is_in_an_address_a_log_or_a_title(here: Place, at, caplog):
    caplog.set_level(logging.DEBUG)
    phone = Phone(an_intake(here))
    answers = [
        phone.screen("hopes", hopes="Quillcanary secret"),
        phone.screen("hopes", hopes="Quillcanary " * 300),
        phone.screen("heart", cardiovascular_event_on="yes", cardiovascular_event_on__year="Quillcanary"),
        phone.post("intake-entry", "medicines", "new", name="Quillcanary", dose="", often="once"),
    ]
    assert not [answer for answer in answers if "Quillcanary" in answer.headers.get("Location", "")]
    page = phone.page("intake-screen", "hopes")
    assert "Quillcanary" not in re.search(r"<title>(.*?)</title>", page)[1]
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    assert not [words for words in ours if "Quillcanary" in words]
    assert phone.get("intake").headers["Cache-Control"] == "no-store"


# -- the clinic's side -------------------------------------------------------------------------------------------------


def desk(actor, patient, act: str = "", **fields):
    client = browser(actor)
    route = {"": "patient-intake"}.get(act, f"intake-{act}")
    url = reverse(route, args=[patient.pk])
    return client.post(url, {"once": str(uuid4()), **fields}) if act else client.get(url)


def test_the_desk_sees_where_it_stands_and_not_what_was_said(here: Place, at):
    intake = an_intake(here)
    Phone(intake).screen("hopes", hopes="To sleep again")
    here.enter()
    for role, reads in ((Role.FD, False), (Role.RX, True), (Role.RN, True)):
        page = desk(here.staff(role), intake.patient).content.decode()
        here.enter()
        assert "Half done" in page
        assert ("To sleep again" in page) is reads


def test_sending_on_the_tablet_signs_the_sender_out_and_opens_the_door(here: Place, at):
    nurse, patient = here.staff(Role.RN), here.patient()
    client = browser(nurse)
    answer = client.post(reverse("intake-send", args=[patient.pk]), {"once": str(uuid4()), "way": "tablet"})
    here.enter()
    assert answer.headers["Location"] == reverse("intake", args=[access.token_for(Intake.objects.get())])
    assert "What year were you born?" in client.get(answer.headers["Location"]).content.decode()
    assert client.get(reverse("patient-intake", args=[patient.pk])).status_code == 302


@pytest.mark.parametrize(
    ("act", "fields", "words"),
    [
        ("send", {"way": "text"}, "No telephone number is known"),
        ("send", {}, "Nothing is chosen"),
        ("again", {"way": "email"}, "No e-mail address is known"),
        ("revoke", {"reason": ""}, "The reason is empty"),
    ],
)
def test_a_refused_act_comes_back_with_why(here: Place, at, act, fields, words):
    patient = here.patient() if act == "send" else an_intake(here).patient
    answer = desk(here.staff(Role.FD), patient, act, **fields)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_the_prescriber_goes_over_what_was_said(here: Place, at):
    intake = an_intake(here)
    Phone(intake).screen("bladder", haematuria="yes", bladder_symptoms="none", ketamine_cystitis="no")
    here.enter()
    prescriber = here.staff(Role.RX)
    page = desk(prescriber, intake.patient).content.decode()
    assert "3 to go over" in page
    assert "the patient says" in page
    here.enter()
    empty = desk(prescriber, intake.patient, "check")
    assert "Nothing is pressed" in empty.content.decode()
    here.enter()
    missing = desk(prescriber, intake.patient, "check", **{"check-haematuria": "otherwise"})
    assert "what you found is missing" in missing.content.decode()
    here.enter()
    ruled = {"check-haematuria": "ruling", "haematuria": "no", "all_of": "bladder"}
    assert desk(prescriber, intake.patient, "check", **ruled).status_code == 302
    here.enter()
    page = desk(prescriber, intake.patient).content.decode()
    assert "0 to go over" in page
    assert page.count("Confirmed") == 2
    assert "Ruled otherwise" in page
    here.enter()
    evaluation = browser(prescriber).get(reverse("evaluation", args=[intake.patient_id])).content.decode()
    assert "3 facts said, 0 to go over" in evaluation


def test_what_does_not_fit_together_is_asked_about_where_it_is_gone_over(here: Place, at):
    intake = an_intake(here)
    Phone(intake).screen("bladder", haematuria="no", bladder_symptoms="none", ketamine_cystitis="no")
    here.enter()
    prescriber = here.staff(Role.RX)
    assert "Does not fit together" not in desk(prescriber, intake.patient).content.decode()
    here.enter()
    told = {"once": str(uuid4()), "source": "patient", "aneurysmal_vascular_disease": "no", "aneurysm_repaired": "yes"}
    browser(prescriber).post(reverse("evaluation-history", args=[intake.patient_id]), told)
    here.enter()
    page = desk(prescriber, intake.patient).content.decode()
    assert "Does not fit together" in page
    assert "An aneurysm was repaired, and there was none." in page
    assert reverse("evaluation", args=[intake.patient_id]) + "?group=" in page


def test_what_the_patient_did_not_say_is_not_confirmed(here: Place, at):
    intake = an_intake(here)
    Phone(intake).screen("bladder", skip="unable")
    here.enter()
    prescriber = here.staff(Role.RX)
    page = desk(prescriber, intake.patient).content.decode()
    assert "Did not know:" in page
    here.enter()
    answer = desk(prescriber, intake.patient, "check", **{"check-haematuria": "as_told"})
    assert "the patient did not say" in answer.content.decode()


# -- what was not said, and what was said before -----------------------------------------------------------------------


def unsaid(patient) -> list[Duty]:
    return list(Duty.objects.filter(patient=patient, kind="risk.unsaid"))


def test_h13_a_refused_safety_question_shows_help_once_and_is_the_prescribers_the_same_day(here: Place, at):
    """TX of the risk sheet: refused is not answered, and somebody asks before the visit."""
    intake = an_intake(here)
    phone = Phone(intake)
    there = phone.screen("safety-1", skip="refused").headers["Location"]
    assert there == phone.url("intake-crisis", "safety-1")
    page = phone.client.get(there).content.decode()
    assert "You do not have to answer here." in page
    assert 'href="tel:988"' in page
    assert phone.url("intake-screen", "safety-2") in page
    assert phone.screen("safety-2", skip="unable").headers["Location"] == phone.url("intake-screen", "safety-3")
    here.enter()
    assert not Concern.objects.exists()
    duty = unsaid(intake.patient)[0]
    assert duty.title == "Did not answer the safety questions: ask before the visit"
    assert (duty.owner_role, duty.due_at.date(), duty.late_at - duty.due_at) == (Role.RX, AT.date(), timedelta(hours=4))
    assert phone.screen("safety-1", answer="0").status_code == 303
    phone.post("intake-review")
    here.enter()
    assert len(unsaid(intake.patient)) == 1


def test_h13_safety_questions_left_open_are_told_on_handing_in_and_to_the_patient(here: Place, at):
    intake = an_intake(here)
    phone = Phone(intake)
    phone.screen("safety-2", answer="0")
    phone.post("intake-review")
    page = phone.page("intake-end")
    assert "You left a question about your safety open." in page
    assert phone.url("intake-help") in page
    here.enter()
    assert [duty.state for duty in unsaid(intake.patient)] == ["open"]
    page = desk(here.staff(Role.RX), intake.patient).content.decode()
    assert "Left open" in page
    assert "1 to ask in person" in page, "nothing to go over is not nothing to do"


def test_answered_safety_questions_owe_nothing_and_the_end_says_nothing_of_them(here: Place, at):
    intake = an_intake(here)
    phone = Phone(intake)
    for slug in ("safety-1", "safety-2"):
        phone.screen(slug, answer="0")
    phone.screen("safety-3", skip="refused")
    phone.post("intake-review")
    assert "about your safety" not in phone.page("intake-end")
    here.enter()
    assert not unsaid(intake.patient)


def test_everything_refused_is_not_everything_answered(here: Place, at):
    intake = an_intake(here)
    phone = Phone(intake)
    for place in screens.places(language="en"):
        quiet = {"closed": "refused"} if place.screen.kind in ("medicines", "trials") else {"skip": "refused"}
        phone.screen(place.slug, **quiet)
    page = phone.page("intake-review")
    assert "You answered everything" not in page
    assert "You have been through every question." in page
    assert "I’d rather not say" in page
    here.enter()
    read = desk(here.staff(Role.RX), intake.patient).content.decode()
    assert "0 of 9 answered; there is no score" in read
    assert "to ask in person" in read


def test_would_not_say_is_told_apart_and_a_changed_safety_answer_stays_readable(here: Place, at):
    intake = an_intake(here)
    phone = Phone(intake)
    said = [{"answer": "3"}, {"answer": "0"}, {"skip": "unable"}, {"skip": "refused"}]
    for minutes, answer in enumerate(said):
        at(SOON + timedelta(minutes=minutes))
        phone.screen("safety-1", **answer)
    phone.screen("mood-9", answer="2")
    at(SOON + timedelta(minutes=9))
    phone.screen("mood-9", answer="0")
    here.enter()
    page = desk(here.staff(Role.RX), intake.patient).content.decode()
    told = ("Would not say", "Yes, and I may act on them", "Does not know")
    assert all(words in page for words in told)
    before = re.findall(r'<li class="said__was">Before: <b>(.*?)</b>', page)
    assert before == ["More than half the days", "Yes, and I may act on them", "No", "Does not know"]


def test_a_fact_that_was_answered_otherwise_before_says_so(here: Place, at):
    intake = an_intake(here)
    phone = Phone(intake)
    phone.screen("bladder", haematuria="yes", bladder_symptoms="none", ketamine_cystitis="no")
    at(SOON + timedelta(minutes=2))
    phone.screen("bladder", haematuria="no", bladder_symptoms="none", ketamine_cystitis="no")
    here.enter()
    page = desk(here.staff(Role.RX), intake.patient).content.decode()
    assert re.findall(r'<li class="said__was">Before: <b>(.*?)</b>', page) == ["Yes"]
