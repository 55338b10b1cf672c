"""What does somebody read when something is wrong?

Every problem becomes an answer that says what happened, what was kept and what to do: JSON for programs and for
scripts of a page, a page for everybody else. What is not known to us is logged with a number and shown as that number
only.

A person reads it in the language of the page, whether the page or a script of it shows it; a program in English,
unless its ``Accept-Language`` says otherwise. What no catalogue knows, such as what a reader of files says of a line,
stays English and is marked as English, for those who have pages read to them. ``argument`` and the like stay as they
are in the API: programs tell problems apart by them.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from traceback import extract_tb
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from psephos.errors import BusyError, ConflictError, ForbiddenError, InputError, StoreError, TakenError
from psephos.review.authorisation import NotAllowedError, NotThereError, SignInNeededError
from psephos.review.context import context_of
from psephos.review.languages import best_language, rephrased, translated
from psephos.review.rendering import language_of, page
from psephos.review.security import TooLargeError

log = structlog.get_logger("psephos.review")

DEEP = 12
"""Steps of the way to an error that are written down: places of code, not its text, which may hold an item."""

STATUS = (
    (ConflictError, 409),
    (TakenError, 409),
    (ForbiddenError, 403),
    (StoreError, 503),
    (BusyError, 503),
    (InputError, 422),
)


def answer_problems(app: FastAPI) -> None:
    """Have all problems of an application answered like this."""
    app.add_exception_handler(SignInNeededError, _sign_in)
    app.add_exception_handler(NotThereError, _not_there)
    app.add_exception_handler(NotAllowedError, _not_allowed)
    app.add_exception_handler(InputError, _input)
    app.add_exception_handler(TooLargeError, _too_large)
    app.add_exception_handler(RequestValidationError, _form)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unknown)


def wants_page(request: Request) -> bool:
    """Whether a person reads the answer as a page."""
    programs = request.url.path.startswith("/api/") or "x-psephos" in request.headers
    return not programs and "text/html" in request.headers.get("accept", "text/html")


def problem(request: Request, status: int, text: str, *, language: str = "en", **more: Any) -> Response:
    """The answer to a problem, in words of a language."""
    headers = {"content-language": language}
    if not wants_page(request):
        return JSONResponse({"problem": text} | more, status, headers=headers)
    try:
        says = {"status": status, "problem": text, "spoken": language}
        return page(context_of(request), "problem.html", says, status=status)
    except StoreError:
        return JSONResponse({"problem": text} | more, status, headers=headers)


def language_for(request: Request) -> str:
    """The language that an answer to a problem is wanted in."""
    accepted = request.headers.get("accept-language", "")
    if wants_page(request) or "x-psephos" in request.headers:
        try:
            return language_of(context_of(request))
        except StoreError:
            pass
    return best_language("", accepted)


def in_words(language: str, wrong: InputError) -> tuple[str, str]:
    """A problem in words, and the language that they are of: English where the catalogue does not know it.

    Examples
    --------
    >>> in_words("de", InputError("name", "must not be empty"))
    ('Name: darf nicht leer sein', 'de')
    >>> in_words("de", InputError("votes.csv", "has an odd line", where="line 3"))
    ('votes.csv: has an odd line (line 3)', 'en')
    """
    problem = rephrased(language, wrong.problem)
    hint = rephrased(language, wrong.hint) if wrong.hint else ""
    if problem is None or hint is None:
        return str(wrong), "en"
    argument = rephrased(language, wrong.argument) or wrong.argument
    return str(InputError(argument, problem, where=wrong.where, hint=hint)), language


def _say(request: Request, text: str) -> dict[str, str]:
    """A text of the catalogues and its language, for `problem`."""
    language = language_for(request)
    known = rephrased(language, text) or translated(language, text)
    return {"text": known, "language": language if language == "en" or known != text else "en"}


def _sign_in(request: Request, _: Exception) -> Response:
    if not wants_page(request):
        return JSONResponse({"problem": _say(request, "sign in")["text"]}, 401, headers={"www-authenticate": "Bearer"})
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    after = f"?after={quote(path)}" if request.method == "GET" and path != "/" else ""
    return RedirectResponse(f"/sign-in{after}", 303)


def _not_there(request: Request, _: Exception) -> Response:
    return problem(request, 404, **_say(request, "There is nothing here that you can see."))


def _not_allowed(request: Request, refused: Exception) -> Response:
    said = _say(request, "Your role does not allow this. A manager of the project can change that.")
    return problem(request, 403, **said, needed=getattr(refused, "needed", ""))


def _input(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, InputError)  # noqa: S101 - it was registered for these
    status = next(number for kind, number in STATUS if isinstance(wrong, kind))
    more: dict[str, Any] = {"argument": wrong.argument, "where": wrong.where, "hint": wrong.hint}
    if isinstance(wrong, ConflictError):
        more |= {"seen": wrong.seen, "present": wrong.present}
    if isinstance(wrong, StoreError):
        log.error("store", place=wrong.argument, problem=wrong.problem)  # where it lies is nobody's business outside
        more |= {"argument": "store", "where": None}
        return problem(
            request, status, **_say(request, f"The store {wrong.problem}; {wrong.hint or 'try again'}."), **more
        )
    text, language = in_words(language_for(request), wrong)
    return problem(request, status, text, language=language, **more)


def _too_large(request: Request, wrong: Exception) -> Response:
    return problem(request, 413, **_say(request, str(wrong)))


def _form(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, RequestValidationError)  # noqa: S101 - it was registered for these
    faults = [{"where": ".".join(map(str, fault["loc"])), "problem": fault["msg"]} for fault in wrong.errors()[:20]]
    text = "; ".join(f"{fault['where']}: {fault['problem']}" for fault in faults)
    return problem(request, 422, text, faults=faults)


def _http(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, HTTPException)  # noqa: S101 - it was registered for these
    text = "There is nothing here that you can see." if wrong.status_code == 404 else str(wrong.detail)
    answer = problem(request, wrong.status_code, **_say(request, text))
    for name, value in (wrong.headers or {}).items():
        answer.headers[name] = value
    return answer


def _unknown(request: Request, wrong: Exception) -> Response:
    number = secrets.token_hex(4)
    log.error(
        "problem",
        number=number,
        route=getattr(request.scope.get("route"), "name", ""),
        kind=type(wrong).__name__,
        at=[
            f"{Path(step.filename).name}:{step.lineno} {step.name}" for step in extract_tb(wrong.__traceback__)[-DEEP:]
        ],
    )
    wrong.add_note(number)  # so that who called the application knows that it was told
    text = f"Something went wrong here, not with you. Nothing was changed. Number {number}."
    return problem(request, 500, **_say(request, text))
