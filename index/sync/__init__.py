"""How an index follows its files: which records are one paper, what is new, changed, gone."""
