"""What a caller expects an object to be like when they change it."""

from chalicelib.errors import ConflictError


def expect(version: float, expected: int | None) -> None:
    """Compare an object's version with the one the caller read; raises ConflictError where they differ."""
    if expected is not None and expected != version:
        raise ConflictError("the object was changed meanwhile; read it again and repeat the change")
