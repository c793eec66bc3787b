#!/usr/bin/env bash
# A child made by fork hangs at its first use of a Zstandard dictionary that the parent's threads use.
#
# Seen on 2026-12-01 with backports.zstd 1.8.0 from PyPI, Python 3.11, Linux.
# A web server that loads its data and then forks workers has a dictionary in each of them, and so has
# a pool of multiprocessing. ZstdDict has a lock, which a thread takes without the interpreter's own;
# when the process is forked between the two, the child's copy stays locked for ever. Without a
# dictionary, or with one of zlib, all children answer. A dictionary made anew in the child works: who
# reads with one must notice a fork.
#
# Output seen:
#   with a dictionary some children wait for ever
#   without one all children answer
#   with a dictionary of zlib all children answer
#   with a dictionary made anew in the child all children answer
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > children.py <<'PY'
import multiprocessing
import threading
import zlib

from backports import zstd

PAPERS = [f"Paper {number} on rivers and lakes. ".encode() * 30 for number in range(200)]
RAW = PAPERS[0][:1024]
DICTIONARY = zstd.ZstdDict(RAW, is_raw=True)
FRAMES = [zstd.compress(paper, zstd_dict=DICTIONARY) for paper in PAPERS]
BARE = [zstd.compress(paper) for paper in PAPERS]


def deflated(paper):
    packer = zlib.compressobj(zdict=RAW)
    return packer.compress(paper) + packer.flush()


DEFLATED = [deflated(paper) for paper in PAPERS]


def with_dictionary(dictionary=DICTIONARY):
    return [zstd.decompress(frame, zstd_dict=dictionary) for frame in FRAMES]


def without():
    return [zstd.decompress(frame) for frame in BARE]


def with_zlib():
    return [zlib.decompressobj(zdict=RAW).decompress(one) for one in DEFLATED]


def with_own():
    return with_dictionary(zstd.ZstdDict(RAW, is_raw=True))


def answer(read):
    raise SystemExit(read() != PAPERS)


def children(read_in_threads, read_in_child):
    """Fork children while threads read, until one does not answer in 20 seconds."""
    done = threading.Event()

    def work():
        while not done.is_set():
            read_in_threads()

    read_in_threads()
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    answers = True
    for _ in range(40):
        child = multiprocessing.get_context("fork").Process(target=answer, args=(read_in_child,))
        child.start()
        child.join(20)
        answers = child.exitcode == 0
        child.kill()
        child.join()
        if not answers:
            break
    done.set()
    for thread in threads:
        thread.join()
    return "all children answer" if answers else "some children wait for ever"


print("with a dictionary", children(with_dictionary, with_dictionary))
print("without one", children(without, without))
print("with a dictionary of zlib", children(with_zlib, with_zlib))
print("with a dictionary made anew in the child", children(with_dictionary, with_own))
PY

python3 -m venv venv
venv/bin/pip install --quiet backports.zstd==1.8.0
venv/bin/python -W ignore children.py | tee seen

cat > expected <<'TEXT'
with a dictionary some children wait for ever
without one all children answer
with a dictionary of zlib all children answer
with a dictionary made anew in the child all children answer
TEXT
diff expected seen
