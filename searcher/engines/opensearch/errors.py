"""What a cluster cannot answer, said before anything is sent."""

from searcher.errors import BadRequestError


def too_many_words(count: int, most: int) -> BadRequestError:
    """Return the error that says that a query is too long for a cluster."""
    return BadRequestError(
        f"the query has {count:,} words and spellings, of which a cluster takes {most:,}; use fewer"
        " words, or fewer wildcards"
    )
