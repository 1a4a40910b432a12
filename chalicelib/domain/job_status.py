"""Which way a job may go."""

MOVES: dict[str, frozenset[str]] = {
    "pending": frozenset({"queued", "running", "cancelled", "failed"}),
    "queued": frozenset({"running", "cancelled", "failed"}),
    "running": frozenset({"completed", "partial", "failed", "cancelled"}),
    "completed": frozenset(),
    "partial": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}
ENDED = frozenset(status for status, moves in MOVES.items() if not moves)


def may_move(old: str, new: str) -> bool:
    """Tell whether a job may go from one status to another."""
    return new in MOVES[old]


def before(new: str) -> tuple[str, ...]:
    """List the statuses from which a job may become `new`: the condition of the write that moves it."""
    return tuple(old for old in MOVES if may_move(old, new))
