"""One processor per connector: a platform that is in the catalogue has a Lambda, and only then."""

from chalicelib.connectors import CONNECTORS
from infra.functions import MOST_DISK_MIB, Function
from infra.grants import processor

# A processor waits for its vendor: 512 MiB give a third of a core, which a page needs for a few milliseconds of the
# hundred that the vendor takes. Memory stays under 256 MiB whatever the stream's size (docs/benchmarks.md).
MEMORY_MIB = 512
TIMEOUT_SECONDS = 900


def processors() -> list[Function]:
    """Describe the function of each platform."""
    return [_processor(platform) for platform in CONNECTORS]


def _processor(platform: str) -> Function:
    logical_id = f"{platform.title().replace('_', '')}Processor"
    name = f"processor-{platform}"
    return Function(logical_id, name, platform, MEMORY_MIB, TIMEOUT_SECONDS, processor(platform), MOST_DISK_MIB)
