"""Read the provider with dlt's rest_api source into its filesystem destination.

Variants: `default` as the documentation shows it · `flat` without child tables · `parallel` flat, all resources at
once · `windows` parallel, each stream cut by `created` into several resources of one table.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

task = json.loads(Path(sys.argv[1]).read_text())
out = Path(task["out"])
os.environ |= {
    "DLT_DATA_DIR": str(out / "state"),
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",
}
if task["variant"] != "default":
    os.environ["EXTRACT__WORKERS"] = "20"

import dlt  # noqa: E402 (reads the environment as it is imported)
from dlt.sources.rest_api import rest_api_source  # noqa: E402 (reads the environment as it is imported)


def resource(stream: str, window: list[int] | None, number: int) -> dict[str, Any]:
    bounds = {"created[gte]": window[0], "created[lt]": window[1]} if window else {}
    return {
        "name": f"{stream}_{number}" if window else stream,
        "table_name": stream,
        "endpoint": {"path": f"v1/{stream}", "params": {"limit": task["page_size"]} | bounds, "data_selector": "data"},
    }


def resources() -> list[dict[str, Any]]:
    windows = task["windows"] if task["variant"] == "windows" else [None]
    return [resource(stream, window, n) for stream in task["streams"] for n, window in enumerate(windows)]


source = rest_api_source(
    {
        "client": {
            "base_url": task["url"],
            "paginator": {
                "type": "cursor",
                "cursor_path": "data[-1].id",
                "cursor_param": "starting_after",
                "has_more_path": "has_more",
            },
        },
        "resource_defaults": {"primary_key": "id", "write_disposition": "append"},
        "resources": resources(),
    },
    max_table_nesting=None if task["variant"] == "default" else 0,
    parallelized=task["variant"] in {"parallel", "windows"},
)
pipeline = dlt.pipeline(
    "bench",
    pipelines_dir=str(out / "state"),
    destination=dlt.destinations.filesystem(str(out / "data")),
    dataset_name="bench",
)
pipeline.run(source)
