"""The command line: one file per verb; a verb loads its room when it is called.

Exit codes: 0 fine, 1 the input is at fault (one line on standard error says what to do), 2 the command is, 130 stopped.
"""

from __future__ import annotations

import errno
import io
import os
import sys

import typer

from psephos import __version__
from psephos.cli.agree import agree
from psephos.cli.ask import ask
from psephos.cli.complaints import Verb
from psephos.cli.decide import decide
from psephos.cli.demo import demo
from psephos.cli.doctor import doctor
from psephos.cli.judge import judge
from psephos.cli.measure import measure
from psephos.cli.plan import plan
from psephos.cli.rank import rank
from psephos.cli.select import select
from psephos.cli.serve import serve
from psephos.cli.store import audit, backup, db
from psephos.cli.store_files import load, take
from psephos.cli.study import study
from psephos.cli.transcribe import transcribe
from psephos.cli.transfer import export, import_
from psephos.cli.user import user

app = typer.Typer(
    name="psephos",
    help="Many fallible opinions in, one answer that can be checked out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(cls=Verb)(decide)
app.command(cls=Verb)(agree)
app.command(cls=Verb)(transcribe)
app.command(cls=Verb)(rank)
app.command(cls=Verb)(select)
app.command(cls=Verb)(ask)
app.add_typer(measure, name="measure")
app.command(cls=Verb)(plan)
app.add_typer(judge, name="judge")
app.add_typer(study, name="study")
app.command(cls=Verb)(serve)
app.add_typer(user, name="user")
app.command("import", cls=Verb)(import_)
app.command(cls=Verb)(export)
app.add_typer(audit, name="audit")
app.command(cls=Verb)(backup)
db.command(cls=Verb)(load)
db.command(cls=Verb)(take)
app.add_typer(db, name="db")
app.command(cls=Verb)(demo)
app.command(cls=Verb)(doctor)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"psephos {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Many fallible opinions in, one answer that can be checked out."""


def main() -> None:
    """Run the command line; complaints about the input become one line and exit code 1."""
    from psephos.errors import InputError, MissingPartError

    sys.stdin, sys.stdout = (stream or io.TextIOWrapper(io.BytesIO()) for stream in (sys.stdin, sys.stdout))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            app(prog_name="psephos")
        finally:
            sys.stdout.flush()
    except (InputError, MissingPartError) as problem:
        sys.exit(_complaint(str(problem)))
    except (OSError, SystemExit) as problem:
        _leave_what_cannot_be_written()
        if isinstance(problem, BrokenPipeError) or isinstance(problem.__context__, BrokenPipeError):
            sys.exit(0)  # whoever read our output has seen enough, as `head` does
        if isinstance(problem, OSError):
            where = f"{problem.filename}: " if problem.filename else ""
            advice = "; free some space, or write elsewhere" if problem.errno == errno.ENOSPC else ""
            sys.exit(_complaint(f"{where}{problem.strerror or problem}{advice}"))
        raise


def _leave_what_cannot_be_written() -> None:
    """Python would try once more as it ends, add lines of its own to the complaint, and end with code 120."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complaint(text: str) -> str:
    """One line without control characters: what is quoted from a file must not steer a terminal."""
    return "psephos: " + "".join(sign if sign.isprintable() else " " for sign in text)
