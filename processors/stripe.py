"""Back up Stripe."""

from chalicelib.connectors.stripe import STRIPE
from processors.runtime import processor

handler = processor(STRIPE)
