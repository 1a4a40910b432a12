"""Anomalies: what a run found of a stream that is rarely right, so that nobody takes it for a good snapshot."""

from chalicelib.archive.manifest import Anomaly, StreamManifest

MANY = 10


def anomalies_of(name: str, stream: StreamManifest, *, listed: bool, asked_anew: bool = False) -> list[Anomaly]:
    """Compare what a run did to a stream with what there was; `listed`: the vendor was to list each record once.

    `asked_anew`: it was asked for more of each record than before, so that all may well be changed.
    """
    before, stored = stream.previous_live, stream.lines + stream.unchanged
    found = {
        "emptied": (stream.live == 0 and before >= MANY, f"all {before} records are gone"),
        "mass_deletion": (
            before >= MANY and stream.live > 0 and 2 * stream.deleted > before,
            f"{stream.deleted} of {before} records are gone",
        ),
        "mass_change": (
            before >= MANY and 2 * stream.changed > before and not asked_anew,
            f"{stream.changed} of {before} records changed",
        ),
        "duplicates": (
            listed and stream.duplicates >= MANY and 100 * stream.duplicates > stored,
            f"{stream.duplicates} of {stored} records were listed more than once, others perhaps not at all",
        ),
        "quarantine": (
            100 * stream.quarantined > stored + stream.quarantined,
            f"{stream.quarantined} of {stored + stream.quarantined} records have no usable key",
        ),
    }
    return [Anomaly(name, what, detail) for what, (holds, detail) in found.items() if holds]
