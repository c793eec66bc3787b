"""What tests compare with of NLTK, loaded without SciPy."""

import sys

import pytest

with pytest.MonkeyPatch.context() as patches:
    # NLTK imports it wherever it is, which takes most of a second, and none of these needs it.
    patches.setitem(sys.modules, "scipy", None)
    from nltk.stem.porter import PorterStemmer
    from nltk.stem.snowball import EnglishStemmer
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

__all__ = ["EnglishStemmer", "PorterStemmer", "PunktParameters", "PunktSentenceTokenizer"]
