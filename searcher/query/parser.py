"""Query text → an immutable tree and diagnostics. Any text parses; nothing is lost silently.

Grammar, loosest first; words in a row bind as tightly as AND::

    query   = sequence { "OR" sequence }
    sequence = chain { chain }            every chain must match (or any, if the search says so)
    chain   = unary { "AND" unary }
    unary   = { "+" | "-" | "!" | "NOT" } primary
    primary = "(" query ")" | [ field ":" ] leaf
    leaf    = word | =word | word~1 | pre*fix | "phrase" | "near words"~3 | low..high, each ^boost

``str(tree)`` prints a query that parses to the same tree, if it is not too long to parse.
"""

import re
from dataclasses import replace

from index.analysis import tokens
from index.fields import NAME_FIELDS, QUERY_FIELDS, RANGE_FIELDS, TEXT_QUERY_FIELDS
from index.identifiers import SCHEME_NAMES
from searcher.query.leaves import (
    BOOST,
    BOOST_HINT,
    FAILED_BOOST,
    NEAR,
    OPERATORS,
    SLOP,
    VALUE_FIELDS,
    LeafReader,
    shortened,
)
from searcher.query.signs import is_prefix, prepared, sign_in_name
from searcher.query.tree import (
    And,
    Boost,
    Every,
    Exact,
    Fuzzy,
    Group,
    Leaf,
    Located,
    Must,
    Node,
    Not,
    Or,
    Pattern,
    Phrase,
    Place,
    Query,
    Range,
    Unread,
    Word,
    leaves,
    of_first,
    signed,
)
from searcher.query.values import no_such_field

MAX_QUERY_CHARS = 10_000
MAX_DEPTH = 50
MAX_SLOP = 50
MAX_NEAR_WORDS = 32

# As catalogues and other engines call them.
_ALIASES = {"ti": "title", "abs": "abstract", "au": "author", "category": "cat"}


def parse(text: str) -> Query:
    """Parse any text; the diagnostics say what could not be taken as written."""
    # Most queries are plain words or a phrase of them; without the parser they cost a fifth.
    is_phrase = text[:1] == '"' == text[-1:]
    words = (text[1:-1] if is_phrase else text).split()
    if words and len(text) <= MAX_QUERY_CHARS and all(map(_PLAIN_WORD.fullmatch, words)):
        if is_phrase:
            return Query(Phrase(" ".join(words)))
        if OPERATORS.isdisjoint(words) and not ("/" in text and any(map(NEAR.fullmatch, words))):
            return Query(_join(Group, [Word(word) for word in words]))
    return _Parser(text).query()


def located(text: str) -> Located:
    """Parse any text as ``parse`` does, and say where its leaves stand."""
    return _Parser(text).located()


# A word without any sign of the grammar. Its first character makes it searchable.
_PLAIN_WORD = re.compile(r'[^\W_][^\s()"“”„«»\\*?~^:<>|]*')
_WORD = re.compile(r'[^\s()"]+')
_FIELD = re.compile(r"([A-Za-z_]+):")
_OPERATOR = re.compile(r'(AND|OR|NOT|\|\|?|&&)(?=[\s()"]|$)')
_OPERATOR_NAMES = {"|": "OR", "||": "OR", "&&": "AND"}
_BRACKETS = re.compile(r"\[[^\[\]]*\]")
# An apostrophe that stayed a single one, as in '90s, is none of the word.
SIGNS = "+-!=~^:'‘"
_COMPARISON = re.compile(rf"({'|'.join(RANGE_FIELDS)})(?=[<>]=?\d)", re.IGNORECASE)


class _Parser:
    """Recursive descent over the text, as deep as its parentheses; MAX_DEPTH limits that."""

    def __init__(self, text: str) -> None:
        self._leaves = LeafReader()
        self._say = self._leaves.say
        if len(text) > MAX_QUERY_CHARS:
            self._say(
                "too-long",
                f"the query has {len(text):,} characters; "
                f"the first {MAX_QUERY_CHARS:,} are searched",
            )
            text = text[:MAX_QUERY_CHARS]
        self._text, said = prepared(text)
        self._places: list[Place] = []
        self._leaves.diagnostics.update(dict.fromkeys(said))
        self._at = self._depth = self._ignored_depth = self._operator_length = 0
        self._peeked: tuple[int, str | None] = -1, None

    def located(self) -> Located:
        return Located(self.query(), self._text, tuple(self._places))

    def query(self) -> Query:
        children: list[Node] = []
        while True:
            node = self._or()
            if node is not None:
                children.append(node)
            self._skip_space()
            if self._at >= len(self._text):
                break
            self._at += 1
            if self._ignored_depth:
                self._ignored_depth -= 1
            else:
                self._say("unbalanced-parenthesis", "a ')' closes nothing; left out")
        if not children:
            typed = self._text.strip()
            empty = "the query is empty"
            reason = f"nothing to search for in {shortened(typed)}" if typed else empty
            others = [one for one in self._leaves.diagnostics if one.code != "nothing-to-search"]
            self._leaves.diagnostics = dict.fromkeys(others)
            self._say("empty-query", f"{reason}; no paper is found (* finds all)")
            children.append(Unread())
        return Query(_join(Group, children), tuple(self._leaves.diagnostics))

    def _or(self) -> Node | None:
        options: list[Node] = []
        while True:
            node = self._sequence(can_end=bool(options))
            if node is not None:
                options.append(node)
            if self._take_operator("OR") is None:
                break
            if node is None:
                self._dangling("OR")
        return _join(Or, options) if options else None

    def _sequence(self, *, can_end: bool) -> Node | None:
        chains: list[Node] = []
        while True:
            operator = self._peek_operator()
            if operator == "OR" or not self._clause_follows():
                break
            if operator == "AND":
                self._take_operator("AND")
                self._dangling("AND")
                continue
            chain = self._chain()
            if chain is not None:
                chains.append(chain)
        if not chains and can_end:
            self._dangling("OR")
        return _join(Group, chains) if chains else None

    def _chain(self) -> Node | None:
        links: list[Node] = []
        while True:
            node = self._unary()
            if node is not None:
                links.append(node)
            if self._peek_operator() != "AND":
                break
            self._take_operator("AND")
            if node is None or not self._clause_follows() or self._peek_operator() in ("AND", "OR"):
                self._dangling("AND")
                break
        return _join(And, links) if links else None

    def _unary(self) -> Node | None:
        negative = must = exact = bound = False
        self._leaves.codes.clear()
        while self._clause_follows():
            start = self._at
            if not bound and self._take_operator("NOT"):
                if not self._clause_follows() or self._peek_operator() in ("AND", "OR"):
                    self._dangling("NOT")
                    return None
                negative = not negative
                continue
            char = self._text[self._at]
            if told := sign_in_name(self._text, self._at):
                self._leaves.note(told)
                self._at += 1
                continue
            if char in SIGNS:
                self._at += 1
                negative ^= char in "-!"
                must |= char == "+"
                exact |= char == "="
                bound = True
                if self._at >= len(self._text) or self._text[self._at].isspace():
                    negative = must = exact = bound = False  # a dash between spaces is punctuation
                continue
            if not bound and self._peek_operator():
                break
            node = self._primary(exact)
            assert self._at > start
            if node is None:
                return None
            return signed(self._near(node), negative, must)
        return None

    def _near(self, node: Node) -> Node:
        """Return a node, or the near words that it begins: ``a NEAR/3 b`` is ``"a b"~3``."""
        links: list[Node] = []
        self._skip_space()
        while match := NEAR.match(self._text, self._at):
            self._at = match.end()
            if not self._clause_follows() or self._peek_operator() or self._is_sign():
                self._dangling(match[0])
                break
            count = len(self._places)
            other = self._primary(exact=False)
            if other is None:
                break
            joined = _near(node, other, int(match[1][:6]))
            if joined:
                self._join_places(count)
            if joined and int(match[1][:6]) > MAX_SLOP:
                self._say("bad-slop", f"{match[0]}: {MAX_SLOP} is the most; read as {joined}")
            if joined is None:
                self._say("bad-near", f"{match[0]} goes between two words of text; read as AND")
                links.append(node)
            node = joined or other
            self._skip_space()
        return _join(And, [*links, node])

    def _is_sign(self) -> bool:
        return self._text[self._at] in SIGNS

    def _join_places(self, count: int) -> None:
        """Make one place of the last leaf among the first places and all behind it."""
        at = max(at for at in range(count) if self._places[at].is_read)
        first, last = self._places[at], self._places[-1]
        self._places[at:] = [Place(first.start, last.end, is_read=True, codes=first.codes)]

    def _primary(self, exact: bool) -> Node | None:
        start, count = self._at, len(self._places)
        node = self._read_primary(exact)
        if len(self._places) == count:
            # It is not in parentheses, where each leaf has its own place.
            codes = tuple(self._leaves.codes)
            self._places.append(Place(start, self._at, node is not None, codes))
        return node

    def _read_primary(self, exact: bool) -> Node | None:
        if self._text[self._at] == "(":
            if exact:
                self._say("bad-exact", "= goes before a word, not before '('; left out")
            return self._parentheses("")
        match = _FIELD.match(self._text, self._at) or _COMPARISON.match(self._text, self._at)
        name = _ALIASES.get(match[1].lower(), match[1].lower()) if match else ""
        if match and name in QUERY_FIELDS:
            self._at = match.end()
            return self._field_value(name, exact)
        after = self._text[match.end() : match.end() + 1] if match else ""
        if match and match[1].lower() in SCHEME_NAMES and after and after.isalnum():
            return self._value("id", exact)
        # Not the end of a title's first part, nor an address such as https://…
        if match and after and not after.isspace() and after not in ":)/":
            self._unknown_field(match[1])
            self._at = match.end()
            return self._leaves.leaf(match[1], "", exact)
        return self._value("", exact)

    def _field_value(self, name: str, exact: bool) -> Node | None:
        negative = must = first = False
        while self._at < len(self._text) and self._text[self._at] in "+-=~^:":
            if name in RANGE_FIELDS:
                break
            exact |= self._text[self._at] == "="
            negative ^= self._text[self._at] == "-"
            must |= self._text[self._at] == "+"
            first |= self._text[self._at] == "^" and name == "author"
            self._at += 1
        after = self._text[self._at : self._at + 1]
        if not after or after.isspace() or after == ")":
            self._say("empty-field", f"nothing follows '{name}:'; searched as the word {name!r}")
            return Word(name)
        node = self._parentheses(name) if after == "(" else self._value(name, exact)
        if node is None:
            return None
        return signed(of_first(node) if first else node, negative, must)

    def _parentheses(self, name: str) -> Node | None:
        self._at += 1
        if self._depth >= MAX_DEPTH:
            self._say(
                "too-deep", f"parentheses deeper than {MAX_DEPTH} are ignored, their words are not"
            )
            self._ignored_depth += 1
            return None
        self._depth += 1
        count = len(self._places)
        node = self._or()
        parts = [] if node is None else [node]
        while self._ignored_depth and self._at < len(self._text):
            self._at += 1
            self._ignored_depth -= 1
            rest = self._or()
            if rest is not None:
                parts.append(rest)
        self._depth -= 1
        node = _join(Group, parts) if parts else None
        if self._at < len(self._text):
            self._at += 1
        else:
            self._say("unbalanced-parenthesis", "a '(' is not closed; it is closed at the end")
        if node is None:
            self._say("empty-parentheses", "empty parentheses are left out")
            return None
        if name:
            inner = list(leaves(node))
            node = self._moved_into(node, name)
            if node is None or len(list(leaves(node))) < len(inner):
                self._drop_places(count, inner)
        _, factor = self._suffixes("(…)", takes_slop=False)
        return None if node is None else self._leaves.boosted(node, factor)

    def _drop_places(self, count: int, inner: list[Leaf]) -> None:
        """Make each ``*`` behind the first places one that is not read: a field cannot take it."""
        ats = [at for at in range(count, len(self._places)) if self._places[at].is_read]
        for at, leaf in zip(ats, inner, strict=True):
            if isinstance(leaf, Every):
                self._places[at] = self._places[at]._replace(is_read=False)

    def _moved_into(self, node: Node, name: str) -> Node | None:
        """Return ``node`` with ``field:`` given to every leaf that has no field of its own."""
        if isinstance(node, Group | And | Or):
            moved = (self._moved_into(child, name) for child in node.children)
            children = [child for child in moved if child is not None]
            is_choice = isinstance(node, Group) and name in RANGE_FIELDS
            return _join(Or if is_choice else type(node), children) if children else None
        if isinstance(node, Not | Must | Boost):
            child = self._moved_into(node.child, name)
            if child is None or isinstance(node, Boost):
                return child if child is None else replace(node, child=child)
            return signed(child, isinstance(node, Not), must=True)
        if isinstance(node, Every):
            return self._leaves.leaf("*", name, exact=False)
        if isinstance(node, Range) or node.field:
            return node
        if name in (*RANGE_FIELDS, "has"):
            return self._leaves.leaf(str(node), name, exact=False)
        if isinstance(node, Fuzzy) and name in VALUE_FIELDS:
            self._say("bad-fuzzy", f"{name}: takes no ~; it is ignored")
            return Word(node.text, name)
        if isinstance(node, Phrase) and _has_sign(node.text, name) > _has_sign(node.text, ""):
            self._say("wildcard-in-phrase", f'the * in "{node.text[:60]}" is read as punctuation')
        if isinstance(node, Phrase) and node.slop is not None and name not in TEXT_QUERY_FIELDS:
            self._say("bad-slop", f"{name}: takes no ~; it is ignored")
            return Phrase(node.text, None, name)
        return replace(node, field=name)

    def _value(self, name: str, exact: bool) -> Node | None:
        if self._text[self._at] == '"':
            return self._phrase(name, exact)
        match = _BRACKETS.match(self._text, self._at) if name in RANGE_FIELDS else None
        match = match or _WORD.match(self._text, self._at)
        assert match is not None  # the caller stands on no space, parenthesis or quote
        self._at = match.end()
        return self._leaves.leaf(match[0], name, exact)

    def _phrase(self, name: str, exact: bool) -> Node | None:
        end = self._text.find('"', self._at + 1)
        if end < 0:
            end = len(self._text)
            words = self._text[self._at + 1 :].strip()
            self._say("unclosed-quote", f'a quote is not closed; read as the phrase "{words}"')
        text = " ".join(self._text[self._at + 1 : end].split())
        self._at = min(end + 1, len(self._text))
        if _has_sign(text, name):
            self._say("wildcard-in-phrase", f'the * and ? in "{text[:60]}" are read as punctuation')
        slop, factor = self._suffixes(f'"{text[:60]}"', takes_slop=name in ("", *TEXT_QUERY_FIELDS))
        if slop is not None and sum(1 for _ in tokens(text)) > MAX_NEAR_WORDS:
            reason = f"~ goes after a phrase of up to {MAX_NEAR_WORDS} words; it is ignored"
            self._say("bad-slop", f'"{text[:60]}…": {reason}')
            slop = None
        if name in (*RANGE_FIELDS, "has"):
            node = self._leaves.leaf(text, name, exact=False)
        elif any(True for _ in tokens(text)) or (name in VALUE_FIELDS and text):
            is_same = exact and name in NAME_FIELDS
            node = Exact(text, name) if is_same else Phrase(text, slop, name)
        else:
            self._say("empty-phrase", f'nothing to search for in "{text}"; left out')
            return None
        return self._leaves.boosted(node, factor) if node is not None else None

    def _suffixes(self, clause: str, *, takes_slop: bool) -> tuple[int | None, float]:
        """Read the slop (None if there is none) and the boost after a phrase or a parenthesis."""
        slop: int | None = None
        factor = 1.0
        while True:
            match = FAILED_BOOST.match(self._text, self._at) or BOOST.match(self._text, self._at)
            if match and (boost := BOOST.fullmatch(match[0])):
                factor *= float(boost[1])
            elif match:
                self._say("bad-boost", f"{clause}{match[0][:20]}: {BOOST_HINT}")
            elif match := SLOP.match(self._text, self._at):
                wanted = int(match[1][:6]) if match[1] else None
                fits = wanted is not None and wanted <= MAX_SLOP and slop is None
                if takes_slop and wanted is not None and slop is None:
                    slop = min(wanted, MAX_SLOP)
                if not takes_slop or not fits:
                    meant = clause + (f"~{slop}" if slop is not None else "")
                    reason = f"one ~ with 0 to {MAX_SLOP} goes after a phrase of text"
                    self._say("bad-slop", f"{clause}{match[0][:9]}: {reason}; read as {meant}")
            else:
                return slop, factor
            self._at = match.end()

    def _unknown_field(self, name: str) -> None:
        self._say("unknown-field", f"{no_such_field(name)}; read as a word")

    def _dangling(self, operator: str) -> None:
        self._say("dangling-operator", f"{operator} needs a clause on each side; left out")

    def _clause_follows(self) -> bool:
        """Tell whether a clause can begin here, after any white space."""
        self._skip_space()
        return self._at < len(self._text) and self._text[self._at] != ")"

    def _skip_space(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1

    def _peek_operator(self) -> str | None:
        self._skip_space()
        if self._at != self._peeked[0]:
            match = _OPERATOR.match(self._text, self._at)
            self._peeked = self._at, _OPERATOR_NAMES.get(match[1], match[1]) if match else None
            self._operator_length = len(match[1]) if match else 0
        return self._peeked[1]

    def _take_operator(self, operator: str) -> str | None:
        if self._peek_operator() != operator:
            return None
        self._at += self._operator_length
        return operator


def _near(left: Node, right: Node, slop: int) -> Phrase | None:
    """Return two words or phrases near each other, None if they are something else."""
    kinds = (Word, Phrase, Pattern)
    if not (isinstance(left, kinds) and isinstance(right, kinds)):
        return None
    if left.field not in ("", *TEXT_QUERY_FIELDS) or right.field not in ("", left.field):
        return None
    total = slop + sum(one.slop or 0 for one in (left, right) if isinstance(one, Phrase))
    text = f"{left.text} {right.text}"
    if sum(1 for _ in tokens(text)) > MAX_NEAR_WORDS:
        return None
    return Phrase(text, min(total, MAX_SLOP), left.field)


def _has_sign(text: str, field: str) -> bool:
    """Tell whether a phrase has wildcards that are none; at the end of words of text they are."""
    takes_some = field in ("", *TEXT_QUERY_FIELDS)
    others = [word for word in text.split() if not (takes_some and is_prefix(word))]
    return re.search(r"\w\*|\*\w|\?\w", " ".join(others)) is not None


def _join(kind: type[Group] | type[And] | type[Or], nodes: list[Node]) -> Node:
    """Return the node itself if it is the only one, else a ``kind`` of all of them."""
    return nodes[0] if len(nodes) == 1 else kind(tuple(nodes))
