"""The platforms that can be connected: the connectors, as their users see them."""

from chalicelib.connectors import CONNECTORS
from chalicelib.connectors.connector import Connector, Stream
from chalicelib.errors import NotFoundError


def connectors() -> list[Connector]:
    """List all platforms by name."""
    return [CONNECTORS[name] for name in sorted(CONNECTORS)]


def connector(platform: str) -> Connector:
    """Find a platform; raises NotFoundError."""
    if platform not in CONNECTORS:
        raise NotFoundError(f"there is no such platform; GET /platforms lists them: {', '.join(sorted(CONNECTORS))}")
    return CONNECTORS[platform]


def stream(platform: str, name: str) -> Stream:
    """Find a platform's stream; raises NotFoundError."""
    try:
        return connector(platform).stream(name)
    except KeyError:
        raise NotFoundError(f"{platform} has no such stream; GET /platforms/{platform}/sources lists them") from None
