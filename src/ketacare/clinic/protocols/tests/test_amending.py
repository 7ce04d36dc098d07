"""A clinic's own copy of a sheet: kept whole, refused whole, and two sites on different versions."""

from __future__ import annotations

import pytest

from ketacare.clinic.audit.models import Line
from ketacare.clinic.people.tests.factories import AT, a_clinic, someone
from ketacare.clinic.protocols import actions, queries
from ketacare.clinic.protocols.models import OwnSheet
from ketacare.clinic.protocols.tests.factories import IV, LIMITS, TRIALS, an_adoption, an_own_copy, forget, signed
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.evidence.reader import SheetRefused
from ketacare.medicine.evidence.rules import Amendment
from ketacare.medicine.evidence.terms import Grade, Status

pytestmark = pytest.mark.django_db
SPO2 = "parameters.spo2.low_medium"
APNOEA = "parameters.apnoea.delay_high"
FEAR, SBP, DBP = "parameters.distress.high_high", "parameters.sbp", "parameters.dbp"


@pytest.fixture
def clinic():
    return a_clinic()


def amend(clinic, sheet_id, *changes):
    version = queries.on_shelf(sheet_id).newest.header.version
    return actions.amend(sheet_id=sheet_id, version=version, amendments=list(changes), by=someone(clinic, "MD"), at=AT)


def test_an_amended_copy_is_kept_whole_with_who_and_why(clinic):
    row = amend(clinic, LIMITS, Amendment(SPO2, "91", "%", "Altitude"))
    assert (row.sheet_version, row.based_on) == ("1.0.0+clinic.1", "1.0.0")
    sheet = queries.version_of(clinic.pk, LIMITS, "1.0.0+clinic.1")
    figure = sheet.body["parameters"]["spo2"]["low_medium"]
    assert (figure.value, figure.grade, sheet.header.status) == (91, Grade.D, Status.ADOPTED)
    name = someone(clinic, "MD").name
    assert figure.sources[0].citation.startswith("Clinic's own: ")
    assert figure.sources[0].citation.endswith(", Altitude")
    assert name.split()[0] in figure.sources[0].citation
    assert Line.objects.get(verb="protocol.amend").reason == "tx-1 1.0.0+clinic.1: 1 figure"


@pytest.mark.parametrize(
    ("place", "value", "unit", "title"),
    [
        ("protocol.dose", "0.4", "mg/kg", "0.4 mg/kg over 40 min, 6 sessions (2 a week for 3 weeks)"),
        ("protocol.minutes", "60", "min", "0.5 mg/kg over 60 min, 6 sessions (2 a week for 3 weeks)"),
        ("protocol.sessions", "5", "1", "0.5 mg/kg over 40 min, 5 sessions"),
    ],
)
def test_h19_the_title_of_a_protocol_states_the_figures_that_count(clinic, place, value, unit, title):
    amend(clinic, IV, Amendment(place, value, unit, "Our patients are older", True))
    sheet = queries.version_of(clinic.pk, IV, queries.own_copies(clinic.pk, IV)[-1].sheet_version)
    assert sheet.header.title == f"Racemic ketamine intravenous {title}"


def test_it_counts_only_once_adopted_and_only_where_it_was_made(clinic):
    south = a_clinic("South", organisation=clinic.organisation)
    for site in (clinic, south):
        an_adoption(site)
    an_own_copy(clinic, LIMITS, SPO2, "91", "%")
    assert [limits_of(site).version for site in (clinic, south)] == ["1.0.0", "1.0.0"]
    signed(clinic, LIMITS, "1.0.0+clinic.1")
    assert [limits_of(site).version for site in (clinic, south)] == ["1.0.0+clinic.1", "1.0.0"]
    assert queries.version_of(south.pk, LIMITS, "1.0.0+clinic.1") is None
    with pytest.raises(Refused, match="no longer on file"):
        actions.adopt(sheet_id=LIMITS, version="1.0.0+clinic.1", by=someone(south, "MD"), at=AT)


def limits_of(site):
    (protocol,) = queries.protocols_in_force(site.pk)
    return protocol.limits.ref


def test_copies_are_numbered_and_may_be_amended_again(clinic):
    an_own_copy(clinic, LIMITS, SPO2, "91", "%")
    again = actions.amend(
        sheet_id=LIMITS,
        version="1.0.0+clinic.1",
        amendments=[Amendment(SPO2, "92", "%", "After a year")],
        by=someone(clinic, "MD"),
        at=AT,
    )
    assert (again.sheet_version, again.based_on) == ("1.0.0+clinic.2", "1.0.0+clinic.1")
    sheet = queries.version_of(clinic.pk, LIMITS, "1.0.0+clinic.2")
    assert {"CLINIC-1", "CLINIC-2"} <= sheet.sources.keys()


@pytest.mark.parametrize(
    ("sheet_id", "change", "field", "words"),
    [
        (LIMITS, Amendment(SPO2, "99", "%", "x"), "parameters.spo2", "must be under"),
        (LIMITS, Amendment(SPO2, "91", "", "x"), f"{SPO2}.unit", "Empty"),
        (LIMITS, Amendment(SPO2, "91", "mmHg", "x"), f"{SPO2}.unit", "is not its unit"),
        (LIMITS, Amendment(SPO2, "low", "%", "x"), SPO2, "is not a number"),
        (LIMITS, Amendment(SPO2, "91", "%", ""), f"{SPO2}.reason", "reason is empty"),
        (LIMITS, Amendment(FEAR, "16", "{score}", "x"), FEAR, "never be crossed"),
        (LIMITS, Amendment(APNOEA, "600", "s", "x", True), APNOEA, "at most 15 s"),
        (LIMITS, Amendment(f"{SBP}.high_medium_first", "224", "mmHg", "x"), SBP, "over high_single"),
        (LIMITS, Amendment(f"{SBP}.high_confirmed", "224", "mmHg", "x"), SBP, "over high_single"),
        (LIMITS, Amendment(f"{DBP}.high_medium_first", "99", "mmHg", "x"), DBP, "over high_medium"),
        (IV, Amendment("protocol.sessions", "2.5", "1", "x"), "protocol.sessions", "is not a whole number"),
        (TRIALS, Amendment("enough.trials", "many", "1", "x"), "enough.trials", "is not a number"),
    ],
)
def test_what_cannot_be_judged_by_is_refused_and_nothing_is_kept(clinic, sheet_id, change, field, words):
    with pytest.raises(Refused, match=words) as refused:
        amend(clinic, sheet_id, change)
    assert field in {refusal.field for refusal in refused.value.refusals}
    assert not OwnSheet.objects.exists()
    assert not Line.objects.filter(verb="protocol.amend").exists()


@pytest.mark.parametrize(
    ("sheet_id", "place", "value", "unit", "words"),
    [
        (LIMITS, FEAR, "10", "{score}", "never be crossed"),
        (LIMITS, f"{SBP}.high_confirmed", "224", "mmHg", "over high_single"),
        (IV, "protocol.per_week", "4", "1/wk", "do not fit"),
    ],
)
def test_h19_a_copy_from_before_a_rule_was_drawn_is_read_all_the_same_and_not_adopted_anew(
    clinic, monkeypatch, sheet_id, place, value, unit, words
):
    """A course keeps what it began with, and its neighbours are enrolled; nobody goes back to such a copy."""
    an_adoption(clinic)
    with monkeypatch.context() as before:
        before.setattr(queries, "read_by_its_room", lambda *_: None)
        own = an_own_copy(clinic, sheet_id, place, value, unit)
        signed(clinic, sheet_id, own.sheet_version)
    (read,) = queries.protocols_in_force(clinic.pk)
    assert own.sheet_version in {header.version for header in (read.header, *read.headers)}
    newest = queries.on_shelf(sheet_id).newest.header.version
    signed(clinic, sheet_id, newest)
    with pytest.raises(Refused, match=words):
        actions.roll_back(
            sheet_id=sheet_id, version=own.sheet_version, words="As before", by=someone(clinic, "MD"), at=AT
        )
    with pytest.raises(Refused, match=words):
        signed(clinic, sheet_id, own.sheet_version)


def test_an_amendment_that_changes_nothing_is_refused(clinic):
    with pytest.raises(Refused, match="No figure is changed"):
        amend(clinic, LIMITS)


def test_a_sheet_that_is_used_as_it_ships_is_not_amended(clinic):
    with pytest.raises(Refused, match="used as it ships"):
        amend(clinic, "phq-9", Amendment("x", "1", "1", "x"))


@pytest.mark.parametrize("sheet_id", ["p-esk-trd", "titration-1", "formulary-1", "readiness-1", "mon-iv", "rl-iv"])
def test_every_kind_of_sheet_is_read_by_its_room(clinic, sheet_id):
    """An amendment that says the same number, or the same series, again goes through every reader."""
    from ketacare.medicine.evidence import rules

    entry = next(iter(rules.figures_of(queries.on_shelf(sheet_id).newest)))
    numbers = getattr(entry.value, "values", None) or (entry.value.value,)
    same = Amendment(entry.place, ", ".join(str(number) for number in numbers), entry.value.unit, "Ours by name")
    row = amend(clinic, sheet_id, same)
    assert queries.version_of(clinic.pk, sheet_id, row.sheet_version) is not None


def test_h19_a_copy_tampered_with_in_the_database_is_refused(clinic):
    row = an_own_copy(clinic, LIMITS, SPO2, "91", "%")
    text = row.text.replace("91", "41")
    OwnSheet.objects.bulk_create(
        [
            OwnSheet(
                organisation_id=row.organisation_id,
                clinic_id=row.clinic_id,
                happened_at=AT,
                recorded_at=AT,
                sheet_id=LIMITS,
                sheet_version="1.0.0+clinic.2",
                based_on="1.0.0",
                text=text,
                fingerprint=row.fingerprint,
            )
        ]
    )
    forget()
    with pytest.raises(SheetRefused, match="is not what was amended and kept"):
        queries.version_of(clinic.pk, LIMITS, "1.0.0+clinic.2")
    assert queries.fingerprint_of(clinic.pk, LIMITS, "1.0.0+clinic.9") == ""
