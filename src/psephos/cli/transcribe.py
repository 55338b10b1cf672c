"""psephos transcribe: what do several recognisers hear in these recordings?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from psephos.cli import options as o
from psephos.cli.complaints import also_called

if TYPE_CHECKING:
    import polars as pl

    from psephos.voters import Recogniser, Transcribed


@also_called(recogniser="names")
def transcribe(
    audio: Annotated[list[str], typer.Argument(metavar="AUDIO...", help="Recordings.", show_default=False)],
    to: Annotated[Path, typer.Option("--to", metavar="PATH", help="File, or folder for a lossless copy.")],
    names: Annotated[
        str | None,
        typer.Option(
            "--with",
            metavar="NAME,...",
            help="whisper-tiny, whisper-base, moonshine, pocketsphinx. All that are installed if neither this nor "
            "--endpoint is given.",
        ),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where a server's OpenAI interface begins; its key is in PSEPHOS_API_KEY."),
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="The model to ask the endpoint for.")] = None,
    language: Annotated[str, typer.Option(metavar="CODE", help="Language of the recordings.")] = "en",
    resume: Annotated[
        bool, typer.Option("--resume", help="Take what an earlier call has finished, kept in PATH.parts.")
    ] = False,
    json: o.Json = False,
) -> None:
    """Let recognisers write down recordings; what they wrote is opinions that `decide` reads."""
    from psephos.cli import output
    from psephos.errors import InputError
    from psephos.opinions import write
    from psephos.opinions.formats import SUFFIXES
    from psephos.voters import forget
    from psephos.voters import transcribe as transcribe_with

    if to.suffix and to.suffix.lower() not in SUFFIXES and not to.is_dir():
        known = f"known are {', '.join(SUFFIXES)}, or none for a folder"
        raise InputError("--to", f"{to} has the unknown suffix {to.suffix!r}", hint=known)
    kept = to.with_name(to.name + ".parts")
    done = transcribe_with(
        audio,
        _recognisers(names, endpoint, model, language),
        keep=kept,
        reuse=resume,
        label="transcribing",
    )
    written = None if done.opinions is None else write(done.opinions, to)
    if not done.failures and not resume:
        forget(kept)
    if json:
        _print_json(done, [] if written is None else list(map(str, written.paths)))
    else:
        out = output.console()
        if done.opinions is not None:
            output.print_table(out, "Transcribed", _counts(done), formats={"timed": ".0%"})
        if done.reused:
            output.print_line(out, f"{done.reused:,} transcripts were taken from {kept}")
        for path in done.silent:
            output.print_line(out, f"{path} is silent; words that a recogniser wrote for it are invented")
        if written is not None:
            output.print_line(out, written)
    if done.failures:
        for failure in done.failures:
            typer.echo(output.shown(f"psephos: {failure}", 600).plain, err=True)
        count = len(done.failures)
        typer.echo(f"psephos: {count:,} failed; mend and repeat with --resume to do only these", err=True)
        raise typer.Exit(1)


def _recognisers(names: str | None, endpoint: str | None, model: str | None, language: str) -> list[Recogniser]:
    from psephos.errors import InputError, MissingPartError
    from psephos.voters import Endpoint, installed, recogniser

    if (endpoint is None) != (model is None):
        raise InputError("--endpoint" if endpoint is None else "--model", "is needed too: an endpoint and its model")
    wanted = [name.strip() for name in (names or "").split(",") if name.strip()]
    if names is None and endpoint is None:
        wanted = list(installed())
        if not wanted:
            raise MissingPartError("faster_whisper", "asr", "recognisers")
    found = [recogniser(name, language=language) for name in wanted]
    if endpoint is not None and model is not None:
        found.append(Endpoint(endpoint, model, language=language))
    return found


def _counts(done: Transcribed) -> pl.DataFrame:
    """Per voter: clips, words, and the share of words whose times the engine gave."""
    import polars as pl

    assert done.opinions is not None  # noqa: S101 - the caller has made sure
    return (
        done.opinions.frame()
        .group_by("voter", maintain_order=True)
        .agg(
            clips=pl.col("item").n_unique(),
            words=pl.col("token").count(),
            timed=(pl.col("times") == "given").sum() / pl.max_horizontal(pl.col("token").count(), 1),
        )
    )


def _print_json(done: Transcribed, written: list[str]) -> None:
    import json
    import sys
    from dataclasses import asdict

    report = {
        "written": written,
        "transcripts": [] if done.opinions is None else _counts(done).to_dicts(),
        "reused": done.reused,
        "silent": list(done.silent),
        "failures": [asdict(failure) for failure in done.failures],
    }
    json.dump(report, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
