"""What was found before something that makes wait is found again before anybody leaves (H12)."""

import pytest

from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.tests.test_release import (
    EXAMINED,
    IV,
    at,
    criterion,
    ex_1,
    frame,
    going_home,
    stood,
    ticks,
    told,
    vitals,
    words,
)
from ketacare.medicine.evidence.terms import Facts, Result
from ketacare.medicine.protocols.reader import protocol

LOOKED = [told("orientation", 150, 5), told("nausea", 150, 0), told("dissociation", 150, 1), told("distress", 150, 0),
          *ticks(150, romberg=True, gait=True, frightening_perceptions=False, new_suicidal_or_violent_intent=False),
          *ticks(150, pain_acceptable=True),
          *stood(150), told("moaas", 135, 5), told("moaas", 150, 5), *vitals(150, 128, 79)]  # fmt: skip
AGAIN = sorted({fact.name for fact in LOOKED})


@pytest.mark.parametrize("name", ["rescue_iv_at", "sign_at"])
def test_h12_what_was_found_before_a_sedative_or_a_sign_no_longer_counts(name):
    """Everything well at 76 and 90, midazolam at 92: at 152 nobody has looked since."""
    before = [*ex_1(), *stood(84), words(name, 92, at(92))]
    assert rules.release(Facts([*before, *vitals(150, 128, 79), told("nausea", 150, 0)]), IV, at(152)).ready is None
    assert rules.release(Facts([*before, *LOOKED]), IV, at(152)).ready is True
    for one in [name for name in AGAIN if not name.startswith(("standing", "dizzy"))]:
        kept = [*before, *(fact for fact in LOOKED if fact.name != one)]
        judged = rules.release(Facts(kept), IV, at(152))
        assert one in judged.missing, one


@pytest.mark.parametrize(
    ("name", "earliest"), [("rescue_iv_at", 152), ("rescue_po_at", 182), ("reversal_at", 212), ("airway_event_at", 212)]
)
def test_h12_after_each_that_makes_wait_the_findings_of_before_are_asked_again(name, earliest):
    facts = [*ex_1(), *stood(84), words(name, 92, at(92)), *vitals(210, 128, 79), told("nausea", 210, 0)]
    judged = rules.release(Facts(facts), IV, at(212))
    assert judged.earliest_at == at(earliest)
    assert {"moaas", "orientation", "romberg", "gait", "new_suicidal_or_violent_intent"} <= set(judged.missing)


def test_h12_who_falls_asleep_again_is_oriented_and_steady_only_once_it_is_found_again():
    """Found well at 76; MOAA/S 4 at 92, and 5 from 100 on."""
    asleep = rules.release(Facts([*ex_1(), told("moaas", 91, 4)]), IV, at(95))
    assert asleep.ready is False
    assert [(c.id, c.result) for c in asleep.unmet] == [
        ("RC-3", Result.UNKNOWN), ("RC-4", Result.UNKNOWN), ("RC-2", Result.NOT_MET)
    ]  # fmt: skip
    drowsy = [*ex_1(), told("moaas", 92, 4), told("moaas", 100, 5), told("moaas", 115, 5), told("nausea", 115, 0),
              told("dissociation", 115, 1), told("distress", 115, 0), *vitals(115, 128, 79)]  # fmt: skip
    judged = rules.release(Facts(drowsy), IV, at(116))
    assert judged.ready is None
    assert {"orientation", "romberg", "gait"} <= set(judged.missing)
    again = [told("orientation", 116, 5), *ticks(116, romberg=True, gait=True)]
    assert rules.release(Facts([*drowsy, *again]), IV, at(116)).ready is True
    in_that_moment = [told("orientation", 92, 5), *ticks(92, romberg=True, gait=True)]
    assert rules.release(Facts([*drowsy, *in_that_moment]), IV, at(116)).ready is None


def test_h12_pain_that_was_acceptable_before_a_sign_is_asked_of_again():
    facts = [*ex_1(), words("sign_at", 92, at(92)), *(fact for fact in LOOKED if fact.name != "pain_acceptable")]
    assert "pain_acceptable" in rules.release(Facts(facts), IV, at(152)).missing


def test_h12_a_vomit_after_fluids_were_kept_undoes_them():
    vomited = [*ex_1(), words("vomited", 93, True)]
    assert criterion(rules.release(Facts(vomited), IV, at(95)), "RC-7").result is Result.NOT_MET
    kept_again = [*vomited, words("fluids_kept", 94, True)]
    assert criterion(rules.release(Facts(kept_again), IV, at(95)), "RC-7").result is Result.MET
    quiet = [*vomited, words("vomited", 123, False), told("nausea", 110, 0), *vitals(110, 127, 79)]
    assert criterion(rules.release(Facts(quiet), IV, at(124)), "RC-7").result is Result.MET


@pytest.mark.parametrize(
    ("sheet", "end", "least"),
    [("p-iv-05-2w", 40, 70), ("p-im-kap", 0, 60), ("p-esk-trd", 10, 105), ("p-sl-kap", 10, 75)],
)
def test_h12_an_examination_before_its_minute_says_nothing_of_leaving(sheet, end, least):
    def judged(minute, name, scales=110, when=125):
        facts = [*frame(end=end), told("moaas", 106, 5), told("moaas", 122, 5), *vitals(122, 127, 79), *going_home(121)]
        later = [fact for fact in facts if fact.name not in (*EXAMINED, "dissociation")]
        early = [told("orientation", minute, 5), *ticks(minute, romberg=True, gait=True)]
        scale = [told("dissociation", scales, 1), told("distress", scales, 1)]
        scale += ticks(scales, frightening_perceptions=False)
        asked = [fact for fact in [*later, *early, *scale] if fact.known_at <= at(when)]
        return criterion(rules.release(Facts(asked), protocol(sheet), at(when)), name)

    for name in ("RC-3", "RC-4"):
        assert judged(least - 1, name).result is Result.UNKNOWN
        assert judged(least, name).result is Result.MET
    assert judged(least, "RC-8", scales=39, when=60).result is Result.UNKNOWN
    assert judged(least, "RC-8", scales=40, when=60).result is Result.MET


def test_h12_sedation_looked_at_before_a_dose_acts_is_no_check():
    facts = [*frame(end=0), *vitals(89, 127, 79), *going_home(75)]
    early = [*facts, told("moaas", 1, 5), told("moaas", 17, 5)]
    assert criterion(rules.release(Facts(early), protocol("p-im-kap"), at(90)), "RC-2").result is Result.UNKNOWN
    in_time = [*facts, told("moaas", 40, 5), told("moaas", 60, 5)]
    assert rules.release(Facts(in_time), protocol("p-im-kap"), at(90)).ready is True
