"""Pages and papers as text and tables."""
