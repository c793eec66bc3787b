"""``python -m tests.trust``: what it prints, and how it ends."""

from collections.abc import Iterator

import pytest

from tests.trust.__main__ import main
from tests.trust.rooms import ROOMS
from tests.trust.trial import Outcome


@pytest.mark.parametrize(
    ("share", "tried", "failed", "lost", "code"),
    [
        ("1", 2, 0, 0, 0),
        ("1", 2, 1, 0, 1),
        ("1", 2, 0, 1, 1),
        ("1", 0, 0, 0, 1),
        ("0.1", 0, 0, 0, 0),
        ("0.1", 2, 1, 0, 1),
    ],
)
def test_how_the_trials_end(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    share: str,
    tried: int,
    failed: int,
    lost: int,
    code: int,
) -> None:
    def trials(_seed: int, _share: float) -> Iterator[Outcome]:
        yield Outcome("nothing falls", 3, 0, 0, measured="a stone")
        yield Outcome("nothing rises", tried, failed, lost, measured="a cloud")

    monkeypatch.setitem(ROOMS, "air", trials)
    monkeypatch.setattr("sys.argv", ["trust", "--rooms", "air", "--share", share])
    with pytest.raises(SystemExit) as ended:
        main()
    assert int(ended.value.code or 0) == code
    falls, rises = [line for line in capsys.readouterr().out.splitlines() if "nothing" in line]
    assert "NOT TRIED" not in falls
    assert ("NOT TRIED" in rises) == (not tried)
