"""Which of a Lambda's invocations are traced."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ASKED = """
import os, sys
os.environ["_X_AMZN_TRACE_ID"] = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=" + sys.argv[1]
from chalicelib.telemetry import traced
assert traced(lambda event, context: event + context)("answer ", "given") == "answer given"
print("aws_xray_sdk.core" in sys.modules)
"""


@pytest.mark.parametrize(("sampled", "traced"), [("0", "False"), ("1", "True")])
def test_only_a_sampled_invocation_loads_the_tracer(sampled: str, traced: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", ASKED, sampled],
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout.strip() == traced
