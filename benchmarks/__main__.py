"""`python -m benchmarks`: measure, print, and write the report. `make bench` sees to what it needs and calls it."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.cases import CASES
from benchmarks.machine import this_machine
from benchmarks.report import line, page, picture, table
from benchmarks.results import Results
from benchmarks.rounds import Plan, run
from benchmarks.sample import Sample
from benchmarks.stage import Stage, StageError
from benchmarks.stage.cores import raise_file_limit
from benchmarks.systems import SYSTEMS

RESULTS = Path(__file__).parent / "results"
SOCKETS_MAX = 10_500


def main() -> int:
    """Give the exit status: 1 if the machine cannot do it. A target that is missed is a result, and no failure."""
    options = _options()
    # So that what was started is ended then, too.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup says that the run is to outlive its terminal
            signal.signal(number, lambda *_: sys.exit(1))
    if options.render:
        _write(Results.load(options.render), options.render.with_suffix(""))
        return 0
    plan = Plan([CASES[name] for name in options.only or CASES], options.rounds, options.systems, options.quick)
    try:
        results = measure(plan, options.out / _name(options))
    except StageError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; what was measured is written.", file=sys.stderr)
        return 130
    print(f"\n{table(results)}")
    return 0


def measure(plan: Plan, path: Path) -> Results:
    """Carry the plan out and write its three files at `path`, also when it is interrupted."""
    results = Results(_now(), this_machine(), plan.rounds, plan.quick, _versions(plan))
    raise_file_limit(SOCKETS_MAX)
    path.parent.mkdir(parents=True, exist_ok=True)

    def tell(sample: Sample) -> None:
        results.samples.append(sample)
        # Now, and not at the end: what nothing can catch, as a power cut, costs no more than the report.
        results.save(path.with_suffix(".json"))
        print(line(sample), flush=True)

    try:
        with Stage(quick=plan.quick) as stage:
            run(plan, stage, tell)
        results.ended = True
    finally:
        if results.samples:
            _write(results, path)
    return results


def _write(results: Results, path: Path) -> None:
    """The three files of a run: its figures, its picture, its page."""
    results.save(path.with_suffix(".json"))
    path.with_suffix(".svg").write_text(picture(results), encoding="utf-8")
    path.with_suffix(".md").write_text(page(results, f"{path.name}.svg"), encoding="utf-8")
    print(f"Written: {path.with_suffix('.md')}, .svg and .json")


def _versions(plan: Plan) -> dict[str, dict[str, str]]:
    """Of every system that is measured. Ends the program if one is not installed: better now than in an hour."""
    names = [name for name in SYSTEMS if any(name in plan.systems_of(case) for case in plan.cases)]
    try:
        return {name: dict(SYSTEMS[name].versions()) for name in names}
    except FileNotFoundError as error:
        raise StageError(str(error)) from error


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _name(options: argparse.Namespace) -> str:
    """What the files are called: only a whole run may take the place of the last whole run."""
    if options.quick:
        return "quick"
    return "some" if options.only or options.systems else "report"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", type=_names(CASES), default=[], metavar="CASES", help=", ".join(CASES))
    parser.add_argument("--systems", type=_names(SYSTEMS), default=[], help=", ".join(SYSTEMS))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a meaningful part of it, in three minutes")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FOLDER", help="where the report goes")
    parser.add_argument("--render", type=Path, metavar="JSON", help="write the report of an earlier run anew")
    return parser.parse_args()


def _names(known: Mapping[str, object]) -> Callable[[str], list[str]]:
    def names(text: str) -> list[str]:
        found = text.split(",")
        for name in found:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
        return found

    return names


if __name__ == "__main__":
    sys.exit(main())
