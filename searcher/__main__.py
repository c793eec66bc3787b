"""``python -m searcher``: the command line."""

from searcher.cli.main import main

main()
