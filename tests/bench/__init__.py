"""The benchmark: this project and its peers on the same papers and queries, in one run."""
