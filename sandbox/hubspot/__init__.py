"""Plays HubSpot: OAuth, CRM objects and what belongs to them, files."""
