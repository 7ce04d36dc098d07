"""Two runs side by side never start two products on one port."""

from __future__ import annotations

from itertools import islice

from tests.browser import IN_A_ROW, row_of_ports


def test_no_two_workers_share_a_row_of_ports():
    one, other = (set(islice(row_of_ports(7), IN_A_ROW)) for _ in range(2))
    assert len(one) == len(other) == IN_A_ROW
    assert not one & other
