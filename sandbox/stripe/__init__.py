"""Plays Stripe: Connect OAuth, the v1 API, file contents."""
