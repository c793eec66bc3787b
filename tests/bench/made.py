"""Papers made for measuring readers: as many as are asked for, one after the other, none kept.

Their words are those of papers made in the likeness of the seeds, cut and joined anew. Each has
what the formats can say: names in parts, identifiers, a date, where it stands, keywords.
"""

import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from index import Paper, SeedRun
from index.identifiers import Identifier
from index.names import NameParts
from tests.bench.work import SEED

SEEDS = Path(__file__).parents[2] / "seeds"
FIRST_YEAR = 2007
MONTHS = 12 * 18
"""Papers are of this many months, one after the other, and then again."""

_TEXTS = 2_000
_GIVEN = (
    "Ada Bo Chiara Dmitri Émile Fatou Goran Hana Ines Jürgen Kofi Lin Mei Nadia Olu Pál".split()
)
_FAMILY_STARTS = (
    "Ab Bel Cor Dun Es Fal Gar Hol Iv Jas Kor Lund Mar Nor Os Pet Quil Ros Sol Tar".split()
)
_FAMILY_ENDS = (
    "anto berg conti dottir ell ford gard ić lund mann nez oux ridge son wick yama".split()
)
_PARTICLES = ("van der", "de", "von")
_CATEGORIES = "cs.LG cs.CL math.DS stat.ML q-bio.PE hep-th astro-ph.GA cond-mat.soft".split()
_VENUES = ("Journal of Slow Rivers", "Annals of Orchards", "Letters on Tides", "Acta Vallium")
_KEYWORDS = ("tides", "wild yeast", "ferries", "river deltas", "old maps", "orchards", "storms")


@cache
def _texts() -> tuple[list[list[str]], list[list[str]]]:
    """Return the words of titles and of abstracts that new ones are cut from."""
    # Imported by those alone that make papers: the memory of the others is measured.
    from tests.bench.corpus import generate, learn

    papers = [
        {
            "title": paper.title,
            "abstract": paper.abstract,
            "authors": list(paper.authors),
            "year": paper.year,
            "category": paper.category,
        }
        for paper in SeedRun([SEEDS])
    ]
    made = list(generate(learn(papers, SEED), _TEXTS, SEED))
    return [one["title"].split() for one in made], [one["abstract"].split() for one in made]


def made_papers(count: int, seed: int = SEED) -> Iterator[Paper]:
    """Yield ``count`` papers, the same for the same seed. No two have one id or one title."""
    rng = random.Random(seed)
    for number in range(count):
        yield _paper(number, rng)


def arxiv_id(number: int) -> str:
    """Return the id of the paper of a number: the months take turns."""
    years, month = divmod(number % MONTHS, 12)
    year = FIRST_YEAR + years
    digits = 5 if year >= 2015 else 4
    serial = number // MONTHS + 1
    return f"{year % 100:02}{month + 1:02}.{serial:0{digits}}"


def _paper(number: int, rng: random.Random) -> Paper:
    titles, abstracts = _texts()
    first, second = rng.choice(abstracts), rng.choice(abstracts)
    cut = rng.randrange(len(first))
    words = first[:cut] + second[cut:]
    title = [*rng.choice(titles), "of", f"case {number}"]
    parts = tuple(_name(rng) for _ in range(min(1 + int(rng.expovariate(0.35)), 40)))
    years, month = divmod(number % MONTHS, 12)
    year, day = FIRST_YEAR + years, rng.randint(1, 28)
    pages = rng.randint(1, 900)
    return Paper(
        id=arxiv_id(number),
        title=" ".join(title),
        abstract=" ".join(words),
        authors=tuple(one.displayed for one in parts),
        author_parts=parts,
        categories=tuple(rng.sample(_CATEGORIES, rng.choice((1, 1, 2, 3)))),
        year=year,
        date=f"{year}-{month + 1:02}-{day:02}",
        identifiers=(
            Identifier("doi", f"10.5555/made.{number}"),
            Identifier("arxiv", arxiv_id(number)),
            Identifier("pmid", str(10_000_000 + number)),
        ),
        keywords=tuple(rng.sample(_KEYWORDS, rng.randint(0, 4))),
        venue=rng.choice(_VENUES),
        volume=str(rng.randint(1, 80)),
        issue=str(rng.randint(1, 12)),
        pages=f"{pages}-{pages + rng.randint(2, 30)}",
        type="article",
        language="en",
    )


def _name(rng: random.Random) -> NameParts:
    given = rng.choice(_GIVEN)
    if rng.random() < 0.4:
        given += f" {rng.choice('ABCDEHKLMRST')}."
    family = rng.choice(_FAMILY_STARTS) + rng.choice(_FAMILY_ENDS)
    particle = rng.choice(_PARTICLES) if rng.random() < 0.04 else ""
    suffix = "Jr." if rng.random() < 0.01 else ""
    return NameParts(family, given, particle, suffix)
