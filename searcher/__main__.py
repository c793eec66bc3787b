"""``python -m searcher`` and the command ``searcher``: the command line."""

import gc
import os


def main() -> None:
    """Run the command line and exit.

    Python does not look for garbage meanwhile, except in the verbs that write: a search makes next
    to none, and looking through all that is loaded for it takes 3 % of the command. So does the
    last look as Python exits, which frozen objects are spared.

    Numpy is told to start no threads for linear algebra: nothing here computes any, and to start
    them takes a seventh of the processor's time of a search.
    """
    gc.disable()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from searcher.cli.main import main as run

    try:
        run()
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
