"""Records that share an identifier are one paper: random histories beside a model of the index.

The promise, in plain words:

- Two records of one title and author are one paper if they share an identifier, and so are all
  that are connected by others, in whatever files and sources they stand. When the record between
  two others goes, they part again: at once if they are in different files; if in one file, when
  that is read again, which happens even if its bytes are the same.
- Records that share an identifier but have other titles and other authors stay apart.
- A record without identifiers is never one paper with a record that has some. Such records are
  one paper if title, author and text are equal.
- What a file held of a paper is replaced by what it holds of that paper now, and a record alone by
  the one that is in its place, of all that are connected. What it holds no more stays until it is
  pruned, unless a file read or skipped in the same run has the same content. A source of a
  program is pruned only if it is named.
- A removed paper stays out: a record that has one of its identifiers is left out, until any of them
  is restored. An identifier that another paper has, too, bars only records of the same title and
  author. Of several papers of one title and author without identifiers, one goes alone.
- A run of the same files changes nothing, and counts the same whether files are skipped or not.
- The papers of the same files are the same, with the same ids, whatever runs came before.

The model is sets of records, one for each file, and which of them are connected. It knows nothing
of how an index is stored or compared. The papers and people are invented.
"""

import json
import random
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch

import searcher
from index import SearchError, SeedError, Summary, build, check, commit_mark, remove
from index.paper import Paper
from index.writers.opening import open_dry
from tests.trust.trial import MOST_EXAMPLES, Outcome

HISTORIES = 5_000
MOST_STEPS = 7
FLAW = "{cut\n"

IDENTIFIERS = (
    *(f"doi:10.5555/{end}" for end in "abc"),
    *(f"arxiv:2101.0000{end}" for end in "123"),
    *(f"pmid:{number}" for number in (71, 72)),
)
KEYS = {"doi": "doi", "arxiv": "arxiv_id", "pmid": "pmid"}
KINDS = {"rivers": ("Slow Rivers of Asia", "Ann Poe"), "springs": ("Hot Springs", "Sam Roe")}
PAGE_KIND = "pages"
TEXTS = ("Maps of rivers.", "They run to the sea.", "We measure how deep they are.")
SPRINGS = "They are hot."
FILES = ("a.jsonl", "b.jsonl", "c.jsonl", "d.jsonl")
PAGE, ALWAYS = "p.txt", "z.jsonl"
SOURCES = ("db", "feed", "")
"""The names of sources; without a name papers are those of ``python``."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, order=True)
class Record:
    """A record as its file has it; ``kind`` stands for its title and author.

    The year is 0 where the file does not say it.
    """

    kind: str
    identifiers: tuple[str, ...]
    text: str
    year: int

    @property
    def names(self) -> frozenset[str]:
        """What a record is known by."""
        return frozenset(self.identifiers or (self.kind,))


Held = Mapping[str, tuple[Record, ...]]
"""The records that the index has of each file or source."""
Place = tuple[str, Record]
PaperSeen = frozenset[Place]


@dataclass(frozen=True, slots=True)
class File:
    """What a file holds; ``is_flawed`` if something in it cannot be read."""

    records: tuple[Record, ...]
    is_flawed: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One run: the files named, what a program gives, and its options."""

    files: tuple[str, ...] | None
    source: str | None
    given: File
    prune: bool = False
    strict: bool = False
    dry: bool = False
    restore: tuple[str, ...] = ()

    def names(self, file: str) -> bool:
        """Tell whether a file is named."""
        return "." in file and (self.files is None or file in self.files)


# What must be in the index


def connected(
    items: Iterable[Item], names_of: Callable[[Item], Iterable[object]]
) -> list[list[Item]]:
    """Return items in lists of those that are connected by names."""
    lists: list[tuple[set[object], list[Item]]] = []
    for item in items:
        names, own = set(names_of(item)), [item]
        for other in [one for one in lists if not names.isdisjoint(one[0])]:
            lists.remove(other)
            names, own = names | other[0], other[1] + own
        lists.append((names, own))
    return [own for _, own in lists]


def papers_of(places: Iterable[Place]) -> list[list[Place]]:
    """Return the records of each paper."""
    papers = []
    for own in connected(places, lambda place: [(place[1].kind, name) for name in place[1].names]):
        if own[0][1].identifiers:
            papers.append(own)
        else:
            papers += [[one for one in own if one[1].text == text] for text in _texts(own)]
    return papers


def merged(places: Iterable[Place]) -> list[Place]:
    """Return records, those of one paper in one file as one."""
    found = []
    for paper in papers_of(places):
        for file in dict.fromkeys(file for file, _ in paper):
            own = [one for name, one in paper if name == file]
            names = sorted({name for one in own for name in one.identifiers})
            text = max((one.text for one in own), key=lambda text: (len(text), text))
            year = max(one.year for one in own)
            found.append((file, Record(own[0].kind, tuple(names), text, year)))
    return found


def after(held: Held, read: Held, gone: Collection[str], *, prune: bool) -> Held:
    """Return what the index must hold after files were read.

    ``gone`` are the files that hold no more than what was read in them.
    """
    now: list[Place] = []
    before = [(file, one, False) for file, records in held.items() for one in records]
    listed = [(file, one, True) for file, records in read.items() for one in records]
    for own in connected([*before, *listed], lambda item: item[1].names):
        files = dict.fromkeys(file for file, _, is_new in own if is_new)
        found = [
            place
            for name in files
            for place in merged((name, one) for file, one, is_new in own if is_new and file == name)
        ]
        contents = {one for _, one in found}
        papers = [{*paper} for paper in papers_of((file, one) for file, one, _ in own)]
        old = [(file, one) for file, one, is_new in own if not is_new]
        for file, one in old:
            rivals = [other for name, other in old if name == file]
            successors = [new for name, new in found if name == file]
            together = next(paper for paper in papers if (file, one) in paper)
            if len(rivals) == len(successors) == 1 or any(
                is_new and name == file and (name, new) in together for name, new, is_new in own
            ):
                continue
            if file not in gone or not (prune or one in contents):
                now.append((file, one))
        now += found
    return by_file(merged(now))


def by_file(places: Iterable[Place]) -> Held:
    """Return the records of each file."""
    held: dict[str, tuple[Record, ...]] = {}
    for file, one in places:
        held[file] = (*held.get(file, ()), one)
    return held


def places_of(held: Held) -> list[Place]:
    """Return all records with their files."""
    return [(file, one) for file, records in held.items() for one in records]


def _bar(one: Record, is_shared: bool) -> str:
    """Return which records of a name are out: all, those of a kind, or those of a text."""
    if not is_shared:
        return ""
    return one.kind if one.identifiers else one.text


def _texts(places: Iterable[Place]) -> list[str]:
    return list(dict.fromkeys(one.text for _, one in places))


@dataclass
class Model:
    """What an index must hold and leave out."""

    held: Held = field(default_factory=dict)
    removed: frozenset[tuple[tuple[str, str], ...]] = frozenset()
    """Of each removed paper what it is known by, each with the kind or the text of the records that
    it bars, or nothing if it bars all."""

    def is_out(self, one: Record) -> bool:
        """Tell whether a record is of a removed paper."""
        bars = {bar for paper in self.removed for bar in paper}
        return any((name, more) in bars for name in one.names for more in ("", one.kind, one.text))

    def run(self, disk: Mapping[str, File], run: Run) -> None:
        """Bring the model in line with a run that is not refused."""
        wanted = {*run.restore}
        self.removed = frozenset(
            paper for paper in self.removed if wanted.isdisjoint(name for name, _ in paper)
        )
        files = {name: file for name, file in disk.items() if run.names(name)}
        if run.source is not None:
            files[run.source or "python"] = run.given
        latest = max((one.year for file in files.values() for one in file.records), default=0)
        read = {
            name: tuple(
                replace(one, year=one.year or latest + 1)
                for one in file.records
                if not self.is_out(one)
            )
            for name, file in files.items()
        }
        gone = {name for name, file in files.items() if not file.is_flawed}
        gone -= {"python"} if run.prune else {"python", *SOURCES}
        gone |= {name for name in self.held if run.names(name) and name not in disk}
        self.held = after(self.held, read, gone, prune=run.prune)

    def remove(self, is_meant: Callable[[Record], bool]) -> None:
        """Remove the papers that have a record which is meant."""
        papers = papers_of(places_of(self.held))
        out = [paper for paper in papers if any(is_meant(one) for _, one in paper)]
        left = [place for paper in papers if paper not in out for place in paper]
        others = {name for _, one in left for name in one.names}
        self.removed |= {
            tuple((own, _bar(one, own in others)) for _, one in paper for own in one.names)
            for paper in out
        }
        self.held = by_file(left)

    @property
    def papers(self) -> set[PaperSeen]:
        """The papers, each as its records and their files."""
        return {frozenset(paper) for paper in papers_of(places_of(self.held))}


# Histories


class World:
    """Seed files in a folder, and what programs give, as a history changes them."""

    def __init__(self, root: Path, rng: random.Random) -> None:
        self.root = root
        self.files: dict[str, File] = {ALWAYS: File((Record("springs", (), SPRINGS, 2001),))}
        self.given = dict.fromkeys(SOURCES, File(()))
        self._rng = rng
        self._has_conflicts = rng.random() < 0.4
        self._is_flawless = rng.random() < 0.7

    def change(self) -> None:
        """Change something that people and programs change."""
        changes = (
            *(self._add, self._add, self._add, self._bridge, self._edit, self._edit),
            *(self._rename, self._rename, self._take, self._take, self._move, self._delete),
            *(self._flaw, self._turn_page, self._give, self._copy),
        )
        self._rng.choice(changes)()

    def run(self) -> Run:
        """Return a run of some of the files and sources."""
        rng = self._rng
        files: tuple[str, ...] | None = None
        if rng.random() < 0.35:
            files = tuple(rng.sample(FILES, rng.randint(0, 2)))
        source = rng.choice((None, None, *SOURCES)) if files != () else rng.choice(SOURCES)
        return Run(
            files,
            source,
            self.given[source or ""],
            prune=rng.random() < 0.35,
            strict=rng.random() < 0.08,
            dry=rng.random() < 0.08,
            restore=tuple(rng.sample(IDENTIFIERS, 2)) if rng.random() < 0.15 else (),
        )

    def write(self) -> None:
        """Make the files on the disk those of the history."""
        folder = self.root / "seeds"
        folder.mkdir(exist_ok=True)
        for path in folder.iterdir():
            if path.name not in self.files:
                path.unlink()
        for name, file in self.files.items():
            if name == PAGE:
                (one,) = file.records
                text = f"Li Na\n\n1 Papers\n\nLGMay 7\nDeep Pages\n\nLi Na\n\n{one.text}\n\n"
            else:
                lines = (json.dumps(as_dict(one)) + "\n" for one in file.records)
                text = "".join(lines) + FLAW * file.is_flawed
            (folder / name).write_text(text, encoding="utf-8")

    def any_identifier(self) -> str:
        """Return one of the identifiers of the pool."""
        return self._rng.choice(IDENTIFIERS)

    def _record(self, most: int = 3) -> Record:
        rng = self._rng
        count = rng.choice((0, 1, 1, 1, 2, 2, 3)[: 4 + most])
        schemes = rng.sample(sorted(KEYS), count)
        names = [rng.choice([one for one in IDENTIFIERS if one.startswith(s)]) for s in schemes]
        kind = rng.choice(sorted(KINDS)) if self._has_conflicts else "rivers"
        return Record(kind, tuple(sorted(names)), rng.choice(TEXTS), rng.randint(2018, 2020))

    def _place(self) -> Place | None:
        places = [place for place in self._all() if place[0] not in (PAGE, ALWAYS)]
        return self._rng.choice(places) if places else None

    def _all(self) -> list[Place]:
        return [(name, one) for name, file in self.files.items() for one in file.records]

    def _put(self, name: str, record: Record) -> None:
        file = self.files.get(name, File(()))
        self.files[name] = replace(file, records=(*file.records, record))

    def _drop(self, name: str, record: Record) -> None:
        left = list(self.files[name].records)
        left.remove(record)
        if left:
            self.files[name] = replace(self.files[name], records=tuple(left))
        else:
            del self.files[name]

    def _add(self) -> None:
        self._put(self._rng.choice(FILES), self._record(1))

    def _bridge(self) -> None:
        """Add a record that shares identifiers with two others."""
        one, other = self._place(), self._place()
        if one and other:
            names = {name.partition(":")[0]: name for name in (*one[1].names, *other[1].names)}
            names.pop(one[1].kind, None)
            names.pop(other[1].kind, None)
            record = replace(self._record(), kind=one[1].kind)
            self._put(
                self._rng.choice(FILES), replace(record, identifiers=tuple(sorted(names.values())))
            )

    def _edit(self) -> None:
        if place := self._place():
            self._drop(*place)
            other = self._record()
            self._put(place[0], replace(place[1], text=other.text, year=other.year))

    def _rename(self) -> None:
        """Give a record other identifiers."""
        if place := self._place():
            self._drop(*place)
            self._put(place[0], replace(place[1], identifiers=self._record().identifiers))

    def _take(self) -> None:
        if place := self._place():
            self._drop(*place)

    def _move(self) -> None:
        if place := self._place():
            self._drop(*place)
            self._put(self._rng.choice(FILES), place[1])

    def _copy(self) -> None:
        if place := self._place():
            self._put(self._rng.choice(FILES), place[1])

    def _delete(self) -> None:
        names = sorted({*self.files} - {ALWAYS})
        if names:
            del self.files[self._rng.choice(names)]

    def _flaw(self) -> None:
        if place := None if self._is_flawless else self._place():
            file = self.files[place[0]]
            self.files[place[0]] = replace(file, is_flawed=not file.is_flawed)

    def _turn_page(self) -> None:
        """Give the page another text, or all pages another year."""
        if self._rng.random() < 0.5:
            self.files[PAGE] = File((Record(PAGE_KIND, (), self._rng.choice(TEXTS), 0),))
        else:
            year = self._rng.randint(2001, 2022)
            self.files[ALWAYS] = File((Record("springs", (), SPRINGS, year),))

    def _give(self) -> None:
        records = tuple(self._record(1) for _ in range(self._rng.randint(0, 2)))
        is_flawed = not self._is_flawless and self._rng.random() < 0.2
        self.given[self._rng.choice(SOURCES)] = File(records, is_flawed)


def as_dict(one: Record) -> dict[str, object]:
    """Return a record as an object of JSON."""
    title, author = KINDS[one.kind]
    own = {KEYS[scheme]: value for scheme, _, value in (n.partition(":") for n in one.identifiers)}
    return {"title": title, "authors": [author], "abstract": one.text, "year": one.year, **own}


# Trials


def trials(seed: int, share: float) -> Iterator[Outcome]:
    """Try that share of the full number of histories."""
    failures: list[str] = []
    runs = lost = 0
    count = max(round(HISTORIES * share), 1)
    for number in range(count):
        with tempfile.TemporaryDirectory() as folder:
            history = History(Path(folder), seed, number)
            wrong = history.live()
        runs += history.runs
        lost += history.lost
        if wrong:
            failures.append(f"history {number} of seed {seed}: {wrong}")
    yield Outcome(
        "records that share an identifier are one paper, whatever runs came before",
        count,
        len(failures),
        lost,
        tuple(failures[:MOST_EXAMPLES]),
        f"{runs:,} runs over records that join, part, stay apart, are removed and restored",
    )


class History:
    """One history; ``runs`` and ``lost`` papers are counted.

    ``place`` is where the index is, instead of a folder in ``root``.
    """

    def __init__(self, root: Path, seed: int, number: int, place: str = "") -> None:
        self._root = root
        self._index = place or str(root / "index")
        self._rng = random.Random(f"connections/{seed}/{number}")
        self._world = World(root, self._rng)
        self._model = Model()
        self._removed: list[str] = []
        self.runs = self.lost = 0

    def live(self) -> str:
        """Live through the history, and return what is wrong, nothing if all is as it must be."""
        try:
            return self._live()
        except SearchError as error:
            return f"{type(error).__name__}: {error}"

    def _live(self) -> str:
        for step in range(self._rng.randint(2, MOST_STEPS)):
            for _ in range(self._rng.randint(4, 9) if step == 0 else self._rng.randint(1, 3)):
                self._world.change()
            self._world.write()
            if step and self._rng.random() < 0.15 and (wrong := self._remove()):
                return f"step {step}: {wrong}"
            run = self._world.run() if step else Run(None, None, File(()))
            if wrong := self._step(run):
                return f"step {step}: {run}: {wrong}"
        return self._last_runs()

    def _remove(self) -> str:
        """Remove a paper by an identifier, or by its id, and return what is wrong then."""
        name = self._world.any_identifier()
        if self._rng.random() < 0.7:
            remove(self._index, [name])
            self._model.remove(lambda one: name in one.identifiers)
        else:
            own = sorted(
                (paper_id, one)
                for paper_id, paper in zip(*found(self._index), strict=True)
                for _, one in paper
                if not one.identifiers and one.kind in KINDS
            )
            if not own:
                return ""
            name, record = self._rng.choice(own)
            self._removed.append(name)
            remove(self._index, [name])
            self._model.remove(lambda one: replace(record, year=one.year) == one)
        wrong = self._differences()
        return wrong and f"removed {name}: {wrong}"

    def _step(self, run: Run) -> str:
        """Make a run, and return what is wrong then."""
        wanted = replace(self._model)
        wanted.run(self._world.files, run)
        self.runs += 1
        try:
            summary = self._build(run)
        except SeedError:
            return "" if run.strict else "refused"
        if run.strict and summary.problems:
            return "a strict run wrote with problems"
        if summary.total != len(wanted.papers):
            return f"counts {summary.total} papers of {len(wanted.papers)}"
        if not run.dry:
            self._model = wanted
        return self._differences() or ("" if run.dry else self._same_again(run))

    def _build(self, run: Run, directory: str = "") -> Summary:
        paths = ["."] if run.files is None else run.files
        given = [*map(as_dict, run.given.records), *([3] if run.given.is_flawed else [])]
        return build(
            directory or self._index,
            [self._root / "seeds" / path for path in paths],
            papers=None if run.source is None else iter(given),  # type: ignore[arg-type]
            source=run.source or None,
            restore=run.restore,
            prune=run.prune,
            strict=run.strict,
            dry_run=run.dry,
        )

    def _differences(self) -> str:
        """Return in which papers the index differs from the model."""
        ids, listing = found(self._index)
        papers = {*listing}
        if len({*ids}) < len(ids):
            return f"two papers have one id: {sorted(ids)}"
        expected = self._model.papers
        if papers == expected:
            return ""
        alive = {place for paper in papers for place in paper}
        self.lost += sum(not paper & alive for paper in expected)
        return f"missing {listed(expected - papers)}; instead {listed(papers - expected)}"

    def _same_again(self, run: Run) -> str:
        """Run the same again, and return what that changes or counts otherwise."""
        commit = commit_mark(self._index)
        again = self._build(run)
        if again.new or again.changed or again.removed:
            return f"the same run again: {again}"
        with patch("index.reading.remembered.READING_VERSION", 0):
            reread = self._build(replace(run, dry=True))
        if reread.skipped or counts_of(again) != counts_of(reread):
            return f"with files skipped {again}, without {reread}"
        third = self._build(run)
        if replace(third, seconds=0) != replace(again, seconds=0):
            return f"a third time {third}, a second {again}"
        return "" if commit_mark(self._index) == commit else "the same run wrote"

    def _last_runs(self) -> str:
        """Compare the index with one that is built anew of all files and sources."""
        restored = (*IDENTIFIERS, *self._removed)
        self._model.removed = frozenset()
        for source in SOURCES:
            run = Run(None, source, self._world.given[source], prune=True, restore=restored)
            self._model.run(self._world.files, run)
            self._build(run)
            self._build(run, str(self._root / "anew"))
        report = check(self._index)
        if not report.is_sound:
            return f"unsound: {report}"
        if self._has_unpruned():
            return ""
        if wrong := self._differences():
            return f"in the end: {wrong}"
        ours, anew = (papers_in(place) for place in (self._index, str(self._root / "anew")))
        if ours != anew:
            return (
                f"built anew there is {listed_papers(anew, ours)}; not {listed_papers(ours, anew)}"
            )
        return ""

    def _has_unpruned(self) -> bool:
        """Tell whether something keeps what is gone from being pruned."""
        sources = [self._world.given[source] for source in SOURCES]
        return any(file.is_flawed for file in (*self._world.files.values(), *sources)) or bool(
            self._model.held.get("python")
        )


def found(place: str) -> tuple[list[str], list[PaperSeen]]:
    """Return the ids of the papers of an index, and each paper as its copies and their files."""
    papers: dict[object, tuple[str, PaperSeen]] = {}
    with open_dry(place) as writer:
        for file in writer.files():
            for paper_id, entry in writer.papers_from(file):
                copies = [
                    (name_of(one.sources[0].file), record_of(one)) for one in writer.copies(entry)
                ]
                papers[entry.key] = (paper_id, frozenset(copies))
    return [paper_id for paper_id, _ in papers.values()], [paper for _, paper in papers.values()]


def record_of(copy: Paper) -> Record:
    """Return the record that a copy is."""
    names = {str(one) for one in copy.identifiers}
    kinds = {title: kind for kind, (title, _) in KINDS.items()}
    kind = kinds.get(copy.title, PAGE_KIND)
    return Record(kind, tuple(sorted(names)), copy.abstract, copy.year or 0)


def name_of(file: str) -> str:
    """Return the name of a file or source."""
    return file.removeprefix("source:") if file.startswith("source:") else Path(file).name


def counts_of(summary: Summary) -> Summary:
    """Return what a run counts and tells, wherever it stands."""
    told = (sorted(summary.problems, key=str), sorted(summary.notes, key=str))
    problems, notes = map(tuple, told)
    return replace(summary, seconds=0, skipped=0, problems=problems, notes=notes)


def papers_in(place: str) -> dict[str, Paper]:
    """Return the papers of an index by id, without the lines where they begin."""
    with searcher.open(place) as papers:
        return {
            one.id: replace(one, sources=tuple(replace(place, line=1) for place in one.sources))
            for one in papers.all("*")
        }


def listed(papers: set[PaperSeen]) -> str:
    """Return papers in words."""
    return " and ".join(sorted(str(sorted(paper)) for paper in papers)) or "nothing"


def listed_papers(papers: Mapping[str, Paper], others: Mapping[str, Paper]) -> str:
    """Return in words the papers that are not among others."""
    own = [one for paper_id, one in sorted(papers.items()) if others.get(paper_id) != one]
    return " and ".join(map(str, own)) or "nothing"
