"""Verifying a snapshot: every object it wrote is read again and compared with its manifest and its index."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from chalicelib.archive.cache import IndexCache
from chalicelib.archive.deletions import read_deletion
from chalicelib.archive.frames import lines_of, split_frames
from chalicelib.archive.macs import Macs, has_mac
from chalicelib.archive.manifest import Manifest, PartRef, StreamManifest, contradictions, decode_manifest
from chalicelib.archive.objects import Objects
from chalicelib.archive.seal import checksums_text
from chalicelib.archive.state import State
from chalicelib.archive.verify_parts import PartChecks, hashed
from chalicelib.errors import FatalError

Check = Callable[[], list[str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as the manifest says. `lasting` is False where a second reading found nothing wrong."""

    object: str
    what: str
    lasting: bool = True


def verify(
    objects: Objects, macs: Macs, cache: IndexCache, root: str, key: str, manifest_sha256: str, scratch: Path
) -> list[Finding]:
    """Read again everything a snapshot wrote; a list without lasting findings means that it is as it was stored.

    `key` is the manifest's, below `root`; `scratch` a directory with room for the largest index.
    """
    body = objects.get(root + key)
    if sha256(body).hexdigest() != manifest_sha256:
        return [Finding(key, "the manifest is not the one that was sealed")]
    if not has_mac(body, root + key, macs):
        return [Finding(key, "the manifest does not have the MAC of one that was sealed here")]
    manifest = decode_manifest(body).manifest
    scratch.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=scratch) as directory:
        checks = _checks(objects, cache, root, manifest, Path(directory))
        return [finding for name, check in checks for finding in findings(name, check)]


def _checks(
    objects: Objects, cache: IndexCache, root: str, manifest: Manifest, scratch: Path
) -> Iterator[tuple[str, Check]]:
    yield manifest.key, partial(contradictions, manifest)
    yield manifest.checksums.key, partial(_check_checksums, objects, root, manifest)
    for stream in manifest.streams.values():
        yield from _part_checks(manifest, PartChecks(objects, root, stream, scratch / "checked.sqlite"))
        for ref in stream.quarantine:
            yield ref.key, partial(_check_lines, objects, root, ref, bytes)
        if stream.deletions is not None:
            yield stream.deletions.key, partial(_check_lines, objects, root, stream.deletions, read_deletion)
        if stream.merged is not None:
            yield stream.merged.key, partial(_check_chain, objects, cache, root, stream)


def _part_checks(manifest: Manifest, checks: PartChecks) -> Iterator[tuple[str, Check]]:
    name = checks.stream.index.key if checks.stream.index else manifest.key
    yield name, checks.load
    for part in checks.stream.parts:
        yield part.key, partial(checks.check, part)
    yield name, checks.check_numbers
    checks.close()


def findings(name: str, check: Check) -> list[Finding]:
    """Check, and where something is wrong check once more: what is wrong only once came about on the way."""
    wrong = _told(check)
    if not wrong:
        return []
    again = _told(check)
    if not again:
        return [Finding(name, f"only at the first reading: {what}", lasting=False) for what in wrong]
    return [Finding(name, what) for what in again]


def _told(check: Check) -> list[str]:
    try:
        return check()
    except FatalError as error:
        return [str(error)]


def _check_checksums(objects: Objects, root: str, manifest: Manifest) -> list[str]:
    body = objects.get(root + manifest.checksums.key)
    if sha256(body).hexdigest() != manifest.checksums.sha256:
        return ["its SHA-256 is not the manifest's"]
    same = body == checksums_text(manifest.directory, manifest.streams)
    return [] if same else ["it does not list what the manifest does"]


def _check_lines(objects: Objects, root: str, ref: PartRef, read: Callable[[bytes], object]) -> list[str]:
    """Check an object of lines that no index refers to."""
    digest, count = sha256(), 0
    for _, raw in split_frames(hashed(objects.read(root + ref.key), digest), ref.key):
        lines = lines_of(raw, ref.key)
        count += len(lines)
        for line in lines:
            read(line)
    rules = {
        "its SHA-256 is not the manifest's": digest.hexdigest() == ref.sha256,
        "lines are missing": count == ref.lines,
    }
    return [rule for rule, holds in rules.items() if not holds]


def _check_chain(objects: Objects, cache: IndexCache, root: str, stream: StreamManifest) -> list[str]:
    """Count what the state has, which is worth its cost only where a merged index was written."""
    state = State.open(objects, cache, root, stream.chain)
    try:
        live = state.count()
    finally:
        state.close()
    return [] if live == stream.live else [f"the state has {live} records, not {stream.live}"]
