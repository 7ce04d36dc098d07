"""Channels and single readings."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Channel(StrEnum):
    """What is measured. Its value is also its name in messages and recordings."""

    HR = "HR"
    PR = "PR"
    SPO2 = "SPO2"
    RR = "RR"
    NIBP_SYS = "NIBP_SYS"
    NIBP_DIA = "NIBP_DIA"
    NIBP_MEAN = "NIBP_MEAN"
    ABP_SYS = "ABP_SYS"
    ABP_DIA = "ABP_DIA"
    ABP_MEAN = "ABP_MEAN"
    TEMP = "TEMP"
    ETCO2 = "ETCO2"
    APNOEA = "APNOEA"
    MOAAS = "MOAAS"
    DISTRESS = "DISTRESS"

    @property
    def label(self) -> str:
        return _ABOUT[self].label

    @property
    def unit(self) -> str:
        """UCUM."""
        return _ABOUT[self].unit

    @property
    def loinc(self) -> str | None:
        return _ABOUT[self].loinc

    @property
    def mdc(self) -> int | None:
        """The ISO/IEEE 11073-10101 code."""
        return _ABOUT[self].mdc

    @property
    def intermittent(self) -> bool:
        """Measured now and then: it has a time, and never goes stale as a stream does (T5)."""
        return _ABOUT[self].intermittent

    @property
    def pressure(self) -> bool:
        return self in PRESSURES

    @property
    def mean_pressure(self) -> bool:
        return self in (Channel.NIBP_MEAN, Channel.ABP_MEAN)


@dataclass(frozen=True, slots=True)
class _About:
    label: str
    unit: str
    loinc: str | None
    mdc: int | None
    intermittent: bool = False


_ABOUT = {
    Channel.HR: _About("Heart rate", "/min", "8867-4", 147842),
    Channel.PR: _About("Pulse rate", "/min", "8889-8", 149530),
    Channel.SPO2: _About("SpO2", "%", "59408-5", 150456),
    Channel.RR: _About("Respiratory rate", "/min", "9279-1", 151578),
    Channel.NIBP_SYS: _About("Systolic pressure", "mm[Hg]", "8480-6", 150021, True),
    Channel.NIBP_DIA: _About("Diastolic pressure", "mm[Hg]", "8462-4", 150022, True),
    Channel.NIBP_MEAN: _About("Mean pressure", "mm[Hg]", "8478-0", 150023, True),
    Channel.ABP_SYS: _About("Arterial systolic", "mm[Hg]", "8480-6", 150037),
    Channel.ABP_DIA: _About("Arterial diastolic", "mm[Hg]", "8462-4", 150038),
    Channel.ABP_MEAN: _About("Arterial mean", "mm[Hg]", "8478-0", 150039),
    Channel.TEMP: _About("Temperature", "Cel", "8310-5", 150344, True),
    Channel.ETCO2: _About("End-tidal CO2", "mm[Hg]", "19891-1", 151708),
    Channel.APNOEA: _About("Apnoea", "s", None, 199680),  # since the last breath, of a monitor that counts it
    Channel.MOAAS: _About("Sedation MOAA/S", "{score}", None, None, True),
    Channel.DISTRESS: _About("Distress", "{score}", None, None, True),
}

CUFF = (Channel.NIBP_SYS, Channel.NIBP_DIA, Channel.NIBP_MEAN)
ARTERIAL_LINE = (Channel.ABP_SYS, Channel.ABP_DIA, Channel.ABP_MEAN)
PRESSURES = CUFF + ARTERIAL_LINE


class Quality(StrEnum):
    GOOD = "good"
    BAD = "bad"  # the device doubts it
    NONE = "none"  # probe off, lead off, no measurement
    IMPLAUSIBLE = "implausible"  # we doubt it (T7)


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one channel: when it happened by a clock corrected for skew, and when it reached us."""

    channel: Channel
    value: Decimal | None
    taken_at: datetime
    received_at: datetime
    quality: Quality = Quality.GOOD
    reason: str = ""
    source: str = "device"
    device: str = ""

    def __post_init__(self) -> None:
        if self.taken_at.tzinfo is None or self.received_at.tzinfo is None:
            raise TypeError(f"{self.channel}: a reading's times need their zone.")
        if self.value is None and self.quality is Quality.GOOD:
            raise ValueError(f"{self.channel}: a reading without a value cannot be good. Give its quality.")

    @property
    def usable(self) -> bool:
        return self.value is not None and self.quality is Quality.GOOD
