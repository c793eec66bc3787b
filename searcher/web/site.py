"""What all answers of the web application share: the indexes, threads to search them, a memory."""

import asyncio
import os
from collections.abc import Callable, Sequence
from collections.abc import Collection as Container
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple, TypeVar

from starlette.requests import HTTPConnection

import searcher
from searcher.cache import Cache
from searcher.collection import Collection
from searcher.current import CurrentCollection
from searcher.request import DEFAULT_RANKING, Ranking

THREADS = min(4, (os.cpu_count() or 1) + 1)
"""How many searches run at once in a process. More of them would only wait for one another."""

KEPT_BYTES = 32 << 20
"""So much of the answers given last is kept, in each process: about a thousand pages."""

Answer = TypeVar("Answer")


class Told(NamedTuple):
    """The text of an answer, and whether the time was enough for all of it."""

    text: str
    is_whole: bool = True


class Given(NamedTuple):
    """An answer as it is sent, None if the client has it, and its tag, empty if it may change."""

    body: bytes | None
    tag: str


class Site:
    """The indexes that are shown, opened anew after each commit, and threads of their own."""

    def __init__(self, directories: Sequence[str], ranking: Ranking | None) -> None:
        self.ranking = ranking or DEFAULT_RANKING
        self.current = CurrentCollection(directories, ranking=ranking)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="search")
        self._kept = Cache(KEPT_BYTES)

    async def ask(self, question: Callable[[Collection], Answer]) -> Answer:
        """Return what ``question`` answers of the newest commit.

        It runs in a thread of ours, so that nothing but other searches waits for it. Raises what
        it raises, and what ``searcher.open`` raises.
        """

        def answer() -> Answer:
            with self.current.use() as (papers, _):
                return question(papers)

        return await self.run(answer)

    async def answer(
        self, asked: str, question: Callable[[Collection], Told], known: Container[str] = ()
    ) -> Given:
        """Return what ``question`` tells of the newest commit, from memory if it was told before.

        ``asked`` says all that the answer depends on beside the index and the ranking. Of ``known``
        tags the client has the answers; ``*`` is that of any. Raises what ``ask`` raises.
        """
        # To look for a newer commit is for a thread.
        if (mark := self.current.known_mark) is not None:
            tag = self._tag(mark, asked)
            if tag in known:
                return Given(None, tag)
            if (body := self._kept.get(tag)) is not None:
                return Given(None if "*" in known else body, tag)

        def answer() -> Given:
            with self.current.use() as (papers, mark):
                tag = self._tag(mark, asked)
                if tag in known:
                    return Given(None, tag)
                told = question(papers)
            body = told.text.encode()
            if told.is_whole:
                self._kept.put(tag, body)
            return Given(None if "*" in known else body, tag if told.is_whole else "")

        return await self.run(answer)

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """Return what ``work`` returns, done in a thread of ours."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """End the threads, then close the indexes."""
        self._threads.shutdown(cancel_futures=True)
        self.current.close()

    def _tag(self, mark: str, asked: str) -> str:
        """Return what names an answer until the index, or this program, is another."""
        asked_of = f"{_settings(mark, self.ranking)} {asked}".encode(errors="surrogatepass")
        # Weak, because the time that a search took is another each time.
        return f'W/"{blake2b(asked_of, digest_size=12).hexdigest()}"'


@lru_cache(maxsize=8)
def _settings(mark: str, ranking: Ranking) -> str:
    return f"{searcher.__version__} {mark} {ranking}"


def site_of(connection: HTTPConnection) -> Site:
    """Return the site that is asked."""
    site: Site = connection.app.state.site
    return site


def asked_of(connection: HTTPConnection) -> str:
    """Return what a request asks: its path and query string."""
    scope = connection.scope
    return f"{scope['path']}?{scope['query_string'].decode('latin-1')}"
