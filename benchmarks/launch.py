"""Run one command and write down what it cost. Started with `python -I -S`: it must stay tiny.

The kernel counts a process's peak memory from its parent's when it is forked, so a contender is started from here and
not from the benchmark itself: `launch.py REPORT CORE TIMEOUT COMMAND…`.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import time

report, core, timeout, *command = sys.argv[1:]
os.sched_setaffinity(0, {int(core)} if core != "-" else os.sched_getaffinity(0))
began = time.monotonic()
process = subprocess.Popen(command, start_new_session=True)
try:
    code = process.wait(timeout=float(timeout))
except subprocess.TimeoutExpired:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    code = 124
wall = time.monotonic() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(report, "w", encoding="utf-8") as file:  # noqa: PTH123 (pathlib would be most of this process's memory)
    json.dump(
        {
            "code": code,
            "wall_seconds": wall,
            "cpu_seconds": used.ru_utime + used.ru_stime,
            "peak_bytes": used.ru_maxrss * 1024,
        },
        file,
    )
