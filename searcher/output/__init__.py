"""Pages and papers as text, tables and references."""
