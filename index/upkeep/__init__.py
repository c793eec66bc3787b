"""How an index is found sound or damaged, and how it is mended."""
