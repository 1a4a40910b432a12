"""The key this deployment signs with (Secrets Manager), read once per process."""

from dataclasses import dataclass, field

from chalicelib.aws.secrets import Secrets
from chalicelib.errors import FatalError


@dataclass
class SigningKey:
    """The deployment's signing key."""

    secrets: Secrets
    name: str
    _value: bytes | None = field(default=None, repr=False)

    def value(self) -> bytes:
        """Give the key; raises FatalError naming the secret where it is missing."""
        if self._value is None:
            secret = self.secrets.read(self.name)
            if not secret:
                raise FatalError(f"there is no signing key; put 32 random bytes or more into the secret {self.name}")
            self._value = secret.encode()
        return self._value
