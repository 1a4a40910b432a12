"""Who may do what: Cedar policies, their schema, and the one function that asks them."""

from chalicelib.domain.access.decision import Actor, may, policy_problems

__all__ = ["Actor", "may", "policy_problems"]
