"""Takes readings that monitors publish to an MQTT broker, and acknowledges each after it is committed."""

from __future__ import annotations

import argparse
import os
import socket

HELP = "takes readings from an MQTT broker: QoS 1, acknowledged after the commit"
EXAMPLE = "ketacare mqtt --broker mqtt://broker.example:1883"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--broker",
        default=os.environ.get("KETACARE_MQTT_BROKER", ""),
        help="mqtt://[USER:PASSWORD@]HOST[:PORT], or mqtts://; default: KETACARE_MQTT_BROKER",
    )
    parser.add_argument(
        "--name",
        default="",
        help="the session's name at the broker, another for each process; default: ketacare- and this machine's name",
    )


def run(arguments: argparse.Namespace) -> int:
    import signal
    import threading

    from ketacare.web.runtime.application import set_up
    from ketacare.web.runtime.faults import BadInput

    set_up()
    from ketacare.web import clock
    from ketacare.web.gateway.mqtt import Broker, Subscriber

    broker = Broker.at(arguments.broker)
    if broker is None:
        raise BadInput("--broker", "is mqtt://HOST:PORT or mqtts://HOST:PORT")
    stop = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())
    Subscriber(broker, arguments.name or f"ketacare-{socket.gethostname()}", clock.now).run(stop)
    return 0
