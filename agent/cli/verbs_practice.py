"""Verbs for practice, without an account. Parsing only: each hands over to one function."""

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.root import Json, app, output_of


@app.command(epilog="Example: voicepurge simulator --recordings 200 --shape two-step")
def simulator(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 picks one.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same account.")] = 7,
    recordings: Annotated[int, typer.Option(help="How many recordings it begins with.")] = 2000,
    shape: Annotated[
        str | None, typer.Option(help="Shape of the deletion request: a name, or seed-N for a drawn one.")
    ] = None,
    scenario: Annotated[Path | None, typer.Option(help="JSON file with dials.")] = None,
) -> int:
    """Run the practice cloud until interrupted."""
    from agent.cli.simulator import simulate

    return simulate(output_of(context), port, seed, recordings, shape, scenario)


@app.command(epilog="Example: voicepurge demo --seed 3")
def demo(
    context: typer.Context,
    seed: Annotated[int | None, typer.Option(help="The same seed tells the same story.")] = None,
    recordings: Annotated[int, typer.Option(help="How many recordings the account has.")] = 200,
    json: Json = False,
) -> int:
    """The whole story against a practice cloud, without an account."""
    from agent.cli.demo import tell

    return tell(output_of(context, json=json), seed, recordings)
