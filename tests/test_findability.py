"""What a text must be found by, and what it must not: the specification of the analysis chain."""

from pathlib import Path

import pytest

import searcher
from tests.conftest import write_jsonl

# Text of an abstract, the queries that must find it, and the queries that must not.
TABLE: list[tuple[str, list[str], list[str]]] = [
    (
        "We compare with GPT-4 throughout.",
        ["GPT-4", "gpt4", "GPT 4", '"GPT-4"', "=GPT-4", "gpt"],
        ["GPT-3", "GPT-4o", "GPT-40"],
    ),
    ("A report on GPT-3 alone.", ["GPT-3"], ["GPT-4", "4"]),
    ("We write GPT4 in one word.", ["GPT-4", "GPT 4", "gpt4", '"GPT 4"'], ["GPT-3"]),
    ("DeepSeek-V3.2 is open.", ["DeepSeek-V3.2", "deepseek", "V3.2", "v3.*"], ["DeepSeek-V3.1"]),
    (
        "LLaMA-2-7B is small.",
        ["LLaMA-2-7B", "LLaMA-2", "llama 7b", "7B"],
        ["LLaMA-3", "LLaMA-2-13B"],
    ),
    ("Written in C++ and tested.", ["C++", '"C++ and tested"'], ["C#", "=C"]),
    ("Written in C# and tested.", ["C#", "c#"], ["C++"]),
    ("A k-NN classifier.", ["k-NN", "kNN", "KNN", "k nn"], ["ann"]),
    ("3D scenes.", ["3D", "3d"], ["2D", "3"]),
    ("During COVID-19 we met.", ["COVID-19", "covid19", "covid 19", "COVID"], ["COVID-20"]),
    (
        "We study fine-tuning of models.",
        ["fine-tuning", "fine tuning", "finetuning", "fine-tuned", "finetune", '"fine tuning"'],
        ["tuning-fine", '"tuning fine"'],
    ),
    (
        "We study fine tuning of models.",
        ["fine-tuning", "fine tuning", "finetuning", "fine-tuned", '"fine-tuning of"'],
        ["finetuner~1 AND zebra"],
    ),
    (
        "We study finetuning of models.",
        ["fine-tuning", "fine tuning", "finetuning", '"fine-tuning"', '"fine tuning of models"'],
        ["fine", "tuning"],
    ),
    ("Out of distribution inputs.", ["out-of-distribution", '"out of distribution"'], []),
    ("Out-of-distribution inputs.", ['"out of distribution"', "out-of-distribution"], []),
    ("Pre-training and pretraining.", ["pre training", "pretraining", "pre-training"], []),
    ("By Jürgen Müller.", ["Müller", "muller", "mueller", "Mueller", "MULLER"], ["miller"]),
    ("By Jürgen Mu\u0308ller, decomposed.", ["Müller", "muller", "mueller"], []),
    ("By Juergen Mueller.", ["Müller", "mueller", "Jürgen"], ["muller"]),
    ('By M{\\"u}ller, Erd\\H{o}s and \\L{}ukasz.', ["Müller", "Erdős", "erdos", "Łukasz"], []),
    ("Straße, œuvre, smørrebrød, Þór.", ["strasse", "oeuvre", "smorrebrod", "smoerrebroed"], []),
    ("naïve façade", ["naive", "facade", "naïve"], []),
    (
        r"The norm $\ell_\infty \leq 8/255$ bounds it.",
        ["infinity", "l_infinity", r"\ell_\infty", '"l infinity"', "255", "infty"],
        ["ell_1"],
    ),
    (r"The mixing ratio $λ$ and $\alpha$.", ["lambda", "λ", r"\lambda", "alpha", "α"], ["beta"]),
    (r"We call it \emph{Slack} \textbf{Training}.", ["slack", "training"], ["emph", "textbf"]),
    (r"A set $\mathcal{D}_{train}$ of data.", ["train"], ["mathcal"]),
    ("O'Brien’s method", ["O'Brien", "OBrien", "o’brien", '"o brien"'], []),
    ("The TCP/IP stack", ["TCP/IP", "tcp", "ip"], ["IP/TCP"]),
    ("A cost of 10,000 dollars", ["10,000", "10000"], ["10", "000"]),
    ("It reaches 80.59% accuracy", ["80.59", "80.59%"], ["80", "59"]),
    ("The ML.ENERGY benchmark", ["ML.ENERGY", "energy", '"ml energy"'], []),
    ("我们研究深度学习方法。", ["深度学习", "学习", "深度"], ["习学"]),
    ("Running runners ran", ["run", "runs", "=running"], ["=run"]),
    ("To be or not to be", ['"to be or not to be"', '"not to be"'], ['"be or to"']),
    ("The AT Protocol of the net", ['"AT Protocol"', "AT Protocol", "+at"], ['"an protocol"']),
    ("soft\u00adhyphens vanish", ["softhyphens", "soft hyphens"], []),
    ("non\u2011breaking hyphen", ["non-breaking", "nonbreaking"], []),
    ("ﬁne ﬂow in ligatures", ["fine", "flow"], []),
    ("ＦＵＬＬ ｗｉｄｔｈ", ["full", "width"], []),
    ("state of the art", ["state-of-the-art", '"state of the art"'], []),
    ("state-of-the-art", ["state-of-the-art", '"state of the art"', "art"], []),
    (
        "We use words in a row here",
        ['"words row"~3', '"row words"~3', "wor?s", "wo*"],
        ['"words row"~1'],
    ),
    ("The optimization ends", ["optimisation~1", "optimizatoin~1", "optim*"], ["otpimizatoin~1"]),
]


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> searcher.Collection:
    folder = tmp_path_factory.mktemp("findability")
    records = ({"id": str(row), "abstract": text} for row, (text, _, _) in enumerate(TABLE))
    searcher.build(folder / "index", [write_jsonl(folder / "seeds.jsonl", *records)])
    return searcher.open(folder / "index")


@pytest.mark.parametrize("row", range(len(TABLE)), ids=[text for text, _, _ in TABLE])
def test_text_is_found_by_what_must_find_it_and_by_nothing_else(
    papers: searcher.Collection, row: int
) -> None:
    _, finding, missing = TABLE[row]
    found = {}
    for query in finding + missing:
        page = papers.search(query, match="all", limit=100)
        is_corrected = any(one.code == "corrected" for one in page.diagnostics)
        found[query] = not is_corrected and str(row) in {hit.id for hit in page.hits}
    assert found == dict.fromkeys(finding, True) | dict.fromkeys(missing, False)


@pytest.mark.parametrize("text", ["GPT-4", "fine-tuning", "Müller", "C++"])
def test_a_text_alone_in_the_index_is_found_as_typed(text: str, tmp_path: Path) -> None:
    seeds = write_jsonl(tmp_path / "one.jsonl", {"id": "1", "title": f"On {text} again"})
    searcher.build(tmp_path / "index", [seeds])
    with searcher.open(tmp_path / "index") as papers:
        assert [hit.id for hit in papers.search(text).hits] == ["1"]
