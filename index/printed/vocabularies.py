"""What sources call the types of papers and the servers of preprints → our words for them."""

import re


def is_preprint_server(text: str) -> bool:
    """Tell whether what stands for a journal or a publisher is a server of preprints.

    ``arXiv preprint arXiv:2001.00001`` is one, and so is ``CoRR``.
    """
    return _PREPRINT_SERVER.match(text) is not None


_PREPRINT_SERVER = re.compile(
    r"\s*(?:(?:the )?(?:arxiv|corr|biorxiv|medrxiv|chemrxiv|psyarxiv|ssrn|research square)\b"
    r"|arxiv\d|computing research repository)",
    re.I,
)


def document_type(text: str) -> str:
    """Return the word of ``index.paper.TYPES`` for a type as sources print it, empty if unknown.

    ``Article; Proceedings Paper`` has the first type that is known, but ``Review`` and the like
    count more than ``Article``, which stands for anything in a journal.
    """
    found = ""
    for word in re.split(r"[;,|/]", text.lower()):
        word = re.sub(r"[\s_-]+", " ", word).strip(" .[]()")
        one = _TYPES.get(word) or _TYPES.get(word.removesuffix("s"), "")
        if one and found in ("", "article"):
            found = one
    return found


# The document types of Web of Science, Scopus, PubMed, Dimensions, Lens, Embase and PsycINFO, and
# what reference managers call theirs.
_TYPES = {
    word: name
    for name, words in {
        "article": "article|journal article|article in press|original article|research article"
        "|original research|research paper|full length article|short survey|short communication"
        "|brief communication|letter|letter to the editor|communication|note|case report|data paper"
        "|journal|magazine article|newspaper article|comment|commentary|perspective|opinion"
        "|clinical trial|retracted|retracted publication",
        "review": "review|review article|literature review|systematic review|meta analysis",
        "editorial": "editorial|editorial material|editorial note|introduction|foreword|preface",
        "erratum": "erratum|correction|corrigendum|published erratum|correction addition|addendum"
        "|author correction|publisher correction",
        "notice": "retraction|retraction note|retraction notice|retraction of publication"
        "|expression of concern",
        "inproceedings": "conference paper|conference proceeding|proceedings paper|conference"
        "|proceedings article|inproceedings|meeting abstract|conference abstract|conference poster"
        "|proceeding paper|conference proceedings article",
        "chapter": "chapter|book chapter|book section|incollection|inbook|encyclopedia article"
        "|reference entry",
        "book": "book|edited book|monograph|proceeding|collection|e book|authored book",
        "thesis": "thesis|dissertation|doctoral dissertation|phd thesis|phdthesis|master thesis"
        "|master's thesis|masters thesis|mastersthesis|mathesi|ma thesis|doctoral thesis"
        "|bachelor thesis|bathesi|dissertation thesis",
        "report": "report|technical report|techreport|research report|working paper|resreport"
        "|discussion paper|government document|white paper",
        "dataset": "dataset|data set|data study",
        "preprint": "preprint|posted content|eprint|e print",
        "paratext": "paratext|front matter|frontmatter|table of contents|masthead|cover|index"
        "|conference review|journal issue|component",
    }.items()
    for word in words.split("|")
}
