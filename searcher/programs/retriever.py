"""The index as a retriever of LangChain."""

import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from index.errors import BadRequestError
from index.paper import Paper
from searcher.collection import Collection
from searcher.request import Request

THREADS = 4
"""How many searches of one process run at a time where nobody waits for them in a thread."""

_NEEDED = {"paper": True, "snippets": False, "count": False}
# The abstract is in the text, and where a paper was read from tells nobody else anything.
_LEFT_OUT = ("abstract", "sources")


class PaperRetriever(BaseRetriever):
    """Finds papers for chains: each a document of the title and abstract.

    ``papers`` is an open collection. A search has ``limit`` hits, and ``options`` such as
    ``{"year": "2020..", "category": ["cs.CL"]}``; see ``searcher.Request``. What else is known of
    a paper is the metadata, as values for JSON under the keys of ``Paper.to_dict``, and the score
    of the search as ``relevance``. Raises what ``Collection.search`` raises.
    """

    papers: Collection
    limit: int = 10
    options: dict[str, Any] | None = None

    def model_post_init(self, context: Any) -> None:
        """Refuse a limit or options that no search can have. Raises BadRequestError."""
        super().model_post_init(context)
        if "query" in (self.options or {}):
            raise BadRequestError("options has a query; what is searched for is given to invoke()")
        Request.from_options("*", **self._asked())

    def _asked(self) -> dict[str, Any]:
        return {"limit": self.limit, **(self.options or {}), **_NEEDED}

    def _find(self, query: str) -> list[Document]:
        page = self.papers.search(query, **self._asked())
        return [_document(hit.paper, hit.score) for hit in page if hit.paper]

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002
    ) -> list[Document]:
        return self._find(query)

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,  # noqa: ARG002
    ) -> list[Document]:
        # In the usual threads a search would wait for whatever else blocks there.
        find = partial(self._find, query)
        return await asyncio.get_running_loop().run_in_executor(_threads(os.getpid()), find)


@cache
def _threads(_process: int) -> ThreadPoolExecutor:
    """Return the threads of a process; a child has none of its parent's."""
    return ThreadPoolExecutor(THREADS, "searcher")


def _document(paper: Paper, relevance: float) -> Document:
    values = {key: value for key, value in paper.to_dict().items() if key not in _LEFT_OUT}
    known = json.loads(json.dumps(values))  # so that it is the same when it is read again
    text = "\n\n".join(filter(None, (paper.title, paper.abstract)))
    return Document(text, id=paper.id, metadata={**known, "relevance": relevance})
