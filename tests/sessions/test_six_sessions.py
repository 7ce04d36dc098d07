"""Six sessions, invented and worked through by hand: alarms, refusals, ready times and milligrams, each as expected."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import giving, release, sessions
from ketacare.clinic.dosing.queries import closing
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, RatePump, Volume
from tests.sessions.played import T0, Played, Who, minute

pytestmark = pytest.mark.django_db

HIGH_SYS, HIGH_DIA = "NIBP_SYS.high", "NIBP_DIA.high"


def found(played: Played, **facts) -> None:
    release.record_criteria(session=played.session, facts=facts, words="", by=played.nurse, at=played.now)


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
    release.let_go(session=played.session, override="", by=played.nurse, at=minute(moment))


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
         60 132/82 74 98 .  4 . 1 .
         75 128/80 71 .  .  5 1 0 0
         90 127/79 .  .  .  5 . . .
        """,
        {
            40: lambda p: giving.stop(session=p.session, reason="", complete=True, by=p.nurse, at=p.now),
            75.5: lambda p: found(p, **REST),
            76: lambda p: found(p, **STEADY),
        },
        until=99,
    )
    assert played.alarms("physiological", "technical", "due") == []
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
        """,
        {
            30.2: lambda p: sessions.pause(session=p.session, reason="Blood pressure", by=p.nurse, at=minute(30)),
            35.2: lambda p: giving.stop(
                session=p.session, reason="Blood pressure", pump_ml=Decimal("75.0"), by=p.nurse, at=minute(35)
            ),
            91: lambda p: found(p, **STEADY, **REST),
        },
        until=111,
    )
    assert [one for one in played.alarms() if one[2] == HIGH_SYS] == [
        (20, "low", HIGH_SYS),
        (25, "medium", HIGH_SYS),
        (35, "high", HIGH_SYS),
    ]
    # The diastolic line of 100 is crossed as well: 108, then 112, which is over 110 and the second over 100.
    assert [one for one in played.alarms() if one[2] != HIGH_SYS] == [(30, "low", HIGH_DIA), (35, "medium", HIGH_DIA)]
    # One condition keeps the priority it has reached until it ends (A5): at 155, inside every line by the dead-band.
    assert played.ended(HIGH_SYS) == [(60, "latched")]
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
    assert closing.missing(played.session) == []


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
