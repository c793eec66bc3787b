"""What all answers of the web application share: the indexes, and the threads that search them."""

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.requests import HTTPConnection

from searcher.collection import Collection
from searcher.current import CurrentCollection
from searcher.request import DEFAULT_RANKING, Ranking

THREADS = min(4, (os.cpu_count() or 1) + 1)
"""How many searches run at once in a process. More of them would only wait for one another."""

Answer = TypeVar("Answer")


class Site:
    """The indexes that are shown, opened anew after each commit, and threads of their own."""

    def __init__(self, directories: Sequence[str], ranking: Ranking | None) -> None:
        self.ranking = ranking or DEFAULT_RANKING
        self.current = CurrentCollection(directories, ranking=ranking)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="search")

    async def ask(self, question: Callable[[Collection, str], Answer]) -> Answer:
        """Return what ``question`` answers of the newest commit and the mark of that commit.

        It runs in a thread of ours, so that nothing but other searches waits for it. Raises what
        it raises, and what ``searcher.open`` raises.
        """

        def answer() -> Answer:
            with self.current.use() as (papers, mark):
                return question(papers, mark)

        return await self.run(answer)

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """Return what ``work`` returns, done in a thread of ours."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """End the threads, then close the indexes."""
        self._threads.shutdown(cancel_futures=True)
        self.current.close()


def site_of(connection: HTTPConnection) -> Site:
    """Return the site that is asked."""
    site: Site = connection.app.state.site
    return site
