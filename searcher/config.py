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
import sys
from typing import TYPE_CHECKING, NamedTuple

from index.arguments import file_path
from searcher.errors import BadRequestError, ConfigError, shown
from searcher.toml_file import TomlFile

if TYPE_CHECKING:
    from searcher.request import Ranking

VARIABLE = "SEARCHER_CONFIG"
"""The environment variable that names a configuration file."""

MOST_BYTES = 1 << 14
"""A longer file is something else."""

_TABLES = ("ranking", "ranking.weights", "ranking.b")


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
        return TomlFile(self.file or "", self.text).line(key)


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
        read = TomlFile.read(path, "configuration file", MOST_BYTES)
    except FileNotFoundError as error:
        if named is None:
            return Config()
        raise ConfigError(
            f"{path}: there is no such file; check what --config or {VARIABLE} names"
        ) from error
    return _config(read) if read.text.strip() else Config(path)


def _config(file: TomlFile) -> Config:
    """Return what a configuration file says. Raises ConfigError."""
    from searcher.request import DEFAULT_RANKING

    ranking, known = DEFAULT_RANKING, DEFAULT_RANKING.settings()
    for key, value in file.values.items():
        table, _, name = key.partition(".")
        if table == "ranking" and name in known:
            try:
                ranking = ranking.with_setting(name, value)
            except BadRequestError as error:
                file.refuse(key, f"in [ranking], {error}")
        elif key in _TABLES:
            if value != {}:
                file.refuse(key, f"{key} is {shown(value)}; it must be a table, [{key}]")
        elif key != "index":
            file.refuse_key(key, ["index", *(f"ranking.{name}" for name in known)], _TABLES)
    if not any(weight for _, weight in ranking.weights):
        raise ConfigError(f"{file.path}: every field weighs 0; a word would find nothing")
    own = None if ranking is DEFAULT_RANKING else ranking
    return Config(file.path, file.paths("index"), own, file.text)
