"""The phone check-in, tap by tap."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes import access, forms, queries
from ketacare.clinic.outcomes.actions import answering
from ketacare.clinic.outcomes.actions.rating import fix_event
from ketacare.clinic.outcomes.actions.texts import load_text
from ketacare.clinic.outcomes.models import Answers, Ask, Score
from ketacare.clinic.outcomes.tests.factories import the_asks
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import once
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.safety.queries import SILENT
from ketacare.medicine.outcomes import reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Place:
    return place(telephone="555 0100")


@pytest.fixture
def at(monkeypatch):
    """Set the clock of the edge."""

    def set_clock(moment):
        monkeypatch.setattr("ketacare.web.clock.now", lambda: moment)

    set_clock(AT)
    return set_clock


def start(here: Place, at, key: str = "next_day") -> tuple[Client, Ask, str]:
    ask = the_asks(here)[key]
    at(ask.opens_at + timedelta(minutes=1))
    return Client(), ask, access.token_for(ask)


def tap(client: Client, token: str, step: int, **fields):
    return client.post(reverse("check-in-step", args=[token, step]), {"once": str(uuid4()), **fields})


def test_one_question_a_screen_with_its_progress_and_help_in_one_place(here: Place, at):
    client, _, token = start(here, at, "week")
    page = client.get(reverse("check-in", args=[token])).content.decode()
    assert "1 of 18" in page  # without driving since the treatment: that is of its day
    assert page.count('class="answer"') == 4
    assert here.clinic.name in page
    assert "Little interest or pleasure in doing things" in page
    assert "Over the last 2 weeks, how often have you been bothered" in page
    assert "No permission required to reproduce" in page
    assert reverse("check-in-help", args=[token]) in page


def test_it_resumes_where_it_was_left_and_back_works(here: Place, at):
    client, ask, token = start(here, at)
    assert tap(client, token, 1, answer="42").headers["Location"] == reverse("check-in-step", args=[token, 2])
    later = client.get(reverse("check-in", args=[token])).content.decode()
    assert "2 of 8" in later
    assert reverse("check-in-step", args=[token, 1]) in later
    assert 'value="42"' in client.get(reverse("check-in-step", args=[token, 1])).content.decode()
    here.enter()
    assert queries.values(ask, "mood-vas") == {"1": 42}


@pytest.mark.parametrize("typed", ["", "101", "-1", "4.5", "none", "٣"])
def test_a_number_that_cannot_be_is_refused_beside_the_field_and_nothing_is_kept(here: Place, at, typed):
    client, _, token = start(here, at)
    answer = tap(client, token, 1, answer=typed)
    assert answer.status_code == 422
    assert "Write a whole number from 0 to 100" in answer.content.decode()
    here.enter()
    assert not Answers.objects.exists()


def test_rather_not_is_an_answer_and_never_a_zero(here: Place, at):
    client, ask, token = start(here, at)
    tap(client, token, 1, skip="1")
    here.enter()
    assert queries.values(ask, "mood-vas") == {"1": None}
    assert "2 of 8" in client.get(reverse("check-in", args=[token])).content.decode()


@pytest.mark.parametrize(("item", "code"), [(4, "3"), (4, "1"), (5, "2"), (6, "2")])
def test_h13_a_safety_answer_shows_help_at_once_and_raises_a_concern(here: Place, at, item, code):
    client, _, token = start(here, at)
    answer = tap(client, token, item, answer=code)
    assert answer.headers["Location"] == reverse("check-in-crisis", args=[token, item])
    page = client.get(answer.headers["Location"]).content.decode()
    assert 'href="tel:988"' in page
    assert 'href="tel:5550100"' in page
    assert "Nobody at the clinic is reading this right now" in page
    here.enter()
    assert Concern.objects.count() == 1


def test_h13_item_nine_shows_help_at_once(here: Place, at):
    client, _, token = start(here, at, "week")
    assert tap(client, token, 9, answer="1").headers["Location"].endswith("/9/help/")


def test_a_quiet_flag_does_not_frighten(here: Place, at):
    client, _, token = start(here, at)
    assert tap(client, token, 8, answer="1").headers["Location"] == reverse("check-in-words", args=[token])
    here.enter()
    assert Concern.objects.get().tier == 3


def test_i5_the_same_tap_sent_twice_has_one_effect_and_one_answer(here: Place, at):
    client, _, token = start(here, at)
    once = {"once": str(uuid4()), "answer": "3"}
    url = reverse("check-in-step", args=[token, 4])
    first, second = client.post(url, once), client.post(url, once)
    assert (first.status_code, first.headers["Location"]) == (second.status_code, second.headers["Location"])
    assert second.headers["Idempotent-Replay"] == "true"
    here.enter()
    assert (Answers.objects.count(), Concern.objects.count()) == (1, 1)


def test_h20_an_answer_kept_by_another_tab_since_this_one_looked_is_not_dropped(here: Place, at, monkeypatch):
    """The second tab takes the lock when the first has kept its answer: what it read before is no longer so."""
    client, ask, token = start(here, at, "week")
    tap(client, token, 1, answer="1")
    (name,) = ask.instruments[:1]
    lock, once_only = answering.locked, iter([True])

    def after_the_other_tab(held):
        if next(once_only, False):
            tap(client, token, 2, answer="2")
        return lock(held)

    monkeypatch.setattr(answering, "locked", after_the_other_tab)
    tap(client, token, 3, answer="3")
    kept = queries.values(ask, name)
    assert sorted(value for value in kept.values() if value is not None) == [1, 2, 3]


def test_k1_after_sending_the_link_is_used(here: Place, at):
    client, ask, token = start(here, at)
    tap(client, token, 1, answer="42")
    end = reverse("check-in-end", args=[token])
    assert client.post(end, {"once": str(uuid4())}).headers["Location"] == end
    assert "Your answers are with your clinic" in client.get(end).content.decode()
    again = client.get(reverse("check-in", args=[token]))
    assert again.status_code == 410
    assert tap(client, token, 1, answer="43").status_code == 410
    here.enter()
    assert Score.objects.get(ask=ask, instrument="mood-vas").total == 42
    assert Score.objects.get(ask=ask, instrument="anxiety-vas").total is None


def test_h13_the_last_page_after_an_answer_that_calls_says_again_where_help_is_and_when(here: Place, at):
    client, ask, token = start(here, at)
    tap(client, token, 1, answer="42")
    here.enter()
    safety.raise_concern(
        patient=ask.patient, tier=1, reason_code="s1.3", source=ask, by=here.staff(Role.RN), at=ask.opens_at
    )
    end = reverse("check-in-end", args=[token])
    client.post(end, {"once": str(uuid4())})
    page = client.get(end).content.decode()
    assert "tel:988" in page
    assert "Nobody" in page, "no one is on call, so nothing is promised"
    assert "You can close this page" not in page


def test_k1_early_late_and_forged_links_say_what_to_do_and_nothing_else(here: Place, at):
    client, ask, token = start(here, at)
    at(ask.opens_at - timedelta(seconds=1))
    assert "not open yet" in client.get(reverse("check-in", args=[token])).content.decode()
    at(ask.link_until)
    late = client.get(reverse("check-in", args=[token]))
    assert late.status_code == 410
    assert b"call or text 988" in late.content, "whoever has the clinic's number needs help no less"
    assert b"tel:5550100" in late.content
    assert "555 0100" in late.content.decode() or "5550100" in late.content.decode()
    forged = client.get(reverse("check-in", args=[token[:-3] + "AAA"]))
    assert forged.status_code == 404
    assert here.clinic.name not in forged.content.decode()
    for answer in (late, forged):
        assert "Fern" not in answer.content.decode()


def test_late_answers_are_kept_and_marked_out_of_the_window(here: Place, at):
    client, ask, token = start(here, at)
    at(ask.closes_at + timedelta(hours=1))
    tap(client, token, 1, answer="42")
    client.post(reverse("check-in-end", args=[token]), {"once": str(uuid4())})
    here.enter()
    assert Score.objects.get(ask=ask, instrument="mood-vas").in_window is False


def test_no_name_of_the_patient_is_on_any_page_of_the_check_in(here: Place, at):
    client, _, token = start(here, at)
    for url in [reverse("check-in-step", args=[token, step]) for step in range(1, 9)] + [
        reverse("check-in-end", args=[token]),
        reverse("check-in-help", args=[token]),
    ]:
        page = client.get(url).content.decode()
        assert not re.search("Fern|Quill|Marisol|1985", page), url


def test_spanish_around_the_questions_and_back_again(here: Place, at):
    client, ask, token = start(here, at)
    client.post(reverse("check-in-language", args=[token]), {"once": str(uuid4())})
    page = client.get(reverse("check-in", args=[token])).content.decode()
    assert '<html lang="es"' in page
    assert "1 de 8" in page
    assert "¿Qué tan bajo está su ánimo en este momento?" in page
    assert "Las preguntas están en inglés" not in page
    here.enter()
    Ask.objects.filter(pk=ask.pk).update(instruments=["pcl-5"])  # its owner has no Spanish that may be shown
    assert "Las preguntas están en inglés" in client.get(reverse("check-in", args=[token])).content.decode()


def test_the_evening_begins_with_the_question_that_matters_and_may_end_there(here: Place, at):
    client, _, token = start(here, at, "same_evening")
    assert "Is anything new or frightening" in client.get(reverse("check-in", args=[token])).content.decode()
    tap(client, token, 1, answer="0")
    page = client.get(reverse("check-in", args=[token])).content.decode()
    assert reverse("check-in-end", args=[token]) in page


def test_i14_nothing_ticked_is_no_answer_and_none_of_these_is_said(here: Place, at):
    client, ask, token = start(here, at)
    for fields in ({}, {"several": ["nausea"], "none": "1"}):
        refused = tap(client, token, 3, **fields)
        assert refused.status_code == 422
        assert "None of these" in refused.content.decode()
        assert ("The ticks are taken away" in refused.content.decode()) is bool(fields)
        assert "checked" not in refused.content.decode(), "pressed once more it is kept"
        here.enter()
        assert queries.values(ask, "side-effects") == {}
    assert tap(client, token, 3, none="1").status_code == 303
    here.enter()
    assert set(queries.values(ask, "side-effects").values()) == {0}


def test_the_next_question_comes_with_the_answer_to_a_page_that_asks_and_help_is_gone_to(here: Place, at):
    client, ask, token = start(here, at, "week")
    asked = forms.questions(ask)
    assert asked[0].sheet.id == "phq-9"
    brings = {"headers": {"X-Brings-Next": "yes"}}
    page = client.post(reverse("check-in-step", args=[token, 1]), {"once": str(uuid4()), "answer": "1"}, **brings)
    assert (page.status_code, page["Content-Location"]) == (200, reverse("check-in-step", args=[token, 2]))
    assert asked[1].item.words in page.content.decode()
    danger = client.post(reverse("check-in-step", args=[token, 9]), {"once": str(uuid4()), "answer": "3"}, **brings)
    assert (danger.status_code, danger["Location"]) == (303, reverse("check-in-crisis", args=[token, 9]))
    assert tap(client, token, 2, answer="1").status_code == 303, "without script it is gone to"


@pytest.mark.parametrize("switch", ["check-in-language", "check-in-print"])
def test_h13_help_stays_where_it_is_in_the_other_language_and_in_larger_letters(here: Place, at, switch):
    client, _, token = start(here, at, "week")
    tap(client, token, 9, answer="3")
    for help_page in (reverse("check-in-crisis", args=[token, 9]), reverse("check-in-help", args=[token])):
        named = re.findall(r'name="here" value="(.*?)"', client.get(help_page).content.decode())
        there = client.post(reverse(switch, args=[token]), {"once": str(uuid4()), "here": named[0]})
        assert there.headers["Location"] == help_page
        assert 'href="tel:988"' in client.get(help_page).content.decode()


def test_h13_help_comes_first_when_the_link_is_opened_again_with_the_first_question_open(here: Place, at):
    client, _, token = start(here, at, "week")
    tap(client, token, 9, answer="3")
    again = client.get(reverse("check-in", args=[token]))
    assert again.headers["Location"] == reverse("check-in-crisis", args=[token, 0])
    page = client.get(again.headers["Location"]).content.decode()
    assert 'href="tel:988"' in page
    assert reverse("check-in-step", args=[token, 1]) in page
    there = client.post(reverse("check-in-language", args=[token]), {"once": str(uuid4()), "here": "0"})
    assert there.headers["Location"] == again.headers["Location"]


def test_h13_who_was_only_silent_is_not_thanked_for_telling(here: Place, at):
    client, ask, token = start(here, at, "week")
    tap(client, token, 1, answer="0")
    here.enter()
    safety.raise_concern(
        patient=ask.patient, tier=1, reason_code=SILENT, source=ask, by=here.staff(Role.RN), at=ask.opens_at
    )
    assert client.get(reverse("check-in", args=[token])).status_code == 200
    assert "Thank you for telling us" not in client.get(reverse("check-in-help", args=[token])).content.decode()


def test_h13_help_comes_first_when_every_question_is_answered(here: Place, at):
    client, ask, token = start(here, at)
    here.enter()
    steps = len(forms.questions(ask))
    for step in range(1, steps + 1):
        tap(client, token, step, skip="1")
    again, words = reverse("check-in", args=[token]), reverse("check-in-words", args=[token])
    assert client.get(again).headers["Location"] == words
    client.post(words, {"once": str(uuid4()), "words": "Quiero morirme esta noche"})
    help_page = reverse("check-in-crisis", args=[token, steps + 1])
    assert client.get(again).headers["Location"] == help_page
    there = client.post(reverse("check-in-print", args=[token]), {"once": str(uuid4()), "here": str(steps + 1)})
    assert there.headers["Location"] == help_page
    assert reverse("check-in-end", args=[token]) in client.get(help_page).content.decode()


def test_what_was_just_unticked_does_not_stand_ticked_again(here: Place, at):
    client, _, token = start(here, at)
    assert tap(client, token, 3, several=["nausea"]).status_code == 303
    page = client.get(reverse("check-in-step", args=[token, 3])).content.decode()
    assert page.count(" checked") == 1, "gone back, it stands as it was"
    assert " checked" not in tap(client, token, 3).content.decode()


def test_no_question_of_ours_is_english_on_a_page_in_spanish(here: Place):
    asks = the_asks(here)
    Ask.objects.update(language="es")
    here.enter()
    for ask in asks.values():
        ask.refresh_from_db()
        assert {question.sheet.language for question in forms.questions(ask)} == {"es"}, ask.key


def test_the_pcl_5_names_the_event_it_is_about_on_the_telephone(here: Place, at):
    client, ask, token = start(here, at, "week")
    Ask.objects.filter(pk=ask.pk).update(instruments=["pcl-5", "who-5"])
    url = reverse("check-in-step", args=[token, 1])
    assert "Think of the same very stressful event" in client.get(url).content.decode()
    here.enter()
    fix_event(ask.patient, "the accident", by=here.staff(Role.RX), at=AT)
    page = client.get(url).content.decode()
    assert "the accident" not in page, "the link alone opens no words of theirs (K1, H28)"
    assert "year" in page
    year = str(people.demographics(ask.patient).born_on.year)
    client.post(url, once(birth_year=year))
    assert "About the same event each time: the accident" in client.get(url).content.decode()
    assert "the accident" not in Client().get(url).content.decode(), "on another telephone the year is asked again"


def test_k1_an_event_written_after_the_first_answer_is_not_named_on_that_form(here: Place, at):
    client, ask, token = start(here, at, "week")
    Ask.objects.filter(pk=ask.pk).update(instruments=["pcl-5", "who-5"])
    assert tap(client, token, 1, answer="1").status_code == 303
    here.enter()
    fix_event(ask.patient, "the accident", by=here.staff(Role.RX), at=ask.opens_at + timedelta(hours=1))
    page = client.get(reverse("check-in-step", args=[token, 2])).content.decode()
    assert "Think of the same very stressful event" in page, "no year was asked for"


def test_a_form_whose_words_name_no_time_says_which_it_is_about(here: Place, at):
    client, ask, token = start(here, at, "week")
    here.enter()
    text = reader.shipped_text("who-5")
    load_text(scale="who-5", text=text, words="Read", is_licensed=True, by=here.staff(Role.MD), at=AT)
    Ask.objects.filter(pk=ask.pk).update(instruments=["who-5"])
    page = client.get(reverse("check-in-step", args=[token, 1])).content.decode()
    assert "how you have been feeling over the last two weeks." in page
    assert "Thinking of" not in page, "the owner's own sentence says it"
    assert "cheerful" in page


def test_the_owners_introduction_stands_with_the_first_question_alone(here: Place, at):
    client, ask, token = start(here, at, "week")
    here.enter()
    text = reader.shipped_text("dast-10")
    load_text(scale="dast-10", text=text, words="Read", is_licensed=True, by=here.staff(Role.MD), at=AT)
    Ask.objects.filter(pk=ask.pk).update(instruments=["dast-10"])
    first, second = (client.get(reverse("check-in-step", args=[token, n])).content.decode() for n in (1, 2))
    assert "not including alcoholic beverages during the past 12 months" in first
    assert "not including alcoholic beverages" not in second
    assert "Thinking of the last twelve months:" in first
    assert "Thinking of the last twelve months:" in second
