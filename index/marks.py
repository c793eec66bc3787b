"""A text that changes with each commit of an index, wherever it is."""

from index.segments.opening import commit_mark as folder_mark


def commit_mark(place: str) -> str:
    """Return a text that changes with each commit of an index, and when its phrases are chosen.

    It takes little time, and opens nothing. It is empty if there is no index, or none to be read.
    """
    if "://" in place:
        from index.opensearch.address import is_address, read_address

        if is_address(place):
            from index.opensearch.versions import commit_mark as cluster_mark

            return cluster_mark(read_address(place))
    return folder_mark(place)
