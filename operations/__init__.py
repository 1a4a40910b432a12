"""What an operator does by hand: see docs/runbook.md."""
