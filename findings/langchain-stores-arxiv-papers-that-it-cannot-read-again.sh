#!/usr/bin/env bash
# LangChain's document store takes the papers of LangChain's arXiv retriever, and cannot read them
# again.
#
# Seen on 2026-12-01 with langchain-core 1.8.3, langchain-classic 1.0.8, langchain-community 0.4.2 and
# arxiv 4.0.2 from PyPI, Python 3.11, Linux.
# What the retriever finds are documents whose metadata has the day of the paper as a date object. The
# store (create_kv_docstore over a LocalFileStore) writes documents by dumps(), which puts a date down as
# "not_implemented" and says nothing; loads() raises for that. So the papers are written without a
# word, and each later mget() of one fails. With the same date as text, as the retriever itself writes
# it where it reads whole papers, they are read back as they were. Nothing is asked of arXiv here: its
# answer is one made-up paper.
#
# Output seen:
#   the retriever's date: datetime.date(2021, 3, 9)
#   stored: 1 file
#   read again: NotImplementedError
#   with the date as text: read as it was
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > store.py <<'PY'
import datetime
import pathlib
import warnings

warnings.simplefilter("ignore")

import arxiv
from langchain_classic.storage import LocalFileStore, create_kv_docstore
from langchain_community.utilities import ArxivAPIWrapper

day = datetime.datetime(2021, 3, 9, tzinfo=datetime.timezone.utc)
paper = arxiv.Result(
    entry_id="http://arxiv.org/abs/2103.01234v1",
    updated=day,
    published=day,
    title="Slow Rivers",
    authors=[arxiv.Result.Author("Ann Poe")],
    summary="We map slow rivers.",
)


class Search:
    def __init__(self, *_arguments, **_options):
        pass

    def results(self):
        return iter([paper])


wrapper = ArxivAPIWrapper()
wrapper.arxiv_search = Search
(document,) = wrapper.get_summaries_as_docs("rivers")
print(f"the retriever's date: {document.metadata['Published']!r}")

store = create_kv_docstore(LocalFileStore("store"))
store.mset([("2103.01234", document)])
print(f"stored: {sum(path.is_file() for path in pathlib.Path('store').rglob('*'))} file")
try:
    store.mget(["2103.01234"])
except NotImplementedError as error:
    print(f"read again: {type(error).__name__}")

document.metadata["Published"] = str(document.metadata["Published"])
store.mset([("2103.01234", document)])
assert store.mget(["2103.01234"]) == [document]
print("with the date as text: read as it was")
PY

python3 -m venv venv
venv/bin/pip install --quiet langchain-core==1.8.3 langchain-classic==1.0.8 \
    langchain-community==0.4.2 arxiv==4.0.2
venv/bin/python store.py | tee seen

cat > expected <<'TEXT'
the retriever's date: datetime.date(2021, 3, 9)
stored: 1 file
read again: NotImplementedError
with the date as text: read as it was
TEXT
diff expected seen
