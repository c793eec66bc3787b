"""One run over seed files: find them, unpack them, read them, and report what was left out."""
