from pathlib import Path

from ketacare.medicine.monitoring import reader, rules
from ketacare.web.demo import make_recording

RECORDING = Path(make_recording.__file__).parent / "recording.csv"


def test_the_recording_is_the_one_its_maker_makes(capsys):
    make_recording.main()
    assert capsys.readouterr().out == RECORDING.read_text("utf-8")
    assert RECORDING.stat().st_size < 300_000


def test_the_demo_shows_each_kind_of_alarm_and_few_of_them():
    signals = list(rules.replay_csv(RECORDING.read_text("utf-8"), reader.limits()))
    present = {(one["condition"], one["priority"]) for one in signals if one["state"] == "present"}
    assert ("SPO2.lost", "medium") in present
    assert any(condition == "SPO2.low" for condition, _ in present)
    assert len(present) < 8
