"""The page as it is used: papers are found, narrowed, opened and shared, by mouse and by keys."""

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from tests.browser.conftest import Open

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page


def asked(address: str) -> dict[str, list[str]]:
    """Return what an address asks for."""
    return parse_qs(urlsplit(address).query)


def total(page: "Page") -> int:
    found = re.search(r"[0-9,]+", page.locator("#total").inner_text())
    assert found
    return int(found[0].replace(",", ""))


def titles(page: "Page") -> list[str]:
    shown: list[str] = page.locator("#hits h2").all_inner_texts()
    return shown


def wait_for_address(page: "Page", /, **wanted: list[str]) -> None:
    """Wait until the address asks for this, and the page shows it."""
    page.wait_for_url(lambda url: asked(url) == wanted)
    parts = urlsplit(page.url)
    address = f"{parts.path}?{parts.query}" if parts.query else parts.path
    page.locator(f"#page[data-address='{address}']").wait_for()


def suggestions(page: "Page") -> "Locator":
    return page.get_by_role("listbox", name="Suggestions").get_by_role("option")


# Typing


def test_hits_come_while_somebody_types(page: "Page") -> None:
    everything = titles(page)
    page.get_by_label("Search papers").press_sequentially("label noise")
    wait_for_address(page, q=["label noise"])
    assert titles(page) != everything
    assert "label noise" in page.locator("#hits mark").first.inner_text().lower().replace("-", " ")
    assert page.title() == "label noise – searcher"


def test_what_finds_more_comes_when_nobody_types_any_more(page: "Page") -> None:
    page.locator("#q").press_sequentially("label leaning", delay=20)
    page.get_by_role("link", name="with learning for leaning").wait_for()
    assert asked(page.url) == {"q": ["label leaning"]}
    assert page.locator("#q").input_value() == "label leaning"


def test_what_is_meant_is_completed_by_keys(page: "Page") -> None:
    box = page.get_by_label("Search papers")
    box.press_sequentially("yingw")
    suggestions(page).filter(has_text="Yingwen Wu").wait_for()
    assert box.get_attribute("aria-expanded") == "true"
    box.press("ArrowDown")
    chosen = page.get_by_role("option", selected=True).and_(suggestions(page))
    assert chosen.get_attribute("id") == box.get_attribute("aria-activedescendant")
    box.press("Enter")
    wait_for_address(page, q=['author:"Yingwen Wu"'])
    assert suggestions(page).count() == 0
    assert "Yingwen Wu" in page.locator("#hits .authors").first.inner_text()


def test_a_suggestion_is_taken_by_mouse_and_closed_by_escape(page: "Page") -> None:
    box = page.get_by_label("Search papers")
    box.press_sequentially("yingw")
    suggestions(page).first.wait_for()
    box.press("Escape")
    assert suggestions(page).count() == 0
    box.press_sequentially("en")
    suggestions(page).filter(has_text="Yingwen Wu").click()
    wait_for_address(page, q=['author:"Yingwen Wu"'])
    assert box.input_value() == 'author:"Yingwen Wu"'
    assert suggestions(page).count() == 0


# Narrowing


def test_two_values_of_a_facet_are_ticked_at_once(open_page: Open) -> None:
    page = open_page("/?q=learning")
    everything = total(page)
    categories = page.get_by_role("group", name="Category")
    boxes = {code: page.locator(f"input[value={code}]") for code in ("CR", "CV")}

    def counts() -> list[str]:
        rows = [categories.get_by_role("listitem").filter(has=box) for box in boxes.values()]
        return [row.locator(".count").inner_text() for row in rows]

    before = counts()
    boxes["CV"].check()
    wait_for_address(page, q=["learning"], cat=["CV"])
    assert [str(total(page))] == before[1:]
    boxes["CR"].check()
    wait_for_address(page, q=["learning"], cat=["CR", "CV"])
    # A count says how many papers its own tick stands for, whatever else of the facet is ticked.
    assert counts() == before
    assert total(page) in range(max(map(int, before)), min(sum(map(int, before)), everything) + 1)
    assert page.locator("#chips li").count() == 2
    page.get_by_role("link", name="Remove category: Computer Vision").click()
    wait_for_address(page, q=["learning"], cat=["CR"])
    assert [str(total(page))] == before[:1]
    assert not boxes["CV"].is_checked()


def test_years_are_brushed(open_page: Open) -> None:
    page = open_page("/?q=learning")
    bars = page.locator("#years a")
    boxes = {bar.get_attribute("data-low"): bar.bounding_box() for bar in bars.all()}
    first, last = boxes["2021"], boxes["2023"]
    assert first
    assert last
    page.mouse.move(first["x"] + first["width"] / 2, first["y"] + 20)
    page.mouse.down()
    page.mouse.move(last["x"] + last["width"] / 2, last["y"] + 20, steps=4)
    page.mouse.up()
    wait_for_address(page, q=["learning"], year=["2021..2023"])
    assert page.get_by_label("From year").input_value() == "2021"
    dates = page.locator("#hits .facts span:first-of-type").all_inner_texts()
    assert {date[:4] for date in dates} <= {"2021", "2022", "2023"}


def test_a_year_is_chosen_by_keys(open_page: Open) -> None:
    page = open_page("/?q=learning")
    bar = page.locator("#years a[data-low='2022']")
    bar.focus()
    page.keyboard.press("Enter")
    wait_for_address(page, q=["learning"], year=["2022"])
    assert total(page) == int(bar.get_attribute("aria-label").split()[1])


# What was read otherwise


def test_a_correction_is_undone_by_one_click(open_page: Open) -> None:
    page = open_page("/?q=fedrated+learning")
    note = page.locator("#notes li").filter(has_text="read as federated")
    found = total(page)
    note.get_by_role("link").click()
    note.wait_for(state="detached")
    assert total(page) != found
    page.go_back()
    note.wait_for()
    assert total(page) == found


def test_what_finds_nothing_offers_what_does(open_page: Open) -> None:
    page = open_page("/?q=learning&year=1999")
    assert "No paper" in page.locator("#total").inner_text()
    page.locator("#doctor").get_by_role("link").first.click()
    page.locator("#hits li").first.wait_for()
    assert total(page) > 0


# Paging, opening and going back


def test_paging_opening_and_going_back(open_page: Open) -> None:
    page = open_page("/?q=learning")
    first = titles(page)
    page.get_by_role("link", name="Next").click()
    wait_for_address(page, q=["learning"], page=["2"])
    second = titles(page)
    assert set(first).isdisjoint(second)
    assert page.locator("#hits li").first.get_attribute("value") == "11"
    page.locator("#hits h2 a").first.click()
    page.wait_for_url("**/paper/**")
    assert page.get_by_role("heading", level=1).inner_text() == second[0]
    page.go_back()
    wait_for_address(page, q=["learning"], page=["2"])
    assert titles(page) == second
    page.go_back()
    wait_for_address(page, q=["learning"])
    assert titles(page) == first
    page.go_forward()
    wait_for_address(page, q=["learning"], page=["2"])
    assert titles(page) == second


def test_going_back_shows_what_was_typed_and_ticked(page: "Page") -> None:
    everything = titles(page)
    box = page.get_by_label("Search papers")
    box.fill("learning")
    wait_for_address(page, q=["learning"])
    page.get_by_role("group", name="Category").locator("input[value=CV]").check()
    wait_for_address(page, q=["learning"], cat=["CV"])
    page.go_back()
    wait_for_address(page, q=["learning"])
    assert not page.get_by_role("group", name="Category").locator("input[value=CV]").is_checked()
    assert box.input_value() == "learning"
    page.go_back()
    wait_for_address(page)
    assert box.input_value() == ""
    assert titles(page) == everything


def test_an_address_shows_the_same_in_another_window(page: "Page", open_page: Open) -> None:
    page.get_by_label("Search papers").fill("robust learning")
    wait_for_address(page, q=["robust learning"])
    page.get_by_role("group", name="Category").locator("input[value=LG]").check()
    wait_for_address(page, q=["robust learning"], cat=["LG"])
    page.get_by_label("Order").select_option(label="Newest first")
    wait_for_address(page, q=["robust learning"], cat=["LG"], sort=["date"])
    parts = urlsplit(page.url)
    other = open_page(f"{parts.path}?{parts.query}")
    assert titles(other) == titles(page)
    assert other.locator("#chips").inner_text() == page.locator("#chips").inner_text()
    assert other.get_by_label("Order").input_value() == "date"
    assert other.url == page.url


# A paper's own page


def test_a_paper_is_copied_and_leads_to_others(open_page: Open) -> None:
    page = open_page("/?q=label+noise", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#hits h2 a").first.click()
    page.wait_for_url("**/paper/**")
    page.get_by_text("BibTeX").first.click()
    page.get_by_role("button", name="Copy BibTeX").click()
    page.get_by_role("status").get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith("@")
    address = page.url
    page.locator("#similar a").first.click()
    page.wait_for_url(lambda url: url != address and "/paper/" in url)


def test_an_author_leads_to_the_papers(open_page: Open) -> None:
    page = open_page("/?q=label+noise")
    page.locator("#hits .authors a").filter(has_text="Bo Han").first.click()
    page.wait_for_url(lambda url: "author" in asked(url))
    for authors in page.locator("#hits .authors").all_inner_texts():
        assert "Bo Han" in authors or "more" in authors


def test_all_matches_are_exported(open_page: Open) -> None:
    page = open_page("/?q=label+noise&match=all", accept_downloads=True)
    page.locator("#export summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="BibTeX").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert text.count("\n@") + text.startswith("@") == total(page)


# Keys


def test_keys_lead_through_the_hits(open_page: Open) -> None:
    page = open_page("/?q=learning")
    page.locator("#main").focus()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    second = page.locator("#hits h2 a").nth(1)
    assert second.evaluate("one => one == document.activeElement")
    title = second.inner_text()
    page.keyboard.press("o")
    page.wait_for_url("**/paper/**")
    assert page.get_by_role("heading", level=1).inner_text() == title
    page.go_back()
    wait_for_address(page, q=["learning"])
    page.keyboard.press("/")
    page.keyboard.press("End")
    page.keyboard.type(" to")
    page.keyboard.press("Enter")
    wait_for_address(page, q=["learning to"])
    page.keyboard.press("j")
    first = page.locator("#hits h2 a").first
    assert first.evaluate("one => one == document.activeElement")


def test_keys_are_told_and_letters_in_the_box_are_letters(page: "Page") -> None:
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    assert "next or previous" in dialog.inner_text()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    box = page.get_by_label("Search papers")
    box.press_sequentially("jo?k/")
    assert box.input_value() == "jo?k/"
    assert page.get_by_role("dialog").count() == 0


# Without a script, on a phone, and for everybody


def test_all_that_is_plain_works_without_a_script(open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    box = page.get_by_label("Search papers")
    box.fill("learning")
    box.press("Enter")
    wait_for_address(page, q=["learning"])
    everything = total(page)
    page.get_by_role("group", name="Category").locator("input[value=CV]").check()
    page.get_by_role("button", name="Apply").click()
    wait_for_address(page, q=["learning"], cat=["CV"])
    assert 0 < total(page) < everything
    page.get_by_role("link", name="Remove category").click()
    wait_for_address(page, q=["learning"])
    page.get_by_role("link", name="Next").click()
    wait_for_address(page, q=["learning"], page=["2"])
    page.locator("#hits h2 a").first.click()
    page.wait_for_url("**/paper/**")
    assert page.get_by_role("heading", level=1).is_visible()


def test_a_phone_shows_all_and_narrows(open_on_phone: Open) -> None:
    page = open_on_phone("/?q=learning")
    assert page.evaluate("document.scrollingElement.scrollWidth") == 390
    assert page.locator("#hits li").first.is_visible()
    everything = total(page)
    found = page.locator("#drawer .found")
    assert not found.is_visible()
    page.locator("#drawer > summary").tap()
    page.get_by_role("group", name="Category").locator("input[value=CV]").tap()
    wait_for_address(page, q=["learning"], cat=["CV"])
    # Further down, too, it is in sight how many papers are left.
    page.get_by_role("group", name="Author").evaluate("facet => facet.scrollIntoView(true)")
    assert page.evaluate("scrollY") > 100
    top = page.evaluate("document.querySelector('#drawer .found').getBoundingClientRect().top")
    assert 0 <= top < 40
    assert found.inner_text() == f"{total(page)} papers"
    assert total(page) < everything
    page.get_by_role("link", name="Remove category").wait_for()
    assert page.evaluate("document.scrollingElement.scrollWidth") == 390


PLACES = {
    "first": "/",
    "hits": "/?q=fedrated+learning&cat=LG&year=2020..2024",
    "nothing": "/?q=learning&year=1999",
    "formulas": "/?q=Formulaword",
    "error": "/?q=learning&year=soon",
}


def test_everybody_can_use_it_in_light_and_dark(open_page: Open) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page()
    faults: list[str] = []

    def look(place: str) -> None:
        # All but the contrast is the same in both.
        for scheme, rules in ("light", {}), ("dark", {"runOnly": ["color-contrast"]}):
            page.emulate_media(color_scheme=scheme)
            options = {"resultTypes": ["violations"], **rules}
            for violation in Axe().run(page, options=options).response["violations"]:
                for node in violation["nodes"]:
                    faults.append(f"{place}, {scheme}: {node['target']} {node['failureSummary']}")

    for place, address in PLACES.items():
        page.goto(address)
        look(place)
    page.goto("/?q=label+noise")
    box = page.get_by_label("Search papers")
    box.fill("label")
    suggestions(page).first.wait_for()
    look("suggestions")
    box.press("Escape")
    page.locator("#hits h2 a").first.click()
    page.wait_for_url("**/paper/**")
    look("paper")
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    look("keys")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/?q=label+noise")
    page.locator("#drawer > summary").click()
    look("phone")
    assert not faults, "\n".join(faults)


# What the browser refuses


def test_what_gets_into_a_page_runs_no_script_and_sets_no_style(
    browser: "Browser", server: str
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text))
        page.goto(f"{server}/")
        title = page.title()
        page.evaluate(
            """() => {
                const script = document.createElement("script");
                script.textContent = "document.title = 'taken'";
                document.body.append(script);
                document.querySelector("#main").insertAdjacentHTML(
                    "afterbegin",
                    `<p id="written" style="color: rgb(1, 2, 3)">x</p>
                     <img src="https://example.org/x" onerror="document.title = 'taken'">`
                );
            }"""
        )
        written = page.locator("#written")
        assert written.evaluate("one => getComputedStyle(one).color") != "rgb(1, 2, 3)"
        page.wait_for_load_state("networkidle")
        assert page.title() == title
        kinds = ("script", "style", "image")
        assert [any("Content Security Policy" in r and k in r for r in refused) for k in kinds] == [
            True
        ] * 3
