"""Damage is seen: one byte, bit, cut, gap or addition anywhere in an index, then every answer.

Allowed is the answer of the sound index or a SearchError; and where the check finds nothing, every
answer has to be the sound one's. After a repair with the seed files at hand every answer has to be
the sound one's; without them every paper has to be there as it was, or be named as lost; and a
repair that is stopped at any file operation leaves what the next one repairs. What the check calls
sound, whoever made it, is asked everything without an error. Files in the folder that are not the
index's own, whatever they are called, change nothing of all this, and stay. The index is small, of
several segments with deletions, and has every field and column. A reader that trusted its files
could take the process with it, so trials run in processes of their own: ``python -m
tests.trust.damage ask --seed 1 --first 7 --last 7`` runs one again.
"""

import argparse
import contextlib
import io
import json
import math
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import searcher
from index.identifiers import Identifier
from index.names import NameParts
from index.paper import Copy, Link, OtherText, Paper, Source, from_dict
from index.segments.arrayfile import ArrayFile, write_arrays
from index.segments.packing import ByteStrings, pack_strings
from index.segments.terms import TermReader, term_arrays
from index.writers.opening import open_writer
from searcher.output.tables import page_json, paper_json
from tests.bench.corpus import coin
from tests.trust import targets
from tests.trust.everything import ask_everything
from tests.trust.faults import Fault, Layer, Operation, operations_of
from tests.trust.process import SERVER
from tests.trust.strays import looked_at, strays
from tests.trust.trial import MOST_EXAMPLES, Outcome

FULL_COUNT = 20_000
FULL_REPAIRS = 1_000
FULL_CHECKS = 2_500
FULL_STRAYS = 800
BATCH = 500
PROCESSES = 2
TRIAL_SECONDS = 60
MEMORY_BYTES = 4 << 30

_LOCK = "MAIN_WRITELOCK"
_KINDS = ("bit", "byte", "cut", "insert", "zeros")
_SEGMENT_PAPERS = (90, 60, 40)
_CHANGED = 12
_DELETED = 15


@dataclass(frozen=True, slots=True)
class Damage:
    """What a trial does to one file: ``kind`` at the byte ``place``."""

    file: str
    kind: str
    place: int

    def of(self, sound: bytes, rng: random.Random) -> bytes:
        """Return the bytes of the file with the damage done."""
        at = self.place
        if self.kind == "bit":
            return sound[:at] + bytes([sound[at] ^ 1 << rng.randrange(8)]) + sound[at + 1 :]
        if self.kind == "byte":
            return sound[:at] + bytes([(sound[at] + rng.randrange(1, 256)) % 256]) + sound[at + 1 :]
        if self.kind == "cut":
            return sound[:at]
        if self.kind == "insert":
            return sound[:at] + rng.randbytes(1) + sound[at:]
        length = min(rng.choice((8, 64, 512, 4096)), len(sound) - at)
        return sound[:at] + bytes(length) + sound[at + length :]


@dataclass(frozen=True, slots=True)
class Result:
    """How a trial ended: by ``verdict``, or failed for ``reason``.

    Of damage: harmless, or what was the first to report it, opening, search or check. Of a repair:
    nothing to do, complete, or incomplete; of one that was stopped: as before, or repaired. Of
    wrong contents: unwritten, damaged, or sound.
    """

    number: int
    damage: Damage
    verdict: str
    reason: str = ""


# The index


def build_index(folder: Path) -> Path:
    """Build the index that is damaged, and return its directory; its files stand beside it.

    But for the folder's name its bytes are the same each time.
    """
    rng = random.Random(1)
    directory = folder / "index"
    names = (f"{number:016x}" for number in range(1, 100))
    # Names of segments are drawn by the system, and stand in the table of contents.
    with patch("index.building.process._suffix", lambda: next(names)):
        files = []
        for number, count in enumerate(_SEGMENT_PAPERS):
            papers = [_paper(rng, 1000 * number + at) for at in range(count)]
            files.append(folder / f"{number}.jsonl")
            _write(files[-1], papers)
            searcher.build(directory, files[-1:])
        # Some are changed where they stand and the last are gone, so that segments have deletions.
        lines = [json.loads(line) for line in files[0].read_text(encoding="utf-8").splitlines()]
        lines[:_CHANGED] = [_paper(rng, at) for at in range(_CHANGED)]
        _write(files[0], lines[:-_DELETED])
        searcher.build(directory, files[:1], prune=True)
    return directory


def _write(path: Path, papers: Sequence[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(paper) + "\n" for paper in papers), encoding="utf-8")


def _paper(rng: random.Random, number: int) -> dict[str, Any]:
    words = [_word(rng) for _ in range(rng.randrange(6, 60))]
    words[rng.randrange(len(words))] = rng.choice(["fine-tuning", "Müller's", "state-of-the-art"])
    names = rng.sample(_NAMES, rng.randrange(1, 5))
    paper = {
        "id": f"p{number}",
        "title": " ".join(_word(rng) for _ in range(rng.randrange(2, 9))),
        "abstract": " ".join(words).capitalize() + ".",
        "authors": names,
        "owners": names[:1] if rng.random() < 0.3 else [],
        "institutions": rng.sample(_INSTITUTIONS, rng.randrange(3)),
        "category": rng.choice(["LG", "CL", "CV", ""]),
        "date": f"{rng.randrange(2015, 2026)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
        "has_code": rng.random() < 0.4,
    }
    if rng.random() < 0.5:
        paper["score"] = round(rng.uniform(1, 99), 1)
    return paper


def _word(rng: random.Random) -> str:
    """Return a word of a vocabulary in which a few are frequent, often inflected."""
    word = coin(int(1.5 ** rng.uniform(0, 14)))
    return word + rng.choice(["", "", "s", "ing", "ed"])


_NAMES = [
    f"{coin(2 * at).capitalize()} {coin(2 * at + 1).capitalize()}" for at in range(500, 540)
] + ["Jürgen Müller", "Ana-Maria O'Neil"]
_INSTITUTIONS = [f"University of {coin(at).capitalize()}" for at in range(900, 912)]


# What is asked of it


def answers(directory: Path) -> Iterator[str | None]:
    """Yield what the index answers to each question of a fixed list, None for a SearchError."""
    try:
        papers = searcher.open(directory)
    except searcher.SearchError:
        yield None
        return
    with papers:
        for question in _QUESTIONS:
            try:
                yield question(papers)
            except searcher.SearchError:
                yield None


def _search(query: str, **options: Any) -> Callable[[searcher.Collection], str]:
    def ask(papers: searcher.Collection) -> str:
        page = json.loads(page_json(papers.search(query, **options)))
        return json.dumps({**page, "took_ms": 0})

    return ask


def _export(papers: searcher.Collection) -> str:
    return "\n".join(map(paper_json, papers.all()))


def _each_by_id(papers: searcher.Collection) -> str:
    found = []
    for number in (0, 20, 40, 74, 85, 1005, 1059, 2039):
        try:
            found.append(paper_json(papers.paper(f"p{number}")))
        except searcher.UnknownPaperError:
            found.append("none")
    return "\n".join(found)


_FREQUENT, _OTHER, _RARE = coin(1), coin(3), coin(150)
_FACETS = ("category", "year", "author", "institution", "code")
_QUESTIONS = (
    _search(f"{_FREQUENT} {_OTHER}", match="any", explain=True),
    _search(f"{_FREQUENT} {_OTHER} {_RARE}", facets=_FACETS),
    _search(f'"{_FREQUENT} {_OTHER}"', match="any"),
    _search(f'"{_FREQUENT} {_OTHER}"~8'),
    _search(f"={_OTHER}s"),
    _search(f"{_RARE[:3]}*", limit=30),
    _search(f"abstract:?{_OTHER[1:4]}*"),
    _search(f"{_OTHER[:-1]}x~"),
    _search("fine-tuning OR muller", limit=30),
    _search("author:muller", facets=("author",)),
    _search(f'inst:"{_INSTITUTIONS[3]}" OR owner:"{_NAMES[2]}"', facets=("institution",)),
    _search("date:2018-03..2021-09 cat:LG", sort="date"),
    _search("year:>=2020 has:code", sort="score", limit=40),
    _search("*", facets=_FACETS, limit=5),
    _export,
    _each_by_id,
    lambda papers: str(len(papers)),
)


# Trials


class Trials:
    """The trials of one sound index, in this process; ``work`` is a folder of their own."""

    def __init__(self, sound: Path, work: Path, seed: int) -> None:
        self._seed = seed
        self._directory = work / "damaged"
        shutil.copytree(sound, self._directory)
        self._files = {
            path.name: path.read_bytes()
            for path in sorted(sound.iterdir())
            if path.name != _LOCK and path.stat().st_size
        }
        self._expected = list(answers(self._directory))
        assert None not in self._expected
        assert len(set(self._expected)) == len(self._expected)
        assert searcher.check(self._directory).is_sound

    def run(self, number: int) -> Result:
        """Do the damage of this number, ask everything, and undo it."""
        rng = random.Random(f"{self._seed}-{number}")
        damage = self._damage(rng)
        path = self._directory / damage.file
        # A new file: the old one may still be mapped, and a cut would take it away from below.
        path.unlink()
        path.write_bytes(damage.of(self._files[damage.file], rng))
        try:
            return Result(number, damage, *self._verdict())
        except Exception as error:
            return Result(number, damage, "failed", f"{type(error).__name__}: {error}")
        finally:
            path.unlink()
            path.write_bytes(self._files[damage.file])

    def _damage(self, rng: random.Random) -> Damage:
        # Of five trials four choose a byte of them all, the fifth a file, however small it is.
        sizes = {name: len(content) for name, content in self._files.items()}
        (name,) = rng.choices(list(sizes), None if rng.random() < 0.2 else list(sizes.values()))
        return Damage(name, rng.choice(_KINDS), rng.randrange(sizes[name]))

    def _verdict(self) -> tuple[str, str]:
        given = list(answers(self._directory))
        for at, (answer, expected) in enumerate(zip(given, self._expected, strict=False)):
            if answer is not None and answer != expected:
                return "failed", f"question {at} is answered otherwise"
        try:
            is_sound = searcher.check(self._directory).is_sound
        except searcher.SearchError:
            is_sound = False
        if not is_sound:
            first = "opening" if len(given) == 1 else "search" if None in given else "check"
            return first, ""
        if None in given:
            return "failed", "a search reports damage, the check none"
        return "harmless", ""


class RepairTrials(Trials):
    """Trials of repairs, with the files that papers came from if they stand beside the index."""

    def __init__(self, sound: Path, work: Path, seed: int) -> None:
        super().__init__(sound, work, seed)
        self._sound = sound
        self._seeds = sorted(sound.parent.glob("*.jsonl"))
        self._papers = _papers(self._directory)

    def _verdict(self) -> tuple[str, str]:
        try:
            done = searcher.repair(self._directory)
            if done.before.is_sound:
                return "nothing to do", ""
            return ("complete" if done.is_complete else "incomplete"), self._wrong(done)
        finally:
            shutil.rmtree(self._directory)
            shutil.copytree(self._sound, self._directory)

    def _wrong(self, done: searcher.Repair) -> str:
        if not (done.after.is_sound and searcher.check(self._directory).is_sound):
            return "not sound after the repair"
        if done.knows_deletions and not self._seeds:
            left = _papers(self._directory)
            gone = self._papers.keys() - left.keys()
            if not left.items() <= self._papers.items():
                return "papers are not as they were"
            if not set(done.lost) <= gone or len(gone) != len(done.lost) + done.lost_unnamed:
                return f"{len(gone)} papers are gone, {len(done.lost)} are named"
            return ""
        if not done.knows_deletions:
            # Of one file that was damaged, here the table, all segments are sound.
            if not self._seeds and not self._papers.items() <= _papers(self._directory).items():
                return "papers are gone"
            # What was deleted is back until the files, if they are there, tell otherwise.
            back = _papers(self._directory).items() - self._papers.items()
            if len(back) > _DELETED or (self._seeds and done.missing != len(back)):
                return f"{len(back)} papers are new, {done.missing} are said to be in no file"
            searcher.build(self._directory, self._seeds, prune=True)
        if not self._seeds:
            return ""
        return (
            "" if list(answers(self._directory)) == self._expected else "answers are not as before"
        )


class StopTrials(RepairTrials):
    """Trials of a repair that a fault meets at one of its file operations, each in turn.

    Damage in a segment first, then in the table of contents too.
    """

    def __init__(self, sound: Path, work: Path, seed: int) -> None:
        super().__init__(sound, work, seed)
        self._work = work
        self._attempts = [
            (has_table, operation, action)
            for has_table in (True, False)
            for operation in self._operations(has_table)
            for action in operation.actions
        ]
        random.Random(seed).shuffle(self._attempts)

    def __len__(self) -> int:
        """Return how many trials there are."""
        return len(self._attempts)

    def run(self, number: int) -> Result:
        """Let the fault of this number meet a repair, then repair again."""
        has_table, operation, action = self._attempts[number]
        damage = Damage(os.path.basename(operation.path), operation.kind, operation.number)
        before = self._break(has_table)
        code = self._repair(Fault(operation.process, operation.number, action))
        stopped = -code == signal.SIGKILL and action.startswith("stops")
        reason = "" if stopped or code in (0, _REFUSED) else f"{action}: ended with {code}"
        met = [one.kind for one in operations_of(self._work / "record")]
        if not reason and met != [operation.kind]:
            reason = f"{action}: the fault was not met"
        left = {path.name: path.read_bytes() for path in self._directory.iterdir()}
        is_as_before = before.items() <= left.items()
        if not reason and not is_as_before and not searcher.check(self._directory).is_sound:
            reason = f"{action}: neither as before nor repaired"
        if not reason:
            done = searcher.repair(self._directory)
            reason = "" if done.before.is_sound else self._wrong(done)
            if not has_table:  # what was deleted is back
                searcher.build(self._directory, self._seeds, prune=True)
            if not reason and _papers(self._directory) != self._papers:
                reason = f"{action}: papers are not as they were"
        return Result(number, damage, "as before" if is_as_before else "repaired", reason)

    def _break(self, has_table: bool) -> dict[str, bytes]:
        """Damage the index, and return its files."""
        shutil.rmtree(self._directory)
        shutil.copytree(self._sound, self._directory)
        names = [name for name in self._files if name.endswith(".documents")][1:2]
        names += [] if has_table else [name for name in self._files if name.endswith(".toc")]
        for name in names:
            content = self._files[name]
            at = len(content) // 2
            changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
            (self._directory / name).write_bytes(changed)
        return {path.name: path.read_bytes() for path in self._directory.iterdir()}

    def _operations(self, has_table: bool) -> list[Operation]:
        self._break(has_table)
        assert self._repair(None) == 0
        return operations_of(self._work / "record")

    def _repair(self, fault: Fault | None) -> int:
        """Repair in a process of its own, and return its exit code, negative for a signal."""
        record = self._work / "record"
        shutil.rmtree(record, ignore_errors=True)
        record.mkdir()
        process = os.fork()
        if process:
            return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        try:
            Layer(self._directory, record, fault)
            searcher.repair(self._directory)
            os._exit(0)
        except searcher.SearchError:
            os._exit(_REFUSED)
        finally:
            os._exit(1)


_REFUSED = 3


class CheckTrials(Trials):
    """Trials of contents that are wrong under right checksums: what a check calls sound is asked.

    Of four trials three change arrays of a segment, or what it stores of papers; the fourth has a
    paper of odd values written by a writer that checks none, so that all parts of the index agree.
    """

    def run(self, number: int) -> Result:
        """Make the wrong contents of this number, check, and ask everything if nothing is found."""
        rng = random.Random(f"{self._seed}-{number}")
        made = self._write_odd_paper if rng.random() < 0.25 else self._change_arrays
        damage = Damage("", "", 0)
        try:
            directory, damage = made(rng)
            if directory is None:
                return Result(number, damage, "unwritten")
            if not _is_sound(directory):
                return Result(number, damage, "damaged")
            ask_everything(directory)
            return Result(number, damage, "sound")
        except Exception as error:
            return Result(number, damage, "failed", f"{type(error).__name__}: {error}")
        finally:
            for name, content in self._files.items():
                _replace(self._directory / name, content)
            shutil.rmtree(self._odd, ignore_errors=True)

    @property
    def _odd(self) -> Path:
        return self._directory.parent / "odd"

    def _change_arrays(self, rng: random.Random) -> tuple[Path, Damage]:
        """Change arrays, facts and stored values of one file, its checksums right."""
        name = rng.choice([name for name in self._files if not name.endswith(".toc")])
        file = ArrayFile(self._files[name], name)
        listed, facts = [(one, file.array(one)) for one in file.types], dict(file.facts)
        edits = rng.choice((1, 1, 1, 2, 3))
        for _ in range(edits):
            numbers = targets._Bytes(rng.randbytes(40))
            edit = rng.randrange(20)
            if edit < 9:
                targets._edit_array(listed, edit, numbers)
            elif edit == 9:
                facts[rng.choice(sorted(facts))] = rng.choice(targets._FACTS)
            elif edit < 12 and "count" in facts:
                targets._edit_stored(listed, file, numbers)
            else:
                rng.choice(_SLIGHT)(rng, listed, facts)
        _replace(self._directory / name, targets._written(listed, facts, []))
        return self._directory, Damage(name, "arrays", edits)

    def _write_odd_paper(self, rng: random.Random) -> tuple[Path | None, Damage]:
        """Write a small index with one paper of odd values; None if they cannot be written."""
        values = {name: rng.choice(_ODD[name]) for name in rng.sample(list(_ODD), 2)}
        damage = Damage(" and ".join(values), "paper", 0)
        odd = Paper(**{**_SOUND_VALUES, **values})
        plain = [Paper(**{**_SOUND_VALUES, "id": f"p{number}"}) for number in range(5)]
        try:
            with (
                patch("index.writers.port.fault_of", lambda _: ""),
                open_writer(str(self._odd)) as writer,
            ):
                for paper in (*plain[:3], odd, *plain[3:]):
                    writer.add([Copy.of(paper)], set())
                writer.commit()
        except Exception:  # values that are no paper's may raise anything here
            return None, damage
        return self._odd, damage


# Slight changes, which a check that compares less would miss.


def _other_type(rng: random.Random, listed: targets.Arrays, _facts: dict[str, Any]) -> None:
    """Give an array another type in which its numbers are the same."""
    for at in rng.sample(range(len(listed)), len(listed)):
        name, array = listed[at]
        with np.errstate(all="ignore"):
            cast = array.astype(rng.choice("|b1 |u1 <u2 <u4 <u8 |i1 <i4 <i8 <f4 <f8".split()))
        if cast.dtype != array.dtype and np.array_equal(cast, array):
            listed[at] = name, cast
            return


def _leave_out(rng: random.Random, listed: targets.Arrays, facts: dict[str, Any]) -> None:
    """Leave a field or a column out: of the facts, or all or some of its arrays."""
    (kind,) = rng.choices(("fact", "arrays", "some"))
    names = [name for name, of in facts.items() if isinstance(of, list | dict) and of]
    if not names:
        return
    chosen = rng.choice(names)
    left_out = rng.choice(sorted(facts[chosen]))
    if kind == "fact":
        facts[chosen] = (
            [name for name in facts[chosen] if name != left_out]
            if isinstance(facts[chosen], list)
            else {name: of for name, of in facts[chosen].items() if name != left_out}
        )
        return
    parts = sorted({name.split("/")[1] for name, _ in listed if name.startswith(f"{left_out}/")})
    part = "" if kind == "arrays" else rng.choice(parts or [""])
    if part in ("positions", "first_positions", "position_starts"):
        part = rng.choice(["", "positions"])
    listed[:] = [pair for pair in listed if not pair[0].startswith(f"{left_out}/{part}")]


def _other_strings(rng: random.Random, listed: targets.Arrays, _facts: dict[str, Any]) -> None:
    """Change or add a string among those of a field or column, with what is derived from them."""
    arrays = dict(listed)
    terms = sorted(name for name in arrays if name.endswith(("/term_bytes", "/values/bytes")))
    chosen = rng.choice(terms)
    is_term = chosen.endswith("/term_bytes")
    out = io.BytesIO()
    write_arrays(out, listed, {})
    file = ArrayFile(out.getvalue(), "strings")
    name = chosen.rpartition("/")[0]
    strings: list[bytes] = []
    with contextlib.suppress(searcher.SearchError, KeyError):  # after another change
        strings = TermReader(file, name).terms() if is_term else list(ByteStrings(file, name))
    if not strings:
        return
    odd = rng.choice([b"", b"zz\na", b"\xff", b"\xed\xa0\x80", "e\u0301".encode(), b"a" * 9_000])
    if is_term:
        strings[rng.randrange(len(strings))] = odd
        strings.sort()
    else:
        strings.append(odd)
    made = dict(term_arrays(name, strings) if is_term else pack_strings(name, strings))
    listed[:] = [(one, made.get(one, array)) for one, array in listed]


def _other_places(rng: random.Random, listed: targets.Arrays, _facts: dict[str, Any]) -> None:
    """Move words within their documents, or to other documents."""
    places = [at for at, (name, _) in enumerate(listed) if name.endswith(_PLACES)]
    if not places:
        return
    at = rng.choice(places)
    name, array = listed[at]
    changed = array.copy()
    for _ in range(rng.randrange(1, 4)):
        changed[rng.randrange(len(changed))] = rng.randrange(4)
    listed[at] = name, changed


_PLACES = ("/positions/bytes", "/documents/bytes")
_SLIGHT = (_other_type, _leave_out, _other_strings, _other_places)


def _is_sound(directory: Path) -> bool:
    try:
        return searcher.check(directory).is_sound
    except searcher.SearchError:
        return False


def _replace(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)  # the old one may still be mapped
    path.write_bytes(content)


_SOUND_VALUES: dict[str, Any] = {
    "id": "odd",
    "title": "Rivers run deep",
    "abstract": 'Deep rivers run. Fine-tuning M"ullers rivers, they run on and on.',
    "authors": ("Ann Poe", "Jürgen Müller"),
    "categories": ("LG", "cs.CL"),
    "year": 2020,
    "date": "2020-03-15",
    "institutions": ("University of Moss",),
    "score": 1.5,
    "owners": ("Ann Poe",),
    "identifiers": (Identifier("doi", "10.5555/odd"),),
    "author_parts": (NameParts("Poe", "Ann"), NameParts("Müller", "Jürgen")),
    "keywords": ("rivers", "moss"),
    "venue": "Moss Letters",
    "type": "article",
    "language": "en",
    "cited_by": 7,
    "updated": "2021",
    "urls": (Link("page", "https://example.org/odd"),),
    "other_titles": (OtherText("de", "Flüsse"),),
    "sources": (Source("/seeds/odd.jsonl", 1),),
}
_ODD_TEXTS: tuple[Any, ...] = (
    *("", " ", "\ud800", "a\0b", "a\nb", "\x1b[31m", "\u2028", "a" * 70_000, 5, None, b"x", []),
)
_ODD_NAMES: tuple[Any, ...] = (
    *((text,) for text in _ODD_TEXTS),
    *((), "Ann Poe", ["Ann"], None, ("Ann", "Ann"), ("ANN POE", "Ann Poe"), ("e\u0301",) * 3),
)
_ODD: dict[str, tuple[Any, ...]] = {
    "id": (*_ODD_TEXTS, "p1"),
    "title": _ODD_TEXTS,
    "abstract": _ODD_TEXTS,
    "authors": _ODD_NAMES,
    "et_al": (None, 0, 1, "yes"),
    "categories": _ODD_NAMES,
    "year": (None, 0, 1, 9999, 10_000, -1, 2**31, 10**30, "2020", 2020.0, True, math.nan),
    "date": (
        *(None, "", "2020", "2020-13", "2020-02-30", "--03-15", "0000-01-01", "10000-01-01"),
        *("9999-12-31", "2019-01-01", "x", "2020-3", 20_200_315),
    ),
    "has_code": (None, 0, 1, "yes"),
    "institutions": _ODD_NAMES,
    "score": (math.nan, math.inf, -math.inf, 10**400, 1e300, -0.0, 3, True, "1"),
    "owners": _ODD_NAMES,
    "identifiers": (
        *((), None, ("doi",), (Identifier("doi", ""),), (Identifier("colour", "red"),)),
        *((Identifier("doi", text),) for text in _ODD_TEXTS),
    ),
    "author_parts": ((), None, (NameParts("Poe"),), (NameParts(None), NameParts()), ("Poe", "Ann")),  # type: ignore[arg-type]
    "editors": _ODD_NAMES,
    "other_names": _ODD_NAMES,
    "keywords": _ODD_NAMES,
    "venue": _ODD_TEXTS,
    "type": ("", "poem", None, 5),
    "status": ("", "retracted", "lost", None),
    "language": _ODD_TEXTS,
    "cited_by": (None, 0, -1, 99_999_999, 10**9, 10**30, 7.0, True, "7"),
    "updated": ("", "2020-13", None, "x", 2020),
    "date_text": _ODD_TEXTS,
    "urls": ((), None, (Link("page", "a\nb"),), (Link("page", None),), ("https://x",)),  # type: ignore[arg-type]
    "other_titles": ((), None, (OtherText("", ""),), (OtherText("de", "\ud800"),), ("a",)),
    "comments": _ODD_TEXTS,
    "sources": (
        *((), None, (Source("", 1),), (Source("\ud800", 1),), (Source("/a\nb", 1),)),
        *((Source("/a", -1),), (Source("/a", 10**30),), (Source("/a", None),), (Source("-", 1),)),  # type: ignore[arg-type]
        (Source("/a", 1), Source("/a", 2)),
    ),
}  # fmt: skip


class StrayTrials(RepairTrials):
    """Trials of an index, sound or damaged, without and with files in its folder not its own."""

    def __init__(self, sound: Path, work: Path, seed: int) -> None:
        super().__init__(sound, work, seed)
        self._more = work / "more.jsonl"
        _write(self._more, [_paper(random.Random(1), 9_000)])
        self._strays = strays(sound)

    def run(self, number: int) -> Result:
        """Do the same to the index without strays and with some, of one or several names."""
        rng = random.Random(f"{self._seed}-{number}")
        damage = Damage("no file", "no damage", 0)
        changed = b""
        if rng.random() < 0.5:
            damage = self._damage(rng)
            changed = damage.of(self._files[damage.file], rng)
        by_name = {stray.name: stray for stray in rng.sample(self._strays, rng.randrange(1, 30))}
        reason = ""
        try:
            self._begin(damage, changed)
            expected = list(self._told())
            self._begin(damage, changed)
            for stray in by_name.values():
                stray.put(self._directory)
            before = dict(looked_at(self._directory, list(by_name)))
            for at, (told, wanted) in enumerate(zip(self._told(), expected, strict=True)):
                if told != wanted:
                    reason = reason or f"step {at} is {told}, not {wanted}"
            if dict(looked_at(self._directory, list(by_name))) != before:
                reason = reason or "a stray has changed"
            noted = {note.file for note in searcher.check(self._directory).notes}
            if noted != set(by_name):
                reason = reason or f"not named, or not a stray: {noted ^ set(by_name)}"
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
        if reason:
            reason += f" (with {', '.join(f'{one.kind} {name}' for name, one in by_name.items())})"
        return Result(number, damage, "as without", reason)

    def _begin(self, damage: Damage, changed: bytes) -> None:
        shutil.rmtree(self._directory)
        shutil.copytree(self._sound, self._directory)
        if damage.file in self._files:
            (self._directory / damage.file).unlink()
            (self._directory / damage.file).write_bytes(changed)

    def _told(self) -> Iterator[Any]:
        """Open, search, check, build, repair and do all that again; yield what each comes to."""
        for _ in range(2):
            yield list(answers(self._directory))
            yield self._outcome_of(searcher.check, self._directory)
            yield self._outcome_of(searcher.build, self._directory, [self._more])
            yield self._outcome_of(searcher.repair, self._directory)

    def _outcome_of(self, action: Callable[..., Any], *arguments: Any) -> Any:
        """Return a report, or what kind of error came, without names that are drawn and times."""
        try:
            done = action(*arguments)
        except searcher.SearchError as error:
            return type(error).__name__
        parts = [done.before, done.after] if isinstance(done, searcher.Repair) else [done]
        told = [{**asdict(part), "seconds": 0, "notes": 0} for part in parts]
        for part in told:
            for finding in part.get("damage", ()):
                finding["file"] = finding["file"].rpartition(".")[2]
                finding["reason"] = finding["reason"].partition("MAIN_")[0]
            part["file_bytes"] = 0  # a table may have a longer number
        if isinstance(done, searcher.Repair):
            told.append({**asdict(done), "before": 0, "after": 0})
        return told


def _papers(directory: Path) -> dict[str, str]:
    with searcher.open(directory) as papers:
        return {paper.id: paper_json(paper) for paper in papers.all()}


def trials(seed: int, share: float) -> Iterator[Outcome]:
    """Try FULL_COUNT damages, FULL_CHECKS checks and FULL_REPAIRS repairs, or a share of them.

    Of each kind one is tried at least.
    """

    def some(count: float) -> int:
        return max(round(count * share), 1)

    with tempfile.TemporaryDirectory() as folder:
        sound = build_index(Path(folder))
        yield from _outcome("damage is seen", sound, seed, "ask", some(FULL_COUNT))
        promise = "what check calls sound is searched without an error"
        yield from _outcome(promise, sound, seed, "check", some(FULL_CHECKS))
        repairs = some(FULL_REPAIRS / 2)
        yield from _outcome("repaired, files at hand", sound, seed, "repair", repairs)
        with tempfile.TemporaryDirectory() as work:
            count = len(StopTrials(sound, Path(work), seed))
        yield from _outcome("a repair stopped anywhere", sound, seed, "stop", some(count))
        strays_count = some(FULL_STRAYS)
        yield from _outcome("others' files change nothing", sound, seed, "stray", strays_count)
        for path in Path(folder).glob("*.jsonl"):
            path.unlink()
        yield from _outcome("repaired, files gone", sound, seed, "repair --files-gone", repairs)


def _outcome(promise: str, sound: Path, seed: int, mode: str, count: int) -> Iterator[Outcome]:
    batches = [range(first, min(first + BATCH, count)) for first in range(0, count, BATCH)]
    with ThreadPoolExecutor(PROCESSES) as pool:
        lists = list(pool.map(lambda batch: list(run_apart(sound, seed, mode, batch)), batches))
    results = [result for of in lists for result in of]
    verdicts = Counter(result.verdict for result in results if not result.reason)
    kinds = Counter(result.damage.kind for result in results)
    failed = [result for result in results if result.reason]
    yield Outcome(
        promise,
        tried=len(results),
        failed=len(failed),
        lost=count - len(results),
        failures=tuple(_described(result, seed, mode) for result in failed[:MOST_EXAMPLES]),
        measured=f"{_counted(verdicts)} (of {_counted(kinds)})",
    )


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))


def _described(result: Result, seed: int, mode: str) -> str:
    damage = result.damage
    return (
        f"{result.reason}: {damage.kind} at byte {damage.place} of {damage.file}; again: python -m"
        f" tests.trust.damage {mode} --seed {seed} --first {result.number} --last {result.number}"
    )


def run_apart(
    sound: Path, seed: int, mode: str, numbers: range, *, careless: bool = False
) -> Iterator[Result]:
    """Run trials in a process of their own, and in another one those after a crash.

    ``careless`` readers compare no checksums, and such a check takes any values of a paper.
    """
    first = numbers.start
    while first < numbers.stop:
        results, sending = SERVER.Pipe(duplex=False)
        with tempfile.TemporaryDirectory() as folder:
            arguments = (sending, sound, Path(folder), seed, mode, range(first, numbers.stop))
            process = SERVER.Process(target=_try, args=(*arguments, careless))
            process.start()
            sending.close()
            said = ""
            try:
                while isinstance(told := results.recv(), Result):
                    yield told
                    first += 1
                said = told
            except EOFError:
                pass
            except GeneratorExit:
                process.kill()
                raise
            finally:
                process.join()
                results.close()
        if process.exitcode:
            # The trial that ended the process is the one after the last that it told of.
            unknown = Damage("an unknown file", "some damage", -1)
            reason = f"the process ended with {process.exitcode} {said}"
            yield Result(first, unknown, "failed", reason)
            first += 1


def _try(results: Connection, *arguments: Any) -> None:
    """Be the process that tries, and send each result, or what was raised instead."""
    try:
        for result in _results(*arguments):
            results.send(result)
    except Exception:
        results.send(" ".join(traceback.format_exc(limit=-3).split())[-300:])
        sys.exit(1)


def _results(
    sound: Path, folder: Path, seed: int, mode: str, numbers: range, careless: bool
) -> Iterator[Result]:
    """Try in this process, which ends if a trial takes too much memory or time."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    if mode == "repair --files-gone":
        for path in sound.parent.glob("*.jsonl"):
            path.unlink()
    tried = _MODES[mode](sound, folder, seed)
    with contextlib.ExitStack() as patches:
        if careless:
            patches.enter_context(patch.object(ArrayFile, "_verify", lambda *_place: None))
            patches.enter_context(patch("index.upkeep.stored_papers.sound_paper", from_dict))
        for number in numbers:
            signal.alarm(TRIAL_SECONDS)  # whose signal ends a process that hangs
            yield tried.run(number)


_MODES: dict[str, Callable[[Path, Path, int], Trials]] = {
    "ask": Trials,
    "check": CheckTrials,
    "repair": RepairTrials,
    "repair --files-gone": RepairTrials,
    "stop": StopTrials,
    "stray": StrayTrials,
}


def main() -> None:
    """Run the trials of the numbers asked for, and print each result as a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mode", choices=["ask", "check", "repair", "stop", "stray"])
    parser.add_argument("--index", type=Path, help="the sound index (default: build it)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--last", type=int, required=True)
    parser.add_argument("--files-gone", action="store_true", help="repair without seed files")
    parser.add_argument("--careless", action="store_true", help="compare too little")
    options = parser.parse_args()
    mode = f"{options.mode} --files-gone" if options.files_gone else options.mode
    numbers = range(options.first, options.last + 1)
    with tempfile.TemporaryDirectory() as folder:
        sound = options.index or build_index(Path(folder))
        for result in _results(sound, Path(folder), options.seed, mode, numbers, options.careless):
            print(json.dumps(asdict(result)), flush=True)


if __name__ == "__main__":
    main()
