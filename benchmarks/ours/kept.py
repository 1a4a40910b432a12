"""Read back what our side stored, with nothing of ours: S3's list, zstd, lines of JSON, DynamoDB's raw items."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import zstandard

from benchmarks.ours.cloud import Cloud


@dataclass(frozen=True, slots=True)
class Kept:
    """One source's archive and items; `ids` as the seed printed them."""

    cloud: Cloud
    ids: dict[str, str]

    def objects(self, snapshot: str = "") -> dict[str, int]:
        """List the sizes of a snapshot's objects by key; all snapshots' without one."""
        prefix = f"accounts/{self.ids['account_id']}/sources/{self.ids['source_id']}/"
        pages = self._client("s3").get_paginator("list_objects_v2").paginate(Bucket=self._data, Prefix=prefix)
        found = (thing for page in pages for thing in page.get("Contents", ()))
        return {thing["Key"]: thing["Size"] for thing in found if f"/{snapshot}" in thing["Key"]}

    def lines(self, snapshot: str) -> Iterator[tuple[str, bytes]]:
        """Give each stored line with its stream."""
        for key in self.objects(snapshot):
            stream, name = key.split("/")[-2:]
            if name.startswith("part-"):
                body = self._client("s3").get_object(Bucket=self._data, Key=key)["Body"].read()
                raw = zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True).read()
                yield from ((stream, line) for line in raw.splitlines() if line)

    def manifest(self, snapshot: str) -> dict[str, Any] | None:
        """Read a snapshot's manifest; None where it was never sealed."""
        for key in self.objects(snapshot):
            if key.endswith("/metadata.json"):
                manifest: dict[str, Any] = json.load(self._client("s3").get_object(Bucket=self._data, Key=key)["Body"])
                return manifest
        return None

    def item(self, sk: str) -> dict[str, Any] | None:
        """Read an item of the account's, in DynamoDB's own notation."""
        key = {"pk": {"S": f"ACCOUNT#{self.ids['account_id']}"}, "sk": {"S": sk}}
        found: dict[str, Any] = self._client("dynamodb").get_item(
            TableName=self.cloud.environment()["TABLE"], Key=key, ConsistentRead=True
        )
        return found.get("Item")

    @property
    def _data(self) -> str:
        return self.cloud.environment()["DATA_BUCKET"]

    def _client(self, service: str) -> Any:  # noqa: ANN401 (boto3's clients are made at run time)
        return boto3.client(
            service, endpoint_url=self.cloud.endpoint, region_name="us-east-1",
            aws_access_key_id="000000000000", aws_secret_access_key="bench",
        )  # fmt: skip
