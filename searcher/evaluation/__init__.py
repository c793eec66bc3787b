"""How well is a question answered? Queries with judged answers, and what measures them.

::

    with searcher.open("papers.index") as papers:
        evaluation = evaluate(
            papers, read_queries("queries.jsonl"), read_judgements("qrels.tsv"), match="any"
        )
    print(evaluation.measures["nDCG@10"])
"""

from searcher.evaluation.files import read_judgements as read_judgements
from searcher.evaluation.files import read_queries as read_queries
from searcher.evaluation.files import read_run as read_run
from searcher.evaluation.files import write_run as write_run
from searcher.evaluation.measuring import DEPTH as DEPTH
from searcher.evaluation.measuring import MEASURES as MEASURES
from searcher.evaluation.measuring import MOST_GRADE as MOST_GRADE
from searcher.evaluation.measuring import Difference as Difference
from searcher.evaluation.measuring import Evaluation as Evaluation
from searcher.evaluation.measuring import QueryResult as QueryResult
from searcher.evaluation.measuring import evaluate as evaluate
from searcher.evaluation.tuning import Fold as Fold
from searcher.evaluation.tuning import Tuning as Tuning
from searcher.evaluation.tuning import tune as tune
