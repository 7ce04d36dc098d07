"""Messages made for the tests, shaped as bedside monitors send them."""

ORU = (
    b"MSH|^~\\&|MONITOR^0011223344556677^EUI-64|WARD|||20260714120000+0000||ORU^R01^ORU_R01|%(number)s|P|2.6"
    b"||||||UNICODE UTF-8\r"
    b"PV1||I|^^CHAIR-3\r"
    b"OBR|1|||182777000^monitoring of patient^SCT|||20260714120000+0000\r"
    b"%(observations)s"
)


def oru(*observations: bytes, number: bytes = b"1001") -> bytes:
    return ORU % {b"number": number, b"observations": b"".join(line + b"\r" for line in observations)}


SPO2 = b"OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3.1|97|262688^MDC_DIM_PERCENT^MDC|||||R|||20260714120000+0000"
SYSTOLIC = b"OBX|2|NM|150301^MDC_PRESS_CUFF_SYS^MDC|1.1.9.150301|120|266016^MDC_DIM_MMHG^MDC|||||R"
SYSTOLIC_KPA = b"OBX|2|NM|150301^MDC_PRESS_CUFF_SYS^MDC|1.1.9.150301|16.0|265987^MDC_DIM_KILO_PASCAL^MDC|||||R"
OWN_ALARMS = b"OBX|4|ST|68483^MDC_ATTR_ALARM_INACTIVATION_STATE^MDC|1.1.0.0.5|%s||||||F"
UNKNOWN = b"OBX|3|NM|999999^VENDOR_THING^99VENDOR||42|/min|||||R"
