"""The leaves of a query: what characters without spaces, quotes and parentheses mean."""

import re

from index.analysis import tokens
from index.fields import QUERY_FIELDS, RANGE_FIELDS, TEXT_QUERY_FIELDS
from searcher.query.ranges import no_range, parse_range, read_range
from searcher.query.signs import is_power, is_starred
from searcher.query.tree import (
    Boost,
    Diagnostic,
    Every,
    Exact,
    Fuzzy,
    Node,
    Pattern,
    Phrase,
    Unread,
    Word,
    boost_text,
)

MAX_EDITS = 2
MAX_FUZZY_CHARS = 64
SLOP = re.compile(r"~(\d*)")
BOOST = re.compile(r"\^(\d{1,6}(?:\.\d{1,6})?)")
# Meant as a number: ^-1, ^1,5 or ^1e3. Other text after ^ is part of a word, as in x^n.
FAILED_BOOST = re.compile(r'\^[-+.,\d]+(?:[eE][-+]?\d+)?(?=[\s()"~^:]|$)')
BOOST_HINT = "^ takes a number such as 2 or 0.5; left out"
_MIN_BOOST, _MAX_BOOST = 0.001, 1000.0
OPERATORS = frozenset({"AND", "OR", "NOT"})
NEAR = re.compile(r'NEAR/(\d+)(?=[\s()"]|$)')
# Fields whose values are taken as typed, as ids are. has: takes code alone, and says so.
VALUE_FIELDS = tuple(
    name for name, field in QUERY_FIELDS.items() if field.kind == "value" and name != "has"
)
# Nobody means one character that is no letter.
_QUESTION = re.compile(r"([^*?]*)\?[^\w*]*")


class LeafReader:
    """Reads the leaves of one query, and notes what its author should know."""

    def __init__(self) -> None:
        self.diagnostics: dict[Diagnostic, None] = {}
        self.codes: list[str] = []
        """The codes of what was noted, in order; who reads them empties the list."""

    def leaf(self, raw: str, name: str, exact: bool) -> Node | None:
        """Return the leaf that characters without spaces, quotes and parentheses stand for."""
        text, edits, factor = raw, 0, 1.0
        while True:
            at = max(map(text.rfind, "^~:?"))
            modifier = text[at:] if at >= 0 else ""
            if match := BOOST.fullmatch(modifier):
                if not exact and name in ("", *TEXT_QUERY_FIELDS) and is_power(text[:at], match[1]):
                    self.say("sign-in-name", f"{text} is read as a name; (…)^ is a boost")
                    return self.boosted(Phrase(text, None, name), factor)
                factor *= float(match[1])
            elif match := SLOP.fullmatch(modifier):
                wanted = int(match[1][:6] or "1")
                if edits or not 1 <= wanted <= MAX_EDITS:
                    edits = edits or min(max(wanted, 1), MAX_EDITS)
                    reason = f"one ~ takes 1 or {MAX_EDITS} edits; read as ~{edits}"
                    self.say("bad-fuzzy", f"{shortened(raw)}: {reason}")
                edits = edits or wanted
            elif modifier[:1] == "?" and (match := _QUESTION.fullmatch(text)):
                text = match[1]
                self.say("question-mark", f"the ? after {shortened(text)} is read as punctuation")
                continue
            elif FAILED_BOOST.fullmatch(modifier):
                self.say("bad-boost", f"{shortened(raw)}: {BOOST_HINT}")
            elif modifier not in ("^", ":"):
                break
            text = text[:at]
        node = self._plain_leaf(text, name, exact, edits)
        return None if node is None else self.boosted(node, factor)

    def _plain_leaf(self, text: str, name: str, exact: bool, edits: int) -> Node | None:
        if edits and name in (*RANGE_FIELDS, "has", *VALUE_FIELDS):
            self.say("bad-fuzzy", f"{name}: takes no ~; it is ignored")
            edits = 0
        if name in RANGE_FIELDS:
            return self._range(name, text)
        if name == "has":
            if text.lower() == "code":
                return Word("code", "has")
            self.say("bad-has", f"has:{text[:60]} is not has:code; no paper matches it")
            return Unread("has")
        if set(text) == {"*"} and not name:
            return Every()
        if not any(True for _ in tokens(text)) and not (name in VALUE_FIELDS and text):
            if (
                name
                or "*" in text
                or text in ("||", "&&")
                or any(char.isalnum() or ord(char) > 0x2FFF for char in text)
            ):
                where = f"{name}:{text}" if name else text
                reason = f"nothing to search for in {shortened(where)}; left out"
                self.say("nothing-to-search", reason)
            return None
        if edits and len(text) > MAX_FUZZY_CHARS:
            reason = f"~ goes after a word of up to {MAX_FUZZY_CHARS} characters; it is ignored"
            self.say("bad-fuzzy", f"{shortened(text)}: {reason}")
            edits = 0
        if is_starred(text) and name in ("", *TEXT_QUERY_FIELDS):
            self.say(
                "sign-in-name", f"{text} is read as the name {text[0]!r}, and not as a wildcard"
            )
            return Exact(text[0], name)
        if "*" in text or "?" in text:
            if edits:
                self.say("bad-fuzzy", f"{shortened(text)} has a wildcard; its ~ is ignored")
            return Pattern(text, name)
        if edits:
            return Fuzzy(text, edits, name)
        if exact:
            return Exact(text, name)
        if not name and (text in OPERATORS or NEAR.fullmatch(text)):
            self.say(
                "operator-as-word", f"{text} after a sign is read as the word {text.lower()!r}"
            )
            text = text.lower()
        return Word(text, name)

    def _range(self, name: str, text: str) -> Node:
        parsed = parse_range(name, text)
        if parsed is None and (parsed := read_range(name, text)):
            self.say(f"bad-{name}", f"{name}:{text} is read as {parsed}")
        if parsed is None:
            self.say(f"bad-{name}", f"{no_range(name, text)}; no paper matches it")
            return Unread(name)
        if parsed.low and ".." in text and not text.startswith(parsed.low):
            self.say("range-order", f"{name}:{text} runs backwards; read as {parsed}")
        return parsed

    def boosted(self, node: Node, factor: float) -> Node:
        """Return a node whose score is multiplied, within limits."""
        if factor == 1.0:
            return node
        if isinstance(node, Boost):
            factor *= node.factor
            node = node.child
        within = round(min(max(factor, _MIN_BOOST), _MAX_BOOST), 3)
        if not _MIN_BOOST <= factor <= _MAX_BOOST:
            limits = f"{boost_text(_MIN_BOOST)}..{boost_text(_MAX_BOOST)}"
            reason = f"^{factor:g} is outside {limits}; read as ^{boost_text(within)}"
            self.say("bad-boost", reason)
        return node if within == 1.0 else Boost(node, within)

    def say(self, code: str, message: str) -> None:
        """Note a diagnostic, each once."""
        self.note(Diagnostic(code, message))

    def note(self, diagnostic: Diagnostic) -> None:
        """Note a diagnostic, each once."""
        self.codes.append(diagnostic.code)
        self.diagnostics[diagnostic] = None


def shortened(text: str) -> str:
    """Return ``text`` in quotes for a message, its beginning if it is long."""
    return repr(text if len(text) <= 60 else f"{text[:60]}…")
