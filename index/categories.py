"""Categories: arXiv's archives and their classes (``cs``, ``cs.LG``), and short codes (``LG``)."""

from collections.abc import Sequence
from functools import cache

# Where two archives share a code, computing, engineering and statistics come before mathematics
# and physics. Source: arXiv's category taxonomy.
CATEGORY_NAMES = {
    "AG": "Algebraic Geometry",
    "AI": "Artificial Intelligence",
    "AP": "Applications",
    "AR": "Hardware Architecture",
    "AS": "Audio and Speech Processing",
    "AT": "Algebraic Topology",
    "BM": "Biomolecules",
    "CA": "Classical Analysis and ODEs",
    "CB": "Cell Behavior",
    "CC": "Computational Complexity",
    "CE": "Computational Engineering, Finance, and Science",
    "CG": "Computational Geometry",
    "CL": "Computation and Language",
    "CO": "Computation (Statistics) or Combinatorics",
    "CP": "Computational Finance",
    "CR": "Cryptography and Security",
    "CT": "Category Theory",
    "CV": "Computer Vision and Pattern Recognition",
    "CY": "Computers and Society",
    "DB": "Databases",
    "DC": "Distributed, Parallel, and Cluster Computing",
    "DG": "Differential Geometry",
    "DL": "Digital Libraries",
    "DM": "Discrete Mathematics",
    "DS": "Data Structures and Algorithms",
    "EC": "Economics",
    "EM": "Econometrics",
    "ET": "Emerging Technologies",
    "FA": "Functional Analysis",
    "FL": "Formal Languages and Automata Theory",
    "GL": "General Literature",
    "GN": "Genomics or General Economics",
    "GR": "Graphics",
    "GT": "Computer Science and Game Theory",
    "HC": "Human-Computer Interaction",
    "HO": "History and Overview",
    "IR": "Information Retrieval",
    "IT": "Information Theory",
    "IV": "Image and Video Processing",
    "LG": "Machine Learning",
    "LO": "Logic in Computer Science",
    "MA": "Multiagent Systems",
    "ME": "Methodology",
    "MF": "Mathematical Finance",
    "ML": "Machine Learning (Statistics)",
    "MM": "Multimedia",
    "MN": "Molecular Networks",
    "MS": "Mathematical Software",
    "NA": "Numerical Analysis",
    "NC": "Neurons and Cognition",
    "NE": "Neural and Evolutionary Computing",
    "NI": "Networking and Internet Architecture",
    "NT": "Number Theory",
    "OC": "Optimization and Control",
    "OS": "Operating Systems",
    "OT": "Other",
    "PE": "Populations and Evolution",
    "PF": "Performance",
    "PL": "Programming Languages",
    "PM": "Portfolio Management",
    "PR": "Probability or Pricing of Securities",
    "QM": "Quantitative Methods",
    "RM": "Risk Management",
    "RO": "Robotics",
    "SC": "Symbolic Computation",
    "SD": "Sound",
    "SE": "Software Engineering",
    "SI": "Social and Information Networks",
    "SP": "Signal Processing",
    "ST": "Statistics Theory or Statistical Finance",
    "SY": "Systems and Control",
    "TH": "Theory (Statistics) or Theoretical Economics",
    "TR": "Trading and Market Microstructure",
}


def with_archives(categories: Sequence[str]) -> tuple[str, ...]:
    """Return categories, each after its archive, without repeats: ``cs.LG`` after ``cs``."""
    if not any("." in category for category in categories):
        return tuple(categories)
    return tuple(
        dict.fromkeys(
            level
            for category in categories
            for level in (category.partition(".")[0], category)
            if level
        )
    )


def without_archives(categories: Sequence[str]) -> tuple[str, ...]:
    """Return categories without the archives of others, which say no more: no ``cs`` by ``cs.LG``.

    The first class of an archive takes its place, since the first category is the primary one.
    ``with_archives`` names them again.
    """
    classes: dict[str, str] = {}
    for one in categories:
        archive, dot, _ = one.partition(".")
        if dot:
            classes.setdefault(archive, one)
    return tuple(dict.fromkeys([classes.get(one, one) for one in categories]))


def category_name(code: str) -> str:
    """Return the name of a category (``cs.LG``, ``LG`` or ``cs``); an unknown one is its own."""
    return _names().get(code) or CATEGORY_NAMES.get(code) or ARCHIVE_NAMES.get(code) or code


def class_of(code: str) -> str:
    """Return the class that a code means, in lower case: ``cs.cv`` for ``CV`` and for ``cs.CV``."""
    key = code.casefold()
    return _class_of_short().get(key, key)


@cache
def _names() -> dict[str, str]:
    """Return the name of each class by its code."""
    names: dict[str, str] = {}
    for line in _CLASSES.strip().replace("\n  ", " ").splitlines():
        archive, _, classes = line.strip().partition(": ")
        for one in classes.split("; "):
            code, _, name = one.partition(" ")
            names[f"{archive}.{code}"] = name
    return names


@cache
def _class_of_short() -> dict[str, str]:
    """Return the class of each short code, the first that has it, both in lower case."""
    found: dict[str, str] = {}
    for name in _names():
        code = name.partition(".")[2]
        if code in CATEGORY_NAMES:
            found.setdefault(code.casefold(), name.casefold())
    return found


ARCHIVE_NAMES = {
    "astro-ph": "Astrophysics",
    "cond-mat": "Condensed Matter",
    "cs": "Computer Science",
    "econ": "Economics",
    "eess": "Electrical Engineering and Systems Science",
    "gr-qc": "General Relativity and Quantum Cosmology",
    "hep-ex": "High Energy Physics - Experiment",
    "hep-lat": "High Energy Physics - Lattice",
    "hep-ph": "High Energy Physics - Phenomenology",
    "hep-th": "High Energy Physics - Theory",
    "math": "Mathematics",
    "math-ph": "Mathematical Physics",
    "nlin": "Nonlinear Sciences",
    "nucl-ex": "Nuclear Experiment",
    "nucl-th": "Nuclear Theory",
    "physics": "Physics",
    "q-bio": "Quantitative Biology",
    "q-fin": "Quantitative Finance",
    "quant-ph": "Quantum Physics",
    "stat": "Statistics",
}
"""The archives of arXiv by their codes; some have no classes and are categories themselves."""

# The archives in the order in which a short code means a class of theirs. Source: arXiv's category
# taxonomy.
_CLASSES = """
cs: AI Artificial Intelligence; AR Hardware Architecture; CC Computational Complexity; CE
  Computational Engineering, Finance, and Science; CG Computational Geometry; CL Computation and
  Language; CR Cryptography and Security; CV Computer Vision and Pattern Recognition; CY Computers
  and Society; DB Databases; DC Distributed, Parallel, and Cluster Computing; DL Digital
  Libraries; DM Discrete Mathematics; DS Data Structures and Algorithms; ET Emerging Technologies;
  FL Formal Languages and Automata Theory; GL General Literature; GR Graphics; GT Computer Science
  and Game Theory; HC Human-Computer Interaction; IR Information Retrieval; IT Information Theory;
  LG Machine Learning; LO Logic in Computer Science; MA Multiagent Systems; MM Multimedia; MS
  Mathematical Software; NA Numerical Analysis; NE Neural and Evolutionary Computing; NI
  Networking and Internet Architecture; OH Other Computer Science; OS Operating Systems; PF
  Performance; PL Programming Languages; RO Robotics; SC Symbolic Computation; SD Sound; SE
  Software Engineering; SI Social and Information Networks; SY Systems and Control
eess: AS Audio and Speech Processing; IV Image and Video Processing; SP Signal Processing; SY
  Systems and Control
stat: AP Applications; CO Computation; ME Methodology; ML Machine Learning (Statistics); OT Other
  Statistics; TH Statistics Theory
econ: EM Econometrics; GN General Economics; TH Theoretical Economics
q-bio: BM Biomolecules; CB Cell Behavior; GN Genomics; MN Molecular Networks; NC Neurons and
  Cognition; OT Other Quantitative Biology; PE Populations and Evolution; QM Quantitative Methods;
  SC Subcellular Processes; TO Tissues and Organs
math: AC Commutative Algebra; AG Algebraic Geometry; AP Analysis of PDEs; AT Algebraic Topology;
  CA Classical Analysis and ODEs; CO Combinatorics; CT Category Theory; CV Complex Variables; DG
  Differential Geometry; DS Dynamical Systems; FA Functional Analysis; GM General Mathematics; GN
  General Topology; GR Group Theory; GT Geometric Topology; HO History and Overview; IT
  Information Theory; KT K-Theory and Homology; LO Logic; MG Metric Geometry; MP Mathematical
  Physics; NA Numerical Analysis; NT Number Theory; OA Operator Algebras; OC Optimization and
  Control; PR Probability; QA Quantum Algebra; RA Rings and Algebras; RT Representation Theory; SG
  Symplectic Geometry; SP Spectral Theory; ST Statistics Theory
q-fin: CP Computational Finance; EC Economics; GN General Finance; MF Mathematical Finance; PM
  Portfolio Management; PR Pricing of Securities; RM Risk Management; ST Statistical Finance; TR
  Trading and Market Microstructure
astro-ph: CO Cosmology and Nongalactic Astrophysics; EP Earth and Planetary Astrophysics; GA
  Astrophysics of Galaxies; HE High Energy Astrophysical Phenomena; IM Instrumentation and Methods
  for Astrophysics; SR Solar and Stellar Astrophysics
cond-mat: dis-nn Disordered Systems and Neural Networks; mes-hall Mesoscale and Nanoscale Physics;
  mtrl-sci Materials Science; other Other Condensed Matter; quant-gas Quantum Gases; soft Soft
  Condensed Matter; stat-mech Statistical Mechanics; str-el Strongly Correlated Electrons;
  supr-con Superconductivity
nlin: AO Adaptation and Self-Organizing Systems; CD Chaotic Dynamics; CG Cellular Automata and
  Lattice Gases; PS Pattern Formation and Solitons; SI Exactly Solvable and Integrable Systems
physics: acc-ph Accelerator Physics; ao-ph Atmospheric and Oceanic Physics; app-ph Applied
  Physics; atm-clus Atomic and Molecular Clusters; atom-ph Atomic Physics; bio-ph Biological
  Physics; chem-ph Chemical Physics; class-ph Classical Physics; comp-ph Computational Physics;
  data-an Data Analysis, Statistics and Probability; ed-ph Physics Education; flu-dyn Fluid
  Dynamics; gen-ph General Physics; geo-ph Geophysics; hist-ph History and Philosophy of Physics;
  ins-det Instrumentation and Detectors; med-ph Medical Physics; optics Optics; plasm-ph Plasma
  Physics; pop-ph Popular Physics; soc-ph Physics and Society; space-ph Space Physics
"""
