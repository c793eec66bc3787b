"""Child processes of one that searches, forked or started anew, answer as their parent does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

# The parent's threads search without a pause, with caches so small that each word is computed anew,
# while children are made: new interpreters, and forks one by one while those start. A child that
# waits for a lock that nobody holds never ends, so each has a time limit.
PROGRAM = """
import json, multiprocessing, os, sys, threading
import searcher
from searcher.engines.local import reader

DIRECTORY = sys.argv[1]
QUERIES = ["label noise", '"label noise"', "federated snowballing", "reasonin~", "author:han", "*"]
WAIT = 120

def answers(papers):
    return [
        [(hit.id, hit.score, hit.snippets) for hit in papers.search(query, facets=FACETS)]
        for query in QUERIES
    ]

FACETS = ("year", "author")
shared = None

def child(queue):
    papers = shared if shared is not None else searcher.open(DIRECTORY)
    queue.put(answers(papers))

def started(method):
    context = multiprocessing.get_context(method)
    queue = context.SimpleQueue()
    process = context.Process(target=child, args=(queue,))
    process.start()
    return process, queue

def answers_of(process, queue):
    reply = queue._reader.poll(WAIT) and queue.get()
    process.join(WAIT if reply else 0)
    ended = process.exitcode == 0
    process.kill()
    process.join()
    return ended and reply

def main():
    global shared
    if os.environ.get("SMALL"):
        reader.CACHE_BYTES = reader.CACHE_BYTES_PER_PAPER = 0
    papers = searcher.open(DIRECTORY)
    expected = answers(papers)
    done = threading.Event()

    def work():
        while not done.is_set():
            answers(papers)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    methods = ("spawn", "forkserver") if os.environ.get("SMALL") else ()
    anew = {method: started(method) for method in methods}
    shared = papers  # which a fork has
    right = {f"fork {number}": answers_of(*started("fork")) == expected for number in range(4)}
    for method, child_of in anew.items():
        right[method] = answers_of(*child_of) == expected
    assert answers(papers) == expected
    done.set()
    for thread in threads:
        thread.join()
    print(json.dumps(right))

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("small", ["", "1"], ids=["usual cache", "no cache"])
def test_children_of_a_process_whose_threads_search(
    tmp_path: Path, seeds_index: Path, small: str
) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", str(program), str(seeds_index)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SMALL": small},
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    right = json.loads(ended.stdout)
    # A new interpreter has the usual cache, whatever that of its parent is.
    anew = ["spawn", "forkserver"] if small else []
    assert right == dict.fromkeys([*(f"fork {n}" for n in range(4)), *anew], True)
