"""The query language: what text means, what is said of the rest, and that no text breaks it."""

import random
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.fields import QUERY_FIELDS
from searcher.query.parser import MAX_DEPTH, MAX_QUERY_CHARS, parse
from searcher.query.tree import (
    And,
    Boost,
    Every,
    Exact,
    Fuzzy,
    Group,
    Must,
    Node,
    Not,
    Or,
    Pattern,
    Phrase,
    Query,
    Range,
    Unread,
    Word,
    leaves,
)

law = settings(max_examples=100)

MAX_MESSAGE_CHARS = 200_000
"""All messages on one query, the longest and worst one included, stay far below this."""


def codes(query: Query) -> list[str]:
    return sorted({diagnostic.code for diagnostic in query.diagnostics})


def messages(query: Query) -> str:
    return "\n".join(diagnostic.message for diagnostic in query.diagnostics)


# What text means. None of these queries has a diagnostic.

ant, bee, elk, fox = Word("ant"), Word("bee"), Word("elk"), Word("fox")

MEANINGS: list[tuple[str, Node]] = [
    # words
    ("ant", ant),
    ("ant bee", Group((ant, bee))),
    (" \tant\n\u00a0bee\u3000", Group((ant, bee))),
    ("C++", Word("C++")),
    ("C# k-NN GPT-4 3D", Group((Word("C#"), Word("k-NN"), Word("GPT-4"), Word("3D")))),
    ("DeepSeek-V3.2", Word("DeepSeek-V3.2")),
    ("TCP/IP", Word("TCP/IP")),
    ("Müller", Word("Müller")),
    (r"M{\"u}ller", Word("Müller")),
    (r"$\alpha$-net", Word(r"$\alpha$-net")),
    ("深度", Word("深度")),
    ("https://example.org/ant?x=1", Pattern("https://example.org/ant?x=1")),
    ("http://example.org", Word("http://example.org")),
    ("12:30", Word("12:30")),
    ("ant, bee; elk.", Group((Word("ant,"), Word("bee;"), Word("elk.")))),
    ("Ants: bee", Group((Word("Ants"), bee))),
    ("ant - bee", Group((ant, bee))),
    ("ant & bee", Group((ant, bee))),
    # every paper
    ("*", Every()),
    ("**", Every()),
    ("* ant", Group((Every(), ant))),
    # must, not
    ("+ant bee", Group((Must(ant), bee))),
    ("-ant", Not(ant)),
    ("ant -bee", Group((ant, Not(bee)))),
    ("ant -k-NN", Group((ant, Not(Word("k-NN"))))),
    ("+C++", Must(Word("C++"))),
    ("NOT ant", Not(ant)),
    ("ant NOT bee", Group((ant, Not(bee)))),
    ("NOT NOT ant", ant),
    ("-(ed)", Not(Word("ed"))),
    ("-s,b* ant", Group((Not(Pattern("s,b*")), ant))),
    ("!s.b ant", Group((Not(Word("s.b")), ant))),
    ("!s, ant", Group((Not(Word("s,")), ant))),
    ("ant -edit -ed-ant", Group((ant, Not(Word("edit")), Not(Word("ed-ant"))))),
    ("ant !bee", Group((ant, Not(bee)))),
    (
        "don't O'Ant '90s and 'ant'",
        Group(tuple(map(Word, ["don't", "O'Ant", "90s", "and", "ant"]))),
    ),
    ("the ants' and bees' wings", Group(tuple(map(Word, "the ants' and bees' wings".split())))),
    ("--ant", ant),
    ("+-ant", Not(ant)),
    ('-"ant bee"', Not(Phrase("ant bee"))),
    ("-(ant bee)", Not(Group((ant, bee)))),
    ("+(ant OR bee)", Must(Or((ant, bee)))),
    ("-title:ant", Not(Word("ant", "title"))),
    ("-has:code", Not(Word("code", "has"))),
    ("+the", Must(Word("the"))),
    # AND, OR, NOT, parentheses: words in a row bind as AND does, both tighter than OR
    ("ant AND bee", And((ant, bee))),
    ("ant OR bee", Or((ant, bee))),
    ("ant OR bee OR elk", Or((ant, bee, elk))),
    ("ant AND bee AND elk", And((ant, bee, elk))),
    ("ant AND bee OR elk", Or((And((ant, bee)), elk))),
    ("ant OR bee AND elk", Or((ant, And((bee, elk))))),
    ("ant bee OR elk fox", Or((Group((ant, bee)), Group((elk, fox))))),
    ("ant AND bee elk", Group((And((ant, bee)), elk))),
    ("ant bee AND elk", Group((ant, And((bee, elk))))),
    ("ant AND NOT bee", And((ant, Not(bee)))),
    ("NOT ant AND bee", And((Not(ant), bee))),
    ("(ant OR bee) elk", Group((Or((ant, bee)), elk))),
    ("ant (bee elk)", Group((ant, Group((bee, elk))))),
    ("((ant))", ant),
    ("(ant)(bee)", Group((ant, bee))),
    ("ant AND(bee OR elk)", And((ant, Or((bee, elk))))),
    ('ant OR"bee elk"', Or((ant, Phrase("bee elk")))),
    ("NOT(ant)", Not(ant)),
    ("ant and bee", Group((ant, Word("and"), bee))),
    ("not ant", Group((Word("not"), ant))),
    ("ANDROID", Word("ANDROID")),
    # phrases and near words
    ('"ant bee"', Phrase("ant bee")),
    ('"  ant \n bee "', Phrase("ant bee")),
    ("“ant bee”", Phrase("ant bee")),
    ("„ant bee“", Phrase("ant bee")),
    ("«ant bee»", Phrase("ant bee")),
    ('"to be or not to be"', Phrase("to be or not to be")),
    ('"ant AND (bee)"', Phrase("ant AND (bee)")),
    ('"what is it?"', Phrase("what is it?")),
    ('"ant bee"~3', Phrase("ant bee", 3)),
    ('"ant bee"~0', Phrase("ant bee", 0)),
    ('"ant bee"~50', Phrase("ant bee", 50)),
    ('ant"bee"elk', Group((ant, Phrase("bee"), elk))),
    ('="ant bee"', Phrase("ant bee")),
    # wildcards
    ("ant*", Pattern("ant*")),
    ("*ant", Pattern("*ant")),
    ("a?t", Pattern("a?t")),
    ("a*t?", Pattern("a*t?")),
    ("?nt", Pattern("?nt")),
    ("深*", Pattern("深*")),
    # fuzzy
    ("ant~", Fuzzy("ant", 1)),
    ("ant~1", Fuzzy("ant", 1)),
    ("ant~2", Fuzzy("ant", 2)),
    ("ant NEAR/3 bee", Phrase("ant bee", 3)),
    ("ant NEAR/3 bee NEAR/1 elk fox", Group((Phrase("ant bee elk", 4), fox))),
    ('C++ NEAR/2 "ant bee"', Phrase("C++ ant bee", 2)),
    ("elk AND -ant NEAR/0 bee", And((elk, Not(Phrase("ant bee", 0))))),
    ("(ant NEAR/3 bee)^2 elk", Group((Boost(Phrase("ant bee", 3), 2.0), elk))),
    ("title:ant NEAR/3 bee", Phrase("ant bee", 3, "title")),
    ("ant near/3 bee NEAR", Group((ant, Word("near/3"), bee, Word("NEAR")))),
    # boosts
    ("(a)^2", Boost(Word("a"), 2.0)),
    ("a^0.5", Boost(Word("a"), 0.5)),
    ("ant^2", Boost(ant, 2.0)),
    ("ant^0.5", Boost(ant, 0.5)),
    ("ant^1", ant),
    ("ant^2^3", Boost(ant, 6.0)),
    ("ant~2^3", Boost(Fuzzy("ant", 2), 3.0)),
    ("ant*^3", Boost(Pattern("ant*"), 3.0)),
    ("C++^2", Boost(Word("C++"), 2.0)),
    ('"ant bee"^2', Boost(Phrase("ant bee"), 2.0)),
    ('"ant bee"~3^2', Boost(Phrase("ant bee", 3), 2.0)),
    ("(ant bee)^2", Boost(Group((ant, bee)), 2.0)),
    ("(ant^2)^3", Boost(ant, 6.0)),
    ("-ant^2", Not(Boost(ant, 2.0))),
    ("+ant^2", Must(Boost(ant, 2.0))),
    # exact
    ("=ants", Exact("ants")),
    ("+=ants", Must(Exact("ants"))),
    ("=AND", Exact("AND")),
    # fields
    ("title:ant", Word("ant", "title")),
    ("TITLE:ant", Word("ant", "title")),
    ("abstract:ant", Word("ant", "abstract")),
    ("author:Han", Word("Han", "author")),
    ('author:"Bo Han"', Phrase("Bo Han", None, "author")),
    ("author:^han", Word("^han", "author")),
    ('author:^"Han, Bo"^2', Boost(Phrase("^Han, Bo", None, "author"), 2.0)),
    ('author:"^Han, Bo"', Phrase("^Han, Bo", None, "author")),
    ("-author:^ha*", Not(Pattern("^ha*", "author"))),
    ("author:^(bo han)", Group((Word("^bo", "author"), Word("^han", "author")))),
    ("au:^han~", Fuzzy("^han", 1, "author")),
    ("title:^ant", Word("ant", "title")),
    ('author:="Bo Han"', Exact("Bo Han", "author")),
    ('=author:^"Bo Han"', Exact("^Bo Han", "author")),
    ('title:="ant bee"', Phrase("ant bee", None, "title")),
    ("inst:MIT", Word("MIT", "inst")),
    ('owner:"Bo Han"', Phrase("Bo Han", None, "owner")),
    ("cat:LG", Word("LG", "cat")),
    ('cat:"Machine Learning"', Phrase("Machine Learning", None, "cat")),
    ("cat:cs.LG", Word("cs.LG", "cat")),
    ("has:code", Word("code", "has")),
    ("has:Code", Word("code", "has")),
    ('has:"code"', Word("code", "has")),
    ("id:han-ant-bee-6c9d1e0f", Word("han-ant-bee-6c9d1e0f", "id")),
    ("id:2401.01234", Word("2401.01234", "id")),
    ("id:!!", Word("!!", "id")),
    ("id:han-*", Pattern("han-*", "id")),
    ("doi:10.5555/12", Word("10.5555/12", "doi")),
    ("venue:ICML", Word("ICML", "venue")),
    ('venue:"River Letters"', Phrase("River Letters", None, "venue")),
    ("kw:moss", Word("moss", "kw")),
    ("kw:(deep river*)", Group((Word("deep", "kw"), Pattern("river*", "kw")))),
    ("type:article", Word("article", "type")),
    ("lang:German", Word("German", "lang")),
    ("cited:10", Range("cited", "10", "10")),
    ("cited:0", Range("cited", "0", "0")),
    ("cited:>=100", Range("cited", "100", None)),
    ("cited:5..20", Range("cited", "5", "20")),
    ("title:ant*", Pattern("ant*", "title")),
    ("title:=ants", Exact("ants", "title")),
    ("=title:ants", Exact("ants", "title")),
    ("title:ant~", Fuzzy("ant", 1, "title")),
    ("title:ant^2", Boost(Word("ant", "title"), 2.0)),
    ('title:"ant bee"~3', Phrase("ant bee", 3, "title")),
    ("title:ant bee", Group((Word("ant", "title"), bee))),
    ("title:(ant bee)", Group((Word("ant", "title"), Word("bee", "title")))),
    ("title:(ant OR -bee)", Or((Word("ant", "title"), Not(Word("bee", "title"))))),
    ("title:(ant author:Han)", Group((Word("ant", "title"), Word("Han", "author")))),
    ("title:(ant^2 =bees)", Group((Boost(Word("ant", "title"), 2.0), Exact("bees", "title")))),
    ("cat:(LG OR CL)", Or((Word("LG", "cat"), Word("CL", "cat")))),
    ("title:ant:bee", Word("ant:bee", "title")),
    # ranges
    ("year:2024", Range("year", "2024", "2024")),
    ('year:"2024"', Range("year", "2024", "2024")),
    ("year:2023..2025", Range("year", "2023", "2025")),
    ("year:2023..", Range("year", "2023", None)),
    ("year:..2023", Range("year", None, "2023")),
    ("year:>=2024", Range("year", "2024", None)),
    ("year:>2024", Range("year", "2025", None)),
    ("year:<=2024", Range("year", None, "2024")),
    ("year:<2024", Range("year", None, "2023")),
    ("-year:2024", Not(Range("year", "2024", "2024"))),
    ("year:(2023 OR >=2025)", Or((Range("year", "2023", "2023"), Range("year", "2025", None)))),
    ("date:2024-03-15", Range("date", "2024-03-15", "2024-03-15")),
    ("date:2024-03..2024-09", Range("date", "2024-03", "2024-09")),
    ("date:2024..2024-03", Range("date", "2024", "2024-03")),
    ("date:2024-03..2024", Range("date", "2024-03", "2024")),
    ("date:>=2024-03-15", Range("date", "2024-03-15", None)),
    ("date:<2024-03", Range("date", None, "2024-02")),
]


@pytest.mark.parametrize(("text", "tree"), MEANINGS, ids=[ascii(text) for text, _ in MEANINGS])
def test_text_means_its_tree_and_needs_no_diagnostic(text: str, tree: Node) -> None:
    assert parse(text) == Query(tree, ())


@pytest.mark.parametrize(("text", "tree"), MEANINGS, ids=[ascii(text) for text, _ in MEANINGS])
def test_the_printed_tree_means_the_same(text: str, tree: Node) -> None:
    assert parse(str(tree)) == Query(tree, ()), f"{text!r} was printed as {str(tree)!r}"


def test_every_field_and_every_kind_of_clause_is_in_the_table() -> None:
    found = [leaf for _, tree in MEANINGS for leaf in leaves(tree)]
    assert {getattr(leaf, "field", "") for leaf in found} == {"", *QUERY_FIELDS}
    assert {type(leaf) for leaf in found} == {Every, Word, Exact, Phrase, Pattern, Fuzzy, Range}
    assert {type(tree) for _, tree in MEANINGS} >= {Not, Must, Boost, Group, And, Or}


# What is said about the rest, and how it is understood.

NOTHING = '""'

DIAGNOSED = [
    # text, what was understood, codes
    ("", NOTHING, "empty-query"),
    (" \t\n", NOTHING, "empty-query"),
    ("!!! ...", NOTHING, "empty-query"),
    ("-", NOTHING, "empty-query"),
    ("😀", NOTHING, "empty-query"),
    ("title:!!", NOTHING, "empty-query"),
    ("\x00", NOTHING, "empty-query"),
    ("titel:ant", "titel ant", "unknown-field"),
    ("-foo:ant bee", "-foo ant bee", "unknown-field"),
    ('foo:"ant bee"', 'foo "ant bee"', "unknown-field"),
    ("foo:(ant bee)", "foo (ant bee)", "unknown-field"),
    ("title:", "title", "empty-field"),
    ("title: ant", "title ant", "empty-field"),
    ("-author: Han", "-author Han", "empty-field"),
    ("(year:) ant", "year ant", "empty-field"),
    ("title:-", "title", "empty-field"),
    ("has:", "has", "empty-field"),
    ("year:24", 'year:""', "bad-year"),
    ("year:abc ant", 'year:"" ant', "bad-year"),
    ("-year:abc ant", 'year:"" ant', "bad-year"),
    ("year:.. ant", 'year:"" ant', "bad-year"),
    ("year:0000 ant", 'year:"" ant', "bad-year"),
    ("year:2024-03 ant", 'year:"" ant', "bad-year"),
    ("year:>9999 ant", 'year:"" ant', "bad-year"),
    ("year:>= 2024", 'year:"" 2024', "bad-year"),
    ("year:* ant", 'year:"" ant', "bad-year"),
    ("year:２０２４ ant", 'year:"" ant', "bad-year"),
    ("year:(2024 abc)", 'year:2024 OR year:""', "bad-year"),
    ("year:2023-2025", "year:2023..2025", "bad-year"),
    ("year:2023\u20132025", "year:2023..2025", "bad-year"),
    ("year:2025..2023", "year:2023..2025", "range-order"),
    ("date:2024-09..2024-03", "date:2024-03..2024-09", "range-order"),
    ("date:2024-02-30 ant", 'date:"" ant', "bad-date"),
    ("date:2023-02-29 ant", 'date:"" ant', "bad-date"),
    ("date:2024-13 ant", 'date:"" ant', "bad-date"),
    ("date:March ant", 'date:"" ant', "bad-date"),
    ("date:2024/13 ant", 'date:"" ant', "bad-date"),
    ("year:[2024 ant", 'year:"" ant', "bad-year"),
    # What other programs call it, or write for it.
    ("ti:ant abs:bee au:cow category:LG", "title:ant abstract:bee author:cow cat:LG", ""),
    ("ant | bee || cow && dog", "ant OR bee OR cow AND dog", ""),
    ("ant |", "ant", "dangling-operator"),
    ("a|b", "a|b", ""),
    ("year:(2019 2020) ant", "(year:2019 OR year:2020) ant", ""),
    ("year:(2019 OR 2020) ant", "(year:2019 OR year:2020) ant", ""),
    ("year>2019 cited>=5 Date<2019-05", "year:2020.. cited:5.. date:..2019-04", ""),
    ("year > 2019", "year 2019", ""),
    ("p<0.05 x>y", "p<0.05 x>y", ""),
    ("year:[2019 TO 2020] ant", "year:2019..2020 ant", "bad-year"),
    ("year:[2019 TO *]", "year:2019..", "bad-year"),
    ("cited:[* TO 10]", "cited:..10", "bad-cited"),
    ("year:2019*", "year:2019", "bad-year"),
    ("year:201*", "year:2010..2019", "bad-year"),
    ("date:2024/03 ant", "date:2024-03 ant", "bad-date"),
    ("date:2024/03/05", "date:2024-03-05", "bad-date"),
    ("date:2024-03*", "date:2024-03", "bad-date"),
    ("date:[2024/03 TO 2024-05]", "date:2024-03..2024-05", "bad-date"),
    ("has:data ant", 'has:"" ant', "bad-has"),
    ("has:(code data)", 'has:code has:""', "bad-has"),
    ('"ant bee', '"ant bee"', "unclosed-quote"),
    ('ant "bee OR (elk', 'ant "bee OR (elk"', "unclosed-quote"),
    ('ant"', "ant", "empty-phrase unclosed-quote"),
    ('year:"2024', "year:2024", "unclosed-quote"),
    ('"" ant', "ant", "empty-phrase"),
    ('title:"!!" ant', "ant", "empty-phrase"),
    ('-"" ant', "ant", "empty-phrase"),
    ('"ant* bee"', '"ant* bee"', ""),
    ('"*ant bee"', '"*ant bee"', "wildcard-in-phrase"),
    ('"ant B* bee"', '"ant B* bee"', "wildcard-in-phrase"),
    ('author:"ant* bee"', 'author:"ant* bee"', "wildcard-in-phrase"),
    ('author:("ant* bee")', 'author:"ant* bee"', "wildcard-in-phrase"),
    ('"ant bee"~99', '"ant bee"~50', "bad-slop"),
    ('"ant bee"~', '"ant bee"', "bad-slop"),
    ("ant~0", "ant~", "bad-fuzzy"),
    ("ant~3", "ant~2", "bad-fuzzy"),
    ("ant~99999999999999999999", "ant~2", "bad-fuzzy"),
    ("ant*~", "ant*", "bad-fuzzy"),
    ("ant^0", "ant^0.001", "bad-boost"),
    ("ant^1,5", "ant", "bad-boost"),
    ("ant^1e3", "ant", "bad-boost"),
    ("(ant bee)^1e3", "ant bee", "bad-boost"),
    ('"ant bee"^1,5', '"ant bee"', "bad-boost"),
    ('"ant bee"^-1~2 cat', '"ant bee"~2 cat', "bad-boost"),
    ("ant^99999", "ant^1000", "bad-boost"),
    ("(ant bee)^0", "(ant bee)^0.001", "bad-boost"),
    ("(ant^1000)^1000", "ant^1000", "bad-boost"),
    ("=(ant bee)", "ant bee", "bad-exact"),
    ("what is it?", "what is it", "question-mark"),
    ("what (is it?)... !?", "what (is it)", "question-mark"),
    ("AntWhat?! and WhatBee?:", "AntWhat and WhatBee", "question-mark"),
    ("title:* ant", "ant", "nothing-to-search"),
    # Signs of names.
    ("ant(k)-bee", "ant k bee", "sign-in-name"),
    ('"ant bee"-like (elk)!(fox)', '"ant bee" like elk fox', "sign-in-name"),
    ("(ant) -bee", "ant -bee", ""),
    ("clicks of !Kung", "clicks of Kung", "sign-in-name"),
    ("the suffixes -ed, -ing", "the suffixes ed, ing", "sign-in-name"),
    ("the suffix (-s).", "the suffix s", "sign-in-name"),
    ("B* ant", "=B ant", "sign-in-name"),
    ("title:B*", "title:=B", "sign-in-name"),
    ("b* ant", "b* ant", ""),
    ("R^2 ant", '"R^2" ant', "sign-in-name"),
    ("title:b^3^0.5", 'title:"b^3"^0.5', "sign-in-name"),
    ("O(n^2)", 'O "n^2"', "sign-in-name"),
    ("cat:b^2", "(cat:b)^2", ""),
    ("NOT ant hill", "-ant hill", "excluded"),
    ("NOT ant AND bee", "-ant AND bee", ""),
    # Single quotes.
    ("'ant bee' elk", '"ant bee" elk', "single-quotes"),
    ("(\u2018ant bee\u2019)^2", '"ant bee"^2', "single-quotes"),
    ("'ant's bee'~2", '"ant\'s bee"~2', "single-quotes"),
    ("\"an 'ant bee' elk\"", "\"an 'ant bee' elk\"", ""),
    ("ant 'bee elk", "ant bee elk", ""),
    # Near.
    ("ant NEAR/99 bee", '"ant bee"~50', "bad-slop"),
    ("ant NEAR/3", "ant", "dangling-operator"),
    ("ant NEAR/3 OR bee", "ant OR bee", "dangling-operator"),
    ("ant NEAR/3 -bee", "ant -bee", "dangling-operator"),
    ("NEAR/3 ant", "near/3 ant", "operator-as-word"),
    ("(ant OR elk) NEAR/3 bee", "(ant OR elk) AND bee", "bad-near"),
    ("author:ant NEAR/3 bee", "author:ant AND bee", "bad-near"),
    ("(ant OR elk) NEAR/3 bee NEAR/1 fox", '(ant OR elk) AND "bee fox"~1', "bad-near"),
    ("AND", NOTHING, "dangling-operator empty-query"),
    ("ant AND", "ant", "dangling-operator"),
    ("AND ant", "ant", "dangling-operator"),
    ("ant OR", "ant", "dangling-operator"),
    ("OR ant", "ant", "dangling-operator"),
    ("ant NOT", "ant", "dangling-operator"),
    ("ant AND OR bee", "ant OR bee", "dangling-operator"),
    ("ant OR OR bee", "ant OR bee", "dangling-operator"),
    ("ant OR AND bee", "ant OR bee", "dangling-operator"),
    ("NOT NOT OR", NOTHING, "dangling-operator empty-query"),
    ("(ant OR) bee", "ant bee", "dangling-operator"),
    ("()", NOTHING, "empty-parentheses empty-query"),
    ("ant () bee", "ant bee", "empty-parentheses"),
    ("title:() ant", "ant", "empty-parentheses"),
    ("(ant", "ant", "unbalanced-parenthesis"),
    ("ant)", "ant", "unbalanced-parenthesis"),
    ("ant) bee (elk fox", "ant (bee (elk fox))", "unbalanced-parenthesis"),
    (")", NOTHING, "empty-query unbalanced-parenthesis"),
    ("title:(ant bee", "title:ant title:bee", "unbalanced-parenthesis"),
]


@pytest.mark.parametrize(
    ("text", "understood", "expected"), DIAGNOSED, ids=[ascii(row[0]) for row in DIAGNOSED]
)
def test_what_has_no_meaning_is_said_and_understood_as_something(
    text: str, understood: str, expected: str
) -> None:
    query = parse(text)
    assert (str(query.tree), " ".join(codes(query))) == (understood, expected), messages(query)


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        ("", ["empty", "no paper", "* finds all"]),
        ("!!!", ["'!!!'", "no paper"]),
        ("titel:ant", ["'titel'", "did you mean title:", "as a word"]),
        ("zzz:ant", ["'zzz'", "fields are title, abstract, venue"]),
        ("title: ant", ["title:", "word 'title'"]),
        ("year:24", ["year:24", "2023..2025", "no paper matches"]),
        ("year:2023-2025", ["year:2023-2025", "read as year:2023..2025"]),
        ("year:2025..2023", ["year:2025..2023", "backwards", "read as year:2023..2025"]),
        ("date:2024-13", ["date:2024-13", "2024-03..2024-09", "no paper matches"]),
        ("has:data", ["has:data", "has:code", "no paper matches"]),
        ('"ant bee', ["not closed", 'phrase "ant bee"']),
        ('""', ['""', "left out"]),
        ('"*ant"', ["*", '"*ant"', "punctuation"]),
        ('"ant bee"~99', ['"ant bee"~99', "0 to 50", 'read as "ant bee"~50']),
        ("ant~3", ["ant~3", "1 or 2", "read as ~2"]),
        ("ant*~", ["'ant*'", "wildcard", "ignored"]),
        ("ant^0", ["^0 ", "0.001..1000", "read as ^0.001"]),
        ("=(ant)", ["=", "'('"]),
        ("ant?", ["?", "'ant'", "punctuation"]),
        ("title:*", ["'title:*'", "no paper"]),
        ("ant AND", ["AND", "each side", "left out"]),
        ("NOT", ["NOT"]),
        ("()", ["empty parentheses", "left out"]),
        ("(ant", ["'('", "not closed", "at the end"]),
        ("ant)", ["')'", "closes nothing", "left out"]),
    ],
)
def test_a_message_names_the_text_and_how_it_was_read(text: str, fragments: list[str]) -> None:
    found = messages(parse(text))
    assert [fragment for fragment in fragments if fragment not in found] == [], found


def test_the_same_is_said_once() -> None:
    assert len(parse("foo:ant foo:bee foo:elk").diagnostics) == 1


def test_a_long_query_is_cut_and_says_so() -> None:
    query = parse("ant " * 3_000)
    assert codes(query) == ["too-long"]
    assert "12,000" in messages(query)
    assert f"{MAX_QUERY_CHARS:,}" in messages(query)
    assert len(list(leaves(query.tree))) == MAX_QUERY_CHARS // len("ant ")


def test_a_query_of_full_length_is_taken_whole() -> None:
    assert parse("a" * MAX_QUERY_CHARS) == Query(Word("a" * MAX_QUERY_CHARS), ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(" * 60 + "ant bee" + ")" * 60, "ant bee"),
        ("(" * 60 + "ant" + ")" * 60 + " bee", "ant bee"),
        ("ant (" * 55 + "bee" + ")" * 55 + " elk", "ant " * 55 + "bee elk"),
        ("(" * 52 + "ant OR bee" + ")" * 52 + " elk", "ant bee elk"),
        ("title:(" * 55 + "ant" + ")" * 55, "title:ant"),
    ],
    ids=["words", "after", "between", "or", "field"],
)
def test_deep_parentheses_are_said_and_no_word_is_lost(text: str, words: str) -> None:
    query = parse(text)
    assert codes(query) == ["too-deep"]
    assert str(MAX_DEPTH) in messages(query)
    assert list(map(str, leaves(query.tree))) == words.split()


def test_parentheses_as_deep_as_allowed_need_no_diagnostic() -> None:
    text = "ant (" * MAX_DEPTH + "bee elk" + ")" * MAX_DEPTH
    query = parse(text)
    assert query.diagnostics == ()
    assert str(query.tree) == text


# A change of meaning is never silent: each of these asks for something that the tree does not.

NOT_SILENT = [
    "year: 2024",
    "has: code",
    "author: Han",
    "title:(*)",
    "author:(* Han)",
    "has:(*)",
    "year:(*)",
    "year:2024~2",
    "has:code~",
    "title:!! ant",
    "title:(!!) ant",
    "ant~1~2",
    "ant^-2",
    "ant^.5",
    "ant^1234567",
    "ant^0.1234567",
    "(ant bee)~2",
    "(ant)^1234567",
    '"ant bee"~2~3',
    '"ant bee"^1234567',
    '"wom?n in ants"',
    '"ant ?ee"',
    "-NOT ant",
]


@pytest.mark.parametrize("text", NOT_SILENT, ids=ascii)
def test_a_change_of_meaning_is_never_silent(text: str) -> None:
    query = parse(text)
    assert query.diagnostics, f"{text!r} was silently read as {str(query.tree)!r}"


VOCABULARY = ("ant", "bee", "elk", "fox", "gnu")
loose_pieces = st.lists(
    st.sampled_from([*VOCABULARY, *'()"+-=', " ", " ", "AND ", "OR ", "NOT ", "title:", "^2 "]),
    max_size=25,
)


@law
@given(loose_pieces)
def test_no_word_is_lost_doubled_or_moved(pieces: list[str]) -> None:
    text = " ".join(pieces)
    texts = [getattr(leaf, "text", "") for leaf in leaves(parse(text).tree)]
    wanted = re.findall("|".join(VOCABULARY), text)
    assert re.findall("|".join(VOCABULARY), " ".join(texts)) == wanted, text


# Any tree can be written down, and any text read.

texts = st.sampled_from(["ant", "C++", "k-NN", "Müller", "and", "AND-gate", "a.b", "深度", "2024"])
fields = st.sampled_from(["", "title", "abstract", "author", "owner", "inst", "cat", "id"])
any_leaf = st.one_of(
    st.builds(Word, texts, fields),
    st.builds(Exact, texts, fields),
    st.builds(
        Phrase,
        st.sampled_from(["ant bee", "to be (or) not", "ant: -bee ^2", "AND", "ant"]),
        st.sampled_from([None, 0, 3, 50]),
        st.sampled_from(["", "title", "abstract"]),
    ),
    st.builds(Phrase, st.sampled_from(["ant bee", "Bo Han"]), st.none(), fields),
    st.builds(
        Exact, st.sampled_from(["Bo Han", "(Han)", "^Han, B."]), st.sampled_from(["author", "inst"])
    ),
    st.sampled_from(
        [
            Word("^han", "author"),
            Phrase("^Han, Bo", None, "author"),
            Pattern("^h*n", "author"),
            Fuzzy("^han", 2, "author"),
        ]
    ),
    st.builds(Pattern, st.sampled_from(["ant*", "a?t", "*t", "?*nt", "k-N*"]), fields),
    st.builds(
        Fuzzy,
        texts,
        st.sampled_from([1, 2]),
        fields.filter(lambda field: field not in ("cat", "id")),
    ),
    st.sampled_from(
        [
            Every(),
            Word("code", "has"),
            Range("year", "2023", "2025"),
            Range("year", None, "2025"),
            Range("date", "2024-03", None),
            Range("date", "2024-03-15", "2024-03-15"),
        ]
    ),
)


def wider(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Return the trees made of ``inner`` that are in their plainest form."""
    chains = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        inner.map(Not),
        inner.filter(lambda node: not isinstance(node, Not)).map(Must),
        st.builds(
            Boost,
            inner.filter(lambda node: not isinstance(node, Boost)),
            st.sampled_from([0.001, 0.5, 1.5, 2.0, 1000.0]),
        ),
        chains.map(Group),
        chains.map(And),
        chains.map(Or),
    )


@law
@given(st.recursive(any_leaf, wider, max_leaves=12))
def test_every_tree_can_be_written(tree: Node) -> None:
    assert parse(str(tree)) == Query(tree, ())


def check_reading(text: str) -> str:
    """Return what is wrong with how ``text`` is read, an empty string if nothing is."""
    try:
        query = parse(text)
        printed = str(query.tree)
        again = parse(printed)
    except Exception as error:
        return f"{text[:200]!r} raises {error!r}"
    if len(printed) > MAX_QUERY_CHARS:
        return ""  # too long to be read again, as documented
    if again.tree != query.tree:
        return f"{text[:200]!r} is printed as {printed[:200]!r}, which means {str(again.tree)!r}"
    # Punctuation stays in a phrase as typed; all else is printed as it was understood.
    said = {"wildcard-in-phrase"}
    if any(isinstance(leaf, Unread) for leaf in leaves(query.tree)):
        said |= {"empty-query", "empty-phrase", "bad-year", "bad-date", "bad-cited", "bad-has"}
    if not set(codes(again)) <= said:
        return f"{text[:200]!r} is printed as {printed[:200]!r}, which needs {codes(again)}"
    return ""


FRAGMENTS = r"""
AND OR NOT and or not + - = ~ ^ : " ( ) * ? .. >= <= > < \ { } $ / | & ! [ ] . , ; # ' ` % @ _
ant fine-tuning C++ k-NN GPT-4 Müller İ ß 深 λ 2024 0000 12 2024-03 2024-02-30 1e9 the http://
title: abstract: author: owner: inst: cat: year: date: has: id: TITLE: titel: foo: has:code cat:LG
year:2023..2025 year:>=2024 year:2025..2023 year:abc date:<2024-03 date:2024-03..2024-09
~1 ~2 ~3 ~0 ~99 ^2 ^0.5 ^0 ^0.0333 ^0.0371 ^1000000 ^.5 ^2. ant* *nt a?t a?? a*n?t ant~ ant~2 =ants
NEAR/2 a* X* a^2 a^12 -ed !Xant 'ant bee' ’
"" "ant_bee" "ant_bee"~3 "ant_bee"~99 “ ” « » „ ‘ (ant_bee) (ant_OR_bee) (( )) -( +( title:( year:(
has:( id:( (ant^0.5)^2 {\"u} \"{\i} \'e \c{c} \ss \alpha \emph{ $x$
"""
FUZZ_PIECES = [piece.replace("_", " ") for piece in FRAGMENTS.split()]
SPACES_AND_CONTROLS = [
    *(" " * 12),
    *"\t\n\r\x00\x1f\x7f\x85\xa0\u2028\u3000",  # white space and control characters
    *"\u200b\u200f\u202e\u2066\ufeff",  # zero width and bidirectional
    *"\u0301\u0308\u00ad\u20dd",  # combining marks, soft hyphen
    *"\U0001f600\U000e0001\uffff\ufffd",  # beyond the common plane, no characters
]
STRINGS_PER_SEED = 2_000


def random_query(source: random.Random) -> str:
    """Return grammar fragments glued with or without space, some of them not of the grammar."""
    gap = source.choice((0.0, 0.5, 1.0))
    pieces: list[str] = []
    for _ in range(source.choice((1, 2, 3, 4, 5, 6, 8, 10, 14, 20, 30))):
        pieces.append(source.choice(SPACES_AND_CONTROLS if source.random() < 0.1 else FUZZ_PIECES))
        if source.random() < gap:
            pieces.append(" ")
    return "".join(pieces)


@pytest.mark.parametrize("seed", range(5))
def test_random_queries_are_read_and_printed(seed: int) -> None:
    source = random.Random(seed)
    texts = [random_query(source) for _ in range(STRINGS_PER_SEED)]
    wrong = [(text, reason) for text in texts if (reason := check_reading(text))]
    shortest = min(wrong, key=lambda pair: len(pair[0]), default=("", ""))
    assert not wrong, f"{len(wrong)} of {len(texts)}; the shortest: {shortest[1]}"


@law
@given(st.text())
@example("title:-\u00a0")
@example("title:~\u2028ant")
@example("a:(^`")
def test_any_text_is_read_and_printed(text: str) -> None:
    assert check_reading(text) == ""


@law
@given(st.text(st.sampled_from("aB1 \"()+-=~^:*?.<>\\'{}éλ深\u0301\u00a0"), max_size=30))
@example("(a^0.5)^2")
@example("(a^0.0333)^0.0371")
@example("has:(+(-date:2024))")
def test_any_text_of_signs_is_read_and_printed(text: str) -> None:
    assert check_reading(text) == ""


@law
@given(st.text(st.sampled_from("aB1éλ深²_.,;-/&'#$<>{}[]!|+=~^:*?\\\u0301\u00a0 AND"), max_size=20))
@example("AND ant")
@example("ant OR")
@example("ANDROID fine-tuning C++")
@example("Ants: bee's \u3000 elk.\x1f1,000")
def test_words_mean_the_same_in_parentheses(text: str) -> None:
    # Plain words are read at once, what is in parentheses by the grammar.
    assert parse(f"{text} ant") == parse(f"({text} ant)")


HOSTILE = {
    "opening parentheses": "(" * 1_000,
    "closing parentheses": ")" * 1_000,
    "nested parentheses": "(" * 1_000 + "ant" + ")" * 1_000,
    "empty parentheses": "()" * 1_000,
    "wrong way round": ")(" * 1_000,
    "field parentheses": "title:(" * 1_000,
    "not parentheses": "-(" * 1_000 + "ant",
    "year parentheses": "year:(2024 " * 500,
    "alternating operators": "(ant OR bee AND " * MAX_DEPTH + "elk" + ")" * MAX_DEPTH,
    "ten thousand words": "ant " * 10_000,
    "as many words as fit": "a " * (MAX_QUERY_CHARS // 2),
    "as many words of a field as fit": f"title:({'a ' * 4_900})",
    "as many clauses as fit": "a OR b " * (MAX_QUERY_CHARS // 7),
    "as many joined words as fit": "a AND " * (MAX_QUERY_CHARS // 6),
    "one long word": "x" * 100_000,
    "one long number": "1" * 100_000,
    "nul": "\x00",
    "nuls": "ant\x00bee \x00" * 500,
    "controls": "".join(map(chr, range(160))),
    "reversed": "\u202eant\u202d \u2067bee\u2069",
    "no characters": "\uffff\U0010ffff\ufdd0 \U000e0020",
    "marks": "a" + "\u0301" * 5_000,
    "mark alone": "\u0301*",
    "not not or": "NOT NOT OR",
    "nots": "NOT " * 2_000 + "ant",
    "operators": "AND OR NOT " * 900,
    "minuses": "-" * 10_000 + "ant",
    "pluses": "+-" * 5_000 + "ant",
    "broken": "a:(^`",
    "broken many times": "a:(^`" * 2_000,
    "quotes": '"' * 10_000,
    "quotes between words": 'a"' * 5_000,
    "quotes and spaces": '" ' * 5_000,
    "stars": "*" * 10_000,
    "stars between letters": "*a" * 5_000,
    "question marks": "?" * 10_000,
    "word and question marks": "ant" + "?" * 9_000,
    "tildes": "ant" + "~" * 9_000,
    "fuzzy many times": "ant" + "~2" * 4_000,
    "boosts": "ant" + "^2" * 4_000,
    "boost with many digits": "ant^" + "9" * 5_000,
    "slop with many digits": '"ant bee"~' + "9" * 5_000,
    "edits with many digits": "ant~" + "9" * 5_000,
    "year with many digits": "year:" + "9" * 5_000,
    "colons": "ant" + ":" * 9_000,
    "fields": "title:" * 1_600,
    "unknown fields": "".join(f"f{chr(97 + n % 26)}{chr(97 + n // 26)}:a " for n in range(676)),
    "bad years": " ".join(f"year:{n}x" for n in range(1_000)),
    "backslashes": "\\" * 10_000,
    "accents without letters": "\\'" * 5_000,
    "accents in accents": '\\"{' * 3_000 + "a" + "}" * 1_000,
    "escaped quotes": r"\"ant bee\"",
    "exponential words": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!" * 300,
    "line ends": "\r\n".join(["ant"] * 1_000),
    "format directives": "%s %(x)s {0} {x} ${x} `x`",
    "spaces of all kinds": "ant\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000title:-\u2003",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_read_and_printed(text: str) -> None:
    assert check_reading(text) == ""


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_said_of_hostile_text_can_be_read(text: str) -> None:
    assert len(messages(parse(text))) < MAX_MESSAGE_CHARS


def test_many_near_words_are_not_nested() -> None:
    tree = parse("ant NEAR/3 " * 900 + "bee").tree
    assert isinstance(tree, And)
    assert {type(child) for child in tree.children} == {Phrase}
    assert parse(str(tree)).tree == tree
