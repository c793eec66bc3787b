"""Draw what the terminal shows as SVG, light and dark: ``python -m tests.pictures``.

Each picture is the real output of a command, run on a terminal of 80 × 24 on an index of the seeds.
"""

import fcntl
import html
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import searcher
from searcher.output.layout import columns

ROOT = Path(__file__).parents[1]
FOLDER = Path(__file__).with_name("pictures")
WIDTH, HEIGHT = 80, 24
COMMANDS = {
    "search": ["search", "mixture of experts"],
    "facets": ["facets", "label noise", "--facet", "author", "--facet", "year", "--limit", "6"],
}


@dataclass(frozen=True)
class Theme:
    """The colours of a terminal."""

    paper: str
    ink: str
    faint: str
    mark: str


THEMES = {
    "light": Theme(paper="#ffffff", ink="#1f2328", faint="#656d76", mark="#cf222e"),
    "dark": Theme(paper="#0d1117", ink="#e6edf3", faint="#8b949e", mark="#ff7b72"),
}
CELL, LINE, MARGIN, SIZE = 8.4, 19, 16, 14
STYLES = {"0": "", "1": "bold", "2": "faint", "1;31": "mark"}


def terminal_output(arguments: list[str], index: Path) -> str:
    """Return what a command prints on a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    own = ("COLUMNS", "LINES", "NO_COLOR", "PYTHONIOENCODING")
    environment = {name: value for name, value in os.environ.items() if name not in own}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "SEARCHER_INDEX": index.name,
        "TERM": "xterm",
    }
    shown = b""
    with (
        open(ours, "rb", buffering=0) as screen,
        subprocess.Popen(
            [sys.executable, "-m", "searcher", *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            cwd=index.parent,
        ),
    ):
        os.close(theirs)
        while chunk := _read(screen.fileno()):
            shown += chunk
    return shown.decode().replace("\r\n", "\n")


def picture(command: str, output: str, theme: Theme) -> str:
    """Return a command and its output as SVG."""
    lines = [f"\x1b[2m$\x1b[0m \x1b[1m{command}\x1b[0m", *output.rstrip("\n").split("\n")]
    width, height = WIDTH * CELL + 2 * MARGIN, len(lines) * LINE + 2 * MARGIN
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img">',
        f"<title>{html.escape(command)}</title>",
        "<style>",
        "text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', "
        f"monospace; fill: {theme.ink}; white-space: pre }}",
        f".bold {{ font-weight: bold }} .faint {{ fill: {theme.faint} }} "
        f".mark {{ fill: {theme.mark}; font-weight: bold }}",
        "</style>",
        f'<rect width="100%" height="100%" rx="8" fill="{theme.paper}" '
        f'stroke="{theme.faint}" stroke-opacity="0.4"/>',
    ]
    for number, line in enumerate(lines):
        drawn += _line(line, MARGIN + number * LINE + SIZE)
    return "\n".join([*drawn, "</svg>", ""])


def pictures(index: Path) -> dict[str, str]:
    """Return every picture by the name of its file."""
    drawn = {}
    for name, arguments in COMMANDS.items():
        output = terminal_output(arguments, index)
        words = [f'"{word}"' if " " in word else word for word in arguments]
        for tone, theme in THEMES.items():
            drawn[f"{name}-{tone}.svg"] = picture(" ".join(["searcher", *words]), output, theme)
    return drawn


def _line(line: str, y: int) -> Iterator[str]:
    """Yield the stretches of one style in a line; each is given its columns, whatever the font."""
    style, column = "", 0
    for part in re.split(r"(\x1b\[[\d;]*m)", line):
        if part.startswith("\x1b["):
            style = STYLES[part[2:-1]]
            continue
        for text in re.findall(r"\S+(?: \S+)*|\s+", part):
            size = columns(text)
            if text.strip():
                kind = f' class="{style}"' if style else ""
                yield (
                    f'<text x="{MARGIN + column * CELL:.4g}" y="{y}"{kind} '
                    f'textLength="{size * CELL:.4g}" lengthAdjust="spacingAndGlyphs">'
                    f"{html.escape(text, quote=False)}</text>"
                )
            column += size


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux says that the other end is closed
        return b""


def main() -> None:
    """Draw every picture."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "papers.index"
        searcher.build(index, [ROOT / "seeds"])
        for name, svg in pictures(index).items():
            (FOLDER / name).write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
