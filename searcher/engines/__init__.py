"""Engines: what answers clauses on an index. Each is imported only when it is used."""
