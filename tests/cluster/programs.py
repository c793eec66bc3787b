"""What a node is run with: a Java, and the jars of OpenSearch from Maven Central, copied once."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

POM = Path(__file__).with_name("pom.xml")
LOWEST_JAVA = 21
_MAX_COPY_S = 900


class MissingProgramError(Exception):
    """What the tests on a cluster need is not installed; the message says how to get it."""


def find_java() -> Path:
    """Return the first ``java`` that is new enough: of JAVA_HOME, the system's folders, the PATH.

    Raise MissingProgramError if there is none.
    """
    looked_at = []
    for java in _javas():
        version = _version_of(java)
        if version >= LOWEST_JAVA:
            return java
        looked_at.append(f"{java} is Java {version}" if version else f"{java} does not run")
    raise MissingProgramError(
        f"OpenSearch needs Java {LOWEST_JAVA} or newer, and there is none: set JAVA_HOME to one "
        f"(looked at: {'; '.join(looked_at) or 'nothing is there'})"
    )


def _javas() -> Iterator[Path]:
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    homes += sorted(Path("/usr/lib/jvm").glob("*"))
    homes += sorted(Path("/Library/Java/JavaVirtualMachines").glob("*/Contents/Home"))
    seen = set()
    for java in [*(home / "bin" / "java" for home in homes), Path(shutil.which("java") or "")]:
        if java.is_file() and java.resolve() not in seen:
            seen.add(java.resolve())
            yield java


def _version_of(java: Path) -> int:
    """Return the main version of a ``java``, such as 21; 0 if it does not say one."""
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else 0


def find_jars() -> Path:
    """Return the folder of the jars that pom.xml names, copied from Maven Central only once.

    Of several processes one copies, and the others wait for it. Raise MissingProgramError if there
    is no Maven or it fails.
    """
    digest = hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    folder = ROOT / "build" / f"opensearch-{digest}"
    folder.parent.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=folder.parent) as begun:
                _copy_jars(Path(begun))
                os.rename(Path(begun) / "jars", folder)
    return folder


def _copy_jars(folder: Path) -> None:
    maven = shutil.which("mvn")
    if not maven:
        raise MissingProgramError("OpenSearch is copied by Maven: apt-get install maven")
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={folder / 'jars'}"]
    copied = subprocess.run(
        [maven, "-q", "-B", "-f", POM, *goal],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_MAX_COPY_S,
        check=False,
    )
    if copied.returncode:
        raise MissingProgramError(f"Maven did not copy OpenSearch: {copied.stdout.strip()}")
