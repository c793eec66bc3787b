"""Saved searches: their definitions, which people may edit, and what of each was seen.

::

    # ~/.config/searcher/saved/experts.toml
    index = "/home/ann/papers.index"      # or several: ["mine.index", "theirs.index"]
    query = "mixture of experts"
    year = ["2023.."]

Each search has a file of its own, so that no other search's comments are touched when one is saved.
"""

import os
import re
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from index.arguments import whole_place
from searcher.config import default_file
from searcher.errors import BadRequestError, ConfigError, SavedSearchError, shown
from searcher.request import FILTERS, MatchMode, Request, SelectionOptions
from searcher.saved.files import locked, reason_of, write_whole
from searcher.saved.seen import Seen, read_seen
from searcher.toml_file import TomlFile, as_toml

MOST_BYTES = 1 << 20
"""A longer file is no saved search."""

USUAL_MATCH: MatchMode = "all"
"""All words must match unless a definition says otherwise: no list of new papers says more."""

_OPTIONS = (*FILTERS, "sort", "match", "strict", "acronyms")
_KEYS = ("index", "query", *_OPTIONS)
_USUAL = Request(match=USUAL_MATCH)
_NAME = re.compile("[a-z0-9][a-z0-9._-]{0,63}")
_DEFINITION, _SEEN = ".toml", ".json"


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search that has a name: the indexes that it searches, and what it asks.

    Of the request only the query, the filters, ``sort``, ``match``, ``strict`` and ``acronyms`` are
    saved.
    """

    name: str
    indexes: tuple[str, ...]
    request: Request

    def __post_init__(self) -> None:
        """Raise BadRequestError unless the name is one, and some index is named."""
        if not (isinstance(self.name, str) and _NAME.fullmatch(self.name)):
            near = re.sub("[^a-z0-9]+", "-", str(self.name).lower()).strip("-")[:64]
            raise BadRequestError(
                f"name {shown(self.name)}: a saved search is called by small letters of ASCII,"
                f" digits, '-', '_' and '.', at most 64 of them, such as {near or 'label-noise'}"
            )
        if not self.indexes:
            raise BadRequestError("indexes is empty; name the folder of an index, or several")
        kept = {name: getattr(self.request, name) for name in _OPTIONS}
        object.__setattr__(self, "request", Request(self.request.query, **kept))
        object.__setattr__(self, "indexes", tuple(self.indexes))

    @property
    def options(self) -> SelectionOptions:
        """The options of ``Collection.search`` that ask for it."""
        return {name: getattr(self.request, name) for name in _OPTIONS}  # type: ignore[return-value]

    @property
    def asked(self) -> dict[str, Any]:
        """What is asked, as values for JSON: the query, and each option that is not as usual."""
        values: dict[str, Any] = {"query": self.request.query}
        for name in _OPTIONS:
            value = getattr(self.request, name)
            if value != getattr(_USUAL, name):
                values[name] = list(value) if isinstance(value, tuple) else value
        return values


class SavedSearches:
    """The saved searches of a user. Safe to use by several processes at once."""

    def __init__(self, definitions: str | None = None, seen: str | None = None) -> None:
        """Take the folders of the definitions and of what was seen; usual are the user's own."""
        self.folder = definitions or os.path.join(os.path.dirname(default_file()), "saved")
        self._seen_folder = seen or os.path.join(_state_folder(), "saved")

    def file_of(self, name: str) -> str:
        """Return the file that holds, or would hold, the definition of a saved search."""
        return os.path.join(self.folder, name + _DEFINITION)

    def names(self) -> list[str]:
        """Return the names of all saved searches, sorted. Raises SavedSearchError."""
        try:
            listed = os.listdir(self.folder)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _unreadable(self.folder, error) from error
        names = (name.removesuffix(_DEFINITION) for name in listed if name.endswith(_DEFINITION))
        return sorted(filter(_NAME.fullmatch, names))

    def get(self, name: str) -> SavedSearch:
        """Return a saved search.

        Raises SavedSearchError if there is none of this name or it is no file, and ConfigError,
        which names the file and the line, if its definition has no meaning.
        """
        if not _NAME.fullmatch(name):
            raise self._unknown(name)
        try:
            file = self._read(name)
        except FileNotFoundError as error:
            raise self._unknown(name) from error
        return _search_of(name, file)

    def _read(self, name: str) -> TomlFile:
        path = self.file_of(name)
        _refuse_pipe(path)
        return TomlFile.read(path, "saved search", MOST_BYTES)

    def index_line(self, name: str) -> str:
        """Return where the definition of a saved search names its index, to show in a message."""
        file = self._read(name)
        return f"{file.path}:{file.line('index')}"

    def save(self, search: SavedSearch) -> str:
        """Write the definition of a search, and return its file.

        Raises SavedSearchError if there is one of its name, or it cannot be written.
        """
        values = {"index": list(map(whole_place, search.indexes)), **search.asked}
        lines = [f"# Run it with: searcher saved run {search.name} --new"]
        lines += [line for _, line in as_toml(values)]
        text = "\n".join([*lines, ""])
        path = self.file_of(search.name)
        if len(text.encode("utf-8", "replace")) > MOST_BYTES:
            raise SavedSearchError(
                f"{search.name}: a saved search takes at most {MOST_BYTES:,} bytes; ask for less"
            )
        try:
            with locked(self._seen_folder):
                if os.path.lexists(path):
                    raise SavedSearchError(
                        f"{search.name}: there is a search of this name; edit {path}, or remove it"
                        f" first: searcher saved remove {search.name}"
                    )
                _remove(self._seen_file(search.name))  # of one whose file a person removed
                write_whole(path, text)
        except OSError as error:
            raise _unwritable(path, error) from error
        return path

    def remove(self, name: str) -> None:
        """Remove a saved search, also one with a mistake, and what was seen of it.

        Raises SavedSearchError if there is none of this name, or it cannot be removed.
        """
        if name not in self.names():
            raise self._unknown(name)
        try:
            with locked(self._seen_folder):
                _remove(self._seen_file(name))
                _remove(self.file_of(name))
        except OSError as error:
            raise _unwritable(self.file_of(name), error) from error

    def seen(self, name: str) -> Seen:
        """Return what of a saved search was seen. Raises SavedSearchError."""
        path = self._seen_file(name)
        _refuse_pipe(path)
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
        except FileNotFoundError:
            return Seen()
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(path, error) from error
        return read_seen(text, path)

    def remember(self, name: str, met: Seen) -> None:
        """Add to what of a saved search was seen; what others added meanwhile stays.

        Nothing is kept of a search that was removed meanwhile.

        Raises SavedSearchError.
        """
        path = self._seen_file(name)
        try:
            with locked(self._seen_folder):
                before = self.seen(name)
                after = before.with_met(met)
                if after != before and os.path.lexists(self.file_of(name)):
                    write_whole(path, after.to_json())
        except OSError as error:
            raise _unwritable(path, error) from error

    def _seen_file(self, name: str) -> str:
        return os.path.join(self._seen_folder, name + _SEEN)

    def _unknown(self, name: str) -> SavedSearchError:
        from difflib import get_close_matches

        near = get_close_matches(name, self.names(), 1)
        meant = f"did you mean {near[0]}? " if near else ""
        return SavedSearchError(
            f"{shown(name)}: there is no saved search of this name in {self.folder}; {meant}"
            "searcher saved list shows them all"
        )


def _state_folder() -> str:
    if sys.platform == "linux":
        # As platformdirs has it, which takes longer to load than the file to read.
        base = os.environ.get("XDG_STATE_HOME", "").strip() or os.path.expanduser("~/.local/state")
        return os.path.join(base, "searcher")
    from platformdirs import user_state_path

    return str(user_state_path("searcher", appauthor=False))


def _refuse_pipe(path: str) -> None:
    """Raise SavedSearchError for a pipe: to read one that nobody writes to would never end."""
    if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
        raise SavedSearchError(f"{path}: this is no file; remove it")


def _search_of(name: str, file: TomlFile) -> SavedSearch:
    """Return the search that a file defines. Raises ConfigError."""
    request = _USUAL
    for key, value in file.values.items():
        if key not in _KEYS:
            file.refuse_key(key, _KEYS)
        if key != "index":
            try:
                request = replace(request, **{key: value})
            except BadRequestError as error:
                file.refuse(key, f"{error}")
    for key, example in (("query", "mixture of experts"), ("index", "/home/ann/papers.index")):
        if key not in file.values:
            raise ConfigError(
                f"{file.path}:1: nothing says the {key}; add a line such as {key} = {example!r}"
            )
    folders = file.paths("index")
    if not folders:
        file.refuse("index", "index is empty; name the folder of an index, or several")
    return SavedSearch(name, folders, request)


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.remove(path)


def _unreadable(path: str, error: Exception) -> SavedSearchError:
    return SavedSearchError(f"{path}: cannot be read ({reason_of(error)}); check its rights")


def _unwritable(path: str, error: Exception) -> SavedSearchError:
    return SavedSearchError(f"{path}: cannot be written ({reason_of(error)}); check its rights")
