"""Six sessions, invented and worked through by hand: alarms, refusals, ready times and milligrams, each as expected.

Where an example leaves later than its last readings, those of the schedule's last column are taken before they go, with
the last values it gives: they change nothing that is expected.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.clinic.candidacy.tests.factories import no_medicines
from ketacare.clinic.dosing.actions import adverse, as_needed, giving, leaving, release, sessions
from ketacare.clinic.dosing.actions import effects as effect_actions
from ketacare.clinic.dosing.queries import closing, earlier, effects, going_home, rems
from ketacare.clinic.dosing.queries.facts import known
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.protocols import actions as adoption
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.dosing.rules.titration import Direction, suggestion
from ketacare.medicine.pharmacology.terms import Drug
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, RatePump, Volume
from tests.sessions.played import AT, T0, Played, Who, minute

pytestmark = pytest.mark.django_db

HIGH_SYS, HIGH_DIA = "NIBP_SYS.high", "NIBP_DIA.high"


def found(played: Played, **facts) -> None:
    release.record_criteria(session=played.session, facts=facts, words="", by=played.nurse, at=played.now)


def seen(played: Played, condition: str) -> None:
    """What is latched is let go by a person; until then nobody is ready to leave (A6, H12)."""
    monitoring.acknowledge_alarm(visit=played.visit, condition=condition, by=played.nurse, at=played.now)


STEADY = {name: f.WELL[name] for name in ("orientation", "romberg", "gait")}
REST = {name: value for name, value in f.WELL.items() if name not in STEADY}


def at(moment: datetime | None) -> float | None:
    return None if moment is None else (moment - T0).total_seconds() / 60


def vial_of_200(played: Played):
    return f.a_vial(played.nurse, "V1")


def infused(played: Played, mg: str, ml: str) -> None:
    played.drawn_and_checked(
        played.order("0.5", vial=Concentration.of("10"), minutes=Duration.of("40"), bag=Volume.of("100")),
        [vial_of_200(played)],
        {
            "drug": f.DRUG, "dose": Mass.of(mg), "concentration": Concentration.of("10"), "volume": Volume.of(ml),
            "total": Volume.of("100"), "rate": RatePump.of("150"),
        },
    )  # fmt: skip


def leave(played: Played, moment: float) -> None:
    release.let_go(session=played.session, by=played.nurse, at=minute(moment))


def waste_all(played: Played) -> None:
    release.waste_rest(
        session=played.session, vial_too=True, method="Squirted into a denaturing container",
        witness=played.day.user(played.second), by=played.nurse, at=played.now,
    )  # fmt: skip


def test_ex_1_an_uneventful_infusion():
    played = Played("p-iv-05-2w", Who("80", date(1985, 3, 2)))
    played.made_ready("-15 126/78 70 98 14 5 0 0 0")
    infused(played, "40", "4")
    assert (played.ordered.drawn_mg, played.ordered.draw_ml, played.ordered.rate_ml_per_h) == (40, 4, 150)
    played.play(
        """
          5 128/80 74 .  .  . . . .
         10 133/83 76 .  .  . . . .
         20 139/86 79 97 .  . . . .
         30 143/88 81 97 .  . . . .
         40 146/90 80 97 14 5 4 2 0
         50 138/86 .  .  .  . . . .
         60 132/82 74 98 14 4 . 1 .
         75 128/80 71 .  14 5 1 0 0
         90 127/79 .  .  .  5 . . .
         98 127/79 70 98 14 5 1 0 0
        """,
        {
            40: lambda p: giving.stop(session=p.session, reason="", complete=True, by=p.nurse, at=p.now),
            75.5: lambda p: found(p, **REST),
            76: lambda p: found(p, **STEADY),
        },
        until=99,
    )
    assert played.alarms() == []
    assert at(played.release(89).earliest_at) == 75
    assert not played.release(89.9).ready
    assert at(played.release(90).ready_at) == 90
    leave(played, 100)
    assert (at(played.session.ready_at), at(played.session.left_at)) == (90, 100)
    played.now = minute(101)
    waste_all(played)
    amounts = ledger.amounts_of(played.visit)
    assert (amounts.given_mg, amounts.vial_wasted_mg) == (40, 160)
    assert closing.missing(played.session) == []


def test_ex_2_a_pressure_that_stops_the_infusion():
    played = Played("p-iv-05-2w", Who("92", date(1964, 3, 2)))
    played.made_ready(
        """
        -20 148/90 72 98 14 5 0 0 0
        -15 142/88 .  .  .
         -5 138/86 .  .  .
        """
    )
    infused(played, "46", "4.6")
    assert (played.ordered.drawn_mg, played.ordered.draw_ml, played.ordered.rate_ml_per_h) == (
        46,
        Decimal("4.6"),
        150,
    )
    played.play(
        """
          5 146/90 80 98 14 . . . .
         10 152/92 84 .  .  . . . .
         20 166/96 88 .  .  . . . .
         25 172/100 . .  .  . . . .
         30 184/108 92 . .  4 3 1 0
         35 186/112 94 97 . . . . .
         40 176/104 .  .  . 4 . . .
         45 170/101 .  .  . . . . .
         50 164/98 .  .  .  . . . .
         55 159/95 .  .  .  . . . .
         60 155/92 .  .  .  4 . . .
         65 153/91 .  .  .  . . . .
         75 148/88 76 98 14 4 1 0 0
         90 144/86 .  .  .  5 1 0 0
        105 142/86 .  .  .  5 . . .
        110 142/86 76 98 14 5 1 0 0
        """,
        {
            30.2: lambda p: sessions.pause(session=p.session, reason="Blood pressure", by=p.nurse, at=minute(30)),
            35.2: lambda p: giving.stop(
                session=p.session, reason="Blood pressure", pump_ml=Decimal("75.0"), by=p.nurse, at=minute(35)
            ),
            61: lambda p: seen(p, HIGH_SYS),
            91: lambda p: found(p, **STEADY, **REST),
        },
        until=111,
    )
    # The diastolic line of 100 is crossed as well: 108, then 112, which is over 110 and the second over 100.
    assert sorted(played.alarms()) == [
        (20, "low", HIGH_SYS),
        (25, "medium", HIGH_SYS),
        (30, "low", HIGH_DIA),
        (35, "high", HIGH_SYS),
        (35, "medium", HIGH_DIA),
    ]
    # Of one condition the graver level ends first, inside its own line by the dead-band, and latches; the notice later.
    assert played.ended(HIGH_SYS) == [(45, "latched"), (60, "latched"), (61, "off")]
    assert ledger.amounts_of(played.visit).given_mg == Decimal("34.5")
    assert at(played.release(104).earliest_at) == 75
    assert not played.release(104.9).ready
    assert at(played.release(105).ready_at) == 105
    leave(played, 112)
    assert (at(played.session.ready_at), at(played.session.left_at)) == (105, 112)
    played.now = minute(113)
    waste_all(played)
    amounts = ledger.amounts_of(played.visit)
    assert (amounts.drawn_mg, amounts.given_mg, amounts.wasted_mg) == (46, Decimal("34.5"), Decimal("11.5"))
    assert amounts.wasted_mg + amounts.vial_wasted_mg == Decimal("165.5")
    assert events_of(played) == {"Blood pressure increased": 3}
    assert closing.missing(played.session) != []
    judged = adverse.Judged(
        "hypertension", 3, minute(20), relatedness="probable", action="Infusion stopped", transient=True,
        outcome="resolved", resolved_at=minute(60),
    )  # fmt: skip
    adverse.record(patient=played.patient, session=played.session, judged=judged, by=played.prescriber, at=minute(114))
    assert closing.missing(played.session) == []
    assert goes_down(played)[-2:] == ("Systolic peak 186 mmHg: over 180.", "Diastolic peak 112 mmHg: over 110.")


def given_devices(played: Played, mg: str, *serials: str) -> None:
    """The first at T0."""
    played.drawn_and_checked(
        played.order(mg),
        f.devices(played.day, *serials),
        {
            "drug": "esketamine", "dose": Mass.of(mg), "pieces": len(serials),
            "serials": tuple(serial.lower() for serial in serials),
        },
    )  # fmt: skip


def device(serial: str, seconds: int):
    return lambda p: giving.give_piece(
        session=p.session, serial=serial, early="", by=p.nurse, at=T0 + timedelta(seconds=seconds)
    )


def refused_device(serial: str, seconds: int):
    def act(p: Played) -> None:
        with pytest.raises(Refused, match="locked for"):
            device(serial, seconds)(p)

    return act


def test_ex_3_esketamine_84_mg():
    played = Played("p-esk-trd", Who("70", date(1991, 3, 2)))
    played.made_ready("-15 124/80 72 99 14 5 0 0 0")
    given_devices(played, "84", "D1", "D2", "D3")
    played.play(
        """
         15 .      .  .  . 5 3 1 0
         40 162/98 86 98 . 4 7 2 0
         45 158/96 .  .  . . . . .
         50 152/92 .  .  . . . . .
         60 146/88 .  .  . . . . .
         90 136/84 76 .  . 5 2 0 0
        120 130/82 72 99 14 5 1 0 0
        """,
        {
            4.9: refused_device("D2", 299),
            5: device("D2", 300),
            5.1: refused_device("D3", 301),
            9.9: refused_device("D3", 599),
            10: device("D3", 600),
            110: lambda p: found(p, **REST),
            120: lambda p: found(p, **STEADY),
        },
        until=127,
    )
    assert played.alarms() == [(40, "low", HIGH_SYS)]
    assert played.ended(HIGH_SYS) == [(50, "off")]
    early = played.release(119 + 59 / 60)
    assert not early.ready
    assert at(early.earliest_at) == 120
    assert at(played.release(120).ready_at) == 120
    leave(played, 128)
    assert (at(played.session.ready_at), at(played.session.left_at)) == (120, 128)
    assert ledger.amounts_of(played.visit).given_mg == 84
    assert events_of(played) == {}
    form = rems.form(played.session)
    assert (form.minutes, form.dose_mg, form.serials) == (128, 84, ("D1", "D2", "D3"))
    assert [str(one) for one in (form.before, form.at_40, form.at_end)] == ["124/80", "162/98", "130/82"]
    assert (form.sedation, form.dissociation, form.respiratory_depression, form.serious) == (True, True, False, ())
    assert rems.times(played.session).breach_at == played.session.left_at + timedelta(days=7)
    assert rems.open_duty(played.session).due_at == played.session.left_at + timedelta(days=1)


def adopted(played: Played) -> None:
    """The medical director's signature under the medicines as needed."""
    version = protocols.on_shelf("prn-1").newest.header.version
    seen = protocols.review(played.clinic.pk, protocols.on_shelf("prn-1").newest).digest
    adoption.adopt(sheet_id="prn-1", version=version, seen=seen, read=True, by=played.director, at=AT)


def given(played: Played, medicine: str, route: str, amount: str, why: str) -> None:
    wanted = as_needed.Wanted(medicine, route, Decimal(amount), why, "L/min" if medicine == "oxygen" else "mg")
    as_needed.give(session=played.session, wanted=wanted, none_apply=True, by=played.nurse, at=played.now)


def events_of(played: Played) -> dict[str, int]:
    """What is more than an effect, with its grade; 0 is for the prescriber to judge."""
    return {one.term: one.grade for one in effects.to_judge(played.session)}


def vomits(played: Played) -> None:
    effect_actions.chart(session=played.session, name="vomit", by=played.nurse, at=played.now)


def airway_is_clear(played: Played) -> None:
    effect_actions.close_emergency(
        session=played.session, name="EM-07", airway_signs=False, words="", by=played.nurse, at=played.now
    )


def test_ex_4_an_injection_vomiting_and_a_fall_of_oxygen():
    played = Played("p-im-05", Who("70", date(1998, 3, 2)))
    adopted(played)
    played.made_ready("-15 118/74 66 99 14 5 0 0 0")
    played.drawn_and_checked(
        played.order("0.5", vial=Concentration.of("50"), site="deltoid"),
        [f.strong_vial(played.day)],
        {"drug": f.DRUG, "dose": Mass.of("35"), "concentration": Concentration.of("50"), "volume": Volume.of("0.7")},
    )
    assert (played.ordered.drawn_mg, played.ordered.draw_ml) == (35, Decimal("0.70"))
    opened: list[bool] = []
    played.play(
        """
          5 128/82 84 .  .  5 . . .
          9 .      .  92 .  . . . .
         10 136/86 92 96 .  4 . . 7
         15 142/88 96 97 .  4 6 4 7
         30 134/84 84 98 14 4 3 2 4
         60 124/78 72 .  .  4 1 1 3
         90 120/76 68 .  .  5 . 0 2
        105 .      .  .  .  5 . . .
        126 120/76 68 98 14 5 1 0 2
        """,
        {
            8: vomits,
            9.5: lambda p: given(p, "oxygen", "nasal", "2", "hypoxia"),
            8.1: lambda p: p.episode(minute(8.1), "spo2", ("93", 25), ("89", 14)),
            12: lambda p: given(p, "ondansetron", "ODT", "4", "vomiting"),
            14.9: lambda p: opened.append(effects.open_emergency(p.session, "EM-07") is not None),
            15: airway_is_clear,
            91: lambda p: found(p, **REST),
            105.5: lambda p: found(p, **STEADY),
        },
        until=134,
    )
    assert played.alarms() == [
        (8, "medium", "sign.vomiting"),
        (8, "low", "SPO2.low"),
        (8, "medium", "SPO2.low"),
    ]
    assert opened == [True]
    assert played.ended("sign.vomiting") == [(15, "off")]
    assert effects.open_emergency(played.session, "EM-07") is None
    assert at(played.release(120).earliest_at) == 128
    assert not played.release(127.9).ready
    assert at(played.release(128).ready_at) == 128
    assert events_of(played) == {"Vomiting": 2}
    hypoxia = next(one for one in effects.found(played.session) if one.effect == "hypoxia")
    assert (hypoxia.grade, hypoxia.is_event) == (1, False)
    leave(played, 135)
    assert (at(played.session.ready_at), at(played.session.left_at)) == (128, 135)
    assert ledger.amounts_of(played.visit).given_mg == 35


ENDS = "An event of grade 3 in the last session: 3 or above may end the course."


def goes_down(played: Played, drug: Drug = Drug.KETAMINE, route: str = "IV") -> tuple[str, ...]:
    """Why the next dose is to be smaller or slower (TI-4)."""
    before = earlier.before(played.session)
    assert before is not None
    told = suggestion(drug, route, [before.judged], None, minute(7 * 24 * 60))
    assert told.direction is Direction.DOWN
    return told.reasons


STOOD = {
    "standing_fall_sbp": known(Decimal(4), "mm[Hg]"), "standing_fall_dbp": known(Decimal(2), "mm[Hg]"),
    "dizzy_standing": known(False),
}  # fmt: skip
SAM = {
    "escort_name": known("Sam Hill"), "escort_relation": known("neighbour"), "escort_phone": known("555 0199"),
}  # fmt: skip
NO_ESCORT = {"escort_present": known(False), "escort_told": known(False), "transport_seen": known(False)}


def test_ex_5_lozenges_panic_and_nobody_to_go_home_with():
    played = Played("p-sl-kap", Who("70", date(1974, 3, 2)))
    adopted(played)
    played.made_ready("-15 132/84 80 98 14 5 0 0 0")
    lozenges = f.received(
        played.nurse, "L1", f.pharmacy.Product(f.DRUG, piece="lozenge", piece_mg=Decimal(100), pieces=10)
    )
    played.drawn_and_checked(
        played.order("200", piece=Mass.of("100")), [lozenges], {"drug": f.DRUG, "dose": Mass.of("200"), "pieces": 2}
    )
    played.play(
        """
         25 150/92 112 98 .  4 5 9 1
         40 .      .   .  .  4 4 7 0
         60 140/88 92  .  14 4 2 3 0
         90 134/84 84  .  .  4 1 2 0
        105 .      .   .  .  5 . . .
        120 .      .   .  .  5 . . .
        130 132/82 80  98 14 . 1 1 0
        160 130/82 78  98 14 5 1 1 0
        176 130/82 78  98 14 5 1 1 0
        """,
        {
            40: lambda p: given(p, "lorazepam", "SL", "1", "anxiety"),
            61: lambda p: seen(p, "DISTRESS.high"),
            121: lambda p: found(p, **{**REST, **NO_ESCORT}),
            120.5: lambda p: found(p, **STEADY),
            130: lambda p: found(p, **STOOD),
            131: lambda p: leaving.call(
                session=p.session, who="sister", reached=False, arrives="", words="", by=p.nurse, at=p.now
            ),
            140: lambda p: leaving.call(
                session=p.session, who="neighbour", reached=True, arrives="18:00", words="", by=p.nurse, at=p.now
            ),
            178: lambda p: found(p, **{**{name: f.WELL[name] for name in NO_ESCORT}, **SAM}),
        },
        until=181,
    )
    assert played.alarms() == [(25, "high", "DISTRESS.high")]
    assert at(played.release(129).earliest_at) == 130
    waiting = played.release(130.5)
    assert not waiting.ready
    assert [one.id for one in waiting.unmet] == ["RC-11"]
    assert not played.release(177.9).ready
    assert at(played.release(178).ready_at) == 178
    assert events_of(played) == {"Anxiety": 3}
    leave(played, 182)
    assert (at(played.session.ready_at), at(played.session.left_at)) == (178, 182)
    assert going_home.escort(played.session) == {"name": "Sam Hill", "relation": "neighbour", "phone": "555 0199"}
    assert at(going_home.drive_from(played.session)) == 24 * 60 + 40  # at least 24 h: from the lorazepam of 40
    assert goes_down(played, route="SL") == (ENDS, "Distress 9 of 10: 8 or more.")


def test_ex_6_esketamine_after_lorazepam_and_deep_sedation():
    told = {"medicines_reconciled": True, "interacting_medicine_taken": True, "medicine_not_lifted": False}
    took = {"medicines": {name: known(value) for name, value in told.items()}}
    played = Played("p-esk-trd", Who("64", date(1955, 3, 2), facts=took))
    no_medicines(played.patient, played.nurse)
    adopted(played)
    played.made_ready(
        """
        -20 146/84 72 97 14 5 0 0 0
        -15 142/82 .  .  .
         -5 138/80 .  .  .
        """,
        overrides={"RD-13": "Lorazepam 1 mg three hours ago: go, with SpO2 continuous"},
    )
    given_devices(played, "56", "D1", "D2")
    played.play(
        """
         30 158/86 78 95 12 4 2 1 0
         40 176/92 74 91 9  2 . . .
         43 .      .  97 .  3 . . .
         45 172/90 .  96 10 . . . .
         50 168/88 .  .  11 3 . . .
         55 162/86 .  .  12 . . . .
         60 157/84 .  .  .  . . . .
         65 154/82 .  .  .  4 . . .
        100 146/80 72 95 14 5 1 0 0
        115 .      .  .  .  5 . . .
        130 144/80 72 96 14 5 1 0 0
        145 144/80 72 96 14 5 1 0 0
        """,
        {
            5: device("D2", 300),
            41: lambda p: p.episode(minute(41), "spo2", ("88", 12), ("91", 1)),
            41.5: lambda p: given(p, "oxygen", "nasal", "4", "hypoxia"),
            112: lambda p: found(p, **REST),
            130: lambda p: found(
                p, orientation=known(Decimal(5), "{score}"), walk_s=known(Decimal(13), "s"),
                standing_fall_sbp=known(Decimal(8), "mm[Hg]"), standing_fall_dbp=known(Decimal(4), "mm[Hg]"),
                dizzy_standing=known(False),
            ),
            135: lambda p: found(p, romberg=known(True), gait=known(True)),
        },
        until=149,
    )  # fmt: skip
    assert sorted(played.alarms()) == [
        (40, "low", HIGH_SYS),
        (40, "low", "RR.low"),
        (40, "low", "SPO2.low"),
        (40, "medium", "MOAAS.low"),
        (41, "medium", "SPO2.low"),
        (45, "medium", HIGH_SYS),
    ]
    assert played.ended(HIGH_SYS) == [(65, "off")]
    at_120 = played.release(120)
    assert not at_120.ready
    assert [one.id for one in at_120.unmet if one.id != "RC-3"] == ["RC-4"]
    assert at(played.release(135).ready_at) == 135
    assert events_of(played) == {"Respiratory depression": 0, "Sedation": 3}
    leave(played, 150)
    assert (at(played.session.ready_at), at(played.session.left_at)) == (135, 150)
    form = rems.form(played.session)
    assert (form.sedation, at(form.sedation_course.onset), at(form.sedation_course.ended)) == (True, 30, 100)
    assert goes_down(played, Drug.ESKETAMINE, "IN") == (ENDS, "Sedation MOAA/S 2: 2 or deeper.")
