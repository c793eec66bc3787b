"""Draw the web page as PNG: ``python -m tests.page_pictures``, with the extra ``browser``.

Each picture is the real page, in a window of Chromium, on an index of the seeds. Pixels differ with
the fonts of a machine, so no test compares them.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

import searcher
from tests.pictures import FOLDER, ROOT

WIDE, PHONE = (1280, 560), (390, 640)
ADDRESS = "/?q=label+nosie&cat=CV&cat=LG"
PICTURES = {
    "page-light": (WIDE, "light", ADDRESS),
    "page-dark": (WIDE, "dark", ADDRESS),
    "page-phone": (PHONE, "light", ADDRESS),
}


@contextmanager
def served(index: Path) -> Iterator[str]:
    """Serve an index, and say where."""
    command = [sys.executable, "-m", "searcher", "serve", "--index", str(index), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stderr
        told = re.search(r"http://[^/]+", server.stderr.readline())
        assert told, server.stderr.read()
        try:
            yield told[0]
        finally:
            server.terminate()


def main() -> None:
    """Draw every picture."""
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "papers.index"
        searcher.build(index, [ROOT / "seeds"])
        with served(index) as site, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-lcd-text"]
            )
            for name, ((width, height), tone, address) in PICTURES.items():
                page = browser.new_page(
                    viewport={"width": width, "height": height},
                    color_scheme="dark" if tone == "dark" else "light",
                )
                page.goto(site + address)
                page.screenshot(path=FOLDER / f"{name}.png")
                page.close()
            browser.close()


if __name__ == "__main__":
    main()
