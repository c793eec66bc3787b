"""``python -m tests.bench.arxiv CORPUS COUNT TARGET``: made-up papers with the properties of arXiv.

Their words are a chain's (``corpus.py``), their abstracts have 50 to 300 words, half of them 140 at
most. Each has one of 73 classes of ten archives, the first of which are used most (Zipf), a day of
20 years, of which each has more papers than the one before, the id that arXiv would give it, and
authors of the corpus, half of them with the family name of another.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.bench.corpus import Ids, Model, Record, generate, learn, read_papers
from tests.bench.work import SEED

FEWEST_WORDS, MEDIAN_WORDS, MOST_WORDS = 50, 140, 300
FIRST_YEAR, YEARS = 2007, 20

_SPREAD = 0.42
_DAYS = 28
_CLASSES = {
    "cs": "LG CV CL AI RO CR IT DS NI SE DC HC IR SI LO SY DB CY GT NE CC DM MA AR PL SD GR CG FL",
    "math": "AP CO PR OC NA AG NT DG DS ST RT GR GT FA",
    "stat": "ML ME AP CO",
    "physics": "optics flu-dyn soc-ph comp-ph plasm-ph app-ph",
    "cond-mat": "mtrl-sci mes-hall str-el stat-mech soft",
    "astro-ph": "GA CO HE SR EP",
    "eess": "SP IV AS SY",
    "q-bio": "NC QM PE",
    "q-fin": "ST MF",
    "econ": "EM",
}
CATEGORIES = tuple(
    f"{archive}.{name}" for archive, names in _CLASSES.items() for name in names.split()
)


def arxiv_papers(model: Model, count: int, seed: int) -> Iterator[Record]:
    """Yield ``count`` papers, the same for the same seed; none is kept."""
    rng = np.random.default_rng(seed)
    shares = 1 / np.arange(1, len(CATEGORIES) + 1)
    bounds = np.cumsum(rng.permutation(shares) / shares.sum())
    months = np.arange(12 * YEARS) + 12.0
    month_bounds = np.cumsum(months / months.sum())
    serials: Counter[int] = Counter()
    for paper in generate(model, count, seed, lengths_of=_lengths):
        of_category, of_month, of_day = rng.random(3).tolist()
        month = min(int(month_bounds.searchsorted(of_month)), len(months) - 1)
        category = CATEGORIES[min(int(bounds.searchsorted(of_category)), len(bounds) - 1)]
        serials[month] += 1
        year, month_of_year = FIRST_YEAR + month // 12, month % 12 + 1
        digits = 5 if year >= 2015 else 4
        yield {
            **paper,
            "id": f"{year % 100:02}{month_of_year:02}.{serials[month]:0{digits}}",
            "category": category,
            "year": year,
            "date": f"{year}-{month_of_year:02}-{int(of_day * _DAYS) + 1:02}",
        }


def _lengths(count: int, rng: np.random.Generator) -> Ids:
    words = MEDIAN_WORDS * np.exp(_SPREAD * rng.standard_normal(count))
    lengths: Ids = np.clip(words, FEWEST_WORDS, MOST_WORDS).astype(np.int64)
    return lengths


def main() -> None:
    """Write the papers as JSON lines."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.arxiv", description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    model = learn(read_papers(options.corpus), SEED)
    with options.target.open("w", encoding="utf-8") as out:
        for paper in arxiv_papers(model, options.count, SEED):
            out.write(json.dumps(paper) + "\n")


if __name__ == "__main__":
    main()
