"""How papers are written: the Writer port, and the writer of an index on this machine."""
