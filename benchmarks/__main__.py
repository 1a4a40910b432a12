"""Measure, and write benchmarks/results.json and the table of docs/benchmarks.md.

`python -m benchmarks` takes about half an hour and wants the machine to itself; `--only NAME …` measures just those
scenarios and replaces their rows; `--quick` takes less than two minutes and writes nothing.
"""

import argparse
import sys
from dataclasses import replace

from benchmarks import report
from benchmarks.environment import environment
from benchmarks.results import PLACE, Results
from benchmarks.scale import FULL, QUICK
from benchmarks.scenarios.catalogue import SCENARIOS


def main(arguments: list[str]) -> int:
    """Measure one scenario after the other; what is found is kept after each, unless `--quick`."""
    options = _options(arguments)
    scale = QUICK if options.quick else replace(FULL, runs=options.runs or FULL.runs)
    results = Results()
    for name in (name for name in SCENARIOS if name in (options.only or SCENARIOS)):
        print(f"{name}:", flush=True)
        where = environment(scale)
        found = SCENARIOS[name](scale)
        if PLACE.exists() and not options.quick:
            results = Results.read()
        results.replace(name, where, found.rows, found.runs)
        if not options.quick:
            results.write()
            report.write(results)
    print(f"\n{report.table(results)}")
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, one run each; writes nothing")
    parser.add_argument("--runs", type=int, help=f"runs of each contender, instead of {FULL.runs}")
    parser.add_argument("--only", nargs="+", choices=list(SCENARIOS), metavar="NAME", help=", ".join(SCENARIOS))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
