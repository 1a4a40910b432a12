"""A vendor made for measuring: Stripe's list shape, any size, limits, latency and faults, and a journal of it all."""
