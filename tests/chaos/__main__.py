"""`python -m tests.chaos`: break everything and print what became of it. Ends with 1 if anything was lost."""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
import time
import traceback
from dataclasses import replace
from subprocess import SubprocessError

import psycopg
from playwright.async_api import Error as BrowserError

from tests.chaos.report import Result, table
from tests.chaos.run import Size, run_scenario
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.stack import Stack, running_stack

SHOWN = 20
UNFORESEEN = (AssertionError, BrowserError, LookupError, OSError, RuntimeError, SubprocessError, psycopg.Error)
FAILPOINT = "tests.chaos.failpoint.settings"


def main() -> int:
    options = _options()
    # So that what was started is ended then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print(f"seed {options.seed}")
    with running_stack(FAILPOINT) as stack:
        results = asyncio.run(_run(stack, options))
        log = stack.chorus.log_tail()
    print(table(results))
    failed = [result for result in results if not result.passed]
    for result in failed:
        print(f"\n{result.name}, seed {options.seed}:")
        print("\n".join(f"  {fault}" for fault in result.faults[:SHOWN]))
        if len(result.faults) > SHOWN:
            print(f"  and {len(result.faults) - SHOWN} more")
    if failed:
        print(f"\n{log}", file=sys.stderr)
    return 1 if failed else 0


async def _run(stack: Stack, options: argparse.Namespace) -> list[Result]:
    size = Size(clients=options.clients, rooms=options.rooms, rounds=options.rounds, window=options.window)
    results = [await _run_one(stack, name, size, options.seed) for name in options.scenarios or list(SCENARIOS)]
    deadline = time.monotonic() + options.minutes * 60
    while options.minutes and time.monotonic() < deadline:
        results.append(await _run_one(stack, "random", replace(size, rounds=10), random.randrange(10**6)))
    return results


async def _run_one(stack: Stack, name: str, size: Size, seed: int) -> Result:
    try:
        result = await run_scenario(stack, SCENARIOS[name], size, seed)
    except UNFORESEEN:  # it ends this scenario, and is a fault of it; the others are still to be seen
        result = Result(name, SCENARIOS[name].title, faults=[traceback.format_exc()])
    outcome = "nothing lost" if result.passed else f"{len(result.faults)} faults"
    print(
        f"· {name}: {result.acknowledged} acknowledged, {result.received} received, {result.reconnects} reconnects, "
        f"{result.probe_failed} of {result.probe_seconds} s without success, whole after {result.healed_s:.1f} s: "
        f"{outcome}",
        *(f"  {note}" for note in result.notes),
        sep="\n",
        flush=True,
    )
    return result


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("scenarios", nargs="*", choices=[*SCENARIOS, []], help="which; all of them by default")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--clients", type=int, default=Size.clients)
    parser.add_argument("--rooms", type=int, default=Size.rooms)
    parser.add_argument("--rounds", type=int, default=Size.rounds)
    parser.add_argument("--window", action="store_true", help="with a browser window left open on a room")
    parser.add_argument("--minutes", type=float, default=0.0, help="and then at random for so long")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
