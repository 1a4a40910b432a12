"""Every room imports only inward."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FREE = {"config", "errors", "ids", "telemetry"}
MAY_IMPORT = {
    "domain": set[str](),
    "store": {"domain"},
    "aws": {"domain"},
    "connectors": {"domain"},
    "archive": {"domain"},
    "credentials": {"domain", "store", "aws", "connectors", "archive"},
    "backup": {"domain", "store", "aws", "connectors", "archive", "credentials"},
    "services": {"domain", "store", "aws", "connectors", "archive", "credentials"},
    "api": {"domain", "store", "aws", "connectors", "archive", "credentials", "services"},
}
ONLY_IN = {
    "boto3": {"aws"},
    "botocore": {"aws"},
    "chalice": {"api", "app"},
    "requests": {"connectors", "credentials", "aws"},  # aws: the user pool publishes its keys as a plain document
    "pycurl": {"connectors"},
    "authlib": {"credentials"},
    "aws_lambda_powertools": {"telemetry", "app", "processors"},
    "aws_xray_sdk": {"telemetry", "app", "processors"},
    "cedarpy": {"domain"},
}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    return parts[1].removesuffix(".py") if parts[0] == "chalicelib" else parts[0].removesuffix(".py")


def product() -> list[Path]:
    return [ROOT / "app.py", *(ROOT / "chalicelib").rglob("*.py"), *(ROOT / "processors").rglob("*.py")]


def ours(path: Path) -> set[str]:
    names = (name.split(".") for name in imported(path))
    return {parts[1] for parts in names if parts[0] == "chalicelib" and len(parts) > 1}


@pytest.mark.parametrize("inner", sorted(MAY_IMPORT))
def test_a_room_imports_only_inward(inner: str) -> None:
    strays = {
        f"{path.relative_to(ROOT)} imports {target}"
        for path in (ROOT / "chalicelib" / inner).rglob("*.py")
        for target in ours(path) - MAY_IMPORT[inner] - FREE - {inner}
    }
    assert not strays


def test_the_free_modules_import_at_most_each_other() -> None:
    strays = {(name, target) for name in FREE for target in ours(ROOT / "chalicelib" / f"{name}.py") - FREE}
    assert not strays


def test_processors_never_see_the_api() -> None:
    strays = {
        (path.name, target)
        for path in (ROOT / "processors").rglob("*.py")
        for target in ours(path) & {"api", "services"}
    }
    assert not strays


@pytest.mark.parametrize("package", sorted(ONLY_IN))
def test_an_outside_package_is_known_in_its_room_only(package: str) -> None:
    strays = {
        str(path.relative_to(ROOT))
        for path in product()
        if path.exists() and room(path) not in ONLY_IN[package]
        for name in imported(path)
        if name.split(".")[0] == package
    }
    assert not strays


def test_the_sandbox_knows_nothing_of_ours() -> None:
    strays = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "sandbox").rglob("*.py")
        for name in imported(path)
        if name.split(".")[0] in {"chalicelib", "processors", "infra", "app"}
    }
    assert not strays


def test_infra_knows_the_connectors_only() -> None:
    strays = {
        f"{path.name} imports {target}"
        for path in (ROOT / "infra").rglob("*.py")
        for target in ours(path) - {"connectors"}
    }
    assert not strays
