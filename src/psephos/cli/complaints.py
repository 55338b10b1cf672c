"""How is advice written for Python said on the command line?

The library names its arguments as Python does: ``repeated='last'``, ``missing=['NA']``, ``columns={'voter': 'NAME'}``.
Whoever typed a command knows options: ``--repeated last``, ``--missing NA``, ``--column voter=NAME``. The options of
the verb that runs say which names are options; other names, and what is quoted from files, stay as they are.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, TypeVar

from typer.core import TyperCommand

EVERYWHERE = {"columns": "column", "rng": "seed"}
"""Arguments of the library whose option has another name in every verb that has it."""

_STATED = re.compile(r"\b([a-z_]+)=('[^']*'|\"[^\"]*\"|\[[^\]]*\]|\{[^}]*\}|[\w.]+)?")


_Function = TypeVar("_Function", bound=Callable[..., None])
_OPTIONS: ContextVar[Mapping[str, str]] = ContextVar("options of the verb that runs", default=MappingProxyType({}))
_CONTEXT: ContextVar[Any] = ContextVar("context of the verb that runs")


def running() -> Any:
    """The context of the verb that runs: its command, and what was typed."""
    return _CONTEXT.get()


def also_called(**names: str) -> Callable[[_Function], _Function]:
    """Say under which names the library knows options of a verb: ``delta="stop"`` makes of `delta` the option --stop.

    Only this verb calls them so: elsewhere `delta` may be an option of its own.
    """

    def remembered(verb: _Function) -> _Function:
        verb.also_called = names  # type: ignore[attr-defined]
        return verb

    return remembered


class Verb(TyperCommand):
    """A command whose complaints about the input name its options."""

    def invoke(self, ctx: Any) -> Any:
        """Run the verb."""
        from psephos.errors import InputError

        options = {one.name or "": max(one.opts, key=len) for one in self.params if one.param_type_name == "option"}
        names = {**EVERYWHERE, **getattr(self.callback, "also_called", {})}
        options = {argument: options[name] for argument, name in names.items() if name in options} | options
        token, context = _OPTIONS.set(options), _CONTEXT.set(ctx)
        try:
            return super().invoke(ctx)
        except InputError as problem:
            argument = options.get(problem.argument, problem.argument)
            hint = None if problem.hint is None else here(problem.hint)
            raise type(problem)(argument, problem.problem, where=problem.where, hint=hint) from None
        finally:
            _OPTIONS.reset(token)
            _CONTEXT.reset(context)


def here(text: str) -> str:
    """`in_options` for the verb that runs; the text itself where none does."""
    return in_options(text, _OPTIONS.get())


def in_options(text: str, options: Mapping[str, str]) -> str:
    """The text with arguments of Python written as options of the command line; `options` has those of each argument.

    Examples
    --------
    >>> options = {"repeated": "--repeated", "columns": "--column", "missing": "--missing", "kind": "--kind"}
    >>> in_options("state repeated='last'", options), in_options("say which with kind=", options)
    ('state --repeated last', 'say which with --kind')
    >>> in_options("missing=['NA', '-'] makes it an abstention; rows=3", options)
    '--missing NA,- makes it an abstention; rows=3'
    >>> in_options("as in columns={'voter': 'NAME'}", options)
    'as in --column voter=NAME'
    >>> in_options("use psephos.read", {"in_parts": "--in-parts"})
    'leave out --in-parts'
    """

    def said(found: re.Match[str]) -> str:
        option = options.get(found[1])
        return found[0] if option is None else " ".join([option, *_values(found[2] or "")])

    if "in_parts" in options:
        text = text.replace("use psephos.read", f"leave out {options['in_parts']}")
    return _STATED.sub(said, text)


def _values(written: str) -> list[str]:
    """A value of Python as words of the command line."""
    if not written or written[0] not in "'\"[{":
        return [written] if written else []
    from psephos.opinions.sources import listed_texts

    value = ast.literal_eval(written)
    if isinstance(value, dict):
        return [shlex.quote(f"{name}={part}") for name, part in value.items()]
    return [shlex.quote(listed_texts(value) or "" if isinstance(value, list) else value)]
