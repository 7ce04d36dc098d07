"""A rate of 0: somebody without a pulse, unless the same measurement counts one (T7).

A lead that is off counts no beat while the finger still pulses. Only a pulse rate tells of that wave: a saturation is
an average of many seconds, and is held while nothing pulses any more. Two rates of 0 are believed, whatever it says.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ketacare.medicine.monitoring.terms import Channel, Quality, Reading

WAVES = {Channel.HR: (Channel.PR,)}


def beside_its_wave(readings: Sequence[Reading]) -> list[Reading]:
    """The same readings; a rate of 0 that the pulse wave of its own device and moment denies is marked."""
    pulsing = {_place(one): one.channel for one in readings if one.usable and one.value}
    return [_denied(one, pulsing) for one in readings]


def _denied(reading: Reading, pulsing: dict[tuple[str, datetime, Channel], Channel]) -> Reading:
    if not reading.usable or reading.value != 0:
        return reading
    device, moment, _ = _place(reading)
    wave = next((one for one in WAVES.get(reading.channel, ()) if (device, moment, one) in pulsing), None)
    if wave is None:
        return reading
    return replace(reading, quality=Quality.IMPLAUSIBLE, reason=f"0 while {wave} shows a pulse")


def _place(reading: Reading) -> tuple[str, datetime, Channel]:
    return reading.device, reading.taken_at, reading.channel
