"""The verbs for papers that are known by their ids: show and open."""

import click

from searcher.cli.options import color_option, format_option, index_option
from searcher.cli.streams import FOUND, NOTHING, fail, print_lines, tell, text_style


@click.command()
@click.argument("paper_ids", metavar="ID...", nargs=-1, required=True)
@index_option
@format_option("json")
@color_option
def show(paper_ids: tuple[str, ...], place: str, form: str, color: str) -> int:
    """Show papers whole; search prints the id of each hit. Several are one array in JSON.

    Example: searcher show "$(searcher search moe --format jsonl --limit 1 | jq -r .id)"
    """
    import searcher
    from searcher.output.tables import paper_json, papers_json
    from searcher.output.terminal import paper_text

    found = []
    with searcher.open(place) as papers:
        for paper_id in paper_ids:
            try:
                found.append(papers.paper(paper_id))
            except searcher.UnknownPaperError as error:
                fail(error)
    if form == "json" and len(paper_ids) > 1:
        print_lines([papers_json(found)])
    elif form == "json":
        print_lines(map(paper_json, found))
    else:
        style = text_style(color)
        for number, paper in enumerate(found):
            print_lines([""] if number else [])
            print_lines(paper_text(paper, style), color)
    return FOUND if len(found) == len(paper_ids) else NOTHING


@click.command("open")
@click.argument("paper_id", metavar="ID")
@index_option
def open_page(paper_id: str, place: str) -> int:
    """Open the page of a paper in the browser, and print its address.

    Example: searcher open "$(searcher search moe --format jsonl --limit 1 | jq -r .id)"
    """
    import searcher
    from searcher.output.links import best_address

    with searcher.open(place) as papers:
        try:
            paper = papers.paper(paper_id)
        except searcher.UnknownPaperError as error:
            fail(error)
            return NOTHING
    address = best_address(paper)
    if not address:
        tell("searcher", f"nobody says where {paper.id} is: it has no address and no identifier")
        return NOTHING
    print_lines([address])
    # Its address first: a browser of the terminal takes the screen.
    import webbrowser

    if not webbrowser.open(address):
        tell("note", "no browser was found; set BROWSER to the command of one")
    return FOUND
