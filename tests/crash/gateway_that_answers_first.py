"""The control arm: our gateway with its promise removed. It answers, then commits; a kill in between loses what it said
it had. Run as a process by the crash test, never part of the product."""

import asyncio
import sys
import time

from ketacare.web.runtime.application import set_up

set_up()

from ketacare.exchange.hl7v2.translate import acknowledgement  # noqa: E402 - Django must be set up first
from ketacare.web import cli  # noqa: E402
from ketacare.web.gateway.writer import Writer  # noqa: E402

submit, commit = Writer.submit, Writer.commit


async def answer_first(self, letter):
    await submit(self, letter)
    answer = asyncio.get_running_loop().create_future()
    answer.set_result(acknowledgement(letter.raw, "AA", at=self.clock(), number="1"))
    return answer


def commit_slowly(self, *batch):
    time.sleep(0.05)
    return commit(self, *batch)


Writer.submit, Writer.commit = answer_first, commit_slowly
sys.exit(cli.main(["gateway", *sys.argv[1:]]))
