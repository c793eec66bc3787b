"""The writer of an index on a cluster."""
