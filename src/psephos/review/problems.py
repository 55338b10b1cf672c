"""What does somebody read when something is wrong?

Every problem becomes an answer that says what happened, what was kept and what to do: JSON for programs and for
scripts of a page, a page for everybody else. What is not known to us is logged with a number and shown as that number
only.

A person reads it in the language of the page, whether the page or a script of it shows it; a program in English,
unless its ``Accept-Language`` says otherwise. What no catalogue knows, such as what a reader of files says of a line,
stays English after a word on that, and a page marks it as English for those who have it read to them. ``argument`` and
the like stay as they are in the API: programs tell problems apart by them.
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
from psephos.review.faults import MOST_FAULTS, in_our_words
from psephos.review.languages import Spoken, best_language, rephrased, spoken, translated
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


def problem(request: Request, status: int, said: Spoken, *, language: str = "en", **more: Any) -> Response:
    """The answer to a problem, in words of a language."""
    headers = {"content-language": language}
    if not wants_page(request):
        return JSONResponse({"problem": str(said)} | more, status, headers=headers)
    try:
        return page(context_of(request), "problem.html", {"status": status, "said": said}, status=status)
    except StoreError:
        return JSONResponse({"problem": str(said)} | more, status, headers=headers)


def language_for(request: Request) -> str:
    """The language that an answer to a problem is wanted in."""
    accepted = request.headers.get("accept-language", "")
    if wants_page(request) or "x-psephos" in request.headers:
        try:
            return language_of(context_of(request))
        except StoreError:
            pass
    return best_language("", accepted)


def _say(request: Request, text: str) -> dict[str, Any]:
    """A text of the catalogues, for `problem`."""
    language = language_for(request)
    known = rephrased(language, text) or translated(language, text)
    if language == "en" or known != text:
        return {"said": Spoken(known), "language": language}
    return {"said": Spoken(translated(language, "The program says in English:"), text), "language": language}


def _sign_in(request: Request, _: Exception) -> Response:
    if not wants_page(request):
        return JSONResponse(
            {"problem": str(_say(request, "sign in")["said"])}, 401, headers={"www-authenticate": "Bearer"}
        )
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
    language = language_for(request)
    said = spoken(language, wrong.argument, wrong.problem, wrong.where, wrong.hint)
    return problem(request, status, said, language=language, **more)


def _too_large(request: Request, wrong: Exception) -> Response:
    return problem(request, 413, **_say(request, str(wrong)))


def _form(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, RequestValidationError)  # noqa: S101 - it was registered for these
    found, language = wrong.errors()[:MOST_FAULTS], language_for(request)
    faults = [{"where": ".".join(map(str, fault["loc"])), "problem": fault["msg"]} for fault in found]
    ours = [in_our_words(fault) for fault in found]
    known = "; ".join(str(spoken(language, *one)) for one in ours if rephrased(language, one[1]) is not None)
    rest = "; ".join(f"{field}: {text}" for field, text in ours if rephrased(language, text) is None)
    lead = translated(language, "The program says in English:") if rest else ""
    said = Spoken(". ".join(filter(None, [known, lead])), rest)
    return problem(request, 422, said, language=language, faults=faults)


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
