"""app.py is a table of contents that asks nothing of anyone."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_app_is_imported_without_a_deployment() -> None:
    """`chalice package` imports it on a machine that has neither AWS nor the deployment's names."""
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}

    done = subprocess.run([sys.executable, "-c", "import app"], env=bare, cwd="/", capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


def test_every_function_of_the_app_is_configured_and_no_other() -> None:
    import app

    configured = json.loads((ROOT / ".chalice" / "config.json").read_text())["lambda_functions"]

    assert {"api_handler", *(source.name for source in app.app.event_sources)} == configured.keys()


def test_no_entry_point_does_more_than_hand_on() -> None:
    functions = [node for node in ast.parse((ROOT / "app.py").read_text()).body if isinstance(node, ast.FunctionDef)]

    assert {one.name: len(one.body) for one in functions if len(one.body) > 2} == {}
