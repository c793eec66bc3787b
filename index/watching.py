"""Keep an index in step with folders: build it anew each time that the files in them change.

The system's reports of changes only say when to look. What has changed is seen by looking at all
files: of a folder that is moved the system reports none of its files, of a single file that is
replaced nothing more, and of a network drive nothing that others write.
"""

import math
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import suppress
from functools import partial
from threading import Event

from index.arguments import callback_of, folder_path, optional_year, seed_paths
from index.errors import (
    BadRequestError,
    ClusterError,
    IndexLockedError,
    IndexStorageError,
    MissingExtraError,
    shown,
)
from index.reading.finding import files_below
from index.reading.paths import STANDARD_INPUT
from index.sync.run import Summary, build

QUIET_SECONDS = 1.0
"""How long files must stay as they are before they are read: somebody may still write them."""

MOST_SECONDS = 30.0
"""After how long files are read that never stay as they are."""

LOOK_SECONDS = 10.0
"""How often all files are looked at while the system reports nothing."""

_TICK_SECONDS = 0.25
# To look takes at most a hundredth of the time, whatever the number of files.
_PAUSE_FACTOR = 100

clock: Callable[[], float] = time.monotonic
"""What tells the seconds."""

_State = tuple[int, ...]


def watch(
    directory: str | os.PathLike[str],
    paths: Iterable[str | os.PathLike[str]],
    *,
    page_year: int | None = None,
    stop: Event | None = None,
    on_note: Callable[[str], None] | None = None,
) -> Iterator[Summary]:
    """Keep the index in ``directory`` in step with files and folders; yield each build's summary.

    Each build is ``build(directory, paths, page_year=page_year, prune=True)``: papers go that are
    in no file any more, but stay where a whole folder is gone. The first is made at once, the
    others when files have changed and then stayed as they are for QUIET_SECONDS. Where another
    process keeps writing to the index, or it cannot be written, the build is tried again.
    It ends when ``stop`` is set, after the build that is under way.

    ``on_note`` is called with a sentence on what the builds wait for, once until one succeeds, and
    if the system reports no changes: then they are seen within LOOK_SECONDS, or a hundred times as
    long as it takes to look.

    Raises MissingExtraError if watchfiles is not installed, BadRequestError for an argument without
    meaning, and what ``build`` raises; IndexStorageError and ClusterError only of the first build.
    """
    listed = seed_paths(paths)
    if not listed or STANDARD_INPUT in listed:
        raise BadRequestError(
            f"paths is {shown(listed)}; it must name files or folders, and not standard input (-)"
        )
    if not isinstance(stop, Event | None):
        raise BadRequestError(f"stop is {shown(stop)}; it must be a threading.Event, or None")
    built = partial(
        build, folder_path(directory), listed, page_year=optional_year(page_year), prune=True
    )
    tell = callback_of("on_note", on_note) or (lambda _note: None)
    follower = _Follower(list(map(os.path.abspath, listed)), built, tell)
    return _summaries(follower, stop or Event(), _reports(), tell)


Reports = Callable[..., Iterator[Set[tuple[int, str]]]]


def _reports() -> Reports:
    """Return what reports changes. Raises MissingExtraError."""
    try:
        from watchfiles import watch as reports
    except ImportError as error:
        raise MissingExtraError.naming("to watch folders", "watchfiles", "watch") from error
    return reports


def _summaries(
    follower: "_Follower", stop: Event, reports: Reports, tell: Callable[[str], None]
) -> Iterator[Summary]:
    """Yield the summaries of a follower's builds until ``stop`` is set."""
    yield from follower.step(frozenset())
    while not stop.is_set():
        # What has changed before the system began to report is seen by looking.
        follower.look_soon()
        folders = follower.folders()
        for touched in _ticks(folders, stop, reports, tell):
            yield from follower.step(touched)
            if follower.folders() != folders:
                break


def _ticks(
    folders: Iterable[str], stop: Event, reports: Reports, tell: Callable[[str], None]
) -> Iterator[Set[str]]:
    """Yield the paths that are reported to have changed; none after each moment without any."""
    milliseconds = int(_TICK_SECONDS * 1000)
    try:
        for changes in reports(
            *folders,
            watch_filter=None,
            rust_timeout=milliseconds,
            yield_on_timeout=True,
            stop_event=stop,
            # Polling keeps whole seconds only; the look at all files is better.
            force_polling=False,
            ignore_permission_denied=True,
        ):
            yield {path for _, path in changes}
    except (OSError, RuntimeError) as error:
        tell(f"the system does not report changes ({error}); they are looked for now and then")
    while not stop.wait(_TICK_SECONDS):
        yield frozenset()


class _Follower:
    """Looks at files, and builds when they have changed and come to rest."""

    def __init__(
        self, paths: list[str], built: Callable[[], Summary], tell: Callable[[str], None]
    ) -> None:
        self._paths = paths
        self._build = built
        self._tell = tell
        self._files: Mapping[str, _State] = {}
        # When files were first seen to have changed since the last build; None if they have not.
        self._changed_at: float | None = -math.inf
        self._rests_from = self._next_look = self._next_glance = -math.inf
        self._has_built = self._is_delayed = False

    def look_soon(self) -> None:
        """Look at all files in the next step."""
        self._next_look = -math.inf

    def folders(self) -> Mapping[str, _State]:
        """Return the folders named that are there, with what tells another in its place."""
        found: dict[str, _State] = {}
        for path in self._paths:
            with suppress(OSError):
                state = os.stat(path)
                if stat.S_ISDIR(state.st_mode):
                    found[path] = (state.st_dev, state.st_ino)
        return found

    def step(self, touched: Set[str]) -> Iterator[Summary]:
        """Look at the files if there is reason to; build and yield the summary if it is time to.

        ``touched`` are the paths that are reported to have changed.
        """
        now = clock()
        if touched or self._changed_at is not None or now >= self._next_look or self._glance(now):
            self._look(now, touched)
        if self._changed_at is None or (
            now - self._rests_from < QUIET_SECONDS and now - self._changed_at < MOST_SECONDS
        ):
            return
        try:
            summary = self._build()
        except (ClusterError, IndexLockedError, IndexStorageError) as error:
            if not isinstance(error, IndexLockedError) and not self._has_built:
                raise
            if not self._is_delayed:
                self._tell(f"{error}; the build is tried again")
            self._is_delayed = True
            self._changed_at = self._rests_from = clock()
            return
        self._has_built, self._is_delayed, self._changed_at = True, False, None
        yield summary

    def _look(self, now: float, touched: Set[str]) -> None:
        """Look at all files, and remember when they changed."""
        files = _states(self._paths)
        ended = clock()
        self._next_look = ended + max(LOOK_SECONDS, _PAUSE_FACTOR * (ended - now))
        # A file may have changed within the moment that its system's clock can tell.
        if files != self._files or not touched.isdisjoint(files):
            self._files = files
            self._rests_from = now
            self._changed_at = now if self._changed_at is None else self._changed_at

    def _glance(self, now: float) -> bool:
        """Tell whether files that are named themselves have changed; nothing reports that."""
        if now < self._next_glance:
            return False
        named = [path for path in self._paths if not os.path.isdir(path)]
        states = _states(named)
        ended = clock()
        self._next_glance = ended + _PAUSE_FACTOR * (ended - now)
        return any(states.get(path) != self._files.get(path) for path in named)


def _states(paths: Iterable[str]) -> dict[str, _State]:
    """Return the size and time of each file named or below a folder named, and which file it is."""
    states: dict[str, _State] = {}
    for path in paths:
        for file in files_below(path) if os.path.isdir(path) else [path]:
            with suppress(OSError):  # it is gone, or nobody may look at it
                state = os.stat(file)
                states[file] = (state.st_size, state.st_mtime_ns, state.st_ino)
    return states
