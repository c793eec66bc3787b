"""The configuration file: which indexes verbs take and how they rank, unless options say otherwise.

::

    index = "papers.index"          # or several: ["mine.index", "theirs.index"]

    [ranking]
    k1 = 1.6
    weights = { title = 4.0 }
    b = { abstract = 0.5 }

Folders are those beside the file, and ``~`` is your home. What the file leaves out is as usual.
Only the command line reads it by itself.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from index.arguments import file_path
from searcher.errors import BadRequestError, ConfigError, shown

if TYPE_CHECKING:
    from searcher.request import Ranking

VARIABLE = "SEARCHER_CONFIG"
"""The environment variable that names a configuration file."""

MOST_BYTES = 1 << 14
"""A longer file is something else."""

_TABLES = ("ranking", "ranking.weights", "ranking.b")
# Compiled where they are needed: most searches read no file.
_WHERE = r" \(at (?:line (\d+), column (\d+)|end of document)\)"
_BARE = r"[A-Za-z0-9_-]+"


class Config(NamedTuple):
    """What a configuration file says, and its text; ``file`` is None if there is none.

    ``indexes`` are their folders, none if the file names none. ``ranking`` is None unless
    the file has something of it.
    """

    file: str | None = None
    indexes: tuple[str, ...] = ()
    ranking: "Ranking | None" = None
    text: str = ""

    def line(self, key: str) -> int | None:
        """Return the line of a key such as ``ranking.k1``, None if the file does not have it."""
        return _line(self.text, key) if key in dict(_flat(_parsed(self.text))) else None


def default_file() -> str:
    """Return where a user's configuration file is, which need not be there."""
    if sys.platform == "linux":
        # As platformdirs has it, which takes longer to load than all else here.
        base = os.environ.get("XDG_CONFIG_HOME", "").strip() or os.path.expanduser("~/.config")
        return os.path.join(base, "searcher", "config.toml")
    from platformdirs import user_config_path

    return str(user_config_path("searcher", appauthor=False) / "config.toml")


def read_config(file: str | os.PathLike[str] | None = None) -> Config:
    """Read a configuration file: this one, else $SEARCHER_CONFIG, else that of the user.

    The user's own need not be there. Pass what it says on:
    ``searcher.open("papers.index", ranking=read_config().ranking)``.

    Raises ConfigError, which names the file, and the line of what is wrong in it.
    """
    named = os.environ.get(VARIABLE) or None if file is None else file_path(file)
    path = named or default_file()
    try:
        with open(path, "rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        if named is None:
            return Config()
        raise ConfigError(
            f"{path}: there is no such file; check what --config or {VARIABLE} names"
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"{path}: cannot be read ({reason}); check the path") from error
    if len(content) > MOST_BYTES:
        raise ConfigError(f"{path}: more than {MOST_BYTES:,} bytes; this is no configuration file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from error
    return _File(path, text).config() if text.strip() else Config(path)


def as_toml(values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield each key, such as ``ranking.k1``, and the line of TOML that sets it.

    ``values`` have the keys of no table first, then those of each table side by side. A line that
    begins a table has no key.
    """
    table = ""
    for key, value in values.items():
        parent, dot, rest = key.partition(".")
        if dot and parent != table:
            yield "", ""
            yield "", f"[{parent}]"
            table = parent
        yield key, f"{rest if dot else key} = {_toml(value)}"


class _File:
    """A file that is being read, whose errors name it and the line."""

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._text = text
        try:
            self._values = dict(_flat(_parsed(text)))
        except (ValueError, RecursionError) as error:
            self._refuse_text(error)

    def config(self) -> Config:
        """Return what the file says. Raises ConfigError."""
        from searcher.request import DEFAULT_RANKING

        ranking, known = DEFAULT_RANKING, DEFAULT_RANKING.settings()
        for key, value in self._values.items():
            table, _, name = key.partition(".")
            if table == "ranking" and name in known:
                try:
                    ranking = ranking.with_setting(name, value)
                except BadRequestError as error:
                    self._refuse(key, f"in [ranking], {error}")
            elif key in _TABLES:
                if value != {}:
                    self._refuse(key, f"{key} is {shown(value)}; it must be a table, [{key}]")
            elif key != "index":
                self._refuse_key(key, ["index", *(f"ranking.{name}" for name in known)])
        if not any(weight for _, weight in ranking.weights):
            raise ConfigError(f"{self._path}: every field weighs 0; a word would find nothing")
        own = None if ranking is DEFAULT_RANKING else ranking
        return Config(self._path, self._folders(), own, self._text)

    def _folders(self) -> tuple[str, ...]:
        """Return the folders of indexes that the file names; a relative one is beside it."""
        value = self._values.get("index", ())
        listed = [value] if isinstance(value, str) else value
        is_list = isinstance(listed, list | tuple)
        if not is_list or not all(map(_is_path, listed)):
            said = f"index is {shown(value)}; it must be the path of a folder, or a list of paths"
            self._refuse("index", said)
        beside = os.path.dirname(os.path.abspath(self._path))
        return tuple(os.path.join(beside, os.path.expanduser(folder)) for folder in listed)

    def _refuse(self, key: str, reason: str) -> NoReturn:
        raise ConfigError(f"{self._path}:{_line(self._text, key)}: {reason}")

    def _refuse_key(self, key: str, known: Sequence[str]) -> NoReturn:
        from difflib import get_close_matches

        own = key.rpartition(".")[2]
        near = [one for one in known if one.rpartition(".")[2] == own]
        near = get_close_matches(key, [*known, *_TABLES], 1) or near
        meant = f"did you mean {near[0]}? " if near else ""
        self._refuse(key, f"there is no key {shown(key)}; {meant}the keys are {', '.join(known)}")

    def _refuse_text(self, error: Exception) -> NoReturn:
        said = str(error)
        place, where = self._path, re.search(_WHERE, said)
        if where:
            lines = self._text.split("\n")
            place += f":{where[1] or len(lines)}:{where[2] or len(lines[-1]) + 1}"
            said = said.replace(where[0], "")
        raise ConfigError(f"{place}: this is no TOML: {said}") from error


def _parsed(text: str) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(text)


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield all values that are no tables, and tables that are empty, by their dotted keys."""
    for key, value in values.items():
        name = above + (key if re.fullmatch(_BARE, key) else _toml(key))
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def _is_path(value: object) -> bool:
    return isinstance(value, str) and bool(value) and "\0" not in value


def _line(text: str, key: str) -> int:
    """Return the line of a key: the first line such that the text up to it has the key."""
    from bisect import bisect_left

    lines = text.split("\n")

    def has_key(count: int) -> bool:
        # A text cut within a value of several lines is no TOML; then the whole value is read.
        for end in range(count, len(lines)):
            try:
                return key in dict(_flat(_parsed("\n".join(lines[:end]))))
            except ValueError:
                continue
        return True

    return bisect_left(range(len(lines)), True, key=has_key)


def _toml(value: object) -> str:
    """Return a text, number or list as TOML writes it."""
    if isinstance(value, str):
        return f'"{"".join(map(_escaped, value))}"'
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_toml, value))}]"
    return repr(value)


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    # Half a character, of a name that is no UTF-8, is nothing that TOML can hold.
    return f"\\U{code:08x}" if not 0xD800 <= code < 0xE000 else "\ufffd"
