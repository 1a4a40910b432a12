"""The archive without us: a snapshot's objects, read with zstd, jq and sha256sum."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard
from mypy_boto3_s3 import S3Client

SHOWN = 300


def fetched(s3: S3Client, bucket: str, prefix: str, directory: Path) -> Path:
    """Copy every object under a prefix into a directory, as `aws s3 cp --recursive` does."""
    for listed in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in listed.get("Contents", []):
            path = directory / found["Key"].removeprefix(prefix).lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
    return directory


def checked(directory: Path) -> bool:
    """Run `sha256sum -c checksums.txt`; show what it says."""
    said = subprocess.run(
        ["sha256sum", "-c", "checksums.txt"], cwd=directory, capture_output=True, text=True, check=False
    )
    lines = said.stdout.splitlines()
    print(f"    sha256sum -c: {sum(line.endswith(': OK') for line in lines)} of {len(lines)} objects OK")
    return said.returncode == 0 and bool(lines)


def lines(part: Path) -> Iterator[bytes]:
    """Decompress a part, with `zstd -dc` where it is installed."""
    if shutil.which("zstd"):
        yield from subprocess.run(["zstd", "-dc", str(part)], capture_output=True, check=True).stdout.splitlines()
        return
    with part.open("rb") as compressed:
        reader = zstandard.ZstdDecompressor().stream_reader(compressed, read_across_frames=True)
        yield from reader.read().splitlines()


def show_first(part: Path) -> dict[str, Any]:
    """Show a part's first record as `zstd -dc part | head -1 | jq .` does."""
    record: dict[str, Any] = json.loads(next(lines(part)))
    pretty = json.dumps(record, indent=2, ensure_ascii=False)
    print("\n".join(f"    {line}" for line in pretty[:SHOWN].splitlines()), "…")
    return record
