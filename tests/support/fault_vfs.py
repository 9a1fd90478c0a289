"""SQLite's file layer in Python: the libsqlite3 under the standard library's sqlite3 does all I/O through `Volume`s.

One VFS called "fault" is registered with ctypes for the life of the process. A database is opened as
`file:/NUMBER/path?vfs=fault`, where NUMBER is the volume's. Structures and constants: sqlite3.h, sqlite.org/c3ref/vfs
and c3ref/io_methods. Measured: about 2 µs a call, so that a commit costs what it costs on tmpfs.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import functools
import sys
from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from typing import Any, Protocol
from weakref import WeakValueDictionary

from fault_kinds import CANTOPEN, IOERR, OK

SHORT_READ = IOERR | 2 << 8
CREATE = 4
JOURNALS = 0x800 | 0x4000 | 0x80000  # rollback journal, super-journal, write-ahead log
NOT_FOUND = 12
POWERSAFE_OVERWRITE = 0x1000
SECTOR_SIZE = 4096
REGION = 32768  # bytes of shared memory that SQLite asks for at a time

NAME = "fault"
SCRATCH = 0  # the volume of temporary files: SQLite does not say to which database they belong


class OpenFile(Protocol):
    """What SQLite holds. Each call gives an SQLite result code."""

    def close(self) -> int: ...
    def read(self, amount: int, offset: int) -> bytes | int: ...
    def write(self, data: bytes, offset: int) -> int: ...
    def truncate(self, size: int) -> int: ...
    def sync(self) -> int: ...
    def size(self) -> tuple[int, int]: ...
    def lock(self, level: int) -> int: ...
    def unlock(self, level: int) -> int: ...
    def is_reserved(self) -> bool: ...
    def shared_memory(self, region: int, extend: bool) -> tuple[int, ctypes.Array[Any] | None]: ...
    def shared_lock(self, first: int, count: int, flags: int) -> int: ...
    def shared_unmap(self) -> int: ...


class Volume(Protocol):
    """A disk."""

    def open(self, name: str, flags: int) -> OpenFile | int: ...
    def delete(self, name: str, sync_folder: bool) -> int: ...
    def access(self, name: str) -> tuple[int, bool]: ...


class _Io(Structure):
    """A table sqlite3_io_methods, version 2."""

    _fields_ = [
        ("version", c_int),
        ("close", CFUNCTYPE(c_int, c_void_p)),
        ("read", CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)),
        ("write", CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)),
        ("truncate", CFUNCTYPE(c_int, c_void_p, c_int64)),
        ("sync", CFUNCTYPE(c_int, c_void_p, c_int)),
        ("size", CFUNCTYPE(c_int, c_void_p, POINTER(c_int64))),
        ("lock", CFUNCTYPE(c_int, c_void_p, c_int)),
        ("unlock", CFUNCTYPE(c_int, c_void_p, c_int)),
        ("is_reserved", CFUNCTYPE(c_int, c_void_p, POINTER(c_int))),
        ("control", CFUNCTYPE(c_int, c_void_p, c_int, c_void_p)),
        ("sector_size", CFUNCTYPE(c_int, c_void_p)),
        ("characteristics", CFUNCTYPE(c_int, c_void_p)),
        ("shared_memory", CFUNCTYPE(c_int, c_void_p, c_int, c_int, c_int, POINTER(c_void_p))),
        ("shared_lock", CFUNCTYPE(c_int, c_void_p, c_int, c_int, c_int)),
        ("barrier", CFUNCTYPE(None, c_void_p)),
        ("shared_unmap", CFUNCTYPE(c_int, c_void_p, c_int)),
    ]


class _Vfs(Structure):
    """A structure sqlite3_vfs, version 1. What this layer leaves alone is copied from the default one."""

    _fields_ = [
        ("version", c_int),
        ("file_size", c_int),
        ("longest_name", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))),
        ("delete", CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)),
        ("access", CFUNCTYPE(c_int, c_void_p, c_char_p, c_int, POINTER(c_int))),
        ("full_name", CFUNCTYPE(c_int, c_void_p, c_char_p, c_int, c_void_p)),
        ("others", c_void_p * 8),  # xDlOpen to xGetLastError
    ]


class _Layer:
    """The registered VFS and everything that is open in it."""

    def __init__(self) -> None:
        self.volumes: WeakValueDictionary[int, Volume] = WeakValueDictionary()
        self.files: dict[int, OpenFile] = {}  # by the address of SQLite's sqlite3_file
        self._io = _Io(2, *(kind(_never_raising(getattr(self, name))) for name, kind in _Io._fields_[1:]))
        library = _library()
        library.sqlite3_vfs_find.restype = POINTER(_Vfs)
        default = library.sqlite3_vfs_find(None).contents
        self._vfs = _Vfs(1, 16, 512, None, NAME.encode())
        for name, kind in _Vfs._fields_[6:10]:
            setattr(self._vfs, name, kind(_never_raising(getattr(self, f"vfs_{name}"))))
        self._vfs.others = default.others
        if library.sqlite3_vfs_register(ctypes.byref(self._vfs), 0) != OK:
            raise RuntimeError("SQLite refused the file layer")

    def vfs_open(self, _vfs: int, name: int | None, file: int, flags: int, out: Any) -> int:
        c_void_p.from_address(file).value = None  # SQLite closes what has methods, even when opening failed
        number, path = _split(ctypes.string_at(name)) if name else (SCRATCH, f"/{file}")
        opened = self.volumes[number].open(path, flags)
        if isinstance(opened, int):
            return opened
        self.files[file] = opened
        c_void_p.from_address(file).value = ctypes.addressof(self._io)
        if out:
            out[0] = flags
        return OK

    def vfs_delete(self, _vfs: int, name: bytes, sync_folder: int) -> int:
        number, path = _split(name)
        return self.volumes[number].delete(path, bool(sync_folder))

    def vfs_access(self, _vfs: int, name: bytes, _flags: int, out: Any) -> int:
        number, path = _split(name)
        code, out[0] = self.volumes[number].access(path)
        return code

    def vfs_full_name(self, _vfs: int, name: bytes, room: int, out: int) -> int:
        if len(name) >= room:
            return CANTOPEN
        ctypes.memmove(out, name + b"\0", len(name) + 1)
        return OK

    def close(self, file: int) -> int:
        return self.files.pop(file).close()

    def read(self, file: int, into: int, amount: int, offset: int) -> int:
        data = self.files[file].read(amount, offset)
        if isinstance(data, int):
            return data
        ctypes.memmove(into, data, len(data))
        if len(data) == amount:
            return OK
        ctypes.memset(into + len(data), 0, amount - len(data))
        return SHORT_READ

    def write(self, file: int, source: int, amount: int, offset: int) -> int:
        return self.files[file].write(ctypes.string_at(source, amount), offset)

    def truncate(self, file: int, size: int) -> int:
        return self.files[file].truncate(size)

    def sync(self, file: int, _flags: int) -> int:
        return self.files[file].sync()

    def size(self, file: int, out: Any) -> int:
        code, out[0] = self.files[file].size()
        return code

    def lock(self, file: int, level: int) -> int:
        return self.files[file].lock(level)

    def unlock(self, file: int, level: int) -> int:
        return self.files[file].unlock(level)

    def is_reserved(self, file: int, out: Any) -> int:
        out[0] = self.files[file].is_reserved()
        return OK

    def control(self, _file: int, _what: int, _argument: int) -> int:
        return NOT_FOUND

    def sector_size(self, _file: int) -> int:
        return SECTOR_SIZE

    def characteristics(self, _file: int) -> int:
        return POWERSAFE_OVERWRITE  # as SQLite takes for granted of every Linux file system

    def shared_memory(self, file: int, region: int, size: int, extend: int, out: Any) -> int:
        assert size == REGION
        code, memory = self.files[file].shared_memory(region, bool(extend))
        out[0] = ctypes.addressof(memory) if memory is not None else None
        return code

    def shared_lock(self, file: int, first: int, count: int, flags: int) -> int:
        return self.files[file].shared_lock(first, count, flags)

    def barrier(self, _file: int) -> None:
        """The interpreter's lock is one."""

    def shared_unmap(self, file: int, _delete: int) -> int:
        return self.files[file].shared_unmap()


@functools.cache
def layer() -> _Layer:
    """The process's one file layer, registered at the first use."""
    made = _Layer()
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(made))  # connections left open call it until the very end
    return made


def _library() -> ctypes.CDLL:
    """The very SQLite that the sqlite3 module calls, wherever it comes from."""
    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
    if not hasattr(library, "sqlite3_vfs_register"):
        raise RuntimeError("this Python's SQLite hides its C functions: use one that is linked to a libsqlite3")
    return library


def _split(name: bytes) -> tuple[int, str]:
    _, number, path = name.decode().split("/", 2)
    return int(number), f"/{path}"


def _never_raising(call: Callable[..., Any]) -> Callable[..., Any]:
    """An error of the layer itself cannot pass through C: it is told through sys.unraisablehook, which fails a test."""

    def called(*arguments: Any) -> Any:
        try:
            return call(*arguments)
        except BaseException as error:
            sys.unraisablehook(_Unraisable(error, call))
            return IOERR

    return called


class _Unraisable:
    def __init__(self, error: BaseException, where: object) -> None:
        self.exc_type, self.exc_value, self.exc_traceback = type(error), error, error.__traceback__
        self.err_msg, self.object = "In the file layer", where
