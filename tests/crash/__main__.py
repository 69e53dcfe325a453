"""Kills the product in the midst of its work, again and again, and looks at what is left.

python tests/crash                                           # everything, some ten minutes
python tests/crash --random 500 --targeted 0 --seed 7        # only random moments, those of seed 7
python tests/crash --into docs/reliability-kills.md --json kills.json
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[0:1] = [str(ROOT), str(ROOT / "tests")]

import chroma_server  # noqa: E402
import click  # noqa: E402
from chroma_server import ChromaServer  # noqa: E402
from crash import report  # noqa: E402
from crash.kills import FILES, Kill, Kills  # noqa: E402
from crash.nursery import Nursery, possible  # noqa: E402
from crash.points import POINTS  # noqa: E402
from crash.server import ServerKills  # noqa: E402

from evals.console import insert, keep  # noqa: E402

MARK = "kills"
IN_A_ROW = 5  # kills of one library, before the next one begins anew
PAUSES = (0.0, 0.0, 0.0005, 0.002)  # seconds between the writing of a vector file and the kill
ON_A_SERVER = (
    "some of the vectors",
    "published",
    "retired and gone from the vectors",
    "a draft with some of the passages",
    "both in place, old ones not removed",
    "the new truth with empty indexes, seal open",
)


@click.command()
@click.option("--seed", type=int, help="Which random moments; else chosen and told.")
@click.option("--random", "moments", default=50, show_default=True, help="Kills at random moments.")
@click.option("--targeted", default=12, show_default=True, help="Kills at the writing of a vector file.")
@click.option("--points/--no-points", default=True, help="Two kills at every named fault point.")
@click.option("--servers", default=6, show_default=True, help="Kills of a Chroma server, and of work with its vectors there.")
@click.option("--machine", "examples", default=20, show_default=True, help="Histories of the state machine, 25 steps each.")
@click.option("--place", type=click.Path(path_type=Path, file_okay=False), help="Where to work; else a temporary folder.")
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="Also write every kill there.")
@click.option("--into", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Put the tables between its marks.")
def main(
    seed: int | None,
    moments: int,
    targeted: int,
    points: bool,
    servers: int,
    examples: int,
    place: Path | None,
    file: Path | None,
    into: Path | None,
) -> None:
    """Kill the product in the midst of its work, and look at what is left. Ends with 1 when anything was lost, half or wrong."""
    if not possible:
        raise click.UsageError("this needs a system where processes can be forked and their threads counted")
    chosen = random.randrange(10**6) if seed is None else seed
    work = Path(tempfile.mkdtemp(prefix="crash-")) if place is None else place
    click.echo(f"seed {chosen}, working in {work}")
    kills: list[Kill] = []
    for kill in _all(work, chosen, moments, targeted, points, servers):
        kills.append(kill)
        click.echo(f"{len(kills):4}  {kill.kind:20}  {kill.name:52}  {'  '.join(kill.faults) or 'as it should be'}")
    machine = _machine(work, chosen, examples) if examples else ""
    text = f"Seed {chosen}.\n\n{report.tables(kills, machine)}"
    click.echo(f"\n{text}\n")
    keep(file, {"seed": chosen, "kills": [asdict(kill) for kill in kills]})
    if into is not None:
        insert(into, MARK, text)
    wrong = list(report.faults(kills))
    if wrong:
        click.echo("\n".join(wrong), err=True)
        raise SystemExit(1)
    shutil.rmtree(work, ignore_errors=True)


def _all(work: Path, seed: int, moments: int, targeted: int, points: bool, servers: int) -> Iterator[Kill]:
    """Every kill of the run. Half of those at a moment are of larger libraries, with Chroma set as the product sets it."""
    for small in (True, False):
        with Nursery(work, small=small) as nursery:
            size, kind = (12, "") if small else (60, ", large")
            place = Kills(nursery, work)
            if small and points:
                yield from (place.at(point, first=first, every=True) for point in POINTS for first in ("ask", "again"))
            place.anew()
            for number in range(_share(moments, small)):
                yield _named(place.at_random(f"{seed}-{size}-{number}", size=size), kind)
                if number % IN_A_ROW == IN_A_ROW - 1:
                    place.anew()
            place.anew()
            for number in range(_share(targeted, small)):
                name, pause = FILES[number % len(FILES)], PAUSES[number % len(PAUSES)]
                yield _named(place.at_the_writing_of(name, f"{seed}-{size}-{number}", pause=pause, size=size), kind)
            if small and servers:
                yield from _of_servers(nursery, work, seed, servers)


def _share(number: int, small: bool) -> int:
    return number // 2 if small else number - number // 2


def _named(kill: Kill, kind: str) -> Kill:
    kill.kind += kind
    return kill


def _of_servers(nursery: Nursery, work: Path, seed: int, servers: int) -> Iterator[Kill]:
    if chroma_server.EXECUTABLE is None:
        click.echo("there is no `chroma` to run a server with: left out")
        return
    folder = work / "server"
    server = ChromaServer(folder)
    try:
        place = ServerKills(nursery, work, server, folder)
        yield from (place.at(point) for point in POINTS if point.name in ON_A_SERVER)
        yield from (place.server_killed(f"{seed}-{number}", written=number % 2 == 1) for number in range(servers))
    finally:
        server.kill()


def _machine(work: Path, seed: int, examples: int) -> str:
    """Run the state machine; the sentence for the report. Raises when it finds anything."""
    import hypothesis
    from crash.machine import machine
    from hypothesis.stateful import run_state_machine_as_test

    steps = 25
    settings = hypothesis.settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    with Nursery(work, small=True) as nursery:
        run_state_machine_as_test(hypothesis.seed(seed)(machine(nursery, work)), settings=settings)
    return f"State machine: {examples} histories of up to {steps} steps, **0 faults**."


if __name__ == "__main__":
    main()
