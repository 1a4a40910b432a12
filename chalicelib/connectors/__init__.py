"""The platforms we can read. Adding one: docs/connectors/adding.md."""

from chalicelib.connectors.connector import Connector
from chalicelib.connectors.dropbox import DROPBOX
from chalicelib.connectors.hubspot import HUBSPOT
from chalicelib.connectors.registry import registered
from chalicelib.connectors.stripe import STRIPE

CONNECTORS: dict[str, Connector] = registered(STRIPE, HUBSPOT, DROPBOX)
