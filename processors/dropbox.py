"""Back up Dropbox."""

from chalicelib.connectors.dropbox import DROPBOX
from processors.runtime import processor

handler = processor(DROPBOX)
