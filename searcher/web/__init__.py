"""The web page, and the same search as JSON for programs."""
