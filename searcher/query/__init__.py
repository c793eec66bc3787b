"""What the reader means: text to tree, and tree to clauses on the terms of an index."""
