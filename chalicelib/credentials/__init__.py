"""Vendors' tokens: kept in Secrets Manager, refreshed by one worker at a time, never in a log or an answer."""
