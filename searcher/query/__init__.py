"""What does the reader mean? Query text → tree → clauses on the terms of an index."""
