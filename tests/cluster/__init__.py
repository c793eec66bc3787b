"""Tests on a real OpenSearch cluster, which they start and end."""
