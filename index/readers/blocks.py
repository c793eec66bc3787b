"""Blocks: the lines of a file grouped into records, each within a bound."""

from collections.abc import Callable, Iterator

from index.readers.base import MAX_RECORD_BYTES, Line, Problem

# A line takes memory beside its text.
_LINE_COST = 100


def blocks(
    file: str,
    lines: Iterator[Line],
    begins: Callable[[str], bool],
    ends: Callable[[str], bool] = lambda _: False,
) -> Iterator[list[Line] | Problem]:
    """Yield the lines of a file in blocks.

    A block begins at a line of which ``begins`` is true, and after one of which ``ends`` is true.
    One that is longer than MAX_RECORD_BYTES is left out, and that is a problem. If the lines end
    with an error, the last block is yielded before the error is raised.
    """
    block: list[Line] = []
    size = 0

    def ended() -> Iterator[list[Line] | Problem]:
        nonlocal block, size
        if size > MAX_RECORD_BYTES:
            reason = f"a record of more than {MAX_RECORD_BYTES:,} characters; left out"
            yield Problem(file, block[0].number, reason, what="record too long")
        elif block:
            yield block
        block, size = [], 0

    try:
        for line in lines:
            if block and begins(line.text):
                yield from ended()
            size += len(line.text) + _LINE_COST
            if size <= MAX_RECORD_BYTES or not block:
                block.append(line)
            if ends(line.text):
                yield from ended()
    except Exception:
        yield from ended()
        raise
    yield from ended()
