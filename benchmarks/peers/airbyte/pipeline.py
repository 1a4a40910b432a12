"""Read the provider with an airbyte-cdk declarative source; its messages go into one zstd file, as no platform would.

The platform would pipe, parse and write every message again, so this is the least that Airbyte costs. Variants:
`default` · `budget` knows the vendor's rate limit and reads ten streams at once · `windows` the same, with each stream
cut by `created`.
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import zstandard
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource

task = json.loads(Path(sys.argv[1]).read_text())
out = Path(task["out"])


def retriever(stream: str) -> dict[str, Any]:
    return {
        "type": "SimpleRetriever",
        "requester": {
            "type": "HttpRequester",
            "url_base": task["url"],
            "path": f"/v1/{stream}",
            "http_method": "GET",
            "request_parameters": {"limit": str(task["page_size"])},
        },
        "record_selector": {"type": "RecordSelector", "extractor": {"type": "DpathExtractor", "field_path": ["data"]}},
        "paginator": {
            "type": "DefaultPaginator",
            "page_token_option": {"type": "RequestOption", "inject_into": "request_parameter",
                                  "field_name": "starting_after"},
            "pagination_strategy": {
                "type": "CursorPagination",
                "cursor_value": "{{ last_record['id'] }}",
                "stop_condition": "{{ not response['has_more'] }}",
            },
        },
    }  # fmt: skip


def windows() -> dict[str, Any]:
    first, last = task["windows"][0][0], task["windows"][-1][1] - 1
    days = -(-(last - first) // (86400 * len(task["windows"])))
    bound = {"type": "RequestOption", "inject_into": "request_parameter"}
    return {
        "type": "DatetimeBasedCursor",
        "cursor_field": "created",
        "datetime_format": "%s",
        "cursor_granularity": "PT1S",
        "step": f"P{days}D",
        "start_datetime": {"datetime": datetime.fromtimestamp(first, UTC).isoformat(),
                           "datetime_format": "%Y-%m-%dT%H:%M:%S%z"},
        "end_datetime": {"datetime": datetime.fromtimestamp(last, UTC).isoformat(),
                         "datetime_format": "%Y-%m-%dT%H:%M:%S%z"},
        "start_time_option": bound | {"field_name": "created[gte]"},
        "end_time_option": bound | {"field_name": "created[lte]"},
    }  # fmt: skip


def stream(name: str) -> dict[str, Any]:
    schema = {"type": "object", "additionalProperties": True, "properties": {"id": {"type": "string"}}}
    return {
        "type": "DeclarativeStream",
        "name": name,
        "primary_key": ["id"],
        "retriever": retriever(name),
        "schema_loader": {"type": "InlineSchemaLoader", "schema": schema},
    } | ({"incremental_sync": windows()} if task["variant"] == "windows" else {})


def tuning() -> dict[str, Any]:
    workers = {"concurrency_level": {"type": "ConcurrencyLevel", "default_concurrency": 10}}
    if not task["rate"]:
        return workers
    policy = {
        "type": "MovingWindowCallRatePolicy",
        "rates": [{"type": "Rate", "limit": int(task["rate"]), "interval": "PT1S"}],
        "matchers": [],
    }
    return workers | {"api_budget": {"type": "HTTPAPIBudget", "policies": [policy]}}


manifest = {
    "version": "7.0.0",
    "type": "DeclarativeSource",
    "check": {"type": "CheckStream", "stream_names": task["streams"][:1]},
    "streams": [stream(name) for name in task["streams"]],
    "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
} | (tuning() if task["variant"] != "default" else {})

catalog = {
    "streams": [
        {
            "stream": {"name": name, "json_schema": {}, "supported_sync_modes": ["full_refresh"]},
            "sync_mode": "full_refresh",
            "destination_sync_mode": "append",
        }
        for name in task["streams"]
    ]
}
(out / "config.json").write_text("{}")
(out / "catalog.json").write_text(json.dumps(catalog))
source = ConcurrentDeclarativeSource(
    catalog=ConfiguredAirbyteCatalogSerializer.load(catalog), config={}, state=[], source_config=manifest
)
entrypoint = AirbyteEntrypoint(source)
arguments = entrypoint.parse_args(
    ["read", "--config", str(out / "config.json"), "--catalog", str(out / "catalog.json")]
)
with (out / "messages.jsonl.zst").open("wb") as file, zstandard.ZstdCompressor(3).stream_writer(file) as stored:
    for message in entrypoint.run(arguments):
        stored.write(message.encode() + b"\n")
    stored.flush(zstandard.FLUSH_FRAME)
    file.flush()
    os.fsync(file.fileno())
