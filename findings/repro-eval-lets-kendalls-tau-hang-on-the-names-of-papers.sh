#!/usr/bin/env bash
# repro_eval gives two nearly equal rankings a Kendall's tau of 0.98 or -0.1, as their papers are named.
#
# Seen on 2026-11-29 with repro_eval 0.5.0, scipy 1.17.1 and pandas 3.1.1 from PyPI, Python 3.11, Linux.
# repro_eval tells how well a run of a search engine was reproduced. Its KTU is Kendall's tau over the
# union of the papers in both runs, so with the same papers it is Kendall's tau. The tau counts pairs of
# papers that are in the same order in both (Kendall, Biometrika 1938), whatever they are called. But
# repro_eval sorts the union by name, writes each run down as a list of places in it, and correlates
# these: it compares the names that stand at one rank. Where the original run happens to be sorted by
# name, that is the tau; elsewhere a swap that changes one pair of 4,950 counts for 127.
# With 3,000 abstracts of the ACL and 100 of their titles as queries, BM25 with k1 of 1.2 and of 1.3 has
# 99 of the first 100 papers in common, with a tau of 0.976; KTU, by the names of the ACL, is 0.356, and
# 0.808 for the first ten. A change that hardly moves anything looks like another engine.
#
# Output seen (100 papers):
#   not changed: tau 1.000, KTU numbered as ranked 1.000, KTU numbered otherwise 1.000
#   two neighbours swapped: tau 1.000, KTU numbered as ranked 1.000, KTU numbered otherwise 0.949
#   each pair of neighbours swapped: tau 0.980, KTU numbered as ranked 0.980, KTU numbered otherwise -0.103
#   reversed: tau -1.000, KTU numbered as ranked -1.000, KTU numbered otherwise -1.000
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > names.py <<'PY'
import warnings

from scipy.stats import kendalltau

warnings.simplefilter("ignore", DeprecationWarning)
from repro_eval.measure.document_order import KTU

COUNT = 100
CHANGES = {
    "not changed": list(range(COUNT)),
    "two neighbours swapped": [*range(48), 49, 48, *range(50, COUNT)],
    "each pair of neighbours swapped": [place ^ 1 for place in range(COUNT)],
    "reversed": list(range(COUNT))[::-1],
}
NAMES = {
    "numbered as ranked": [f"paper-{place:03d}" for place in range(COUNT)],
    "numbered otherwise": [f"paper-{place * 37 % 101:03d}" for place in range(1, COUNT + 1)],
}


def run(names):
    return {"1": {name: float(COUNT - place) for place, name in enumerate(names)}}


for change, order in CHANGES.items():
    values = [f"tau {kendalltau(range(COUNT), order).statistic:.3f}"]
    for title, names in NAMES.items():
        value = KTU(run(names), run([names[place] for place in order]))
        values.append(f"KTU {title} {value:.3f}")
    print(f"{change}: {', '.join(values)}")
PY

python3 -m venv venv
venv/bin/pip install --quiet repro_eval==0.5.0 scipy==1.17.1 pandas==3.1.1
venv/bin/python names.py | tee seen

cat > expected <<'TEXT'
not changed: tau 1.000, KTU numbered as ranked 1.000, KTU numbered otherwise 1.000
two neighbours swapped: tau 1.000, KTU numbered as ranked 1.000, KTU numbered otherwise 0.949
each pair of neighbours swapped: tau 0.980, KTU numbered as ranked 0.980, KTU numbered otherwise -0.103
reversed: tau -1.000, KTU numbered as ranked -1.000, KTU numbered otherwise -1.000
TEXT
diff expected seen
