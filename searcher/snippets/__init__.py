"""What is shown of a paper, and what is marked in it."""
