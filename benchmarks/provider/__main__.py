"""Run one provider: `python -m benchmarks.provider '{"streams": {"charges": 1000}, …}'`."""

import asyncio
import gc
import os
import sys

from benchmarks.provider.config import Knobs
from benchmarks.provider.server import serve
from benchmarks.provider.vendor import Vendor

if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    vendor = Vendor(Knobs.decode(sys.argv[1]))
    gc.freeze()
    asyncio.run(serve(vendor))
