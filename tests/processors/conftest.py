"""The same world as the engine's tests."""

from tests.backup.conftest import running_aws, sandbox, world

__all__ = ["running_aws", "sandbox", "world"]
