"""How an index is stored: one module for each structure on disk, and the way to open them."""
