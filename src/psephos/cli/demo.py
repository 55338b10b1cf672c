"""psephos demo: the main job, and the sampling of a language model, on real input that ships with psephos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

THINGS = {"scribe": "word", "digits": "item", "arithmetic": "question"}
"""Examples that ship with psephos, and what the votes of their report stand behind."""

ABOUT = {
    "scribe": "what recognisers heard",
    "digits": "labels by many classifiers",
    "arithmetic": "how many answers of a language model to pay for, and for which question",
}
"""What each is an example of."""

OPTIONS: dict[str, dict[str, Any]] = {
    "scribe": {"meant": True, "vote": "weighted", "collar": 0.5, "queue_by": "errors", "limit": 5},
    "digits": {"limit": 10},
    "arithmetic": {"budget": 640, "cap": 8, "answer": "marked", "equivalence": "number", "workers": 1, "limit": 8},
}
"""How they are decided, or asked; `docs/transcripts.md` and `docs/arithmetic.md` say what each option is worth."""

COMPARED = {"equivalence": "number", "budget": ["5"], "methods": "uniform,adaptive", "rules": "ppr", "repeats": 5}
"""How the budget of the sums, 5 samples a question, is compared with even spending."""


def demo(
    name: Annotated[
        str | None, typer.Argument(metavar="[scribe|digits|arithmetic]", help="Which example; scribe if it is there.")
    ] = None,
    report: Annotated[Path, typer.Option(metavar="FILE.html", help="Where to write the page.")] = Path(
        "out/report.html"
    ),
) -> None:
    """Decide what recognisers heard in dictated clips, and write a report.

    digits: what fifteen classifiers saw in handwritten digits. arithmetic: which sums a small language model is asked
    again under one budget, what that saves, and which of them a person has to answer.
    """
    from psephos.cli import options as o
    from psephos.cli import output
    from psephos.errors import InputError, check_choice

    o.check_ending("--report", report)
    chosen = check_choice("demo", name or _first(), tuple(THINGS))
    folder = example(chosen)
    try:
        report.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        said = f"{str(report.parent)!r} cannot be a folder: {problem.strerror}"
        raise InputError("--report", said, hint="name another file") from None
    (_sampled if chosen == "arithmetic" else _decided)(chosen, folder, report)
    out = output.console()
    output.print_line(out, f"Open {report} in a browser to see every vote behind each {THINGS[chosen]}.")
    if chosen == "arithmetic":
        output.print_line(
            out, "Ask a model of yours: psephos ask QUESTIONS --endpoint URL --model NAME --budget SAMPLES"
        )
    else:
        output.print_line(
            out, f"Check it by keyboard, with: psephos serve {folder} (or, in the repository, make serve)"
        )
    others = ", ".join(f"psephos demo {other} ({about})" for other, about in ABOUT.items() if other != chosen)
    output.print_line(out, f"Other examples: {others}")


def _decided(chosen: str, folder: Path, report: Path) -> None:
    """One verb: votes in, verdict out."""
    from psephos.cli.decide import decide

    _announce(f"decide {folder}", OPTIONS[chosen], f" --report {report}")
    decide(paths=[str(folder)], **OPTIONS[chosen], report=report)


def _sampled(chosen: str, folder: Path, report: Path) -> None:
    """Two verbs: samples in store stand for the model, so that nothing is paid; then what the budget was worth."""
    from psephos.cli import output
    from psephos.cli.ask import ask
    from psephos.cli.plan import plan

    questions, model = folder / "items.csv", f"stored:{folder / 'samples.parquet'}"
    log = report.parent / f"{chosen}.samples.jsonl"
    log.unlink(missing_ok=True)  # of an earlier demo: with it, nothing would be left to ask
    _announce(f"ask {questions} --model {model}", OPTIONS[chosen], f" --samples {log} --report {report}")
    ask(questions=questions, model=model, **OPTIONS[chosen], samples=log, report=report)
    output.print_line(output.console(), "")
    _announce(f"plan {folder}", COMPARED)
    plan(paths=[str(folder)], **COMPARED)
    output.print_line(output.console(), "")


def _announce(words: str, options: dict[str, Any], end: str = "") -> None:
    """The command that does the same, and an empty line."""
    from psephos.cli import output

    stated = ""
    for name, value in options.items():
        given = ",".join(value) if isinstance(value, list) else value
        stated += f" --{name.replace('_', '-')}" + ("" if value is True else f" {given}")
    out = output.console()
    output.print_line(out, f"psephos {words}{stated}{end}")
    output.print_line(out, "")


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
