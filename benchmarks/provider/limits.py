"""The provider's rate limit: a token bucket, told to clients in the header style asked for."""

from dataclasses import dataclass, field
from typing import Literal

HeaderStyle = Literal["none", "retry_after", "x_ratelimit"]


@dataclass(slots=True)
class Bucket:
    """`rate` requests a second with bursts of `burst`; times are seconds of a monotonic clock. Rate 0 has no limit."""

    rate: float
    burst: float
    style: HeaderStyle = "retry_after"
    tokens: float = field(init=False)
    at: float = 0.0

    def __post_init__(self) -> None:
        self.tokens = self.burst

    def take(self, now: float) -> bool:
        """Admit one request, or not."""
        if not self.rate:
            return True
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def headers(self, *, admitted: bool) -> dict[str, str]:
        """Say where the client stands."""
        if not self.rate or self.style == "none":
            return {}
        if self.style == "retry_after":
            return {} if admitted else {"Retry-After": "1"}
        return {
            "X-RateLimit-Limit": f"{self.burst:.0f}",
            "X-RateLimit-Remaining": f"{max(0, int(self.tokens))}",
            "X-RateLimit-Reset": f"{max(1, round((self.burst - self.tokens) / self.rate))}",
        } | ({} if admitted else {"Retry-After": "1"})
