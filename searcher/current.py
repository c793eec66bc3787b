"""The newest commit of indexes, for programs that run on while others write to them."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

import index
from index.arguments import folder_paths
from index.errors import ClosedError, DamagedIndexError, SearchError
from searcher.collection import Collection
from searcher.request import Ranking

SECONDS = 1.0
"""How long it takes at most until a new commit, or an index mended or built, is looked for."""


@dataclass(eq=False, slots=True)
class _Opened:
    """A collection that is open, the mark of its commit, and how many use it now."""

    papers: Collection
    mark: str
    users: int = 0
    is_old: bool = False


class CurrentCollection:
    """Opens the newest commit of one index or several, anew after each commit. Safe for threads.

    Whoever uses a commit keeps it: it is closed when there is a newer one and nobody uses it.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        *,
        ranking: Ranking | None = None,
    ) -> None:
        """Take the arguments of ``searcher.open``. Nothing is opened yet."""
        self.directories = tuple(folder_paths(directory))
        self._ranking = ranking
        self._opened: _Opened | None = None
        self._error: SearchError | None = None
        self._due = 0.0
        self._looking = Lock()
        self._counting = Lock()

    @contextmanager
    def use(self) -> Iterator[tuple[Collection, str]]:
        """Lend the newest commit, with a text that changes with each commit.

        Raises what ``searcher.open`` raises, until there is an index that can be read.
        """
        opened = self._newest()
        try:
            yield opened.papers, opened.mark
        except DamagedIndexError as error:
            self._drop(opened, error)
            raise
        finally:
            self._release(opened)

    @property
    def known_mark(self) -> str | None:
        """The mark of what ``use`` lends now; None if it would look for a newer commit first."""
        opened = self._opened
        return opened.mark if opened and time.monotonic() < self._due else None

    def close(self) -> None:
        """Close what is open as soon as nobody uses it. Raises nothing; later uses raise."""
        with self._looking:
            self._due = float("inf")
            self._replace(None, ClosedError("the index was closed"))

    def _newest(self) -> _Opened:
        """Return what is to be used, counted as in use."""
        # One looks for a newer commit. The others meanwhile use the one they have, or wait.
        if time.monotonic() >= self._due and self._looking.acquire(blocking=self._opened is None):
            try:
                if time.monotonic() >= self._due:
                    self._look()
            finally:
                self._looking.release()
        with self._counting:
            if self._opened is None:
                assert self._error, "why nothing is open"
                raise self._error.with_traceback(None)
            self._opened.users += 1
            return self._opened

    def _look(self) -> None:
        """Open the newest commit if it is not open."""
        # Of a commit that comes while it is opened, the mark is an older one's: it is opened again.
        mark = "+".join(map(index.commit_mark, self.directories))
        if self._opened is None or self._opened.mark != mark:
            try:
                opened = _Opened(Collection(self.directories, ranking=self._ranking), mark)
            except SearchError as error:
                self._replace(None, error)
            else:
                self._replace(opened)
        self._due = time.monotonic() + SECONDS

    def _drop(self, damaged: _Opened, error: SearchError) -> None:
        """Open an index anew that was found damaged: it may be mended without a commit."""
        if self._opened is damaged:
            self._replace(None, error)

    def _replace(self, opened: _Opened | None, error: SearchError | None = None) -> None:
        with self._counting:
            old, self._opened, self._error = self._opened, opened, error
            if old is None:
                return
            old.is_old = True
            old.users += 1
        self._release(old)

    def _release(self, opened: _Opened) -> None:
        with self._counting:
            opened.users -= 1
            is_last = opened.is_old and not opened.users
        if is_last:
            opened.papers.close()
