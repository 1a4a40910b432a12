"""The steps of the state machine that are not a platform's."""

from infra.functions import LEAST_DISK_MIB, MOST_DISK_MIB, Function
from infra.grants import STEPS

# 1769 MiB is where a Lambda has a whole processor to itself: sealing and verifying are bound by hashing and SQLite.
_SIZES = {
    "authorize": (512, 90),
    "plan": (512, 900),
    "plan_files": (1024, 900),
    "seal": (1769, 900),
    "verify": (1769, 900),
    "close": (512, 60),
}
_WITH_INDEXES = {"plan_files", "seal", "verify"}


def steps() -> list[Function]:
    """Describe the function of each step."""
    return [_step(module, *size) for module, size in _SIZES.items()]


def _step(module: str, memory_mib: int, timeout_seconds: int) -> Function:
    logical_id = f"{module.title().replace('_', '')}Step"
    disk_mib = MOST_DISK_MIB if module in _WITH_INDEXES else LEAST_DISK_MIB
    return Function(logical_id, module.replace("_", "-"), module, memory_mib, timeout_seconds, STEPS[module], disk_mib)
