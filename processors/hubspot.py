"""Back up HubSpot."""

from chalicelib.connectors.hubspot import HUBSPOT
from processors.runtime import processor

handler = processor(HUBSPOT)
