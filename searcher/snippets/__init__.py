"""What is shown of a text: what to mark in it, and which sentences."""
