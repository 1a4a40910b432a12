"""The local disk: what a killed process leaves on it goes with the next one, what a living one uses stays."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chalicelib.archive.room import own_directory

USING = """
import sys
from pathlib import Path
from chalicelib.archive.room import own_directory
own = own_directory(Path(sys.argv[1]))
(own / "scratch").write_bytes(b"much")
print(own, flush=True)
sys.stdin.read()
"""


@contextmanager
def another_process(shared: Path) -> Iterator[Path]:
    """A process that uses its directory until it is killed."""
    command = [sys.executable, "-c", USING, str(shared)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Path(process.stdout.readline().strip())
        finally:
            process.kill()


def test_what_a_killed_process_has_left_is_removed_by_the_next(tmp_path: Path) -> None:
    with another_process(tmp_path) as killed:
        assert (killed / "scratch").exists()

    own = own_directory(tmp_path)

    assert list(tmp_path.iterdir()) == [own]


def test_what_another_process_uses_stays(tmp_path: Path) -> None:
    with another_process(tmp_path) as living:
        own = own_directory(tmp_path)

        assert sorted(tmp_path.iterdir()) == sorted([living, own])
        assert (living / "scratch").exists()


def test_what_is_no_process_directory_stays(tmp_path: Path) -> None:
    (tmp_path / "indexes").mkdir()

    own_directory(tmp_path)

    assert (tmp_path / "indexes").exists()
