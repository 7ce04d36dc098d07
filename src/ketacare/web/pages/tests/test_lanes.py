"""Places in the picture of a course: by hand, without a database."""

from decimal import Decimal

import pytest

from ketacare.medicine.outcomes import reader
from ketacare.web.pages import lanes, measures
from ketacare.web.pages.lanes import Ahead, Dot, Lane, Mark, Panel, Rule

SPAN = (0.0, 100.0)


def drawn(dots: list[Dot], **more: object) -> lanes.DrawnPanel:
    panel = Panel("phq-9", "PHQ-9", 0, 27, dots, **more)  # type: ignore[arg-type]
    return lanes.picture([panel], [], [], span=SPAN).panels[0]


def test_a_score_stands_where_its_day_and_value_are():
    """Half of the days is half of the width between the margins; 13.5 of 27 is half of the height."""
    one = drawn([Dot(50, 13.5, "13.5")])
    (spot,) = one.spots
    assert spot.x == pytest.approx(lanes.LEFT + (lanes.WIDTH - lanes.LEFT - lanes.RIGHT) / 2)
    assert spot.y == pytest.approx((one.top + one.bottom) / 2)
    assert one.last is not None
    assert one.last.words == "13.5"


def test_what_is_missing_breaks_the_line_and_stands_open_above():
    one = drawn([Dot(0, 20, ""), Dot(7, 18, ""), Dot(14, None, "asked, not answered"), Dot(21, 9, ""), Dot(28, 8, "")])
    assert len(one.lines) == 2
    assert [spot.kind for spot in one.spots] == ["score", "score", "missing", "score", "score"]
    assert one.spots[2].y < one.top, "at no value of the scale, not at its worst"
    assert one.spots[2].y < one.top


def test_an_earlier_edition_has_a_line_of_its_own():
    dots = [Dot(0, 20, "", edition="1"), Dot(7, 18, "", edition="1"), Dot(14, 12, ""), Dot(21, 9, "")]
    one = drawn(dots)
    assert len(one.lines) == 2
    assert [spot.kind for spot in one.spots] == ["older", "older", "score", "score"]


def test_one_score_makes_no_line_and_one_that_overlaps_is_marked():
    one = drawn([Dot(3, 20, "", overlaps=True)])
    assert one.lines == ()
    assert [spot.kind for spot in one.spots] == ["overlaps"]


def test_names_of_lines_stand_apart():
    one = drawn([Dot(3, 20, "")], rules=[Rule(8, "response"), Rule(5, "remission")])
    below, above = one.rules
    assert (below.words, above.words) == ("remission", "response")
    assert below.name_y - above.name_y > 12


def test_the_expected_course_is_a_closed_band():
    one = drawn([Dot(3, 20, "")], ahead=Ahead([10, 20], [9, 10], [7, 8], [11, 12]))
    assert one.band.startswith("M")
    assert one.band.endswith("Z")
    assert one.middle.count("L") == 1


def test_doses_grow_with_their_mg_and_labels_leave_room():
    marks = [Mark(day, "", label="40", mg=mg) for day, mg in ((10, 20.0), (11, 40.0), (60, 40.0))]
    found = lanes.picture([], [Lane("Doses", "dose", marks)], [], span=SPAN)
    (lane,) = found.lanes
    radii = [radius for _, _, _, radius in lane.marks]
    assert radii[0] < radii[1] == radii[2] == lanes.LARGE
    assert len(lane.labels) == 2
    assert len(found.doses) == 3


def test_a_stay_is_as_long_as_it_lasts_and_never_too_thin_to_see():
    found = lanes.picture(
        [], [Lane("Integration", "stay", [Mark(10, "", until=10.03), Mark(50, "", until=60)])], [], span=SPAN
    )
    assert [width for _, _, width, _ in found.lanes[0].marks] == pytest.approx([6, 82], abs=0.2)


def test_now_and_the_window_stay_inside():
    found = lanes.picture([], [], [], span=SPAN, now=120, window=(-5, 150))
    assert found.now is None
    assert found.window == (lanes.LEFT, lanes.WIDTH - lanes.RIGHT)


@pytest.mark.parametrize(("days", "step"), [(5, 1), (15, 2), (40, 7), (200, 28), (5000, 182)])
def test_about_ten_dates_under_the_picture(days, step):
    assert lanes.step_for(days) == step


@pytest.mark.parametrize(("name", "total", "is_better"), [("pgi-c", 1, True), ("pgi-c", 3, False), ("cgi-i", 2, True)])
def test_a_scale_of_change_says_by_itself_whether_it_is_a_response(name, total, is_better):
    found = measures.of_change(reader.instrument(name), Decimal(total))
    assert found is not None
    assert found[0].startswith("Much or very much")
    assert found[1] is is_better
    assert measures.of_change(reader.instrument("phq-9"), Decimal(3)) is None
