"""The evals from the command line: `python -m evals --help` lists them."""

from __future__ import annotations

import click

from evals.commands import asking, judging, planting, reading, sets, soaking, speed
from evals.console import Evals


@click.group(cls=Evals, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
def evals() -> None:
    """Measure Sanad: answers to gold questions, finding and quoting on question sets, what starting costs.

    Every command ends with 0 when all is well, 1 when something is worse than its baseline, 2 when it was asked wrongly, and 3
    when it could not run.
    """


for command in (
    asking.run_command,
    asking.record,
    asking.gate,
    asking.doctor,
    reading.compare_command,
    reading.report_command,
    judging.judge,
    judging.mutations,
    sets.retrieval,
    sets.quotes,
    sets.startup,
    planting.injections,
    speed.speed,
    soaking.soak_command,
):
    evals.add_command(command)

if __name__ == "__main__":
    evals(prog_name="python -m evals")
