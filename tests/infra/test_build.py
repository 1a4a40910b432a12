"""A build is the same whenever its sources are, and holds what its Lambdas need and no more."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from infra.build import PROCESSOR_ROOMS, ROOT, build
from infra.layer import _needed
from infra.zips import unzipped, zipped

OURS = {"app", "chalicelib", "processors"}


def test_a_second_build_is_byte_for_byte_the_first(built: Path, tmp_path: Path) -> None:
    build("main", tmp_path, with_layer=False)

    for file in sorted(built.iterdir()):
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name


def test_a_zip_does_not_know_when_or_in_which_order_it_was_made() -> None:
    assert zipped({"b": b"2", "a": b"1"}) == zipped({"a": b"1", "b": b"2"})
    assert unzipped(zipped({"a": b"1"}, executable=["a"])) == {"a": b"1"}


def test_processors_carry_only_the_rooms_they_may_use(built: Path) -> None:
    names = [name.split("/") for name in unzipped((built / "processors.zip").read_bytes())]

    carried = {parts[1] for parts in names if parts[0] == "chalicelib"}

    assert carried == set(PROCESSOR_ROOMS)


@pytest.mark.parametrize("name", ["processors.zip", "deployment.zip"])
def test_no_zip_carries_tests_secrets_or_caches(built: Path, name: str) -> None:
    contents = unzipped((built / name).read_bytes())

    assert not [file for file in contents if file.endswith((".pyc", ".env", ".pem")) or file.startswith("tests/")]


@pytest.mark.parametrize("module", sorted(path.stem for path in (ROOT / "processors").glob("[!_]*.py")))
def test_each_processor_starts_from_its_zip_alone(built: Path, tmp_path: Path, module: str) -> None:
    for name, data in unzipped((built / "processors.zip").read_bytes()).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)

    started = subprocess.run(
        [sys.executable, "-c", f"import processors.{module}"], cwd=tmp_path, env=_bare(), capture_output=True, text=True
    )

    assert started.returncode == 0, started.stderr


def test_lambdas_import_nothing_that_is_not_in_their_layer() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines if "==" in line}
    files = [ROOT / "app.py", *(ROOT / "chalicelib").rglob("*.py"), *(ROOT / "processors").rglob("*.py")]
    providers = packages_distributions()

    imported = {name for file in files for name in top_level_imports(file)} - sys.stdlib_module_names - OURS
    stray = {name for name in imported if not pinned & {of.lower().replace("_", "-") for of in providers[name]}}

    assert {name for name in stray if not name.startswith("mypy_boto3_")} == {"chalice"}, "Chalice brings itself along"


def test_the_layer_leaves_out_what_names_this_machine() -> None:
    assert _needed("boto3/__init__.py")
    assert _needed("boto3-1.dist-info/METADATA")
    assert not _needed("bin/jp.py")
    assert not _needed("boto3-1.dist-info/RECORD")


def top_level_imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def _bare() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
