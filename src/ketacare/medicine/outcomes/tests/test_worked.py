"""Answers scored by hand, instrument by instrument: items in order, `-` for one that was not answered."""

from decimal import Decimal

import pytest

from ketacare.medicine.outcomes import reader, rules

# instrument; answers; total; what else is told. A name with ! is a flag that is raised, with ~ one that is not.
WORKED = """
phq-9; 2 2 1 2 1 1 1 0 1; 11; band=moderate symptoms_met=4 major_syndrome=no other_syndrome=yes !item_9_positive
phq-9; 3 3 3 3 2 3 2 1 2; 22; band=severe symptoms_met=8 major_syndrome=yes other_syndrome=no !item_9_positive
phq-9; 1 1 0 1 - 0 1 0 0; -; symptoms_met=0 sum_answered=4 total_prorated=5 ~item_9_positive
phq-9; 1 1 1 1 0 0 0 0 1; 5; band=mild symptoms_met=1 other_syndrome=no !item_9_positive
phq-9; 2 2 2 - - 2 2 2 0; -; sum_answered=12 total_prorated=15 major_syndrome=yes
phq-9; 2 2 2 - - - 2 2 0; -; sum_answered=10 total_prorated=absent
phq-9; 2 2 2 2 2 2 2 2 -; -; sum_answered=16 total_prorated=absent ~item_9_positive
phq-2; 0 2; 2; positive=no ~positive
phq-2; 2 1; 3; positive=yes !positive
phq-2; 3 -; -; positive=unknown !positive
phq-2; 2 -; -; positive=unknown ~positive
gad-7; 1 1 1 1 0 1 0; 5; band=mild
gad-7; 2 2 2 1 1 1 1; 10; band=moderate
gad-7; 3 3 3 2 2 1 2; 16; band=severe
gad-7; 2 2 - 1 1 1 1; -; sum_answered=8 total_prorated=9
pcl-5; 2 1 1 2 1 2 1 0 2 1 2 2 1 1 1 0 2 1 2 2; 27; b=7 c=3 d=9 e=8 n_b=2 n_c=1 n_d=3 n_e=3 dsm5_provisional=yes
pcl-5; 4 3 2 4 3 3 3 2 3 3 4 3 3 2 2 3 4 3 3 4; 61; b=16 c=6 d=20 e=19 dsm5_provisional=yes !item_16_risk_taking
pcl-5; 0 1 1 1 0 3 3 1 2 2 1 3 2 2 2 0 2 2 2 3; 33; b=3 c=6 d=13 e=11 n_b=0 dsm5_provisional=no at_33_or_more=yes
pcl-5; 2 2 1 2 1 2 - 1 2 1 2 2 1 1 2 0 2 1 2 2; -; c=unknown c_answered=2 dsm5_provisional=yes at_33_or_more=unknown
qids-sr16; 0 2 1 0 2 0 - 1 - 2 2 0 2 2 1 0; 14; band=moderate sleep=2 appetite_weight=1 psychomotor=1 ~item_12_positive
qids-sr16; 3 2 3 0 3 - 2 - 2 3 3 2 3 3 2 1; 24; band=very_severe !item_12_positive
qids-sr16; 0 0 0 1 0 0 - 0 - 1 0 0 0 1 0 0; 3; band=none
qids-sr16; 1 2 0 0 2 1 - 0 - - 1 0 1 1 0 1; -; concentration=unknown sum_answered=9
qids-sr16-24h; 0 2 1 0 2 0 - 1 - 2 2 0 2 2 1 0; 14; band=unknown
wsas; 1 2 1 2 1; 7; band=subclinical four_item_sum=6
wsas; 4 4 4 4 4; 20; band=significant_impairment
wsas; 6 5 4 5 3; 23; band=moderately_severe_or_worse
wsas; - 5 4 5 3; -; four_item_sum=17
isi; 1 1 1 1 1 1 1; 7; band=none case=no
isi; 2 2 2 2 2 2 2; 14; band=subthreshold case=yes
isi; 3 4 3 3 3 3 3; 22; band=severe
isi; 2 2 2 - 2 2 2; -; case=unknown
who-5; 1 1 1 2 1; 6; index=24 low_wellbeing=yes suggests_depression=yes !suggests_depression
who-5; 3 2 3 2 3; 13; index=52 low_wellbeing=no suggests_depression=no
who-5; 4 4 3 4 4; 19; index=76 low_wellbeing=no
who-5; 3 2 3 2 -; -; index=unknown low_wellbeing=unknown suggests_depression=unknown
who-5; 0 1 0 1 -; -; suggests_depression=unknown !suggests_depression
audit; 2 1 1 0 0 0 0 0 0 0; 4; band=zone_I audit_c=4 hazardous_or_harmful=no
audit; 3 2 2 1 0 0 1 0 0 2; 11; band=zone_II audit_c=7 hazardous_or_harmful=yes
audit; 4 3 3 2 2 1 2 1 4 4; 26; band=zone_IV audit_c=10 !zone_iv !next_zone_action ~item_6_withdrawal_risk
audit; 4 4 3 1 1 0 1 0 - 2; -; audit_c=11 hazardous_or_harmful=unknown !hazardous_or_harmful
audit; 0 0 0 0 0 2 0 0 0 0; 2; !item_6_withdrawal_risk !next_zone_action
audit; 0 - - - - - - - 0 0; 0; band=zone_I items_skipped=7 audit_c=0 hazardous_or_harmful=no
audit; 0 - - - - - - - 4 4; 8; band=zone_II items_skipped=7 hazardous_or_harmful=yes !next_zone_action
audit; 0 - - - - - - - 0 -; -; items_skipped=7 sum_answered=0 hazardous_or_harmful=unknown ~next_zone_action
audit; 2 0 0 - - - - - 0 2; 4; band=zone_I items_skipped=5 audit_c=2
audit; 4 0 0 - - - - - 4 4; 12; band=zone_II items_skipped=5 audit_c=4
audit; 2 0 0 0 - - - - 0 2; 4; band=zone_I items_skipped=4
audit; 2 1 0 - - - - - 0 2; -; items_skipped=absent sum_answered=5
audit; 2 0 - - - - - - 0 2; -; items_skipped=absent audit_c=unknown
audit; - 0 0 - - - - - 0 0; -; items_skipped=5 sum_answered=0
audit; 0 - - 2 - - - - 0 0; -; items_skipped=absent sum_answered=2 !next_zone_action
audit; 0 3 - - - - - - 0 0; -; items_skipped=absent
audit; 0 0 0 0 0 0 0 0 0 0; 0; band=zone_I items_skipped=absent
audit-c; 0 - -; 0; items_skipped=2 positive_men=no positive_women=no ~all_from_item_1
audit-c; 1 - -; -; items_skipped=absent
audit-c; 3 0 0; 3; positive_men=no positive_women=yes !all_from_item_1
audit-c; 2 1 0; 3; positive_women=yes ~all_from_item_1
audit-c; 3 1 1; 5; positive_men=yes
audit-c; 4 - 1; -; positive_women=unknown !positive_women
dast-10; 0 0 1 0 0 0 0 0 0 0; 0; band=no_problems positive=no
dast-10; 1 0 0 0 1 0 0 0 0 0; 3; band=moderate positive=yes
dast-10; 1 1 0 1 1 1 1 0 0 0; 7; band=substantial !substantial_or_severe
dast-10; 1 0 - 0 0 0 0 0 0 0; -; positive=unknown
dast-10; 0 0 1 0 0 0 0 0 1 0; 1; band=low !item_9_withdrawal
mdq; 1 1 1 1 1 1 1 0 0 0 0 0 0 1 2; 7; positive=yes !positive
mdq; 1 1 1 1 1 1 1 1 1 0 0 0 0 1 1; 9; positive=no
mdq; 1 1 1 1 1 1 0 0 0 0 0 0 0 1 3; 6; positive=no
mdq; 1 1 1 1 1 1 1 1 0 0 0 0 0 - 3; 8; positive=unknown ~positive incomplete
mdq; 1 1 1 1 1 1 - 0 0 0 0 0 0 1 3; -; positive=unknown
mdq; 1 1 1 1 1 - 0 0 0 0 0 0 0 1 3; -; positive=no
asrm; 0 1 1 0 1; 3; positive=no
asrm; 2 1 1 1 1; 6; positive=yes !positive
asrm; 4 3 4 3 3; 17; positive=yes !positive !call
asrm; 3 2 2 2 2; 11; !positive ~call
asrm; 3 3 2 2 2; 12; !call
asrm; 4 4 4 - -; -; !positive !call
asrm; 1 2 - 1 2; -; positive=unknown total_prorated=8 !positive
asrm; 1 2 - - 2; -; total_prorated=absent
promis-depression-8a; 1 1 1 1 1 1 1 1; 8; t_score=38.2 band=none_to_slight
promis-depression-8a; 2 2 3 3 2 2 2 2; 18; t_score=56.8 band=mild
promis-depression-8a; 4 4 5 4 4 5 4 4; 34; t_score=71.7 band=severe
promis-depression-8a; 3 3 3 - 3 3 3 3; -; t_score=unknown
q-les-q-sf; 3 3 3 3 3 3 3 3 3 3 3 3 3 3 3 3; 42; percent=50
q-les-q-sf; 2 2 3 2 2 1 2 2 3 2 2 3 3 2 4 2; 31; percent=30.4
q-les-q-sf; 4 4 5 4 4 5 4 4 4 3 4 4 4 4 - 5; 57; percent=76.8
q-les-q-sf; 2 2 3 2 - 1 2 2 3 2 2 3 3 2 - 2; -; percent=unknown
sds; 3 4 3; 10; domains_impaired=0
sds; 5 7 6; 18; domains_impaired=3
sds; - 7 6; -; domains_impaired=2
bdi-ii; 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 1; 11; band=minimal ~item_9_positive
bdi-ii; 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 0; 20; band=moderate !item_9_positive
bdi-ii; 2 2 1 2 1 1 2 2 1 1 1 2 1 1 2 1 1 1 2 2 1; 30; band=severe !item_9_positive
bpic-ss; 0 1 1 0 1 0 1 2; 6; at_19_or_more=no ~blood
bpic-ss; 2 2 3 2 2 2 2 4; 19; at_19_or_more=yes
bpic-ss; 4 4 4 4 4 4 4 10 1; 38; at_19_or_more=yes !blood
ebi; 0 0 10 0 0 0; 10; mean=1.7
ebi; 40 50 60 30 20 40; 240; mean=40
ebi; 80 90 95 100 85 90; 540; mean=90
dsi-ss; 0 0 0 0; 0; positive=no any_above_0=no
dsi-ss; 1 1 0 1; 3; positive=yes any_above_0=yes
dsi-ss; 1 0 0 0; 1; positive=no any_above_0=yes ~plan
dsi-ss; 2 2 1 2; 7; positive=yes !plan ~impulse
dsi-ss; - - - 3; -; positive=unknown any_above_0=yes !impulse !positive
madrs; 3 3 2 3 2 3 3 3 2 2; 26; band=moderate !item_10_suicidal_thoughts
madrs; 0 0 0 1 1 1 1 1 1 0; 6; band=none ~item_10_suicidal_thoughts
madrs-24h; 3 3 2 3 2 3 3 3 2 1; 25; band=unknown ~item_10_suicidal_thoughts
hamd-17; 2 1 0 1 1 1 2 1 1 2 2 1 1 1 1 1 0; 19; band=moderate ~item_3_suicide
hamd-17; 2 1 2 1 1 1 2 1 1 2 2 1 1 1 1 3 0; 20; band=moderate !item_3_suicide
hama; 2 2 2 2 2 2 1 1 1 1 1 0 1 0; 18; band=mild_to_moderate
ymrs; 1 1 0 1 2 2 1 2 2 0 0; 12; band=hypomanic !hypomanic ~hold_doses
ymrs; 2 2 2 2 4 4 2 2 0 0 1; 21; band=manic !hold_doses
cadss; 0 0 0 1 0 0 1 0 0 0 1 0 0 0 0 1 0 0 0 0 0 0 0; 4; above_4=no
cadss; 0 0 0 1 0 0 1 0 0 0 1 0 0 0 0 2 0 0 0 0 0 0 0; 5; above_4=yes
cadss-6; 1 2 0 1 3 0; 7;
bprs-plus; 0 3 4 0; 7; items_at_3=2 !item_at_4
bprs-plus; 0 3 3 0; 6; items_at_3=2 ~item_at_4
bprs-plus-1-7; 1 1 5 1; 8; !item_at_5
bprs-plus-1-7; 1 0 4 1; -; sum_answered=6 ~item_at_5
moaa-s; 5; 5; band=alert sedated=no
moaa-s; 4; 4; band=sedated sedated=yes ~stays
moaa-s; 3; 3; band=sedated !stays ~call
moaa-s; 2; 2; band=sedated !stays !call
moaa-s; 1; 1; band=deep deep=yes
cgi-s; 4; 4; band=unknown
cgi-s; 0; -; sum_answered=0
cgi-i; 2; 2; responder=yes
cgi-i; 3; 3; responder=no ~much_worse
cgi-i; 6; 6; responder=no !much_worse
cgi-i; 0; -; responder=unknown
pgi-c; 1; 1; responder=yes
pgi-c; 7; 7; !much_worse
nausea-nrs; 8; 8; band=unknown
ssi; 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0; 0; ~any_above_0
bss; 0 0 0 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0; 1; !any_above_0
kset; 1 0 2 0 0 0 1 0 0 0; -; !bladder ~craving
kset-r; 0 0 0 0 0 0 0 1 0 1; -; !cognition !craving
c-ssrs-screener; 0 0 - - - 0 -; -; band=none severity=0
c-ssrs-screener; 0 0 1 1 1 0 -; -; band=high severity=5 !high
c-ssrs-screener; 0 0 - - - 0 1; -; band=high !high
c-ssrs-screener; 1 - - - - 0 -; -; band=unknown incomplete !low !at_least_moderate
c-ssrs-screener; 1 1 0 0 0 0 -; -; band=low severity=2 !low
c-ssrs-screener; 1 0 - - - 0 -; -; band=low severity=1 !low ~at_least_moderate
c-ssrs-screener; 1 1 1 0 0 0 -; -; band=moderate severity=3 !moderate
c-ssrs-screener; 0 0 - - - 1 0; -; band=moderate severity=0 !moderate
c-ssrs-screener; 1 1 1 1 0 0 -; -; band=high severity=4 !high
c-ssrs-screener; 0 0 - - - 1 1; -; band=high !high
c-ssrs-screener; 0 0 - - - 1 -; -; band=unknown incomplete !moderate !at_least_moderate
c-ssrs-screener; 1 1 1 - - 0 -; -; band=unknown severity=unknown incomplete !moderate !at_least_moderate
c-ssrs-screener; 1 1 - 1 - - -; -; band=high severity=unknown incomplete !high !at_least_moderate
c-ssrs-since-last-visit; 1 1 0 0 0 0; -; band=low severity=2
c-ssrs-since-last-visit; 0 0 - - - 1; -; band=high !high
""".strip().splitlines()


def told_as(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return {True: "yes", False: "no", None: "unknown"}[value] if isinstance(value, bool | None) else str(value)


@pytest.mark.parametrize("line", WORKED)
def test_scored_by_hand(line: str) -> None:
    name, given, total, expected = (part.strip() for part in line.split(";"))
    sheet = reader.instrument(name)
    codes = [None if code == "-" else int(code) for code in given.split()]
    scored = rules.score(sheet, dict(zip([item.id for item in sheet.items], codes, strict=False)))
    assert scored.total == (None if total == "-" else Decimal(total))
    told = {**scored.subscales, "band": scored.band}
    for word in expected.split():
        key, _, value = word.partition("=")
        if key[0] in "!~":
            assert (key[1:] in scored.flags) is (key[0] == "!"), word
        elif key == "incomplete":
            assert not scored.complete
        elif value == "absent":
            assert key not in told
        else:
            assert told_as(told[key]).replace(" ", "_") == value, word


def meq(default: int, **others: int) -> dict[str, int | None]:
    return {str(item): others.get(f"i{item}", default) for item in range(1, 31)}


@pytest.mark.parametrize(
    ("answers", "total", "parts", "complete"),
    [
        (meq(3), 90, (60, 60, 60, 60), True),
        (meq(2), 60, (40, 40, 40, 40), False),
        (meq(4, i3=2, i10=2, i29=2), 114, (80, 80, 80, 40), False),
    ],
)
def test_meq30(answers: dict[str, int | None], total: int, parts: tuple[int, ...], complete: bool) -> None:
    scored = rules.score(reader.instrument("meq30"), answers)
    names = ("mystical", "positive_mood", "transcendence", "ineffability")
    assert (scored.total, tuple(scored.subscales[name] for name in names)) == (total, parts)
    assert scored.subscales["complete_experience"] is complete


def test_meq30_with_one_item_open_keeps_the_other_parts() -> None:
    scored = rules.score(reader.instrument("meq30"), meq(4) | {"3": None})
    assert (scored.total, scored.subscales["ineffability"], scored.subscales["mystical"]) == (None, None, 80)
    assert scored.subscales["complete_experience"] is None
    lost = rules.score(reader.instrument("meq30"), meq(0) | {"3": None})
    assert lost.subscales["complete_experience"] is False
