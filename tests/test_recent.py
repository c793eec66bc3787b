"""The values used last."""

from searcher.query.recent import Recent


def test_the_value_used_longest_ago_goes_first() -> None:
    recent: Recent[int] = Recent(2)
    recent.put("a", 1)
    recent.put("b", 2)
    assert recent.get("a") == 1
    recent.put("c", 3)
    assert [recent.get(key) for key in "abc"] == [1, None, 3]
    recent.put("a", 4)
    assert [recent.get(key) for key in "abc"] == [4, None, 3]
