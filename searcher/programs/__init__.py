"""What other programs use the search through: language models' agents, and LangChain.

Each name is imported when it is first asked for. Raises MissingExtraError if the library is not
installed that it needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from index.errors import MissingExtraError

if TYPE_CHECKING:
    from searcher.programs.mcp import create_server
    from searcher.programs.retriever import PaperRetriever

__all__ = ["PaperRetriever", "create_server"]

# The module of each name, the extra that it needs, and the library that this brings.
_HOMES = {
    "PaperRetriever": ("retriever", "langchain", "langchain_core"),
    "create_server": ("mcp", "mcp", "mcp"),
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, extra, library = _HOMES[name]
    try:
        import_module(library)
    except ImportError as error:
        raise MissingExtraError.naming(name, library, extra) from error
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value
