"""Builds what is deployed into `build/`. Built twice, the bytes are the same.

- core.json: the core stack
- app.json: the app stack: what Chalice makes of app.py, with infra's templates and functions over it
- deployment.zip: app.py and all of chalicelib
- processors.zip: the processors and the rooms they may use, so that an edit of the API leaves it unchanged
- layer.zip: requirements.txt as wheels for the Lambdas
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from infra import templates
from infra.functions import RUNTIME
from infra.layer import layer
from infra.processors import processors
from infra.steps import steps
from infra.templates import Template
from infra.zips import files_under, unzipped, zipped

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
PROCESSOR_ROOMS = (
    "__init__.py", "config.py", "errors.py", "ids.py", "telemetry.py",
    "domain", "store", "aws", "connectors", "credentials", "archive", "backup",
)  # fmt: skip


def build(stage: str, out: Path = BUILD, *, with_layer: bool = True) -> Path:
    """Build everything for a stage. Without the layer it takes a second, and cannot go to AWS."""
    out.mkdir(parents=True, exist_ok=True)
    app = _packaged(stage, out)
    (out / "core.json").write_text(templates.written(templates.read(ROOT / "infra/core.yaml")))
    (out / "app.json").write_text(templates.written(_completed(app)))
    (out / "processors.zip").write_bytes(zipped(files_under(ROOT, "processors", *_rooms())))
    if with_layer:
        (out / "layer.zip").write_bytes(layer(ROOT / "requirements.txt", ROOT / ".cache"))
    return out


def amendments() -> Template:
    """Compose what is laid over Chalice's template."""
    merged: Template = {}
    for name in ("app.yaml", "monitoring.yaml"):
        merged = templates.laid_over(merged, templates.read(ROOT / "infra" / name))
    for function in (*steps(), *processors()):
        merged["Resources"] |= function.resources()
    machine = merged["Resources"]["BackupMachine"]["Properties"]
    machine["Definition"] = json.loads((ROOT / "statemachines/backup.asl.json").read_text())
    return merged


def _packaged(stage: str, out: Path) -> Template:
    """Let Chalice package a copy of the app that has no requirements (they are the layer) and no earlier packages."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory)
        for name in ("app.py", "chalicelib", ".chalice"):
            _copy(ROOT / name, copy / name)
        (copy / "requirements.txt").touch()
        over = copy / "over.json"
        over.write_text(json.dumps(amendments()))
        _chalice(copy, "package", "--stage", stage, "--merge-template", str(over), str(copy / "out"))
        code = unzipped((copy / "out/deployment.zip").read_bytes())
        (out / "deployment.zip").write_bytes(zipped(code))
        return templates.read(copy / "out/sam.json")


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        shutil.copyfile(source, target)
    else:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "deployments", "deployed", "venv"))


def _chalice(directory: Path, *arguments: str) -> None:
    """Run Chalice, which imports the app in a process of its own and wants to hear of some region."""
    environment = {"AWS_DEFAULT_REGION": "us-east-1", **os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    start = "import sys; from chalice.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", start, "--project-dir", str(directory), *arguments]
    done = subprocess.run(command, env=environment, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"chalice {arguments[0]} failed:\n{done.stdout}{done.stderr}")


def _completed(app: Template) -> Template:
    """Pin what Chalice takes from the machine; refuse amendments to a function that app.py does not have."""
    resources = app["Resources"]
    for name, resource in resources.items():
        if name.startswith("Fn::ForEach"):
            continue
        if "Type" not in resource:
            raise ValueError(f"infra amends {name}, which app.py does not define")
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["Runtime"] = RUNTIME
    return app


def _rooms() -> list[str]:
    return [f"chalicelib/{room}" for room in PROCESSOR_ROOMS]


def main() -> None:
    """Build for the stage named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m infra.build", description=__doc__)
    parser.add_argument("--stage", default="main")
    parser.add_argument("--out", type=Path, default=BUILD)
    parser.add_argument("--no-layer", action="store_true", help="leave the layer out: for the local engine, for checks")
    given = parser.parse_args()
    for file in sorted(build(given.stage, given.out, with_layer=not given.no_layer).iterdir()):
        print(f"{file.stat().st_size:>12,}  {file}")


if __name__ == "__main__":
    main()
