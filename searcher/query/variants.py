"""Other spellings of a word: odd plurals, British and American endings.

A stemmer cuts endings that follow rules, and leaves these apart. Whether an index has a spelling is
for the caller to ask: a rule may give a word that does not exist.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

# Forms of one word, which have stems of their own.
_IRREGULAR = """
    alga algae, analysis analyses, antenna antennae, apex apices, appendix appendices, automaton
    automata, axis axes, bacillus bacilli, bacterium bacteria, cactus cacti, catalysis
    catalyses, child children, codex codices, corpus corpora, crisis crises, criterion criteria,
    curriculum curricula, diagnosis diagnoses, dialysis dialyses, electrolysis electrolyses,
    ellipsis ellipses, embed embeds embedded embedding embeddings, emphasis emphases, erratum
    errata, focus foci, foot feet, formula formulae, fungus fungi, ganglion ganglia, genesis
    geneses, genus genera, goose geese, helix helices, hydrolysis hydrolyses, hypothesis
    hypotheses, index indices, larva larvae, lemma lemmata, locus loci, matrix matrices, maximum
    maxima, meiosis meioses, metastasis metastases, minimum minima, mitochondrion mitochondria,
    mitosis mitoses, momentum momenta, mouse mice, nebula nebulae, neurosis neuroses, nova
    novae, nucleus nuclei, oasis oases, optimum optima, ovum ova, paralysis paralyses,
    parenthesis parentheses, phenomenon phenomena, polyhedron polyhedra, prognosis prognoses,
    prosthesis prostheses, psychosis psychoses, quantum quanta, radius radii, schema schemata,
    simplex simplices, sparse sparsity, spectrum spectra, stigma stigmata, stimulus stimuli,
    stratum strata, supernova supernovae, syllabus syllabi, symbiosis symbioses, symposium
    symposia, synopsis synopses, synthesis syntheses, taxon taxa, tetrahedron tetrahedra, thesis
    theses, thrombosis thromboses, tooth teeth, vertebra vertebrae, vertex vertices, vortex
    vortices, woman women
"""

# LSTM or GPU: a stemmer leaves an s if no vowel stands before it. Two letters may be any word: GPS
# is not the plural of GP.
_ACRONYM = re.compile("[b-df-hj-np-tv-xz]{2,7}[a-z]")
_NO_PLURALS = {"plus", "thus"}

# British and American: endings of words of six letters or more, and the parts of words that differ.
_ENDINGS = re.compile(
    r"(?<=[^aeiou])(?:is|iz)(?=(?:e[drs]?|ers|ing|ings|able|ability|ation|ations|ational)$)"
    r"|(?<=[al]y)[sz](?=(?:e[drs]?|ers|ing|able)$)"
)
_OTHER_ENDING = {"is": "iz", "iz": "is", "s": "z", "z": "s"}
_LEAST_CHARS = 6
_PARTS = """
    aemia emia, aesthe esthe, aetiolog etiolog, aluminium aluminum, anaesth anesth, anaem anem,
    analogue analog, archaeo archeo, armour armor, artefact artifact, behaviour behavior,
    calibre caliber, catalogue catalog, centre center, colour color, defence defense, centred
    centered, centring centering, dialogue dialog, diarrhoea diarrhea, encyclopaed encycloped,
    endeavour endeavor, epilogue epilog, faec fec, favour favor, fibre fiber, flavour flavor,
    foet fet, gynaec gynec, haem hem, harbour harbor, homologue homolog, honour honor, humour
    humor, judgement judgment, labour labor, leukaem leukem, licence license, litre liter,
    lustre luster, manoeuvr maneuver, metre meter, mould mold, neighbour neighbor, odour odor,
    oedem edem, oesoph esoph, oestr estr, offence offense, orthopaed orthoped, paediat pediat,
    parlour parlor, programme program, rigour rigor, rumour rumor, savour savor, sceptic
    skeptic, spectre specter, sulph sulf, theatre theater, tumour tumor, vapour vapor, vigour
    vigor
"""


def is_inflection(one: str, other: str) -> bool:
    """Tell whether two words of one stem differ by a regular inflection, as import and importing.

    Those of other scripts are not told apart, since their inflections are not known here.
    """
    return not (one.isascii() and other.isascii()) or not _bases(one).isdisjoint(_bases(other))


@lru_cache(maxsize=1 << 12)
def _bases(form: str) -> frozenset[str]:
    """Return what a word may be an inflection of, without a last e and doubled consonant."""
    if form[-1:] == "s" and form[-2:] not in ("ss", "us", "is"):
        form = form[:-1]
    found = [form]
    for ending in ("ing", "ed"):
        if form.endswith(ending) and len(form) > len(ending) + 2:
            found.append(form[: -len(ending)])
    return frozenset(map(_base, found))


def _base(form: str) -> str:
    form = form.removesuffix("e")
    form = form[:-1] if form[-1:] == form[-2:-1] else form
    return form[:-1] + "i" if form[-1:] == "y" else form


def variants(form: str) -> tuple[str, ...]:
    """Return other spellings of a form."""
    words = (*_irregular().get(form, ()), *_acronyms(form), *_british_or_american(form))
    return tuple(dict.fromkeys([word for word in words if word != form]))


def _acronyms(form: str) -> Iterator[str]:
    """Yield the plural of an acronym, and the acronym of a plural."""
    if _ACRONYM.fullmatch(form) and form + "s" not in _NO_PLURALS:
        yield form + "s"
    if form[-1:] == "s" and _ACRONYM.fullmatch(form[:-1]) and form not in _NO_PLURALS:
        yield form[:-1]


def _british_or_american(form: str) -> Iterator[str]:
    if len(form) < _LEAST_CHARS or not form.isalpha():
        return
    if match := _ENDINGS.search(form):
        yield form[: match.start()] + _OTHER_ENDING[match[0]] + form[match.end() :]
    for part, other in _parts():
        if part in form:
            yield form.replace(part, other, 1)


@cache
def _irregular() -> dict[str, tuple[str, ...]]:
    groups = [tuple(group.split()) for group in _IRREGULAR.split(",")]
    return {form: group for group in groups for form in group}


@cache
def _parts() -> tuple[tuple[str, str], ...]:
    pairs = [tuple(pair.split()) for pair in _PARTS.split(",")]
    return tuple([(one, other) for pair in pairs for one, other in (pair, pair[::-1])])
