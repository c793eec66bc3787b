"""The pictures of the README are what the terminal shows today."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.pictures import COMMANDS, FOLDER, THEMES, picture, pictures


def test_the_pictures_are_what_the_script_makes(seeds_index: Path) -> None:
    pytest.importorskip("pty")
    drawn = pictures(seeds_index)
    assert len(drawn) == len(COMMANDS) * len(THEMES)
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.svg")}
    assert kept == drawn, "python -m tests.pictures draws them again"


def test_a_picture_is_svg_with_every_character_in_its_column() -> None:
    svg = picture("searcher search a&b", "\x1b[1m<é漢>\x1b[0m \x1b[1;31mx\x1b[0m\n", THEMES["dark"])
    texts = ElementTree.fromstring(svg).findall("{http://www.w3.org/2000/svg}text")
    assert [text.text for text in texts] == ["$", "searcher search a&b", "<é漢>", "x"]
    assert [text.get("class") for text in texts] == ["faint", "bold", "bold", "mark"]
    # Four characters in five columns, then a space.
    assert [text.get("x") for text in texts[2:]] == ["16", "66.4"]
