"""Papers that were written to break a page: their text is shown, and does nothing."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Open
from tests.browser.papers import BROKEN_TEX, PAPERS, SCRIPT

if TYPE_CHECKING:
    from playwright.sync_api import Page

WORDS = [paper.abstract.split()[0].strip(".:,") for paper in PAPERS]


def text_of(page: "Page") -> str:
    """Return what is to be read on a page, blanks made one."""
    return " ".join(page.locator("main").inner_text().split())


def open_first(page: "Page") -> None:
    """Open the page of the first paper found."""
    page.locator("#hits a[href^='/paper/']").first.click()
    page.wait_for_url("**/paper/**")


@pytest.mark.parametrize("width", [390, 1280])
def test_no_text_is_wider_than_the_window(open_page: Open, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 800})
    for word in WORDS:
        page.goto(f"/?q={word}")
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width, word
        open_first(page)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width, word


def test_markup_is_text(open_page: Open) -> None:
    page = open_page("/?q=Scriptword")
    assert "<script>document.title = 'taken'</script>" in text_of(page)
    open_first(page)
    assert "A hostile paper of scripts <i>&</i>" in text_of(page)
    assert " ".join(SCRIPT.split()) in text_of(page)
    assert page.locator("main img, main style, main script").count() == 0
    assert page.title() != "taken"
    assert page.locator("main").is_visible()


def test_broken_tex_is_text(open_page: Open) -> None:
    page = open_page("/?q=Brokenword")
    open_first(page)
    assert " ".join(BROKEN_TEX.split()) in text_of(page)
    assert page.locator("a[href^='javascript']").count() == 0


def test_maths_is_seen_and_found(open_page: Open) -> None:
    page = open_page("/?q=Formulaword")
    open_first(page)
    assert "an n-gram in O(n log n), x ∈ ℝ" in text_of(page)
    # What Ctrl-F does.
    assert page.evaluate("window.find('O(n log n)')")
    fraction = page.locator("math mfrac").bounding_box()
    assert fraction
    assert fraction["height"] > 1.2 * fraction["width"]


def test_writing_from_right_to_left_stays_in_its_place(open_page: Open) -> None:
    page = open_page("/?q=Rightword")
    open_first(page)
    assert "אחזור מידע בעברית" in text_of(page)
    # Else it would turn round its neighbours, too.
    isolated = page.locator(".abstract").evaluate("one => getComputedStyle(one).unicodeBidi")
    assert isolated in ("isolate", "plaintext")
