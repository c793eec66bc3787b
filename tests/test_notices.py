"""Labels and copyright notices around abstracts leave, sentences that speak of them stay."""

import pytest

from index.printed.notices import without_copyright, without_label


@pytest.mark.parametrize(
    "text",
    [
        *("Abstract: {}", "ABSTRACT\n{}", "Abstract\n\n{}", "Abstract. {}", "Abstract—{}"),
        *("Abstract - {}", "Abstract {}", "Abstract{}", "ABSTRACT{}", "Summary: {}", "Summary {}"),
        *("Publisher Summary {}", "[Abstract] {}", "abstract : {}", "Abstract Abstract: {}"),
        *("ABSTRACT {}", "Abstract：{}", "{}"),
    ],
)
def test_a_label_is_dropped(text: str) -> None:
    abstract = "The gulls of the coast fly far."
    assert without_label(text.format(abstract)) == abstract


@pytest.mark.parametrize(
    ("text", "abstract"),
    [
        ("ABSTRACT Gulls fly far.", "Gulls fly far."),
        ("AbstractGulls fly far.", "Gulls fly far."),
        ("ABSTRACTBACKGROUND: Gulls.", "BACKGROUND: Gulls."),
        ("Abstract OBJECTIVE To fly.", "OBJECTIVE To fly."),
        ("Abstract", ""),
        ("ABSTRACT.", ""),
    ],
)
def test_a_label_is_told_by_what_follows(text: str, abstract: str) -> None:
    assert without_label(text) == abstract


@pytest.mark.parametrize(
    "text",
    [
        "Abstract domains approximate programs.",
        "Abstract Banach spaces are studied.",
        "Abstract Cauchy problems have solutions.",
        "Abstract A-modules are free.",
        "ABSTRACT STATE MACHINES RUN.",
        "Abstraction helps. ABSTRACTION TOO.",
        "Abstract-valued maps exist.",
        "AbstractGPT writes for us.",
        "Abstracts: how they are read.",
        "Summary statistics of gulls.",
        "Summary Trees: A Method",
        "",
    ],
)
def test_a_word_that_is_no_label_stays(text: str) -> None:
    assert without_label(text) == text


@pytest.mark.parametrize(
    "notice",
    [
        "© 2011 Tern Ltd. All rights reserved.",
        "©2011 Tern et al.",
        "© Springer Nature Limited 2011.",
        "© The Author(s) 2011. Published by Tern University Press.",
        "Copyright © 2011, Tern & Sons, Inc.",
        "Copyright (c) 2011 The Society of Gulls.",
        "(C) 1999 Gull Society of Norway",
        "Copyright 1999 Gull Press.",
        "Crown Copyright © 2011. Published by Tern Ltd. All rights reserved.",
        "2011 Tern B.V. All rights reserved.",
        "All rights reserved.",
        "Published by Tern Inc.",
        "This article is protected by copyright. All rights reserved.",
        "© 2011 by the authors. Licensee Tern, Oslo, Norway. This is an open access article "
        "distributed under the terms of a licence that all of them chose.",
        "Copyright of Gull Notes is the property of Tern and may not be sent to anybody "
        "who did not ask for it. Users may print it. (Copyright applies to all Abstracts.)",
        "[ABSTRACT FROM AUTHOR] Copyright of Gull Notes is the property of Tern. All is theirs.",
        "[ABSTRACT FROM AUTHOR]",
        "(PsycINFO Database Record (c) 2011 APA, all rights reserved). (Source: journal abstract)",
        "(PsycInfo Database Record (c) 2021 APA, all rights reserved)",
        "Reprinted by permission of the publisher.",
        "© (2011) Tern Press, Norway.",
        "© eGull.",
        "©",
        "©Ann Holm, Bo Lund. Originally published in the Journal of Gulls Abroad and at Home "
        "(https://www.gull.example), 30.01.2011.",
        "© Tern 2011. This work was written by all who work there and is in the public domain.",
    ],
)
def test_a_notice_at_the_end_is_dropped(notice: str) -> None:
    for abstract in ("Gulls fly far (p < 0.05).", "Do gulls fly far?", ""):
        assert without_copyright(f"{abstract} {notice}".strip()) == abstract
        assert without_copyright(f"{abstract}\n{notice}".strip()) == abstract


@pytest.mark.parametrize(
    "text",
    [
        "Copyright is a right of authors.",
        "We ask who holds the copyright. Copyright law does not say.",
        "The sign © stands for it. We count © signs in old prints.",
        "All rights are reserved to gulls. They fly.",
        "© 2011 Tern Ltd. Here we show that gulls of every coast fly far.",
        "Three kinds: (a) gulls, (b) terns, (c) 1999 other birds of which we know too little.",
        "Copyright 2001 reforms changed little.",
        "It was published by the society. Gulls are free.",
        "",
    ],
)
def test_a_sentence_about_copyright_stays(text: str) -> None:
    assert without_copyright(text) == text
