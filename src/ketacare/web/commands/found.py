"""Found a clinic: its name, clock and country, and the first two people in it, its director and its administrator.

Each gets a password that opens the account once, within a day; then they choose their own and set up a second factor.
Everybody else comes by these two, on the page “Who works here”. An organisation that is here already gets another
clinic; whoever signs in already keeps their password. Where a clinic has nobody left who asks for a post and another
who gives it, the same names give it the two anew.
"""

from __future__ import annotations

import argparse
from email.utils import parseaddr

from ketacare.web.runtime.faults import BadInput

HELP = "make a clinic with its first director and administrator"
EXAMPLE = (
    "ketacare found 'Harbour Street Clinic' --zone America/New_York --director 'Amara Osei <amara@example.org>' "
    "--administrator 'Sam Ito <sam@example.org>'"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="the clinic, as it stands on its letters")
    parser.add_argument("--organisation", help="the organisation that is here already, of which it is one more clinic")
    parser.add_argument("--zone", required=True, help="its time zone, for example America/New_York")
    parser.add_argument("--country", default="US", help="ISO 3166; it chooses the crisis line (default: US)")
    parser.add_argument("--address", default="", help="where it is, for letters and prints")
    parser.add_argument("--telephone", default="", help="where patients and colleagues call")
    parser.add_argument("--director", required=True, help="'Name <address>' of the medical director")
    parser.add_argument("--administrator", required=True, help="'Name <address>' of whoever runs it")


def run(arguments: argparse.Namespace) -> int:
    from ketacare.web.runtime.application import set_up

    set_up()
    from ketacare.clinic.posts import founding
    from ketacare.clinic.tenancy.refusals import Refused
    from ketacare.web import clock

    try:
        clinic, firsts = founding.found(
            organisation=arguments.organisation or arguments.name,
            joins=arguments.organisation is not None,
            name=arguments.name,
            zone=arguments.zone,
            country=arguments.country,
            address=arguments.address,
            telephone=arguments.telephone,
            director=founding.Person(*parseaddr(arguments.director)),
            administrator=founding.Person(*parseaddr(arguments.administrator)),
            at=clock.now(),
        )
    except Refused as refused:
        raise BadInput.of(tuple(f"{one.field}: {one.rule} {one.remedy}" for one in refused.refusals)) from None
    print(
        f"{clinic.name} is here. Each signs in once with this password, by this time tomorrow, and chooses their own:"
    )
    width = max(len(first.user.email) for first in firsts)
    for first in firsts:
        print(f"  {first.role.label:<16}  {first.user.email:<{width}}  {first.password or '(their own, as before)'}")
    print("They are shown once, here. Everybody else: “Who works here”. Then: ketacare doctor")
    return 0
