"""psephos demo: the main job on real input that ships with psephos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    report: Annotated[Path, typer.Option(metavar="FILE.html", help="Where to write the page.")] = Path(
        "out/report.html"
    ),
) -> None:
    """Decide what fifteen classifiers say about 1,797 handwritten digits, and write a report."""
    from psephos.cli import output
    from psephos.cli.decide import decide

    folder = example("digits")
    out = output.console()
    output.print_line(out, f"psephos decide {folder} --report {report}\n")
    report.parent.mkdir(parents=True, exist_ok=True)
    decide([str(folder)], report=report)
    output.print_line(out, f"Open {report} in a browser to see every vote behind each item.")


def example(name: str) -> Path:
    """Folder of an example, in the installed package or in the repository."""
    from psephos.errors import InputError

    here = Path(__file__).resolve()
    for folder in (here.parents[1] / "examples" / name, here.parents[3] / "examples" / name):
        if folder.is_dir():
            return folder
    raise InputError("demo", f"the example {name!r} is not installed", hint="get the repository of psephos")
