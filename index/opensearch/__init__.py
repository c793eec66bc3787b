"""An index on an OpenSearch cluster: where it is, how it is asked, how it is laid out.

Both sides need it: the writer in ``index.writers``, and the engine in ``searcher.engines``.
"""
