"""G5: whatever comes twice, late and out of order, the chart is the same."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime, timedelta

from bench.devices.chairs import Proof, chart_of, furnished, message, taken
from bench.mutation import SEED
from ketacare.medicine.monitoring.terms import Channel


def g5() -> list[Proof]:
    from ketacare.web.gateway.writer import Writer

    chance = random.Random(SEED)
    proof = Proof("G5", "duplicates x1 to x10, shuffled, and 24 h late: the canonical export is equal byte for byte")
    began = datetime(2026, 7, 14, 12, tzinfo=UTC)
    exports: dict[str, bytes] = {}
    control = b""
    for arm in ("in order", "doubled", "shuffled", "24 h late", "all of it", "without the time held"):
        [chair] = furnished(1, began)
        moments = [began + timedelta(seconds=second) for second in range(600)]
        sent = [(message(chair, at, str(s), 90 + s % 9, (Channel.HR,)), at) for s, at in enumerate(moments)]
        late = timedelta(hours=24) if "24" in arm or arm in ("all of it", "without the time held") else timedelta()
        came = [(raw, at + late + timedelta(milliseconds=300), late) for raw, at in sent]
        if arm in ("doubled", "all of it", "without the time held"):
            came = [one for one in came for _ in range(chance.randint(1, 10))]
        if arm in ("shuffled", "all of it", "without the time held"):
            chance.shuffle(came)
        if arm == "shuffled":  # through an agent: each held until the last has been taken
            end = began + timedelta(seconds=700)
            came = [(raw, end, end - at) for raw, at, _ in came]
        if arm == "without the time held":
            came = [(raw, at, timedelta()) for raw, at, _ in came]
        taken(Writer(lambda: began), came)
        found = chart_of(chair)
        if arm == "without the time held":
            control = found
        else:
            exports[arm] = found
            proof.found.append(f"{arm}: {len(came):,} messages, SHA-256 {hashlib.sha256(found).hexdigest()[:16]}")
    proof.must(len(set(exports.values())) == 1, f"{len(exports)} arms, {len(set(exports.values()))} export")
    proof.must(exports["in order"].count(b"\n") + 1 == 1200, "1,200 readings in each")
    proof.control = "the same 24 h late without the time that the agent held them gives another export"
    proof.control_failed = control != exports["in order"]
    return [proof]
