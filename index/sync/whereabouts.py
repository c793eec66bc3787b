"""What has become of the indexed files below the paths that a run names."""

import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from index.readers.base import Problem
from index.reading.archives import Archive
from index.reading.paths import file_on_disk, is_stream, member_name, system_path


class Whereabouts:
    """Looks at indexed files, each once, and only below the paths named.

    A member of an archive is there while the archive is and has it.

    ``paths`` are absolute paths as text, None for every path there is. ``files`` are all files that
    were indexed before this run. ``report`` is told of a file that cannot be looked at.
    """

    def __init__(
        self,
        paths: Iterable[str] | None,
        files: Sequence[str],
        report: Callable[[Problem], None],
    ) -> None:
        self._paths = None if paths is None else frozenset(paths)
        self.files = files
        self._report = report
        # Not functools.cache: it would keep this object, and the writer's open files with it.
        self._named_folders: dict[str, bool] = {}
        self._exists: dict[str, bool] = {}
        self._names: dict[str, Collection[str] | None] = {}
        self._is_lost: dict[str, bool] = {}

    def is_gone(self, file: str) -> bool:
        """Tell whether an indexed file is below a path named and exists no more."""
        return not is_stream(file) and self._is_named(file) and not self._there(file)

    def lost_folder(self, file: str) -> str | None:
        """Return the outermost folder that is gone with a file and may come back, None if none is.

        Such a folder does not exist or holds no file at all, as where a drive is not mounted, or it
        is a link to a folder that has none of the indexed files. If the file itself is a link that
        leads nowhere, that is returned.
        """
        file = file_on_disk(file)
        found = [folder for folder in self._folders_of(file) if self._looks_lost(folder)]
        if found:
            return found[-1]
        return file if os.path.islink(system_path(file)) else None

    def _is_named(self, file: str) -> bool:
        if self._paths is None or file in self._paths:
            return True
        # Many files are in one folder.
        folder = file[: file.rfind(os.sep) + 1]
        if folder not in self._named_folders:
            self._named_folders[folder] = self._is_below(os.path.dirname(file))
        return self._named_folders[folder]

    def _is_below(self, folder: str) -> bool:
        """Tell whether a folder is one of the paths, or below one."""
        while self._paths is not None and folder not in self._paths:
            folder, before = os.path.dirname(folder), folder
            if folder == before:
                return False
        return True

    def _folders_of(self, file: str) -> Iterator[str]:
        """Yield the folders that a file is in, innermost first, as far out as they are named.

        The innermost one is always among them: a file that is named itself was looked for there.
        """
        folder = os.path.dirname(file)
        yield folder
        while self._paths is not None and self._is_named(parent := os.path.dirname(folder)):
            if parent == folder:
                return
            folder = parent
            yield folder

    def _there(self, file: str) -> bool:
        if file not in self._exists:
            self._exists[file] = self._look_for(file)
        return self._exists[file]

    def _look_for(self, file: str) -> bool:
        """Tell whether ``file`` exists; one whose folder cannot be read is a problem, not gone."""
        archive, member = file_on_disk(file), member_name(file)
        if member:
            return self._there(archive) and self._has_member(archive, member)
        try:
            return not stat.S_ISDIR(os.stat(system_path(file)).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or error
            self._report(Problem(file, 0, f"cannot be looked at ({reason}); its papers are kept"))
            return True
        except ValueError:  # no file can have such a name
            return False

    def _has_member(self, archive: str, member: str) -> bool:
        """Tell whether an archive has a member, or cannot tell, which is a problem."""
        if archive not in self._names:
            self._names[archive] = self._names_in(archive)
        names = self._names[archive]
        return names is None or member in names

    def _names_in(self, archive: str) -> Collection[str] | None:
        try:
            opened = Archive(system_path(archive))
        except OSError as error:
            reason = f"{getattr(error, 'strerror', None) or error}; the papers in it are kept"
            self._report(Problem(archive, 0, reason))
            return None
        opened.close()
        return opened.names

    def _looks_lost(self, folder: str) -> bool:
        if folder not in self._is_lost:
            self._is_lost[folder] = self._look_at(folder)
        return self._is_lost[folder]

    def _look_at(self, folder: str) -> bool:
        path = system_path(folder)
        if not os.path.isdir(path) or not _holds_files(path):
            return True
        if not os.path.islink(path):
            return False
        return not any(self._there(file) for file in self.files if _is_at_or_below(file, folder))


def _is_at_or_below(file: str, path: str) -> bool:
    return file == path or file.startswith(path if path.endswith(os.sep) else path + os.sep)


def _holds_files(folder: str) -> bool:
    """Tell whether there is any file below a folder, other than hidden ones."""
    for _, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if any(not name.startswith(".") for name in names):
            return True
    return False
