"""psephos demo: the main job on real input that ships with psephos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

THINGS = {"scribe": "word", "digits": "item"}
"""Examples that ship with psephos, and what the votes of their report stand behind."""

OPTIONS: dict[str, dict[str, Any]] = {
    "scribe": {"meant": True, "vote": "weighted", "collar": 0.5, "queue_by": "errors", "limit": 5},
    "digits": {"limit": 10},
}
"""How they are decided; `docs/transcripts.md` says what each option is worth."""


def demo(
    name: Annotated[
        str | None, typer.Argument(metavar="[scribe|digits]", help="Which example; scribe if it is there.")
    ] = None,
    report: Annotated[Path, typer.Option(metavar="FILE.html", help="Where to write the page.")] = Path(
        "out/report.html"
    ),
) -> None:
    """Decide what recognisers heard in dictated clips (or fifteen classifiers saw in digits), and write a report."""
    from psephos.cli import options as o
    from psephos.cli import output
    from psephos.cli.decide import decide
    from psephos.errors import InputError, check_choice

    o.check_ending("--report", report)
    chosen = check_choice("demo", name or _first(), tuple(THINGS))
    folder = example(chosen)
    out = output.console()
    options = OPTIONS[chosen]
    stated = "".join(
        f" --{name.replace('_', '-')}" + ("" if value is True else f" {value}") for name, value in options.items()
    )
    output.print_line(out, f"psephos decide {folder}{stated} --report {report}")
    output.print_line(out, "")
    try:
        report.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        said = f"{str(report.parent)!r} cannot be a folder: {problem.strerror}"
        raise InputError("--report", said, hint="name another file") from None
    decide(paths=[str(folder)], **options, report=report)
    output.print_line(out, f"Open {report} in a browser to see every vote behind each {THINGS[chosen]}.")
    output.print_line(out, f"Check it by keyboard, with: psephos serve {folder} (or, in the repository, make serve)")


def _first() -> str:
    """The main example if its transcripts are there, else the other."""
    from psephos.errors import InputError

    try:
        return "scribe" if (example("scribe") / "transcripts.csv").is_file() else "digits"
    except InputError:
        return "digits"


def example(name: str) -> Path:
    """Folder of an example, in the installed package or in the repository; short where it lies below this folder."""
    from psephos.errors import InputError

    here = Path(__file__).resolve()
    for folder in (here.parents[1] / "examples" / name, here.parents[3] / "examples" / name):
        if folder.is_dir():
            return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    raise InputError("demo", f"the example {name!r} is not installed", hint="get the repository of psephos")
