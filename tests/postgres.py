"""A PostgreSQL of our own: started from its own programs in a folder of its own, reached by a socket in that folder."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

__all__ = ["NotHere", "Server", "postgresql"]

USER = "postgres"
SECONDS_TO_START, SECONDS_BETWEEN_TRIES = 30, 0.05
# Debian and others keep the programs away from PATH, in one folder per version.
FOLDERS = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "usr/local/pgsql/bin")
INITDB = ("--username", USER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")


class NotHere(Exception):
    """PostgreSQL cannot be started on this machine; the message says why."""


class Server:
    """A running server. Whoever may enter its folder may do anything with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def url(self, name: str = USER) -> str:
        """Return the address of a database."""
        return f"postgresql://{USER}@/{name}?host={self._folder}"

    def create(self, template: str = "template1") -> str:
        """Make a database like another one and return its name."""
        self._count += 1
        name = f"db{self._count}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, also from under those who still use it."""
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def run(self, statement: str) -> None:
        """Run one statement outside of a transaction."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode("ascii"))


@contextmanager
def postgresql(settings: Sequence[str] = ()) -> Iterator[Server]:
    """Start PostgreSQL, with settings such as fsync=off, and stop it afterwards; raise NotHere if that cannot be."""
    programs, whose = _programs(), _owner()
    # Not pytest's own folder, which only its maker may enter: PostgreSQL refuses to run as root.
    folder = Path(tempfile.mkdtemp(prefix="magflag-pg-"))
    try:
        if whose:
            shutil.chown(folder, whose["user"], whose["group"])
        initdb = [str(programs / "initdb"), f"--pgdata={folder / 'data'}", *INITDB]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **whose)
        with _running(programs, folder, settings, whose):
            yield Server(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(programs: Path, folder: Path, settings: Sequence[str], whose: dict[str, Any]) -> Iterator[None]:
    options = [f"--{each}" for each in ("listen_addresses=", f"unix_socket_directories={folder}", *settings)]
    command = [str(programs / "postgres"), "-D", str(folder / "data"), *options]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **whose)
        try:
            _wait(server, folder)
            yield
        finally:
            server.send_signal(signal.SIGINT)  # Its word for ending now, without waiting for those who still use it.
            server.wait(SECONDS_TO_START)


def _wait(server: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while server.poll() is None and time.monotonic() < until:
        try:
            psycopg.connect(Server(folder).url()).close()
            return
        except psycopg.OperationalError:
            time.sleep(SECONDS_BETWEEN_TRIES)
    raise NotHere(f"PostgreSQL did not start: {(folder / 'log').read_text(errors='replace')[-500:]}")


def _programs() -> Path:
    found = shutil.which("postgres")
    folders = [Path(found).parent] if found else [each for glob in FOLDERS for each in sorted(Path("/").glob(glob))]
    if not folders:
        raise NotHere("PostgreSQL is not installed here (on Debian: apt install postgresql).")
    return folders[-1]


def _owner() -> dict[str, Any]:
    """Return who is to run it: ourselves, unless we are root."""
    if os.geteuid() != 0:
        return {}
    try:
        entry = pwd.getpwnam(USER)
    except KeyError:
        raise NotHere(f"PostgreSQL refuses to run as root, and there is no user {USER} here.") from None
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
