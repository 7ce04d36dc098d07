"""Reading, comparing, amending and adopting sheets as each role meets them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.urls import reverse

from ketacare.clinic.people.tests.factories import AT, a_clinic, browser, just_confirmed, once, someone
from ketacare.clinic.protocols.models import Adoption, OwnSheet
from ketacare.clinic.protocols.tests.factories import IV, LIMITS, TRIALS, an_own_copy, signed
from ketacare.medicine.candidacy import reader
from ketacare.medicine.evidence.terms import Series

pytestmark = pytest.mark.django_db
SPO2 = "parameters.spo2.low_medium"


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def director(clinic):
    return just_confirmed(browser(someone(clinic, "MD")))


def page(client, name, sheet_id=LIMITS, **asked):
    return client.get(reverse(name, args=[sheet_id]), asked).content.decode()


def hidden(html, name):
    return re.search(rf'name="{re.escape(name)}" value="([^"]*)"', html)[1]


def test_everybody_of_the_clinic_reads_figures_with_source_and_grade(clinic):
    client = browser(someone(clinic, "RN"))
    assert b"Not adopted" in client.get(reverse("protocols")).content
    read = page(client, "protocol-sheet", IV)
    assert "0.5 mg/kg" in read
    assert "N Engl J Med" in read
    assert "Adopt this version" not in read
    assert "Amend for this clinic" not in read


FIGURE = re.compile(r'<tr><th scope="row">(.*?)</th><td class="figures__value">(.*?)</td><td class="small">(.*?)</td>')
ROW = re.compile(r'<tr><th scope="row">(.*?)</th><td class="small">(.*?)</td><td class="small">(.*?)</td>')
UNITS = {"1": "", "mg/d": " mg a day", "1/wk": " a week"}


class OnScreen:
    """What the page of a sheet says: its figures and its rows, each with its citations."""

    def __init__(self, client, sheet_id):
        read = unescape(page(client, "protocol-sheet", sheet_id))
        self.figures, self.rows = FIGURE.findall(read), ROW.findall(read)

    def figure(self, begins, ends, figure):
        """Does a figure of this name stand there with its amount and every citation?"""
        numbers = figure.values if isinstance(figure, Series) else (figure.value,)
        amount = ", ".join(f"{number.normalize():f}" for number in numbers) + UNITS.get(figure.unit, f" {figure.unit}")
        return any(
            name.startswith(begins) and name.endswith(ends) and told == amount and cites(cited, figure.sources)
            for name, told, cited in self.figures
        )

    def row(self, name, words, sources):
        return any(
            begun(named, name) and wording(words) in wording(said) and cites(cited, sources)
            for named, said, cited in self.rows
        )

    def beside(self, row_id):
        """Every citation that stands in the lines of this row: of its words, and of the figures of its parts."""
        of_row = [cited for name, _, cited in self.rows if name.startswith(f"{row_id} ")]
        return " ".join([*of_row, *(cited for name, _, cited in self.figures if f" › {row_id} " in name)])


def begun(named, name):
    """A long title is shown as far as there is room."""
    return named == name or (named.endswith(" …") and name.startswith(named.removesuffix(" …")))


def wording(text):
    """Without its figures, which a page and a judgement write each in its way and which are asked for by themselves."""
    return " ".join(word for word in re.findall(r"[A-Za-z]{4,}", text) if word != "days")


def cites(cited, sources):
    return all(source.citation in cited for source in sources)


def test_every_criterion_interaction_and_adequate_dose_is_on_screen_with_its_citation(clinic):
    client, known = browser(someone(clinic, "RN")), reader.shipped()
    criteria = OnScreen(client, "contraindications-1")
    for row in known.contraindications.criteria:
        assert criteria.row(f"{row.id} {row.title}", "", ()), row.id
        assert cites(criteria.beside(row.id), row.sources), row.id
    interactions = OnScreen(client, "interactions-1")
    for one in known.interactions.rows.values():
        assert interactions.row(f"{one.id} {one.title}", one.advice, one.sources), one.id
        for key, figure in one.figures.items():
            assert interactions.figure(f"rows › {one.id} ", f" › {key.replace('_', ' ')}", figure), (one.id, key)
    for one in known.interactions.ratios:
        told = {"auc": one.auc, "cmax": one.cmax, "auc range": one.auc_range, "cmax range": one.cmax_range}
        for key, figure in told.items():
            name = f"ratios › {one.id} {one.drug or one.given} "
            assert figure is None or interactions.figure(name, f"› {key}", figure), (one.id, key)
    for one in known.interactions.together.values():
        assert interactions.row(f"{one.id} {one.title}", one.words, one.sources), one.id
        for key, figure in one.figures.items():
            assert interactions.figure(f"together › {one.id}", f" › {key}", figure), (one.id, key)
    formulary = OnScreen(client, "formulary-1")
    for hold in {use.hold for drug in known.formulary.drugs for use in drug.uses if use.hold is not None}:
        assert formulary.figure("holds › ", "", hold), hold
    trials = OnScreen(client, "trials-1")
    for kind, medicines in (("medicines", known.trials.medicines), ("augmenters", known.trials.augmenters)):
        for one in medicines.values():
            assert trials.figure(f"{kind} › {one.id} {one.name} › ", "least", one.least), one.name
    for one in known.trials.augmenters.values():
        (weeks,) = [told for name, told, _ in trials.figures if name == f"augmenters › {one.id} {one.name} › weeks"]
        assert int(re.match(r"\d+", weeks)[0]) * 7 == one.days.value, one.name
    for name in ("days", "short_days"):
        assert trials.figure("lines › ", name.replace("_", " "), known.trials.figures[name]), name


@pytest.mark.parametrize(
    ("sheet_id", "wanted"),
    [
        ("pressure-1", {"BP-3": ("160 mmHg", "100 mmHg"), "BP-4": ("180 mmHg", "110 mmHg")}),
        ("risk-1", {"CI-40": ()}),
        ("indications-1", {"IND-10": ("90 d",), "IND-11": ("90 d",), "IND-12": ("90 d",)}),
    ],
)
def test_every_row_that_stops_is_on_screen_with_its_line_and_its_citation(clinic, sheet_id, wanted):
    shown, known = OnScreen(browser(someone(clinic, "RN")), sheet_id), reader.shipped()
    stops = {one.id: one for one in (*known.pressure.criteria, *known.risk.criteria, *known.indications.criteria)}
    for row_id, lines in wanted.items():
        row = stops[row_id]
        assert shown.row(f"{row.id} {row.title}", "stop", row.sources), row_id
        assert set(lines) <= {told for name, told, _ in shown.figures if name.startswith(f"criteria › {row_id} ")}


def test_the_ready_set_and_the_path_for_adolescents_are_on_screen_with_their_citations(clinic):
    client, known = browser(someone(clinic, "RN")), reader.shipped()
    (ready,) = [check for check in known.workup.checks if check.id == "RDY-01"]
    workup = OnScreen(client, "workup-1")
    assert workup.row(f"{ready.id} {ready.title}", "or the dose is not begun", ready.sources)
    assert {"7 d", "30 d", "90 d"} <= {told for name, told, _ in workup.figures if f"› {ready.id} " in name}
    path = next(row for row in known.contraindications.criteria if row.id == "ADO-01")
    criteria = OnScreen(client, "contraindications-1")
    assert criteria.row(f"{path.id} {path.title}", "guardian", path.sources)
    assert {"12 a", "17 a"} <= {told for name, told, _ in criteria.figures if f"› {path.id} " in name}


@pytest.mark.parametrize("name", ["protocol-adopt", "protocol-amend", "protocol-roll-back", "protocol-withdraw"])
def test_k6_deciding_asks_who_sits_there_first(clinic, name):
    client = browser(someone(clinic, "MD"))
    path = reverse(name, args=[IV])
    assert client.get(path)["Location"].startswith("/account/reauthenticate/")
    assert client.post(path, once(sheet_version="1.0.0"))["Location"].startswith("/account/reauthenticate/")
    assert not Adoption.objects.exists()


def test_the_director_adopts_and_withdraws(director):
    version = hidden(page(director, "protocol-adopt", IV), "sheet_version")
    director.post(reverse("protocol-adopt", args=[IV]), once(sheet_version=version))
    assert b"Adopted" in director.get(reverse("protocols")).content
    assert director.post(reverse("protocol-withdraw", args=[IV]), once(words="")).status_code == 422
    director.post(reverse("protocol-withdraw", args=[IV]), once(words="supply"))
    assert [row.standing for row in Adoption.objects.order_by("recorded_at")] == ["adopted", "withdrawn"]


def test_an_old_version_is_refused(director):
    answer = director.post(reverse("protocol-adopt", args=[IV]), once(sheet_version="0.1.0"))
    assert answer.status_code == 422
    assert b"no longer on file" in answer.content


def test_a_sheet_or_a_version_that_does_not_exist(director):
    assert director.get(reverse("protocol-sheet", args=["none"])).status_code == 404
    for name in ("protocol-sheet", "protocol-differences", "protocol-cases", "protocol-amend"):
        assert director.get(reverse(name, args=[IV]), {"version": "7.7.7"}).status_code == 404


# --- amended, compared, signed ---------------------------------------------------------------------------------------


def amended(director, **typed):
    """The form as it is shown, with what somebody typed over it."""
    html = page(director, "protocol-amend")
    shown = dict(re.findall(r'<input id="f-([^"]+)" name="\1" type="text" value="([^"]*)"', html))
    shown |= dict(re.findall(r'name="(unit [^"]+)" value="([^"]*)"', html))
    return director.post(reverse("protocol-amend", args=[LIMITS]), once(sheet_version="1.0.0", **(shown | typed)))


def test_the_director_amends_sees_what_changes_and_signs(clinic, director):
    answer = amended(director, **{SPO2: "91", f"why {SPO2}": "Altitude"})
    assert answer["Location"] == reverse("protocol-differences", args=[LIMITS]) + "?version=1.0.0%2Bclinic.1"
    assert OwnSheet.objects.get().sheet_version == "1.0.0+clinic.1"
    compared = director.get(answer["Location"]).content.decode()
    assert "90 %" in compared
    assert "91 %" in compared
    assert "Clinic&#39;s own" in compared
    assert "Changed: value, source" in compared
    cases = page(director, "protocol-cases", version="1.0.0+clinic.1", judged="yes")
    assert "15 stored cases" in cases
    assert "Medium alarm: SpO2 low" in cases
    assert "low after 0:40, value 90, limit 94" in cases
    seen = re.search(r"seen=([0-9a-f]{64})", cases)[1]
    sign = page(director, "protocol-adopt", version="1.0.0+clinic.1", seen=seen)
    assert hidden(sign, "seen") == seen
    given = {"sheet_version": "1.0.0+clinic.1", "seen": seen}
    path = reverse("protocol-adopt", args=[LIMITS])
    refused = director.post(path, once(**given))
    assert refused.status_code == 422
    assert b"not said that you read" in refused.content
    assert director.post(path, once(read="on", **given)).status_code == 302
    assert "Amended here" in director.get(reverse("protocols")).content.decode()


def test_what_is_adopted_already_is_not_offered_to_be_signed_again(clinic, director):
    signed(clinic, LIMITS, "1.0.0")
    answer = director.get(reverse("protocol-adopt", args=[LIMITS]), {"version": "1.0.0"})
    assert answer.headers["Location"] == reverse("protocol-sheet", args=[LIMITS])


def test_signing_unseen_leads_to_what_changes_first(clinic, director):
    an_own_copy(clinic, LIMITS, SPO2, "91", "%")
    answer = director.get(reverse("protocol-adopt", args=[LIMITS]), {"version": "1.0.0+clinic.1", "seen": "x"})
    assert answer["Location"].startswith(reverse("protocol-differences", args=[LIMITS]))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({SPO2: "91"}, "reason is empty"),
        ({SPO2: "high", f"why {SPO2}": "x"}, "is not a number"),
        ({SPO2: "91", f"unit {SPO2}": "", f"why {SPO2}": "x"}, "Empty. What reads this figure counts in %"),
        ({SPO2: "99", f"why {SPO2}": "x"}, "must be under"),
        ({}, "No figure is changed"),
        ({SPO2: "90.0", f"why {SPO2}": "x"}, "No figure is changed"),
    ],
)
def test_an_amendment_that_cannot_be_used_keeps_what_was_typed_and_saves_nothing(director, typed, words):
    answer = amended(director, **typed)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert words in html
    assert re.search(rf'name="{re.escape(SPO2)}" type="text" value="{typed.get(SPO2, "90")}"', html)
    assert not OwnSheet.objects.exists()


def test_h19_an_unlikely_figure_is_asked_about_beside_its_field_and_kept_once_it_is_meant(director):
    place = "parameters.sbp.rise_notice"
    typed = {place: "55", f"why {place}": "Our own"}
    asked = amended(director, **typed)
    assert asked.status_code == 422
    assert hidden(asked.content.decode(), f"meant {place}") == "55"
    assert amended(director, **typed, **{f"meant {place}": "58"}).status_code == 422
    assert not OwnSheet.objects.exists()
    assert amended(director, **typed, **{f"meant {place}": "55"}).status_code == 302


def test_a_series_is_amended_as_a_list(director):
    html = page(director, "protocol-amend", "mon-iv")
    (place, value) = re.search(r'name="(schedule[^"]+)" type="text" value="([^"]*, [^"]*)"', html).groups()
    unit = hidden(html, f"unit {place}")
    typed = {place: f"{value}, 90", f"unit {place}": unit, f"why {place}": "A longer stay"}
    answer = director.post(reverse("protocol-amend", args=["mon-iv"]), once(sheet_version="1.1.0", **typed))
    assert answer.status_code == 302


def test_whom_of_the_stored_cases_a_version_would_answer_otherwise(clinic, director):
    own = an_own_copy(clinic, TRIALS, "enough.trials", "3", "1")
    cases = page(director, "protocol-cases", TRIALS, version=own.sheet_version, judged="yes")
    assert "would be answered otherwise" in cases
    assert "V01" in cases
    assert "IND-01" in cases


def test_the_page_of_the_stored_cases_comes_before_they_are_judged_and_asks_for_the_answer(director, monkeypatch):
    def judging(*_):
        raise AssertionError("judged before the page came")

    monkeypatch.setattr("ketacare.clinic.protocols.queries.reviewing.tried", judging)
    waiting = page(director, "protocol-cases", TRIALS)
    assert "takes a few seconds" in waiting
    assert re.search(r'hx-get="([^"]*)"', waiting)[1] == re.search(r'<a href="([^"]*judged=yes)"', waiting)[1]
    assert re.search(r"data-when-failed role=\"alert\" hidden.*No answer came.*Try again", waiting, re.DOTALL)


def test_nothing_differs_says_so(director):
    assert "Nothing differs." in page(director, "protocol-differences")
    assert "Nobody would be answered otherwise" in page(director, "protocol-cases", TRIALS, judged="yes")


def test_a_sheet_that_answers_nobody_says_so(director):
    cases = page(director, "protocol-cases", "p-arket", judged="yes")
    assert "No stored case is judged by this sheet: nothing is ordered by it." in cases


def test_without_stored_cases_the_page_says_that_nobody_was_tried(clinic, director, settings, tmp_path):
    settings.VIGNETTES = tmp_path
    assert "not installed on this machine" in page(director, "protocol-cases", TRIALS, judged="yes")


def test_history_and_rolling_back(clinic, director):
    assert "Nobody has adopted a version yet" in page(director, "protocol-history")
    signed(clinic, LIMITS, "1.0.0")
    own = an_own_copy(clinic, LIMITS, SPO2, "91", "%")
    signed(clinic, LIMITS, own.sheet_version, at=AT + timedelta(hours=1))
    assert "Roll back to 1.0.0" in page(director, "protocol-history")
    asked = page(director, "protocol-roll-back", version="1.0.0")
    assert "91 %" in asked
    path = reverse("protocol-roll-back", args=[LIMITS])
    assert director.post(path, once(sheet_version="1.0.0", words=" ")).status_code == 422
    assert director.post(path, once(sheet_version="1.0.0", words="Too many alarms")).status_code == 302
    assert "Rolled back to version 1.0.0" in page(director, "protocol-history")
    read = page(browser(someone(clinic, "RN")), "protocol-history")
    assert "Too many alarms" in read
    assert "Roll back to 1.0.0+clinic.1" not in read


def test_a_version_is_read_beside_what_counts(clinic, director):
    own = an_own_copy(clinic, LIMITS, SPO2, "91", "%")
    read = page(director, "protocol-sheet", LIMITS, version=own.sheet_version)
    assert "You read version 1.0.0+clinic.1" in read
    assert "See what it would change" in read


# --- past review -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["protocol-sheet", "protocol-differences", "protocol-history"])
def test_a_sheet_past_its_review_says_so_on_its_pages(clinic, monkeypatch, name):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: datetime(2028, 3, 1, 10, tzinfo=UTC))
    client = browser(someone(clinic, "RN"))
    assert "is past its review date of" in page(client, name)
    assert "Review overdue" in client.get(reverse("protocols")).content.decode()


def test_a_sheet_in_date_does_not(clinic):
    assert "past its review" not in page(browser(someone(clinic, "RN")), "protocol-sheet")
