"""Read the provider with a Singer SDK tap.

Variants: `default` prints Singer messages into a file, uncompressed: a target would parse and write them again, so this
is the least that Singer costs · `msgspec` the same with the SDK's faster encoder · `batch` writes gzipped JSON Lines.
"""

import json
import sys
from pathlib import Path
from typing import Any

import requests
from singer_sdk import RESTStream, Tap
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.pagination import BaseAPIPaginator

task = json.loads(Path(sys.argv[1]).read_text())
out = Path(task["out"])


def schema_of(value: object) -> dict[str, Any]:
    """Write the JSON schema a developer would declare for such a value."""
    if isinstance(value, dict):
        return {"type": ["object", "null"], "properties": {name: schema_of(inner) for name, inner in value.items()}}
    if isinstance(value, list):
        return {"type": ["array", "null"], "items": schema_of(value[0]) if value else {}}
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {"type": [kinds.get(type(value), "string"), "null"]}


class LastId(BaseAPIPaginator[str | None]):
    """Page by the last record's id, until the vendor says that there is no more."""

    def has_more(self, response: requests.Response) -> bool:
        return bool(response.json()["has_more"])

    def get_next(self, response: requests.Response) -> str | None:
        return str(response.json()["data"][-1]["id"])


class List(RESTStream[str]):
    """One list of the provider's."""

    url_base = task["url"]
    records_jsonpath = "$.data[*]"
    primary_keys = ("id",)
    schema = schema_of(task["sample"])

    def get_new_paginator(self) -> LastId:
        return LastId(None)

    def get_url_params(self, context: object, next_page_token: str | None) -> dict[str, Any]:  # noqa: ARG002 (the SDK's signature)
        return {"limit": task["page_size"]} | ({"starting_after": next_page_token} if next_page_token else {})


class Bench(Tap):
    """All of the streams asked for."""

    name = "tap-bench"
    config_jsonschema = {"type": "object", "properties": {}, "additionalProperties": True}  # noqa: RUF012 (the SDK's way)
    if task["variant"] == "msgspec":
        message_writer_class = MsgSpecWriter

    def discover_streams(self) -> list[List]:
        return [type(name, (List,), {"name": name, "path": f"/v1/{name}"})(self) for name in task["streams"]]


batches = {
    "batch_config": {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": f"file://{out}/batches", "prefix": "bench"},
    }
}
(out / "batches").mkdir(exist_ok=True)
with (out / "messages.jsonl").open("w") as stored:
    sys.stdout = stored
    Bench(config=batches if task["variant"] == "batch" else {}).sync_all()
