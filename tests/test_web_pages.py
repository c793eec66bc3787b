"""The pages, in process: what is shown, what is linked, what is refused, what protects them."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from starlette.testclient import TestClient

import searcher
from index import Paper, Source, open_writer
from index.paper import Copy, Link
from searcher.web import pages
from searcher.web.app import create_app
from searcher.web.hosts import is_allowed
from searcher.web.markup import paper_address
from tests.conftest import write_jsonl

HOME = "http://localhost"
YAO = "yao-latent-class-conditional-noise-model-36cfec22"


class Element(dict[str, str]):
    """An element: its attributes, and its name and text."""

    def __init__(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        super().__init__({key: value or "" for key, value in attributes})
        self.name = name
        self.text = ""


class Tree(HTMLParser):
    """The elements of a page, each with the text of all that is in it."""

    VOID = frozenset(("input", "link", "meta", "rect", "br", "path", "circle"))

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(page)
        self.close()
        assert not self._open, "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, attrs)
        self.elements.append(element)
        if tag not in self.VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self._open.pop().name == tag

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str, /, **attributes: str) -> list[Element]:
        wanted = {key.rstrip("_").replace("_", "-"): one for key, one in attributes.items()}
        return [one for one in self.elements if one.name == tag and wanted.items() <= one.items()]

    def one(self, tag: str, /, **attributes: str) -> Element:
        (element,) = self.all(tag, **attributes)
        return element


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def client(seeds_index: Path) -> Iterator[TestClient]:
    with TestClient(create_app([str(seeds_index)]), base_url=HOME) as client:
        yield client


@pytest.fixture(scope="module")
def papers(seeds_index: Path) -> Iterator[searcher.Collection]:
    with searcher.open(seeds_index) as papers:
        yield papers


def page_at(client: TestClient, address: str) -> Tree:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return Tree(answer.text)


def boxes(page: Tree, name: str) -> dict[str, bool]:
    return {box["value"]: "checked" in box for box in page.all("input", type="checkbox", name=name)}


# Hits


def test_hits_are_those_of_a_search(client: TestClient, papers: searcher.Collection) -> None:
    page = page_at(client, "/?q=label+noise")
    found = papers.search("label noise")
    assert plain(page.one("p", id="total").text) == f"{found.total} of {len(papers)} papers"
    titles = [plain(one.text) for one in page.all("h2") if one.get("id", "").startswith("hit-")]
    assert titles == [hit.title for hit in found]
    assert len(page.all("mark")) >= len(found)
    assert page.one("input", id="q")["value"] == "label noise"
    assert page.all("title")[0].text == "label noise – searcher"


def test_the_first_page_shows_every_paper(client: TestClient, papers: searcher.Collection) -> None:
    page = page_at(client, "/")
    assert plain(page.one("p", id="total").text) == f"{len(papers)} papers"
    assert page.all("title")[0].text == "searcher"


def test_the_script_gets_the_same_hits_alone(client: TestClient) -> None:
    whole = client.get("/?q=label+noise").text
    part = client.get("/results?q=label++noise&sort=").text
    assert part.strip() in whole
    assert Tree(part).one("div", id="page")["data-address"] == "/?q=label+noise"


def test_what_a_form_sends_gets_its_short_address(client: TestClient) -> None:
    answer = client.get("/?q=label+noise&from=&to=&sort=&cat=LG", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?q=label+noise&cat=LG")
    assert client.get("/?q=label+noise&cat=LG", follow_redirects=False).status_code == 200
    # Browsers write some signs in ways of their own.
    for written in ("/?q=it's%20a%2a", "/?q=it%27s+a*", "/?q=it%27s%20%61*"):
        assert client.get(written, follow_redirects=False).status_code == 200


def test_authors_and_categories_are_links_that_search(client: TestClient) -> None:
    page = page_at(client, "/?q=label+noise")
    author = page.all("a", href="/?author=Bo+Han")[0]
    assert author.text == "Bo Han"
    assert page.all("a", href="/?cat=LG", title="Machine Learning")
    assert "Bo Han" in page_at(client, author["href"]).one("ol", id="hits").text


def test_every_link_of_a_page_leads_somewhere(client: TestClient) -> None:
    page = page_at(client, "/?q=label+nosie&cat=LG&page=2")
    links = {one["href"] for one in page.all("a") if one["href"].startswith("/")}
    assert len(links) > 20
    assert {link: client.get(link).status_code for link in sorted(links)} == dict.fromkeys(
        sorted(links), 200
    )


# Facets


def test_several_values_are_ticked_and_counts_are_honest(
    client: TestClient, papers: searcher.Collection
) -> None:
    page = page_at(client, "/?q=noise&cat=LG&cat=CV")
    assert {value for value, ticked in boxes(page, "cat").items() if ticked} == {"CV", "LG"}
    assert page.one("ul", id="chips").text.count("×") == 2
    counts = dict(papers.search("noise", facets=["category"]).facets["category"])  # type: ignore[index]
    for value in boxes(page, "cat"):
        label = next(one for one in page.all("label") if f" {value} " in f" {plain(one.text)} ")
        assert plain(label.text).endswith(f" {counts[value]}")
        total = plain(page_at(client, f"/?q=noise&cat={value}").one("p", id="total").text)
        assert total.startswith(f"{counts[value]} of ")


def test_an_author_is_ticked_as_spelled_and_linked_in_any_spelling(client: TestClient) -> None:
    page = page_at(client, "/?q=noise")
    assert not boxes(page, "author")["=Bo Han"]
    (label,) = [one.text for one in page.all("label") if "Bo Han" in one.text]
    count = label.split()[-1]
    ticked = page_at(client, "/?q=noise&author=%3DBo+Han")
    assert ticked.one("p", id="total").text.split()[0] == count
    assert "author: exactly Bo Han" in ticked.one("ul", id="chips").text
    assert boxes(ticked, "author")["=Bo Han"]
    linked = page_at(client, "/?q=noise&author=Bo+Han")
    assert boxes(linked, "author")["Bo Han"]
    assert any("Bo Han any spelling" in plain(one.text) for one in linked.all("label"))


def test_a_value_that_is_not_among_the_first_stays_to_be_unticked(client: TestClient) -> None:
    page = page_at(client, "/?q=noise&author=Nobody+Known")
    assert boxes(page, "author")["Nobody Known"]
    assert "0" in next(one.text for one in page.all("label") if "Nobody Known" in one.text)


def test_archives_stand_before_their_classes(tmp_path: Path) -> None:
    lines = [{"title": f"Oaks {n}", "categories": [f"cs.{code}"]} for n, code in enumerate("ABA")]
    lines += [{"title": "Elms", "categories": ["math.AG"]}]
    searcher.build(tmp_path / "index", [write_jsonl(tmp_path / "oaks.jsonl", *lines)])
    with TestClient(create_app([str(tmp_path / "index")]), base_url=HOME) as client:
        page = page_at(client, "/?cat=cs.B")
    assert list(boxes(page, "cat")) == ["cs", "cs.A", "cs.B", "math", "math.AG"]
    inner = [plain(one.text).split()[0] for one in page.all("li", class_="inner")]
    assert inner == ["cs.A", "cs.B", "Algebraic"]


def test_years_are_bars_that_are_links(client: TestClient) -> None:
    page = page_at(client, "/?q=noise&year=2022..2023")
    bars = {one["aria-label"].partition(":")[0]: one for one in page.all("a") if "data-low" in one}
    assert [year for year, bar in bars.items() if bar.get("class") == "chosen"] == ["2022", "2023"]
    assert bars["2023"]["href"] == "/?q=noise&year=2023"
    assert len(page.all("rect", class_="bar")) == len(bars)
    assert (page.one("input", id="from")["value"], page.one("input", id="to")["value"]) == (
        "2022",
        "2023",
    )
    first, last = int(next(iter(bars))), int(list(bars)[-1])
    assert len(bars) == last - first + 1


# What was read otherwise


@pytest.mark.parametrize(
    ("address", "said", "undone"),
    [
        ("/?q=label+noise", "match all the words", "/?q=label+noise&match=all"),
        ("/?q=label+nosie", "'nosie'", "/?q=label+%3Dnosie"),
        ("/?q=(nosie+OR+label)+nosie", "'nosie'", "/?q=(%3Dnosie+OR+label)+%3Dnosie"),
        ("/?q=gnn", "also read as", "/?q=gnn&acronyms=off"),
    ],
)
def test_a_note_has_the_link_that_undoes_it(
    client: TestClient, address: str, said: str, undone: str
) -> None:
    page = page_at(client, address)
    assert said in page.one("ul", id="notes").text
    assert page.all("a", href=undone)
    after = page_at(client, undone)
    assert not any(said in one.text for one in after.all("ul", id="notes"))
    assert not after.all("ul", id="chips") or address in {one["href"] for one in after.all("a")}


def test_where_nothing_is_found_what_finds_more_is_a_link(client: TestClient) -> None:
    page = page_at(client, "/?q=label+noise&year=1998&author=Bo+Han")
    assert plain(page.one("p", id="total").text).startswith("No paper of ")
    doctor = page.one("section", id="doctor")
    assert "without year 1998" in doctor.text
    (offer,) = [one for one in page.all("a") if "without year 1998" in one.text]
    count = offer.text.split()[0]
    assert offer["href"] == "/?q=label+noise&author=Bo+Han"
    assert page_at(client, offer["href"]).one("p", id="total").text.startswith(count)


def test_a_relaxed_page_of_many_papers_says_what_finds_more(
    client: TestClient, papers: searcher.Collection
) -> None:
    found = papers.search("label leaning")
    assert (found.relaxed, found.total) > (True, 10)
    page = page_at(client, "/?q=label+leaning")
    assert "with learning for leaning" in page.one("section", id="doctor").text
    assert "data-may-lack" not in page.one("div", id="page")
    # While somebody types it is not looked for, and the script is told where it may be found.
    page = page_at(client, "/results?q=label+leaning&typing=1")
    assert not page.all("section", id="doctor")
    assert "data-may-lack" in page.one("div", id="page")
    page = page_at(client, "/results?q=label+learning&typing=1")
    assert "data-may-lack" not in page.one("div", id="page")


@pytest.mark.parametrize("query", ["xqzzy+wqzzv", "%28%28", "xqzzy+year:1998"])
def test_where_nothing_finds_more_all_papers_are_a_link(client: TestClient, query: str) -> None:
    page = page_at(client, f"/?q={query}")
    assert page.one("p", id="total").text.startswith("No paper of ")
    assert "Show all papers" in [one.text for one in page.all("a", href="/")]


# Order and pages


def test_pages_and_orders(client: TestClient, papers: searcher.Collection) -> None:
    page = page_at(client, "/?q=learning&sort=date&page=2")
    assert page.one("a", rel="next")["href"] == "/?q=learning&sort=date&page=3"
    assert page.one("a", rel="prev")["href"] == "/?q=learning&sort=date"
    assert page.one("strong", aria_current="page").text == "2"
    ranks = [one["value"] for one in page.all("li") if "value" in one]
    assert ranks == [str(rank) for rank in range(11, 21)]
    titles = [hit.title for hit in papers.search("learning", sort="date", page=2)]
    assert titles[0] in page.one("ol", id="hits").text
    chosen = [one["value"] for one in page.all("option") if "selected" in one]
    assert chosen == ["date", ""]


def test_a_page_that_is_not_there_leads_to_the_last(client: TestClient) -> None:
    page = page_at(client, "/?q=label+noise&page=900")
    assert "There is no page 900" in page.one("main", id="main").text
    assert page.all("a", href="/?q=label+noise&page=3")


# Suggestions


def test_suggestions_say_what_they_find(client: TestClient) -> None:
    page = page_at(client, "/suggest?q=yao")
    first = page.all("li", role="option")[0]
    assert plain(first.text) == "Jiangchao Yao author 11"
    assert first["data-query"] == 'author:"Jiangchao Yao"'
    assert client.get("/suggest?q=").text.strip() == ""


def test_the_last_word_is_completed_where_the_whole_begins_nothing(client: TestClient) -> None:
    page = page_at(client, "/suggest?q=zebra+yao")
    assert page.all("li", role="option")[0]["data-query"] == 'zebra author:"Jiangchao Yao"'


# A paper


def test_a_paper_has_a_page(client: TestClient, papers: searcher.Collection) -> None:
    page = page_at(client, f"/paper/{YAO}")
    paper = papers.paper(YAO)
    assert page.one("h1").text == paper.title
    assert paper.abstract in page.one("main", id="main").text
    assert page.one("pre", id="bibtex").text.startswith("@")
    assert page.one("pre", id="ris").text.startswith("TY  - ")
    assert page.one("pre", id="citation").text.startswith("Yao, J.")
    similar = [hit.id for hit in papers.similar(YAO, limit=5)]
    linked = [one["href"] for one in page.all("a") if one["href"].startswith("/paper/")]
    assert linked == [paper_address(paper_id) for paper_id in similar]


@pytest.mark.parametrize("paper_id", ["10.1000/a:b(c)", "a b/ü?d#e%2F", "x/../y", "<i>"])
def test_ids_of_any_signs_have_a_page(tmp_path: Path, paper_id: str) -> None:
    line = {"id": paper_id, "title": "Oaks", "doi": "10.1000/oaks", "url": "https://oaks.example/"}
    searcher.build(tmp_path / "index", [write_jsonl(tmp_path / "oaks.jsonl", line)])
    with TestClient(create_app([str(tmp_path / "index")]), base_url=HOME) as client:
        (link,) = {one["href"] for one in page_at(client, "/").all("a") if "/paper/" in one["href"]}
        page = page_at(client, link)
    assert page.one("h1").text == "Oaks"
    assert page.all("a", href="https://doi.org/10.1000/oaks")
    assert page.all("a", href="https://oaks.example/")


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    script = "<script>alert(1)</script>"
    paper = Paper(
        "oaks",
        f"Oaks {script} \"'&",
        f"{script} oaks $<img src=x onerror=alert(1)>$ \u202e",
        (f"Ann {script}",),
        categories=(script,),
        venue=f'"><b>{script}',
        urls=(Link("page", "javascript:alert(1)"),),
        keywords=(script,),
        sources=(Source("oaks.txt", 1),),
    )
    with open_writer(str(tmp_path / "index")) as writer:
        writer.add([Copy.of(paper)], (), replaces=None)
        writer.commit()
    with TestClient(create_app([str(tmp_path / "index")]), base_url=HOME) as client:
        for address in ("/?q=oaks", f"/?q={script}", f"/?author={script}", "/nix<script>"):
            page = Tree(client.get(address).text)
            assert [one.get("src") for one in page.all("script")] == ["/static/page.js"]
            assert not page.all("img")
        found = page_at(client, "/?q=oaks")
        (link,) = {one["href"] for one in found.all("a") if "/paper/" in one["href"]}
        page = page_at(client, link)
    assert [one.get("src") for one in page.all("script")] == ["/static/page.js"]
    assert script in page.one("h1").text
    assert not [one for one in page.all("a") if not one["href"].startswith(("/", "https:", "#"))]


# Exports


@pytest.mark.parametrize(
    ("form", "sign"),
    [
        ("bibtex", r"(?m)^@"),
        ("ris", r"(?m)^TY  - "),
        ("csl-json", r'(?m)"title": '),
        ("csv", r"(?m)^(?!id)."),
        ("jsonl", r"(?m)^\{"),
    ],
)
def test_an_export_has_every_match(client: TestClient, form: str, sign: str) -> None:
    page = page_at(client, "/?q=label+noise&cat=LG")
    total = int(page.one("p", id="total").text.split()[0])
    (link,) = [one["href"] for one in page.all("a") if f"format={form}" in one["href"]]
    answer = client.get(link)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert len(re.findall(sign, answer.text)) >= total > 10
    if form in ("bibtex", "ris", "jsonl"):
        assert len(re.findall(sign, answer.text)) == total
    head = client.head(link)
    assert (head.status_code, head.text) == (200, "")


# What is refused


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/?year=soon", 400, "no year"),
        ("/?page=99999", 400, "page"),
        ("/results?n=7", 400, "10, 20"),
        (f"/?q={'a' * 2001}", 400, "2,000"),
        ("/?" + "a=1&" * 1001, 400, "1,000 values"),
        ("/export?q=a&format=pdf", 400, "bibtex"),
        ("/paper/nobody", 404, "No paper"),
        ("/nowhere", 404, "no page"),
        ("/static/../app.py", 404, ""),
        ("/static/nothing.js", 404, ""),
    ],
)
def test_what_is_refused_is_told(client: TestClient, address: str, status: int, said: str) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert said in answer.text
    assert Tree(answer.text).one("input", id="q")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_pages_are_read_only(client: TestClient, method: str) -> None:
    answer = client.request(method, "/")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


def test_headers_protect_every_answer(client: TestClient) -> None:
    for address in ("/", "/nowhere", "/static/page.css", "/api/v1/openapi.json", "/suggest?q=a"):
        headers = client.get(address).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"]


@pytest.mark.parametrize(
    ("name", "hosts", "allowed"),
    [
        ("localhost", ["127.0.0.1"], True),
        ("127.0.0.1", ["127.0.0.1"], True),
        ("::1", ["127.0.0.1"], True),
        ("evil.example", ["127.0.0.1"], False),
        ("localhost.evil.example", ["127.0.0.1"], False),
        ("10.0.0.7", ["127.0.0.1"], False),
        ("", ["127.0.0.1"], False),
        ("10.0.0.7", ["10.0.0.7"], True),
        ("papers.example", ["papers.example"], True),
        ("evil.example", ["papers.example"], False),
        # All addresses: any of them, but no name that somebody else could lead here.
        ("10.0.0.7", ["0.0.0.0"], True),
        ("fe80::1", ["::"], True),
        ("evil.example", ["0.0.0.0"], False),
    ],
)
def test_who_may_ask(name: str, hosts: list[str], allowed: bool) -> None:
    assert is_allowed(name, hosts) is allowed


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("[::1]:8000", 200),
        ("evil.example", 421),
        ("localhost@evil.example", 421),
        ("", 421),
    ],
)
def test_a_foreign_name_is_refused(client: TestClient, host: str, status: int) -> None:
    answer = client.get("/suggest?q=", headers={"host": host})
    assert answer.status_code == status
    assert ("searcher serve --host" in answer.text) == (status == 421)


# The index that is there now


def test_an_index_that_is_missing_then_built_then_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("searcher.current.SECONDS", 0.0)
    index = tmp_path / "papers.index"
    with TestClient(create_app([str(index)]), base_url=HOME) as client:
        answer = client.get("/")
        assert answer.status_code == 503
        assert "searcher index PATH --index" in Tree(answer.text).one("main", id="main").text
        searcher.build(index, [write_jsonl(tmp_path / "oaks.jsonl", {"title": "Oaks"})])
        assert "Oaks" in page_at(client, "/").one("ol", id="hits").text
        searcher.build(index, [write_jsonl(tmp_path / "elms.jsonl", {"title": "Elms"})])
        assert "Elms" in page_at(client, "/").one("ol", id="hits").text
        table = max(index.glob("*.toc"))
        sound = table.read_bytes()
        table.write_bytes(bytes([sound[0] ^ 1]) + sound[1:])
        answer = client.get("/")
        assert answer.status_code == 503
        assert "searcher check --repair --index" in answer.text
        table.write_bytes(sound)
        assert "Elms" in page_at(client, "/").one("ol", id="hits").text


def test_the_address_of_a_page_is_that_of_its_state(client: TestClient) -> None:
    page = page_at(client, "/?q=label+noise&cat=LG&cat=CV&year=2022..&sort=date")
    form: list[tuple[str, str]] = [
        (one["name"], one["value"])
        for one in page.all("input")
        if "name" in one and (one.get("type") != "checkbox" or "checked" in one)
    ]
    selects: dict[str, Any] = {"sort": "date"}
    sent = [*form, *selects.items()]
    answer = client.get("/", params=sent, follow_redirects=False)
    assert answer.status_code == 303
    wanted = parse_qsl(page.one("div", id="page")["data-address"].partition("?")[2])
    assert parse_qsl(answer.headers["location"].partition("?")[2]) == wanted


def test_a_running_server_does_not_read_its_templates_again(
    seeds_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer version may be put in their place, of which the loaded program knows nothing."""
    pages.templates.cache_clear()
    app = create_app([str(seeds_index)])
    monkeypatch.setattr(pages, "_TEMPLATES", tmp_path)
    with TestClient(app, base_url=HOME) as client:
        for address, status in (("/?q=noise", 200), (paper_address(YAO), 200), ("/no", 404)):
            assert client.get(address).status_code == status
