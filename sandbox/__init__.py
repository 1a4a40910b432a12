"""Plays the vendors whose data ListBackup reads: Stripe, HubSpot and Dropbox."""

from sandbox.app import Sandbox
from sandbox.settings import Settings

__all__ = ["Sandbox", "Settings"]
