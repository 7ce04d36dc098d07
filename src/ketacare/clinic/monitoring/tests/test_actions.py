from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from ketacare.clinic.audit.models import Line as AuditLine
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.monitoring import access, actions, queries, replays
from ketacare.clinic.monitoring.actions import readings
from ketacare.clinic.monitoring.models import AlarmSignal, Device, Pairing, Reading, StrayStream, Watch, WatchStep
from ketacare.clinic.monitoring.tests.factories import ADDRESS, Bedside, a_device, a_visit
from ketacare.clinic.people.access import NotAllowed, NotHere
from ketacare.clinic.people.tests.factories import AT, a_clinic, someone
from ketacare.clinic.tenancy.models import LiveEvent
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.monitoring import reader, rules
from ketacare.medicine.monitoring.terms import Ask, Channel
from ketacare.medicine.monitoring.terms import Reading as Value

pytestmark = pytest.mark.django_db


def s(seconds):
    return timedelta(seconds=seconds)


def test_readings_are_charted_stepped_and_announced_in_one_go():
    bedside = Bedside()
    assert bedside.send(AT + s(1), SPO2=97, HR=70) == []
    assert queries.latest(bedside.visit)[Channel.SPO2].value == 97
    event = LiveEvent.objects.filter(topic=f"visit:{bedside.visit.pk}", kind="reading").get()
    assert [row["channel"] for row in event.body["readings"]] == ["SPO2", "HR"]
    assert Watch.objects.get().version == WatchStep.objects.count() + 1


def test_t8_a_twin_is_dropped_quietly():
    bedside = Bedside()
    bedside.send(AT + s(1), SPO2=97)
    bedside.send(AT + s(1), message=2, SPO2=97)
    assert Reading.objects.count() == 1


def test_a_low_value_that_lasts_raises_an_alarm_and_the_log_keeps_it():
    bedside = Bedside()
    for second in range(20):
        bedside.send(AT + s(second), SPO2=80, HR=70)
    high = queries.signals(bedside.visit).filter(priority="high", presence="present")
    assert high.exists()
    standing = queries.standing(bedside.visit, at=AT + s(20))
    assert standing.loudest.key == high[0].condition
    actions.acknowledge_alarm(visit=bedside.visit, condition=high[0].condition, by=bedside.nurse, at=AT + s(21))
    assert queries.standing(bedside.visit, at=AT + s(21)).loudest is None
    assert standing.as_json()["loudest"]["key"] == high[0].condition


def test_a1_the_kept_steps_give_the_same_signals_again():
    bedside = Bedside()
    for second in range(0, 60, 2):
        bedside.send(AT + s(second), SPO2=80 if 10 < second < 40 else 97, HR=70)
    actions.tick(clinic=bedside.clinic, at=AT + s(75))
    actions.pause_audio(visit=bedside.visit, by=bedside.nurse, at=AT + s(76))
    logged = [(row.at, row.condition, row.state, row.sounding) for row in queries.signals(bedside.visit)]
    again = [(one.at, one.condition, one.state, one.sounding) for one in replays.signals(bedside.visit)]
    assert logged == again
    assert len(logged) > 3


def test_t2_silence_is_an_alarm_by_the_tick_alone():
    bedside = Bedside()
    bedside.send(AT + s(1), SPO2=97, HR=70)
    assert actions.tick(clinic=bedside.clinic, at=AT + s(3)) == 0
    actions.tick(clinic=bedside.clinic, at=AT + s(12))
    assert AlarmSignal.objects.filter(kind="technical", priority="medium", presence="present").exists()


def test_a13_late_readings_are_charted_and_never_sounded():
    bedside = Bedside()
    bedside.send(AT + s(1), SPO2=97, HR=70)
    bedside.send(AT + s(55), SPO2=97, HR=70, sent_at=AT + s(54))
    for second in range(2, 20):
        bedside.send(AT + s(56), sent_at=AT + s(second), SPO2=70)
    assert Reading.objects.filter(channel="SPO2", value=70).count() == 18
    assert not AlarmSignal.objects.filter(kind="physiological", sounding=True).exists()


@pytest.mark.parametrize("wrong", [datetime(1970, 1, 1, tzinfo=UTC), AT + timedelta(days=365)])
def test_i9_a_wrong_clock_is_not_trusted_and_the_alarm_still_comes(wrong):
    bedside = Bedside()
    for second in range(20):
        bedside.send(AT + s(second), sent_at=wrong + s(second), SPO2=80)
    first = Reading.objects.order_by("id")[0]
    assert (first.taken_at, first.device_at, first.reason) == (AT, wrong, "device time not trusted")
    assert AlarmSignal.objects.filter(priority="high", sounding=True).exists()


def test_t7_a_failed_cuff_measurement_is_kept_as_not_usable():
    bedside = Bedside()
    bedside.send(AT + s(1), NIBP_SYS=80, NIBP_DIA=120)
    assert set(Reading.objects.values_list("quality", flat=True)) == {"implausible"}
    assert queries.latest(bedside.visit) == {}
    assert queries.trend(bedside.visit)[Channel.NIBP_SYS][0].value is None


def test_h4_a_paired_monitor_cannot_be_paired_again():
    bedside = Bedside()
    other = a_visit(bedside.clinic, someone(bedside.clinic, "FD"))
    assert actions.pair_device(device=bedside.device, visit=bedside.visit, by=bedside.nurse, at=AT) == bedside.pairing
    with pytest.raises(Refused):
        actions.pair_device(device=bedside.device, visit=other, by=bedside.nurse, at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Pairing.objects.create(
            organisation=bedside.clinic.organisation,
            clinic=bedside.clinic,
            created_at=AT,
            device=bedside.device,
            visit=other,
            paired_at=AT - s(60),
            ended_at=AT + s(1),
            until=AT + s(60),
            paired_by_id=bedside.nurse.user_id,
        )


def test_h4_a_second_monitor_of_the_same_is_refused_so_that_no_healthy_number_hides_the_other():
    bedside = Bedside()
    other, _ = a_device(bedside.clinic, "another")
    with pytest.raises(Refused, match="gives Heart rate, SpO2 of this patient already"):
        actions.pair_device(device=other, visit=bedside.visit, by=bedside.nurse, at=AT)
    cuff, _ = actions.register_device(
        name="Cuff", address="cuff", channels=[Channel.NIBP_SYS, Channel.NIBP_DIA], by=someone(bedside.clinic, "AD"),
        at=AT,
    )  # fmt: skip
    actions.pair_device(device=cuff, visit=bedside.visit, by=bedside.nurse, at=AT)
    assert Pairing.objects.filter(visit=bedside.visit, ended_at=None).count() == 2


def test_t2_h6_a_monitor_that_was_set_up_to_send_once_an_hour_is_missed_within_three_minutes():
    bedside = Bedside()
    actions.unpair_device(pairing=bedside.pairing, reason="another set-up", by=bedside.nurse, at=AT)
    Device.objects.filter(pk=bedside.device.pk).update(interval_s=3600)
    bedside.device.refresh_from_db()
    actions.pair_device(device=bedside.device, visit=bedside.visit, by=bedside.nurse, at=AT + s(1))
    assert set(queries.standing(bedside.visit, at=AT + s(1)).interval_s.values()) == {60}
    actions.tick(clinic=bedside.clinic, at=AT + s(152))
    assert "SPO2.lost" in {one.key for one in queries.standing(bedside.visit, at=AT + s(152)).conditions}


def test_h4_what_one_monitor_promises_is_judged_by_that_one():
    """A cuff that sends a saturation too, which it never promised."""
    bedside = Bedside()
    cuff, _ = actions.register_device(
        name="Cuff", address="cuff", channels=[Channel.NIBP_SYS], by=someone(bedside.clinic, "AD"), at=AT
    )
    actions.pair_device(device=cuff, visit=bedside.visit, by=bedside.nurse, at=AT)
    for second in range(1, 9):
        bedside.send(AT + s(second), message=second, SPO2=80)
        healthy = Value(Channel.SPO2, Decimal(97), AT + s(second + 0.4), AT + s(second + 0.4), device=str(cuff.pk))
        arrival = actions.Arrival(cuff.pk, second, AT + s(second + 0.4), AT + s(second + 0.4), (healthy,))
        actions.record_readings([arrival], clinic_id=bedside.clinic.pk, at=AT + s(second + 0.4))
    loudest = queries.standing(bedside.visit, at=AT + s(9)).loudest
    assert (loudest.key, loudest.priority.word) == ("SPO2.low", "high")
    assert Reading.objects.filter(value=97).count() == 8, "charted all the same"


def test_a9_t2_whoever_takes_the_monitor_off_says_why_and_while_a_dose_acts_it_is_a_loss_and_no_silence():
    bedside = Bedside()
    actions.dose_acting(visit=bedside.visit, acting=True, by=bedside.nurse, at=AT)
    bedside.send(AT + s(1), SPO2=97, HR=70)
    unpair = {"pairing": bedside.pairing, "at": AT + s(3)}
    with pytest.raises(NotAllowed):
        actions.unpair_device(**unpair, reason="She asked", by=someone(bedside.clinic, "TH"))
    with pytest.raises(Refused, match="with a reason"):
        actions.unpair_device(**unpair, reason=" ", by=bedside.nurse)
    actions.unpair_device(**unpair, reason="Not theirs", by=bedside.nurse)
    assert Pairing.objects.get().end_reason == "Not theirs"
    actions.tick(clinic=bedside.clinic, at=AT + s(64))
    lost = AlarmSignal.objects.filter(condition="SPO2.lost").order_by("id")
    assert [((row.at - AT).total_seconds(), row.priority, row.sounding) for row in lost] == [
        (3, "medium", True),
        (63, "high", True),
    ]
    shown = {one.channel: one for one in queries.standing(bedside.visit, at=AT + s(64)).shown}
    assert (shown[Channel.SPO2].value, shown[Channel.SPO2].reason) == (None, "its monitor was taken off")


def test_h26_after_the_session_the_monitor_feeds_nobody():
    bedside = Bedside()
    actions.end_watch(visit=bedside.visit, by=bedside.nurse, at=AT + s(5))
    (stray,) = bedside.send(AT + s(6), SPO2=97)
    assert Reading.objects.count() == 0
    for _ in range(2):
        actions.note_stray(
            organisation_id=bedside.clinic.organisation_id,
            clinic_id=bedside.clinic.pk,
            address=ADDRESS,
            device_id=stray.device_id,
            messages=1,
            last_message=stray.message,
            at=AT + s(6),
        )
    assert [row.messages for row in queries.strays(bedside.nurse)] == [2]
    actions.close_stray(stray=StrayStream.objects.get(), by=bedside.nurse, at=AT + s(9))
    assert not queries.strays(bedside.nurse)


def handed_on(bedside, other, **more):
    """A device goes at AT+60 from one person to the next; then comes a message with what it measured before."""
    actions.unpair_device(pairing=bedside.pairing, reason="Patient is up", by=bedside.nurse, at=AT + s(60))
    actions.pair_device(device=bedside.device, visit=other, by=bedside.nurse, at=AT + s(60))
    value = Value(Channel.SPO2, Decimal(97), AT + s(50), AT + s(61), device=str(bedside.device.pk))
    arrival = actions.Arrival(bedside.device.pk, 1, AT + s(61), AT + s(61), (value,), **more)
    assert actions.record_readings([arrival], clinic_id=bedside.clinic.pk, at=AT + s(61)) == []
    assert Reading.objects.get().visit_id == bedside.visit.pk
    told = AlarmSignal.objects.filter(condition=f"{bedside.device.pk}.alarms_off")
    return [row.visit_id for row in told]


@pytest.mark.parametrize(("held", "goes_to_the_next"), [(s(0), True), (s(0.004), True), (s(10), False)])
def test_t3_h26_what_a_monitor_says_of_its_alarms_goes_to_whoever_it_is_with_now(held, goes_to_the_next):
    """Its old value is the last person's; what it said while it was with them is nobody's any more."""
    bedside = Bedside()
    other = a_visit(bedside.clinic, someone(bedside.clinic, "FD"))
    actions.begin_watch(visit=other, by=bedside.nurse, at=AT)
    told = handed_on(bedside, other, held=held, own_alarms=(False, "Monitor's alarms are off"))
    assert told == ([other.pk] if goes_to_the_next else [])


def test_h26_t3_values_of_nobody_are_a_stray_s_though_the_alarms_of_its_monitor_are_somebody_s():
    bedside = Bedside()
    value = Value(Channel.SPO2, Decimal(97), AT - s(50), AT + s(1), device=str(bedside.device.pk))
    arrival = actions.Arrival(bedside.device.pk, 1, AT + s(1), AT + s(1), (value,), own_alarms=(False, "off"))
    assert actions.record_readings([arrival], clinic_id=bedside.clinic.pk, at=AT + s(1)) == [arrival]
    assert AlarmSignal.objects.get(condition=f"{bedside.device.pk}.alarms_off").visit_id == bedside.visit.pk


def test_h26_a_forgotten_pairing_ends_by_itself():
    bedside = Bedside()
    actions.dose_acting(visit=bedside.visit, acting=True, by=bedside.nurse, at=AT)
    end = AT + timedelta(hours=12)
    bedside.send(end - s(1), SPO2=97, HR=70)
    actions.tick(clinic=bedside.clinic, at=end)
    assert Pairing.objects.get().ended_at == end
    present = AlarmSignal.objects.filter(presence="present", condition="SPO2.lost")
    assert present.latest("id").at == end, "and nobody is left unwatched by it (A9)"


def test_typed_vitals_and_their_correction():
    bedside = Bedside()
    row, _ = actions.record_by_hand(
        visit=bedside.visit,
        values={Channel.NIBP_SYS: Decimal(120), Channel.NIBP_DIA: Decimal(80)},
        taken_at=AT,
        by=bedside.nurse,
        at=AT + s(30),
    )
    with pytest.raises(Refused):
        actions.amend_reading(reading=row, value=Decimal(125), reason=" ", by=bedside.nurse, at=AT + s(60))
    actions.amend_reading(reading=row, value=Decimal(125), reason="misread", by=bedside.nurse, at=AT + s(60))
    assert queries.latest(bedside.visit)[Channel.NIBP_SYS].value == 125
    assert [point.value for point in queries.trend(bedside.visit)[Channel.NIBP_SYS]] == [125]
    diastolic = Reading.objects.get(channel="NIBP_DIA")
    actions.amend_reading(
        reading=diastolic, value=None, reason="other patient", by=bedside.nurse, at=AT + s(61), in_error=True
    )
    assert Channel.NIBP_DIA not in queries.latest(bedside.visit)


@pytest.mark.parametrize(
    "values",
    [{Channel.SPO2: 140}, {Channel.NIBP_SYS: 80, Channel.NIBP_DIA: 120}, {Channel.NIBP_SYS: 11647}, {}],
)
def test_e1_impossible_typed_values_are_refused_and_nothing_is_saved(values):
    bedside = Bedside()
    with pytest.raises(Refused):
        actions.record_by_hand(
            visit=bedside.visit,
            values={channel: Decimal(value) for channel, value in values.items()},
            taken_at=AT,
            by=bedside.nurse,
            at=AT,
        )
    assert Reading.objects.count() == 0


def test_i1_a18_readings_and_the_alarm_log_are_append_only():
    bedside = Bedside()
    bedside.send(AT + s(1), SPO2=97)
    for change in (
        "update monitoring_reading set value = 99",
        "delete from monitoring_alarmsignal",
        "update monitoring_alarmsignal set sounding = false",
        "delete from monitoring_limitsinforce",
        "delete from monitoring_watchstep",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def test_who_may():
    bedside = Bedside()
    for role in ("FD", "AU", "AD", "RC"):
        actor = someone(bedside.clinic, role)
        with pytest.raises(NotAllowed):
            actions.acknowledge_alarm(visit=bedside.visit, condition="SPO2.low", by=actor, at=AT)
        with pytest.raises(NotAllowed):
            actions.pair_device(device=bedside.device, visit=bedside.visit, by=actor, at=AT)
    elsewhere = someone(a_clinic("South", organisation=bedside.clinic.organisation), "RN")
    with pytest.raises(NotHere):
        access.device_of(elsewhere, bedside.device.pk)
    with pytest.raises(NotHere):
        access.watched_visit(elsewhere, bedside.visit.pk, at=AT)
    assert access.device_of(bedside.nurse, bedside.device.pk) == bedside.device
    assert access.pairing_of(bedside.nurse, bedside.pairing.pk) == bedside.pairing


def test_an_address_belongs_to_one_monitor():
    clinic = a_clinic()
    a_device(clinic)
    with pytest.raises(Refused):
        a_device(clinic)


def test_tickets_open_only_what_they_say_and_only_for_a_while():
    bedside = Bedside()
    text = access.visit_ticket(bedside.nurse, bedside.visit, at=AT)
    ticket = access.opened(text, at=AT + s(44))
    assert ticket.hears(f"visit:{bedside.visit.pk}")
    assert not ticket.hears(f"visit:{bedside.device.pk}")
    assert access.opened(access.wall_ticket(bedside.nurse, at=AT), at=AT).hears("visit:anything")
    with pytest.raises(access.TicketRefused):
        access.opened(text, at=AT + s(45))
    for forged in (text[:-1] + "x", text[1:], "", "a:b:c"):
        with pytest.raises(access.TicketRefused):
            access.opened(forged, at=AT)
    with pytest.raises(NotAllowed):
        access.wall_ticket(someone(bedside.clinic, "TH"), at=AT)


def test_v4_the_wall_shows_every_running_chair_and_no_other():
    bedside = Bedside()
    other = Bedside(bedside.clinic, address="S/2")
    Bedside(a_clinic("South", organisation=bedside.clinic.organisation), address="S/3")
    bedside.send(AT + s(1), SPO2=97, HR=70)
    actions.end_watch(visit=other.visit, by=other.nurse, at=AT + s(2))
    (bay,) = queries.wall(bedside.nurse, at=AT + s(3))
    assert bay.visit == bedside.visit
    assert {shown.channel: shown.value for shown in bay.standing.shown}[Channel.SPO2] == 97
    assert queries.standing(other.visit, at=AT) is None
    assert [pairing.device for pairing in queries.open_pairings(bedside.visit)] == [bedside.device]
    assert set(queries.devices(bedside.nurse)) == {bedside.device, other.device}


def test_a17_a_person_s_word_is_an_alarm_at_once_and_a8_a_pause_ends_early():
    bedside = Bedside()
    sign = next(iter(reader.limits().signs))
    (signal,) = actions.observe_sign(visit=bedside.visit, sign=sign, by=bedside.nurse, at=AT + s(1))
    assert signal.sounding
    actions.pause_audio(visit=bedside.visit, by=bedside.nurse, at=AT + s(2))
    assert queries.standing(bedside.visit, at=AT + s(2)).paused_until == AT + s(122)
    actions.unpause_audio(visit=bedside.visit, by=bedside.nurse, at=AT + s(3))
    assert queries.standing(bedside.visit, at=AT + s(3)).loudest.key == signal.condition
    actions.observe_sign(visit=bedside.visit, sign=sign, by=bedside.nurse, at=AT + s(4), present=False)
    assert queries.standing(bedside.visit, at=AT + s(4)).loudest is None
    assert queries.signals(bedside.visit).last().by_id == bedside.nurse.user_id


def test_a18_what_was_told_who_answered_and_which_limits_held_is_all_in_the_log():
    bedside = Bedside()
    for second in range(1, 8):
        bedside.send(AT + s(second), SPO2=80, HR=70)
    actions.acknowledge_alarm(visit=bedside.visit, condition="SPO2.low", by=bedside.nurse, at=AT + s(8))
    actions.pause_audio(visit=bedside.visit, by=bedside.nurse, at=AT + s(9))
    for second in range(10, 25):
        bedside.send(AT + s(second), SPO2=98, HR=70)
    told = [(row.presence, row.state, row.priority) for row in queries.signals(bedside.visit)]
    assert told == [
        ("pending", "off", ""),
        ("present", "on", "high"),
        ("present", "acknowledged", "high"),
        ("clearing", "acknowledged", "high"),
        ("absent", "off", "high"),
    ]
    assert queries.signals(bedside.visit)[2].by_id == bedside.nurse.user_id
    acts = set(AuditLine.objects.filter(verb__startswith="alarm.").values_list("verb", flat=True))
    assert acts == {"alarm.acknowledge", "alarm.pause"}
    assert [row.sheet for row in bedside.visit.limits.all()] == ["tx-1"]


def test_a8_a_third_renewal_within_ten_minutes_is_a_duty_of_the_prescriber():
    bedside = Bedside()
    for turn in range(5):
        actions.pause_audio(visit=bedside.visit, by=bedside.nurse, at=AT + s(125 * turn))
        told = Duty.objects.filter(kind="alarm.paused_again", owner_role="RX", visit_id=bedside.visit.pk)
        assert told.count() == (turn >= 3)


def test_a20_an_emergency_is_begun_and_closed_by_whoever_may_answer_alarms_and_outlives_a_restart():
    bedside = Bedside()
    with pytest.raises(NotAllowed):
        actions.begin_emergency(visit=bedside.visit, by=someone(bedside.clinic, "FD"), at=AT)
    actions.begin_emergency(visit=bedside.visit, by=bedside.nurse, at=AT + s(1))
    for second in range(2, 15):
        bedside.send(AT + s(second), SPO2=98, HR=125)
    queries._remembered.clear()
    standing = queries.standing(bedside.visit, at=AT + s(15))
    assert [one.key for one in standing.conditions] == ["HR.high"]
    assert standing.sounding == frozenset()
    (signal,) = actions.end_emergency(visit=bedside.visit, by=bedside.nurse, at=AT + s(16))
    assert signal.sounding


def test_a9_a_parameter_is_set_aside_with_a_reason_only():
    bedside = Bedside()
    with pytest.raises(Refused):
        actions.stop_monitoring(visit=bedside.visit, channel=Channel.SPO2, reason="", by=bedside.nurse, at=AT)
    actions.stop_monitoring(
        visit=bedside.visit, channel=Channel.SPO2, reason="nail varnish", by=bedside.nurse, at=AT + s(1)
    )
    shown = {one.channel: one.freshness for one in queries.standing(bedside.visit, at=AT + s(2)).shown}
    assert shown[Channel.SPO2] == "not monitored"
    actions.monitor_again(visit=bedside.visit, channel=Channel.SPO2, by=bedside.nurse, at=AT + s(3))


def test_a9_ten_minutes_set_aside_follow_no_ten_minutes():
    bedside = Bedside()
    prescriber = someone(bedside.clinic, "RX")
    actions.dose_acting(visit=bedside.visit, acting=True, by=bedside.nurse, at=AT)

    def aside(second, channel=Channel.SPO2):
        actions.stop_monitoring(visit=bedside.visit, channel=channel, reason="cold", by=prescriber, at=AT + s(second))

    aside(1)
    aside(5)
    actions.tick(clinic=bedside.clinic, at=AT + s(601))
    with pytest.raises(Refused, match="ten minutes follow no ten minutes"):
        aside(602)
    aside(603, Channel.NIBP_SYS)
    with pytest.raises(Refused, match="ten minutes follow no ten minutes"):
        aside(1200)
    aside(1201)


def test_a9_set_aside_long_before_the_dose_its_ten_minutes_count_from_their_end():
    bedside = Bedside()
    prescriber = someone(bedside.clinic, "RX")

    def aside(second, by=prescriber):
        at = AT + s(second)
        actions.stop_monitoring(visit=bedside.visit, channel=Channel.SPO2, reason="cold", by=by, at=at)

    aside(1, bedside.nurse)
    actions.dose_acting(visit=bedside.visit, acting=True, by=bedside.nurse, at=AT + s(1100))
    with pytest.raises(Refused, match="ten minutes follow no ten minutes"):
        aside(1701)
    aside(2300)


def test_a14_limits_change_with_a_reason_and_history():
    bedside = Bedside()
    with pytest.raises(Refused):
        actions.change_limits(visit=bedside.visit, limits=reader.limits(), why=" ", by=bedside.nurse, at=AT)
    actions.change_limits(visit=bedside.visit, limits=reader.limits(), why="own baseline", by=bedside.nurse, at=AT)
    assert [row.why for row in bedside.visit.limits.order_by("recorded_at", "id")].count("own baseline") == 1
    assert bedside.visit.limits.count() == 2


def changed(bedside, limits, by):
    actions.change_limits(visit=bedside.visit, limits=limits, why="own baseline", by=by, at=AT)


def test_a14_beyond_the_sheet_only_a_prescriber_moves_a_line():
    bedside = Bedside()
    changed(bedside, rules.moved(reader.limits(), "SPO2.low_high", Decimal(88)), bedside.nurse)
    wider = rules.moved(reader.limits(), "SPO2.low_high", Decimal(80))
    with pytest.raises(Refused, match="only a prescriber"):
        changed(bedside, wider, bedside.nurse)
    changed(bedside, wider, someone(bedside.clinic, "RX"))


def test_a14_nobody_lengthens_a_silence_removes_a_line_or_puts_one_out_of_reach():
    bedside, sheet = Bedside(), reader.limits()
    doctor = someone(bedside.clinic, "RX")
    for wrong in (
        replace(sheet, times=replace(sheet.times, pause_s=600)),
        replace(sheet, times=replace(sheet.times, acknowledge_s=121)),
        replace(sheet, lines=sheet.lines[1:]),
        replace(sheet, signs={}),
        rules.moved(sheet, "SPO2.low_high", Decimal(1)),
        rules.moved(sheet, "SPO2.low_high", Decimal(19)),
    ):
        with pytest.raises(Refused):
            changed(bedside, wrong, doctor)
    assert bedside.visit.limits.count() == 1
    with pytest.raises(ValueError, match="must be under"):
        rules.moved(sheet, "HR.low_high", Decimal(160))


def typed(bedside, value, channel=Channel.NIBP_SYS, at=AT):
    (row,) = actions.record_by_hand(
        visit=bedside.visit, values={channel: Decimal(value)}, taken_at=at, by=bedside.nurse, at=at
    )
    return row


def corrected(bedside, row, value, at):
    return actions.amend_reading(reading=row, value=Decimal(value), reason="misread", by=bedside.nurse, at=at)


def test_h6_a_correction_into_the_alarm_range_sounds():
    bedside = Bedside()
    corrected(bedside, typed(bedside, 120), 210, AT + s(20))
    loudest = queries.standing(bedside.visit, at=AT + s(20)).loudest
    assert (loudest.key, loudest.priority.word) == ("NIBP_SYS.high", "high")
    assert not AlarmSignal.objects.filter(rule="T8").exists(), "a correction does not contradict what it corrects"
    assert not Duty.objects.exists()


def test_a16_a_correction_is_no_second_reading():
    bedside = Bedside()
    corrected(bedside, typed(bedside, 165), 170, AT + s(20))
    condition = next(
        one for one in queries.standing(bedside.visit, at=AT + s(20)).conditions if one.key == "NIBP_SYS.high"
    )
    assert condition.priority.word == "low"


def test_a13_a_correction_too_late_to_sound_is_laid_before_the_prescriber():
    bedside = Bedside()
    row = corrected(bedside, typed(bedside, 120), 130, AT + s(90))
    assert not Duty.objects.exists()
    row = corrected(bedside, row, 190, AT + s(100))
    assert not AlarmSignal.objects.filter(kind="physiological", sounding=True).exists()
    assert AlarmSignal.objects.filter(kind="due", rule="A13").exists()
    duty = Duty.objects.get()
    assert (duty.kind, duty.owner_role, duty.visit_id) == ("reading.review", "RX", bedside.visit.pk)
    corrected(bedside, row, 210, AT + s(110))
    sounding = AlarmSignal.objects.get(kind="physiological", sounding=True)
    assert (sounding.condition, sounding.priority) == ("NIBP_SYS.high", "high"), (
        "one such reading is high at once (A16)"
    )


@pytest.mark.parametrize(
    ("channel", "wrong", "right"), [(Channel.SPO2, 88, 70), (Channel.NIBP_SYS, 170, 235), (Channel.SPO2, 97, 70)]
)
def test_a13_i2_too_late_and_graver_than_what_stood_it_is_the_prescribers_to_look_at(channel, wrong, right):
    bedside = Bedside()
    row = typed(bedside, wrong, channel)
    actions.tick(clinic=bedside.clinic, at=AT + s(30))
    row = corrected(bedside, row, right, AT + s(400))
    assert [(one.kind, one.owner_role) for one in Duty.objects.all()] == [("reading.review", "RX")]


def test_a13_i2_what_stood_and_is_no_graver_asks_nobody():
    bedside = Bedside()
    row = typed(bedside, 70, Channel.SPO2)
    actions.tick(clinic=bedside.clinic, at=AT + s(30))
    corrected(bedside, row, 72, AT + s(400))
    assert not Duty.objects.exists()


def test_a13_a_correction_of_a_value_overtaken_since_or_after_the_watch_is_laid_before_the_prescriber():
    bedside = Bedside()
    overtaken = typed(bedside, 120)
    last = typed(bedside, 125, at=AT + s(10))
    corrected(bedside, overtaken, 210, AT + s(15))
    actions.end_watch(visit=bedside.visit, by=bedside.nurse, at=AT + s(20))
    corrected(bedside, last, 220, AT + s(25))
    assert Duty.objects.filter(kind="reading.review").count() == 2


def test_h6_a_correction_to_zero_is_a_value_and_one_in_error_is_not_judged():
    bedside = Bedside()
    row = corrected(bedside, typed(bedside, 5, Channel.MOAAS), 0, AT + s(10))
    assert row.value == 0
    assert queries.standing(bedside.visit, at=AT + s(10)).loudest.key == "MOAAS.low"
    other = Bedside(clinic=bedside.clinic, address="another")
    actions.amend_reading(
        reading=typed(other, 120), value=Decimal(210), reason="not hers", by=other.nurse, at=AT + s(9), in_error=True
    )
    assert queries.standing(other.visit, at=AT + s(9)).loudest is None


def test_t5_a_reading_that_is_due_is_asked_for_and_done():
    bedside = Bedside()
    ask = Ask("bp.15", "Blood pressure", AT + s(60), (Channel.NIBP_SYS,))
    actions.set_baseline(visit=bedside.visit, baseline={Channel.HR: Decimal(70)}, by=bedside.nurse, at=AT)
    actions.dose_acting(visit=bedside.visit, acting=True, by=bedside.nurse, at=AT)
    actions.schedule_checks(visit=bedside.visit, asks=[ask], by=bedside.nurse, at=AT)
    actions.tick(clinic=bedside.clinic, at=AT + s(200))
    assert AlarmSignal.objects.filter(kind="due", presence="present").exists()
    actions.check_done(visit=bedside.visit, ask="bp.15", by=bedside.nurse, at=AT + s(201))
    conditions = queries.standing(bedside.visit, at=AT + s(202)).conditions
    assert not [one for one in conditions if one.kind == "due" and one.present]


def test_without_a_running_watch_an_alarm_act_says_so():
    clinic = a_clinic()
    visit = a_visit(clinic, someone(clinic, "FD"))
    with pytest.raises(Refused):
        actions.pause_audio(visit=visit, by=someone(clinic, "RN"), at=AT)


def test_a_process_says_that_it_is_alive():
    assert queries.last_beat("watch") is None
    actions.beat(process="watch", at=AT)
    actions.beat(process="watch", at=AT + s(1))
    assert queries.last_beat("watch") == AT + s(1)


def test_i2_a_cuff_whose_clock_is_a_moment_ahead_is_struck_out_as_the_alarms_keep_it():
    """They keep nothing that was taken after it came; looked for at its own time it was not known, and sounded on."""
    row = Reading(channel="NIBP_SYS", value=Decimal(205), taken_at=AT + timedelta(milliseconds=1), received_at=AT)
    row.quality, row.source = "good", "device"
    assert readings._as_it_was(row).taken_at == AT
