"""Chaos: hosts that are killed, left without a disk, or face a partner that misbehaves.

    python -m host.tests.load.chaos [--quick] [--only NAME]

Each case starts `dkit serve` on a file of its own, and prints what became of its events. The exit
code is 1 if a case misses its goal. `--quick` sends a tenth of the events and kills less often.
"""

import argparse
import asyncio
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from host.tests.load import faults, kills
from host.tests.load.processes import install

CASES = {
    "kills": kills.run,
    "order": faults.keep_order,
    "disk": faults.fill_disk,
    "clock": faults.change_clock,
    "poison": faults.deliver_poison,
    "401": faults.refuse_credentials,
}


@dataclass
class Judge:
    """Prints figures, and counts the goals that are missed."""

    failed: list

    def judge(self, name, figures, goals):
        """Print the figures of a case and each goal that is missed."""
        text = ", ".join(f"{what} {value}" for what, value in figures.items())
        missed = [goal for goal, is_reached in goals.items() if not is_reached]
        print(f"{'FAILED' if missed else 'ok':<7}{name:<10}{text}", flush=True)
        for goal in missed:
            print(f"       {name}: missed: {goal}", flush=True)
        self.failed += missed

    def finish(self, seconds):
        """Print the verdict of the run; return the exit code."""
        verdict = f"{len(self.failed)} goals missed" if self.failed else "every goal reached"
        print(f"{verdict} in {seconds:.0f} s")
        return 1 if self.failed else 0

    def skip(self, name, sentence):
        print(f"SKIPPED {name}: {sentence}", flush=True)


@dataclass
class Run(Judge):
    """What the cases of one run share."""

    folder: Path
    environment: dict
    is_quick: bool


async def main(arguments):
    started = time.monotonic()
    with TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        run = Run([], folder, install(folder / "site"), arguments.quick)
        chosen = [case for title, case in CASES.items() if arguments.only in (None, title)]
        # Most cases wait most of the time, so they run beside each other.
        await asyncio.gather(*(case(run) for case in chosen))
    return run.finish(time.monotonic() - started)


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the events")
    parser.add_argument("--only", choices=CASES, help="one case alone")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(parse())))
