"""A paper lives while a file holds it: random histories of seed files, beside a model of the index.

The model is what each file held when it was last read, as sets of records. It knows nothing of how
an index is stored or compared. The papers and people are invented.
"""

import gzip
import json
import os
import random
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index import SearchError, SeedError, Summary, build
from index.writers.opening import open_dry
from tests.trust.trial import MOST_EXAMPLES, Outcome

HISTORIES = 5_000
MOST_STEPS = 8
PAGE_YEAR = 2022

AUTHOR = "Ann Poe"
FILES = ("a.jsonl", "b.jsonl", "c.jsonl.gz", "p.txt", "q.txt", "sub/d.jsonl", "sub/r.txt")
ALL_FILES = (*(f"seeds/{name}" for name in FILES), "link/e.jsonl", "link/s.txt")
GIVEN_IDS = ("x1", "x2", "x3", "x4")
TITLES = ("Editorial", "Étude", "Slow Rivers")
TEXTS = ("maps of rivers", "rivières et étangs", "seas", "Naïve lakes", "A quiet lake")


@dataclass(frozen=True, slots=True)
class Record:
    """A record as its source has it; ``id`` is empty if the source gives none.

    ``owner`` is whose page it is on, if it is on one.
    """

    id: str
    title: str
    abstract: str
    owner: str = ""

    @property
    def group(self) -> str:
        """What a record is known by: its id, else title and author, which is the same for all."""
        return self.id or self.title

    @property
    def undecoded(self) -> int:
        """How many characters could not be decoded."""
        return (self.title + self.abstract).count("\ufffd")


@dataclass(frozen=True, slots=True)
class File:
    """What a seed file holds, and how it is damaged, if at all."""

    records: tuple[Record, ...]
    damage: str = ""


Disk = Mapping[str, File]
CopySeen = tuple[str, str, str]
"""A copy of a paper: its file, its id or else its title, and its abstract."""
PaperSeen = frozenset[CopySeen]
Held = dict[str, tuple[Record, ...]]
"""The records that the index has of each file."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: the paths named, and its options."""

    paths: tuple[str, ...]
    prune: bool
    folders: bool
    strict: bool
    dry: bool

    def names(self, file: str) -> bool:
        return any(_is_in(file, path) for path in self.paths)


# What must be in the index


@dataclass(frozen=True, slots=True)
class Reading:
    """What can be read of a file, and whether that is all it promises.

    Of a file that is cut off the last record read may be less than it was.
    """

    records: tuple[Record, ...]
    is_whole: bool
    is_doubtful: bool = False
    is_cut_off: bool = False


def reading_of(name: str, file: File, held: Sequence[Record]) -> Reading | None:
    """Return what can be read of a file, None if nothing can."""
    records, damage = file.records, file.damage
    if damage == "cut":
        text = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(_content(name, file))
        return Reading(records[: text.count(b"\n")], False, is_cut_off=True)
    if damage == "line":
        return Reading(records[:-1], False) if len(records) > 1 else None
    if damage == "byte":
        first, *others = records
        broken = f"{first.abstract[:3]}\ufffd{first.abstract[3:]}"
        return Reading((replace(first, abstract=broken), *others), False)
    if damage == "latin-1":
        if len(_letters(records)) > 1:
            return Reading(records, True)
        read = tuple(
            replace(one, title=_as_latin_1(one.title), abstract=_as_latin_1(one.abstract))
            for one in records
        )
        return Reading(read, not any(one.undecoded for one in read))
    if damage == "short":
        return Reading(records, len(records) >= len(held), True)
    return Reading(records, True)


def after(held: Held, disk: Disk, run: Run) -> Held:
    """Return what the index must hold after a run that is not dry."""
    readings = {
        name: reading
        for name, file in disk.items()
        if run.names(name)
        if (reading := reading_of(name, file, held.get(name, ()))) is not None
    }
    now: Held = {}
    for name in held.keys() | readings.keys():
        kept = list(_after(name, held, disk, run, readings))
        if kept:
            now[name] = tuple(kept)
    return now


def has_problems(held: Held, disk: Disk, run: Run) -> bool:
    """Tell whether a run has a problem to report."""
    readings = [
        reading_of(name, file, held.get(name, ())) for name, file in disk.items() if run.names(name)
    ]
    return not all(reading and reading.is_whole for reading in readings) or not all(
        any(_is_in(name, path) for name in disk) for path in run.paths
    )


def _after(
    name: str, held: Held, disk: Disk, run: Run, readings: Mapping[str, Reading]
) -> Iterator[Record]:
    """Yield the records that the index must have of one file."""
    before = held.get(name, ())
    reading = readings.get(name)
    if reading is None and (name in disk or not run.names(name)):
        yield from before
        return
    read = reading.records if reading else ()
    groups = dict.fromkeys(one.group for one in (*before, *read))
    read_groups = {one.group for one in read}
    unread = any(one.group not in read_groups for one in before)

    def goes(one: Record) -> bool:
        is_whole = reading is None or reading.is_whole
        return is_whole and _goes(one, name, disk, held, run, readings)

    for group in groups:
        old = [one for one in before if one.group == group]
        new = [one for one in read if one.group == group]
        successors = {one: _successor(one, old, new) for one in old}
        for one in old:
            successor = successors[one]
            if successor is not None:
                yield one if _is_worse(successor, one, reading) else successor
            elif not goes(one):
                yield one
        is_open = None in successors.values()
        for one in new:
            if one in successors.values():
                continue
            hides = is_open or (unread and not one.id and "\ufffd" in one.title)
            assert reading
            is_last = reading.is_cut_off and one == read[-1]
            if not (hides and (one.undecoded or reading.is_doubtful or is_last)):
                yield one


def _successor(record: Record, old: Sequence[Record], new: Sequence[Record]) -> Record | None:
    """Return the record that a file has now in the place of another."""
    if len(old) == len(new) == 1:
        return new[0]
    same = [one for one in new if _folded(one.abstract) == _folded(record.abstract)]
    return same[0] if same else None


def _goes(
    record: Record, name: str, disk: Disk, held: Held, run: Run, readings: Mapping[str, Reading]
) -> bool:
    """Tell whether a record goes that is in its file no more."""
    is_lost = name not in readings and _is_lost(name, disk, held, run)
    records = [
        (one, reading)
        for reading in readings.values()
        for one in reading.records
        if one.group == record.group
    ]
    if records and all(_is_worse(one, record, reading) for one, reading in records):
        return False
    if run.folders or (run.prune and not is_lost):
        return True
    has_moved = any(record in reading.records for reading in readings.values())
    return has_moved and not is_lost


def _is_lost(name: str, disk: Disk, held: Held, run: Run) -> bool:
    """Tell whether a file that is not there may come back with a folder."""
    folders = [parent.as_posix() for parent in Path(name).parents if parent.name]
    for folder in folders:
        if folder != folders[0] and not any(_is_in(folder, path) for path in run.paths):
            break
        if not any(_is_in(file, folder) for file in disk):
            return True
        known = [file for file in held if _is_in(file, folder)]
        if folder == "link" and not any(file in disk for file in known):
            return True
    return False


def papers_of(held: Held) -> set[PaperSeen]:
    """Return the papers of what the files hold: each as its copies, which are files and abstracts.

    Records of one id are one paper. So are those of one title and author, unless several of them
    that are on no page differ in their abstracts: then each abstract is a paper, and the pages'
    copies that have none of these are one.
    """
    groups: dict[str, list[tuple[str, Record]]] = {}
    for name, records in held.items():
        for record in records:
            groups.setdefault(record.group, []).append((name, record))
    papers = set()
    for copies in groups.values():
        texts = {_folded(one.abstract) for name, one in copies if not one.id and not _is_page(name)}
        by_text: dict[str, set[CopySeen]] = {}
        for name, one in copies:
            text = _folded(one.abstract)
            key = text if len(texts) > 1 and text in texts else ""
            by_text.setdefault(key, set()).add((name, one.group, one.abstract))
        papers |= {frozenset(paper) for paper in by_text.values()}
    return papers


def _is_worse(new: Record, old: Record, reading: Reading | None) -> bool:
    """Tell whether less of a record can be decoded, or its file is cut off and it has changed."""
    if reading and reading.is_cut_off and (new.title, new.abstract) != (old.title, old.abstract):
        return True
    texts = (new.title, old.title), (new.abstract, old.abstract)
    return any(now.count("\ufffd") > before.count("\ufffd") for now, before in texts)


def _folded(text: str) -> str:
    return text.lower().strip(" .")


def _letters(records: Sequence[Record]) -> list[str]:
    """Return the characters beyond ASCII."""
    return [char for one in records for char in one.title + one.abstract if char > "\x7f"]


def _as_latin_1(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "replace")


def _is_page(name: str) -> bool:
    return name.endswith(".txt")


def _is_in(name: str, path: str) -> bool:
    return name == path or name.startswith(f"{path}/")


# Histories


class World:
    """Seed files in a folder, as a history changes them."""

    def __init__(self, root: Path, rng: random.Random) -> None:
        self.root = root
        self.files: dict[str, File] = {}
        self._rng = rng
        self._unmounted: dict[str, File] = {}
        self._elsewhere: dict[str, File] = {}
        self._store, self._other_store = "one", "other"

    def change(self) -> None:
        """Change something that people and accidents change."""
        changes = (
            *(
                self._add,
                self._add,
                self._add,
                self._add,
                self._edit,
                self._remove,
                self._move,
                self._swap,
            ),
            *(self._delete, self._rename, self._damage, self._cut, self._cut, self._mend),
            *(self._mount, self._turn),
        )
        self._rng.choice(changes)()

    def run(self) -> Run:
        """Return a run of some paths."""
        rng = self._rng
        wholes = [("seeds",), ("seeds", "link"), ("link",), ("seeds/sub",)]
        single = tuple(rng.sample([f"seeds/{name}" for name in FILES], 2))
        paths = rng.choice([*wholes, wholes[0], wholes[1], single])
        chances = (rng.random() < chance for chance in (0.5, 0.1, 0.15, 0.1))
        return Run(paths, *chances)

    def write(self) -> None:
        """Make the files on the disk those of the history."""
        for folder in ("seeds", "stores"):
            shutil.rmtree(self.root / folder, ignore_errors=True)
        (self.root / "seeds").mkdir()
        for store in ("one", "other"):
            (self.root / "stores" / store).mkdir(parents=True)
        link = self.root / "link"
        link.unlink(missing_ok=True)
        link.symlink_to(self.root / "stores" / self._store)
        for name, file in self.files.items():
            path = self.root / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(_content(name, file))

    def _add(self) -> None:
        name = self._any_name()
        self._put(name, self._record(name))

    def _edit(self) -> None:
        if place := self._any_record():
            name, record = place
            self._take(name, record)
            self._put(name, replace(record, abstract=self._text()))

    def _remove(self) -> None:
        if place := self._any_record():
            self._take(*place)

    def _move(self) -> None:
        if place := self._any_record():
            self._take(*place)
            self._put(self._any_name(), place[1])

    def _swap(self) -> None:
        one, other = self._any_record(), self._any_record()
        if one and other and one[0] != other[0]:
            self._take(*one)
            self._take(*other)
            self._put(other[0], one[1])
            self._put(one[0], other[1])

    def _delete(self) -> None:
        if self.files:
            del self.files[self._rng.choice(sorted(self.files))]

    def _rename(self) -> None:
        names = [name for name in self.files if name.endswith((".jsonl", ".txt"))]
        if names:
            name = self._rng.choice(sorted(names))
            suffix = name.rpartition(".")[2]
            others = [other for other in ALL_FILES if other.endswith(f".{suffix}")]
            self.files[self._rng.choice(others)] = self.files.pop(name)

    def _damage(self) -> None:
        if self.files:
            name = self._rng.choice(sorted(self.files))
            kinds = {"txt": ("short", "latin-1"), "gz": ("cut", "byte"), "jsonl": ("byte", "line")}
            damage = self._rng.choice((*kinds[name.rpartition(".")[2]], "latin-1"))
            self.files[name] = replace(self.files[name], damage=damage)

    def _cut(self) -> None:
        """Cut a page short."""
        pages = [name for name, file in self.files.items() if file.records[1:] and _is_page(name)]
        if pages:
            name = self._rng.choice(sorted(pages))
            self.files[name] = File(self.files[name].records[:-1], "short")

    def _mend(self) -> None:
        self.files = {name: replace(file, damage="") for name, file in self.files.items()}

    def _mount(self) -> None:
        """Take a folder away, or bring it back."""
        if self._unmounted:
            self.files |= self._unmounted
            self._unmounted = {}
        else:
            names = [name for name in self.files if _is_in(name, "seeds/sub")]
            self._unmounted = {name: self.files.pop(name) for name in names}

    def _turn(self) -> None:
        """Turn the link to another folder."""
        here = {name: self.files.pop(name) for name in sorted(self.files) if _is_in(name, "link")}
        self.files |= self._elsewhere
        self._elsewhere = here
        self._store, self._other_store = self._other_store, self._store

    def _any_name(self) -> str:
        return self._rng.choice(ALL_FILES)

    def _any_record(self) -> tuple[str, Record] | None:
        places = [(name, one) for name, file in self.files.items() for one in file.records]
        return self._rng.choice(places) if places else None

    def _record(self, name: str) -> Record:
        given = "" if _is_page(name) else self._rng.choice(("", *GIVEN_IDS[:2]))
        return Record(given, self._rng.choice(TITLES), self._text())

    def _text(self) -> str:
        text = self._rng.choice(TEXTS)
        return text.upper() if self._rng.random() < 0.1 else text

    def _take(self, name: str, record: Record) -> None:
        file = self.files[name]
        left = tuple(one for one in file.records if one != record)
        if left:
            self.files[name] = replace(file, records=left)
        else:
            del self.files[name]

    def _put(self, name: str, record: Record) -> None:
        """Put a record into a file, in place of those that would be one paper with it."""
        file = self.files.get(name, File(()))
        owners = {one.owner for one in file.records}
        owner = owners.pop() if owners else f"Sam {name[-5]}oe"
        if _is_page(name):
            record = replace(record, id="", owner=owner)
            others = [one for one in file.records if one.title != record.title]
        else:
            record = replace(record, owner="", title="Given" if record.id else record.title)
            others = [
                one
                for one in file.records
                if one.group != record.group
                or (not record.id and _folded(one.abstract) != _folded(record.abstract))
            ]
        self.files[name] = replace(file, records=(*others, record))


def _content(name: str, file: File) -> bytes:
    """Return the bytes of a seed file."""
    if _is_page(name):
        promised = len(file.records) + 2 * (file.damage == "short")
        blocks = "".join(
            f"LGMay 7, 2020\n{one.title}\n\n{AUTHOR}\n\n{one.abstract}\n\n" for one in file.records
        )
        text = f"{file.records[0].owner}\n\n{promised} Papers\n\n{blocks}"
    else:
        values = [
            {"title": one.title, "authors": [AUTHOR], "abstract": one.abstract}
            | ({"id": one.id} if one.id else {})
            for one in file.records
        ]
        lines = [json.dumps(one, ensure_ascii=False) + "\n" for one in values]
        if file.damage == "line":
            lines[-1] = lines[-1][: len(lines[-1]) // 2] + "\n"
        text = "".join(lines)
    letters = _letters(file.records)
    if file.damage == "latin-1" and len(letters) == 1:
        # A letter alone is read as one, but for this, a byte that damage leaves.
        text = text.replace(letters[0], "ÿ")
    content = text.encode("latin-1" if file.damage == "latin-1" else "utf-8")
    if file.damage == "byte":
        start = file.records[0].abstract
        broken = start[:3].encode() + b"\xff" + start[3:].encode()
        content = content.replace(start.encode(), broken, 1)
    if name.endswith(".gz"):
        content = gzip.compress(content, mtime=0)
        if file.damage == "cut":
            content = content[: len(content) // 2]
    return content


# Trials


def trials(seed: int, share: float) -> Iterator[Outcome]:
    """Try that share of the full number of histories."""
    failures: list[str] = []
    failed = lost = runs = 0
    count = max(round(HISTORIES * share), 1)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            root = Path(folder) / str(number)
            root.mkdir()
            ended = live(root, seed, number)
            shutil.rmtree(root)
            runs += ended.runs
            lost += ended.lost
            if ended.wrong:
                failed += 1
                failures.append(f"history {number} of seed {seed}: {ended.wrong}")
    yield Outcome(
        "a paper lives while a file that was indexed holds it",
        count,
        failed,
        lost,
        tuple(failures[:MOST_EXAMPLES]),
        f"{runs:,} runs over files added, changed, moved, swapped, removed, damaged and pruned",
    )


@dataclass(frozen=True, slots=True)
class Ended:
    """How a history ended: how many runs it had, what was wrong, and how many papers were lost."""

    runs: int
    wrong: str
    lost: int


def live(root: Path, seed: int, number: int, place: str = "") -> Ended:
    """Live through one history, until something is wrong.

    ``place`` is where the index is, instead of a folder in ``root``.
    """
    place = place or str(root / "index")
    rng = random.Random(f"{seed}/{number}")
    world = World(root, rng)
    held: Held = {}
    steps = rng.randint(2, MOST_STEPS)
    for step in range(steps):
        for _ in range(rng.randint(6, 16) if step == 0 else rng.randint(1, 3)):
            world.change()
        world.write()
        run = world.run()
        wanted = after(held, world.files, run)
        try:
            summary = _index(root, place, run)
        except SeedError:
            wanted, summary = held, None
        except SearchError as error:
            return Ended(step + 1, f"step {step}: {run}: {error}", 0)
        if run.strict and (summary is None) != has_problems(held, world.files, run):
            verb = "refused" if summary is None else "wrote"
            return Ended(step + 1, f"step {step}: {run} {verb} what a strict run may not", 0)
        papers = papers_of(wanted)
        if summary and summary.total != len(papers):
            return Ended(
                step + 1, f"step {step}: {run} counts {summary.total} papers of {len(papers)}", 0
            )
        if not run.dry:
            held = wanted
        found, expected = _found(root, place), papers_of(held)
        if found != expected:
            alive = {copy for paper in found for copy in paper}
            gone = sum(not paper & alive for paper in expected)
            wrong = f"missing {_listed(expected - found)}; instead {_listed(found - expected)}"
            return Ended(step + 1, f"step {step}: {run}: {wrong}", gone)
    return Ended(steps, "", 0)


def _index(root: Path, place: str, run: Run) -> Summary:
    return build(
        place,
        [root / path for path in run.paths],
        page_year=PAGE_YEAR,
        prune=run.prune,
        prune_missing_folders=run.folders,
        strict=run.strict,
        dry_run=run.dry,
    )


def _found(root: Path, place: str) -> set[PaperSeen]:
    """Return the papers of the index: each as its copies."""
    papers = set()
    with open_dry(place) as writer:
        for file in writer.files():
            for _, entry in writer.papers_from(file):
                papers.add(
                    frozenset(
                        (
                            os.path.relpath(one.sources[0].file, root),
                            one.id if one.id in GIVEN_IDS else one.title,
                            one.abstract,
                        )
                        for one in writer.copies(entry)
                    )
                )
    return papers


def _listed(papers: set[PaperSeen]) -> str:
    return " and ".join(sorted(str(sorted(paper)) for paper in papers)) or "nothing"
