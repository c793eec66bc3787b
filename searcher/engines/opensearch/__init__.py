"""The engine that answers from an index on an OpenSearch cluster."""
