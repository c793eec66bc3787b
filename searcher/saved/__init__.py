"""How is a search asked again? Saved searches and what is new, feeds, and receipts to replay."""
