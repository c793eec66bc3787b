"""Files in an index's folder that are not its own, whatever they are called."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.segments.contents import find_table

_PLAIN = ("empty", "text", "table")
_NOT_PLAIN = ("folder", "full folder", "link", "link to nothing", "pipe")
KINDS = (*_PLAIN, *_NOT_PLAIN)

_DIGITS = "0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Stray:
    """A name, and what is called so: text, a copy of the index's table, a link to it, ..."""

    name: str
    kind: str

    def put(self, directory: Path) -> None:
        """Put it into an index's folder."""
        path = directory / self.name
        tables = sorted(path for path in directory.glob("_MAIN_?.toc") if path.is_file())
        match self.kind:
            case "empty":
                path.touch(exist_ok=False)
            case "text":
                path.write_text("mine\n" * 99)
            case "table":
                path.write_bytes(tables[-1].read_bytes() if tables else b"")
            case "folder":
                path.mkdir()
            case "full folder":
                path.mkdir()
                (path / "mine").touch()
            case "link":
                path.symlink_to(tables[-1].name if tables else "nowhere")
            case "link to nothing":
                path.symlink_to("nowhere")
            case "pipe":
                os.mkfifo(path)


def names_never_written(newest: int) -> list[str]:
    """Return names like an index's own that no writer gives, whatever is called so.

    ``newest`` is the generation of the newest commit.
    """
    later = f"MAIN_{newest + 90:08x}"
    return [
        # Numbers of tables that are written otherwise, or are beyond all bounds.
        *("_MAIN_007.toc", "_MAIN_00.toc", f"_MAIN_0{newest}.toc", f"_MAIN_0{newest + 1}.toc"),
        *("_MAIN_99999999999.toc", "_MAIN_1000000000.toc", f"_MAIN_{'9' * 60}.toc"),
        *("_MAIN_-1.toc", "_MAIN_+9.toc", "_MAIN_0x9.toc", "_MAIN_1e3.toc", "_MAIN_.toc"),
        *("_MAIN_\u0669.toc", "_MAIN_\u00b2.toc", f"_MAIN_{newest + 1}.toc\n", "_MAIN_ 9.toc"),
        *(f"_MAIN_{newest + 1}.TOC", f"_main_{newest + 1}.toc", f"_Main_{newest + 1}.toc"),
        f"_MAIN_{newest + 1}.toc.bak",
        # Tables that do not follow, unfinished ones too.
        *(f"_MAIN_{newest + 2}.toc", f"_MAIN_{newest + 500}.toc", "_MAIN_999999999.toc"),
        *(f"_MAIN_{newest + 90}.toc.new", "_MAIN_007.toc.new", "_MAIN_9999999999.toc.new"),
        # Temporary files of other writers.
        *(f"_MAIN_{newest + 1}.toc.1700000000.25", f"_MAIN_{newest}.toc.17.0"),
        # Segments of commits that are far from here, and of names that are none.
        *(f"{later}{_DIGITS}.postings", f"{later}{_DIGITS}.documents"),
        *(f"MAIN_ffffffff{_DIGITS}.postings", f"MAIN_3b9aca00{_DIGITS}.documents"),
        *("MAIN_a.postings", "MAIN_27wuao458fjcc3nh.postings", "MAIN_27wuao458fjcc3nh.seg"),
        *(f"MAIN_00000001{_DIGITS}0.postings", f"MAIN_00000001{_DIGITS[:-1]}.documents"),
        *(f"MAIN_00000001{_DIGITS.upper()}.postings", f"main_00000001{_DIGITS}.documents"),
        *(f"MAIN_00000001{_DIGITS}.POSTINGS", f"MAIN_00000001{_DIGITS}.postings.new"),
        *(
            "MAIN_SUGGESTIONS.old",
            "MAIN_suggestions",
            "MAIN_SUGGESTIONS.new.new",
            "_MAIN_SUGGESTIONS",
        ),
        *("MAIN_WRITELOCK.old", "main_writelock", "MAIN_writelock"),
    ]


def names_of_plain_files(newest: int) -> list[str]:
    """Return names that a writer may give to plain files, and to nothing else."""
    return [
        *(f"_MAIN_{newest + step}.toc" for step in (-2, -1, 1)),
        *(f"_MAIN_{newest + step}.toc.new" for step in (0, 1)),
        *(f"MAIN_{newest + step:08x}{_DIGITS}.postings" for step in (0, 1)),
        *(f"MAIN_{newest + 1:08x}{_DIGITS}.documents", "MAIN_SUGGESTIONS", "MAIN_SUGGESTIONS.new"),
    ]


def strays(directory: Path) -> list[Stray]:
    """Return every stray that the index in a folder is tried with."""
    table = find_table(str(directory))
    assert table
    never, plain = names_never_written(table.generation), names_of_plain_files(table.generation)
    return [
        *(Stray(name, kind) for name in never for kind in KINDS),
        *(Stray(name, kind) for name in plain for kind in _NOT_PLAIN),
    ]


def looked_at(directory: Path, names: list[str]) -> Iterator[tuple[str, Any]]:
    """Yield what can be seen of files without opening a pipe or following a link."""
    for name in names:
        path = directory / name
        status = os.lstat(path)
        held: Any = None
        if stat.S_ISREG(status.st_mode):
            held = path.read_bytes()
        elif stat.S_ISLNK(status.st_mode):
            held = os.readlink(path)
        elif stat.S_ISDIR(status.st_mode):
            held = sorted(os.listdir(path))
        yield name, (status.st_ino, status.st_mode, status.st_mtime_ns, held)
