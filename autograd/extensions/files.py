"""Writing files that are never half written: the new content is written beside the old file, then moved there."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import BinaryIO

__all__ = ["write"]


def write(file: str | os.PathLike[str], content: str | bytes, parents: bool = False) -> None:
    """Write a file whose place holds, at every moment, all of the old content or all of the new content.

    A string is written in UTF-8.  `parents` creates missing folders.  An existing file keeps its permissions, and a
    symbolic link stays a link; another hard link to the file keeps the old content.  Devices and pipes, such as
    ``/dev/stdout``, are written directly.  If the program is killed while it writes, a hidden file whose name ends in
    ``.tmp`` may be left in the folder.

    Raises OSError, with the file and the reason, if it cannot be written, for instance if the disk is full, or the
    folder does not accept new files.  Raises UnicodeEncodeError for a string with half a surrogate pair; nothing is
    created then.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        path = os.fsdecode(file)
        if parents and (folder := os.path.dirname(path)):
            os.makedirs(folder, exist_ok=True)
        _write(path, data)
    except OSError as error:
        raise OSError(error.errno, f"cannot be written: {error.strerror}", str(file)) from None
    except ValueError as error:  # a name that no system accepts, such as one with a null character
        raise OSError(errno.EINVAL, f"cannot be written: {error}", str(file)) from None


def _write(path: str, data: bytes) -> None:
    try:
        old = os.stat(path)
    except FileNotFoundError:
        old = None
    if old and not stat.S_ISREG(old.st_mode):
        with open(path, "wb") as stream:
            stream.write(data)
        return
    if old:
        os.close(os.open(path, os.O_WRONLY))  # replacing needs no right to write to the old file: ask for it
    place = os.path.realpath(path) if os.path.islink(path) else path
    beside = os.path.join(os.path.dirname(place), f".{os.urandom(8).hex()}.tmp")
    try:
        with _new(beside) as stream:
            if old:
                _copy_permissions(old, beside)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())  # otherwise a power failure after the move could leave an empty file
        os.replace(beside, place)
    finally:  # after Ctrl-C, too
        with suppress(OSError):
            os.unlink(beside)


def _new(file: str) -> BinaryIO:
    try:
        return open(file, "xb")
    except PermissionError as error:
        raise PermissionError(error.errno, f"{error.strerror} to create a new file in its folder") from None


def _copy_permissions(old: os.stat_result, file: str) -> None:
    if hasattr(os, "chown"):
        with suppress(PermissionError):  # only the administrator can give files away
            os.chown(file, old.st_uid, old.st_gid)
    os.chmod(file, stat.S_IMODE(old.st_mode))
