"""The names of category codes, the last part of arXiv's subject classes (``LG`` of ``cs.LG``)."""

from collections.abc import Sequence

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


def category_name(code: str) -> str:
    """Return the name of a category code (``cs.LG`` or ``LG``); an unknown code is its own name."""
    return CATEGORY_NAMES.get(code.rpartition(".")[2], code)
