"""Files of TOML that people write: read whole, and each error names the file and the line.

They hold tables of texts, numbers and lists, whose values are known by dotted keys such as
``ranking.k1``.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from searcher.errors import ConfigError, shown

# Compiled where they are needed: most searches read no file.
_WHERE = r" \(at (?:line (\d+), column (\d+)|end of document)\)"
_BARE = r"[A-Za-z0-9_-]+"


class TomlFile:
    """A file whose text is TOML: its ``path``, its ``text`` and its ``values`` by dotted keys."""

    def __init__(self, path: str, text: str) -> None:
        """Take the text of a file. Raises ConfigError if it is no TOML."""
        self.path = path
        self.text = text
        try:
            # To load what parses takes a while; the usual empty file needs none of it.
            self.values: Mapping[str, Any] = dict(_flat(_parsed(text))) if text.strip() else {}
        except (ValueError, RecursionError) as error:
            self._refuse_text(error)

    @classmethod
    def read(cls, path: str, kind: str, most_bytes: int) -> "TomlFile":
        """Read a file; ``kind`` is what it should be. A longer one than ``most_bytes`` is none.

        Raises FileNotFoundError, and ConfigError for everything else.
        """
        try:
            with open(path, "rb") as stream:
                content = stream.read(most_bytes + 1)
        except FileNotFoundError:
            raise
        except OSError as error:
            reason = error.strerror or str(error)
            raise ConfigError(f"{path}: cannot be read ({reason}); check the path") from error
        if len(content) > most_bytes:
            raise ConfigError(f"{path}: more than {most_bytes:,} bytes; this is no {kind}")
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise ConfigError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from error
        return cls(path, text)

    def line(self, key: str) -> int | None:
        """Return the line of a key such as ``ranking.k1``, None if the file does not have it."""
        return _line(self.text, key) if key in self.values else None

    def paths(self, key: str) -> tuple[str, ...]:
        """Return the folders that a key names, one or several; a relative one is beside the file.

        The address of an index on a cluster is returned as it is.

        Raises ConfigError.
        """
        value = self.values.get(key, ())
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list | tuple) or not all(map(_is_path, listed)):
            said = f"{key} is {shown(value)}; it must be the path of a folder, or a list of paths"
            self.refuse(key, said)
        beside = os.path.dirname(os.path.abspath(self.path))
        return tuple(
            place if "://" in place else os.path.join(beside, os.path.expanduser(place))
            for place in listed
        )

    def refuse(self, key: str, reason: str) -> NoReturn:
        """Raise ConfigError for the value of a key."""
        raise ConfigError(f"{self.path}:{_line(self.text, key)}: {reason}")

    def refuse_key(self, key: str, known: Sequence[str], tables: Sequence[str] = ()) -> NoReturn:
        """Raise ConfigError for a key that is none of those known, or of their tables."""
        from difflib import get_close_matches

        own = key.rpartition(".")[2]
        near = [one for one in known if one.rpartition(".")[2] == own]
        near = get_close_matches(key, [*known, *tables], 1) or near
        meant = f"did you mean {near[0]}? " if near else ""
        self.refuse(key, f"there is no key {shown(key)}; {meant}the keys are {', '.join(known)}")

    def _refuse_text(self, error: Exception) -> NoReturn:
        said = str(error)
        place, where = self.path, re.search(_WHERE, said)
        if where:
            lines = self.text.split("\n")
            place += f":{where[1] or len(lines)}:{where[2] or len(lines[-1]) + 1}"
            said = said.replace(where[0], "")
        raise ConfigError(f"{place}: this is no TOML: {said}") from error


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
    """Return a text, number, truth value or list as TOML writes it."""
    if isinstance(value, str):
        return f'"{"".join(map(_escaped, value))}"'
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_toml, value))}]"
    return repr(value).lower() if isinstance(value, bool) else repr(value)


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    # Half a character, of a name that is no UTF-8, is nothing that TOML can hold.
    return f"\\U{code:08x}" if not 0xD800 <= code < 0xE000 else "\ufffd"
