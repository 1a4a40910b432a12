"""One processor per connector: a platform that is in the catalogue has a Lambda, and only then."""

from chalicelib.connectors import CONNECTORS
from infra.functions import Function
from infra.grants import processor

# 1024 MiB give a good half of a processor: the wire is the limit, and memory stays under 256 MiB (docs/benchmarks.md).
MEMORY_MIB = 1024
TIMEOUT_SECONDS = 900


def processors() -> list[Function]:
    """Describe the function of each platform."""
    return [_processor(platform) for platform in CONNECTORS]


def _processor(platform: str) -> Function:
    logical_id = f"{platform.title().replace('_', '')}Processor"
    name = f"processor-{platform}"
    return Function(logical_id, name, platform, MEMORY_MIB, TIMEOUT_SECONDS, processor(platform))
