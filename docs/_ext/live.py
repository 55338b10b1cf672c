"""Numbers, tables and output that are computed while a page is built, so that no page can say what is not so.

    ```{run}                code, and what it prints; a last line that is an expression is printed
    ```{run} hidden         the same, showing neither; `output` shows only what it prints
    ```{frame} expression   a data frame as a table; `:digits: 3` of its numbers
    ```{console}            commands, and what they print, run in the root of the repository
    ```{measured} name      what benchmarks/results/name.json says; `:rows:` of its input, `:peers:` shows them too
    {value}`expression:.3f` a number in a sentence

Code of a page shares its names. Code that fails is a warning, and so fails the build.
"""

import ast
import contextlib
import io
import json
import os
import shlex
import subprocess
import sys
import traceback
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

ROOT = Path(__file__).parents[2]
COLUMNS = 100
logger = logging.getLogger(__name__)


class Live:
    """What every computed part needs: the names of its page, and a warning where something fails."""

    def names(self):
        self.env.live_pages = getattr(self.env, "live_pages", set()) | {self.env.docname}
        return self.env.temp_data.setdefault("live_names", {})

    def failed(self, what):
        logger.warning("%s\n%s", what, traceback.format_exc(), location=(self.env.docname, self.lineno))
        return []


class Run(Live, SphinxDirective):
    has_content = True
    optional_arguments = 1

    def run(self):
        code = "\n".join(self.content)
        try:
            printed = executed(code, self.names())
        except Exception:
            return self.failed("this code failed")
        shown = self.arguments[0] if self.arguments else "all"
        parts = [literal(code, "python")] if shown == "all" else []
        return parts + ([literal(printed, "text")] if printed and shown != "hidden" else [])


class Frame(Live, SphinxDirective):
    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {"digits": directives.nonnegative_int}

    def run(self):
        try:
            frame = eval(self.arguments[0], self.names())
            lines = markdown(frame, self.options.get("digits", 3))
        except Exception:
            return self.failed("this table failed")
        holder = nodes.container(classes=["computed"])
        self.state.nested_parse(StringList(lines, "computed"), self.content_offset, holder)
        return [holder]


class Console(Live, SphinxDirective):
    has_content = True

    def run(self):
        self.names()
        shown = []
        for command in filter(None, self.content):
            done = run_command(command)
            shown += [f"$ {command}", done.stdout.rstrip() + done.stderr.rstrip(), ""]
            if done.returncode:
                logger.warning("%s\n%s", command, done.stderr, location=(self.env.docname, self.lineno))
        return [literal("\n".join(shown).rstrip(), "console")]


class Measured(Live, SphinxDirective):
    required_arguments = 1
    option_spec = {"rows": lambda text: int(text.replace("_", "")), "peers": directives.flag}

    def run(self):
        self.names()
        path = ROOT / "benchmarks" / "results" / f"{self.arguments[0]}.json"
        lines = measured(path, self.options["rows"], "peers" in self.options)
        holder = nodes.container(classes=["computed"])
        self.state.nested_parse(StringList(lines, "computed"), self.content_offset, holder)
        return [holder]


class Value(Live, SphinxRole):
    def run(self):
        try:
            return [nodes.Text(eval(f"f'''{{{self.text}}}'''", self.names()))], []
        except Exception:
            return self.failed("this value failed"), []


def executed(code, names):
    """Run code in the root of the repository; what it printed, and the value of a last expression."""
    tree = ast.parse(code)
    last = ast.Expression(tree.body.pop().value) if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(printed):
        exec(compile(tree, "page", "exec"), names)
        if last is not None and (value := eval(compile(last, "page", "eval"), names)) is not None:
            print(value)
    return printed.getvalue().rstrip()


def run_command(command):
    """Run `psephos ...` as a terminal 100 signs wide would see it, without colour."""
    program, *arguments = shlex.split(command)
    if program != "psephos":
        raise ValueError(f"only psephos is run while a page is built, not {program}")
    environment = os.environ | {"COLUMNS": str(COLUMNS), "NO_COLOR": "1", "TERM": "dumb"}
    return subprocess.run(
        [sys.executable, "-m", "psephos", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def markdown(frame, digits):
    """A data frame as a pipe table, numbers to the right."""
    right = [column.dtype.is_numeric() for column in frame]
    rule = ["---:" if number else "---" for number in right]
    rows = [[cell_text(cell, digits) for cell in row] for row in frame.iter_rows()]
    return ["| " + " | ".join(cells) + " |" for cells in (frame.columns, rule, *rows)]


def cell_text(cell, digits):
    if cell is None:
        return ""
    if isinstance(cell, float):
        almost = 1 - 10.0**-digits
        text = f">{almost:.{digits}f}" if almost + 0.5 * 10.0**-digits <= cell < 1 else f"{cell:.{digits}f}"
        return text.replace("-", "\u2212")
    return f"{cell:,}" if isinstance(cell, int) else str(cell).replace("|", "\\|")


def measured(path, rows, peers):
    """One benchmark as a table, or that it has not been run."""
    if not path.exists():
        return [f"*Not measured yet: `make bench` writes `{path.relative_to(ROOT)}`.*"]
    report = json.loads(path.read_text(encoding="utf-8"))
    compared = [peer for peer in report["peers"] if peers and peer["status"] == "compared"]
    timed = [(report["ours"]["name"], report["ours"]["seconds"], report["memory"])]
    timed += [(peer["name"], peer["peer_seconds"], peer["memory"]) for peer in compared]
    table = ["| who | time | rows per second | peak memory |", "|---|---:|---:|---:|"]
    table += [
        f"| {name} | {seconds:.3g} s | {rows / seconds:,.0f} | {memory['peak_mib']:,.0f} MiB |"
        for name, seconds, memory in timed
    ]
    machine = "{cpu}, {cores} cores, {memory_gib} GiB".format(**report["machine"])
    return [f"{report['question']}: {report['size']}.", "", *table, "", f"*{report['measured'][:10]}, {machine}.*"]


def literal(text, language):
    return nodes.literal_block(text, text, language=language)


def setup(app):
    for directive in (Run, Frame, Console, Measured):
        app.add_directive(directive.__name__.lower(), directive)
    app.add_role("value", Value())
    app.connect("env-get-outdated", lambda app, env, *changes: getattr(env, "live_pages", set()) & env.found_docs)
    return {"parallel_read_safe": False, "env_version": 1}
