"""Manifests of which only the streams matter."""

from datetime import UTC, datetime

from chalicelib.archive.manifest import Manifest, Ref, StreamManifest, Totals


def manifest(streams: dict[str, StreamManifest]) -> Manifest:
    """Give a manifest that has these streams."""
    now = datetime(2026, 5, 1, tzinfo=UTC)
    return Manifest(
        snapshot="snp_1",
        directory="2026-05-01/snp_1",
        job="job_1",
        account="acc_1",
        source="src_1",
        connection="con_1",
        platform="hubspot",
        taken_at=now,
        sealed_at=now,
        status="complete",
        checksums=Ref(key="checksums.txt", sha256="", size_bytes=0),
        totals=Totals(),
        streams=streams,
    )
