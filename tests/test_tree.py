"""The tree of a query: how it is printed, and its leaves."""

import pytest

from searcher.query.parser import parse
from searcher.query.tree import leaves


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("NOT ant", "-ant"),
        ("((ant)) AND(bee)", "ant AND bee"),
        ("(ant bee) OR elk", "ant bee OR elk"),
        ("title:(ant OR bee)^2", "(title:ant OR title:bee)^2"),
        ("“ant  bee”~3", '"ant bee"~3'),
        ("ant~1 bee~2", "ant~ bee~2"),
        ("(ant^2)^3", "ant^6"),
        ("YEAR:>2024", "year:2025.."),
        ("year:<2024", "year:..2023"),
        ("date:2024-03..2024-03", "date:2024-03"),
        (r"Erd\H{o}s", "Erdős"),
        ("", '""'),
        ("year:abc ant", 'year:"" ant'),
    ],
)
def test_a_tree_is_printed_as_a_short_query(text: str, printed: str) -> None:
    assert str(parse(text).tree) == printed


def test_leaves_come_in_the_order_of_the_text() -> None:
    found = leaves(parse('ant -(bee OR "elk fox"~2) +title:gnu^2 year:2024 *').tree)
    assert list(map(str, found)) == ["ant", "bee", '"elk fox"~2', "title:gnu", "year:2024", "*"]
