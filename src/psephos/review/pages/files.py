"""Files that belong to the pages, and recordings.

Of our own files only those of the table are served; a name is looked up, never joined to a path. Recordings are found
by their id in the store, lie outside of this package under random names, and are sent in ranges (206), without which
a browser cannot seek in a long one.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse, JSONResponse, Response

from psephos.errors import InputError
from psephos.reports.stylesheet import stylesheet
from psephos.review import spectrograms
from psephos.review.authorisation import NotThereError
from psephos.review.context import Context, Here
from psephos.review.store.tables import Media
from psephos.review.waveforms import ZOOMS, NoWaveformError, waveform

router = APIRouter()

TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
HTMX_FILE = "htmx-2.0.11.min.js"
HTMX_SHA256 = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
PLAYABLE = frozenset(
    {"audio/wav", "audio/flac", "audio/mpeg", "audio/ogg", "audio/mp4", "image/png", "image/jpeg", "image/webp"}
)
RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


@cache
def own_files() -> dict[str, tuple[bytes, str, str]]:
    """Every file of the pages: its bytes, its type, its fingerprint."""
    folder = files("psephos.review").joinpath("static")
    found = {file.name: file.read_bytes() for file in folder.iterdir() if file.name.endswith((".js", ".txt"))}
    rules = folder.joinpath("review.css").read_text(encoding="utf-8")
    found["psephos.css"] = f"{stylesheet()}\n{rules}".encode()
    return {
        name: (body, TYPES[name[name.rindex(".") :]], hashlib.sha256(body).hexdigest()[:16])
        for name, body in found.items()
    }


@router.get("/static/{name}", name="static", include_in_schema=False)
def static(name: str, request: Request) -> Response:
    """A file of the pages; the browser asks each time whether it has changed."""
    if name not in own_files():
        raise NotThereError
    body, kind, mark = own_files()[name]
    headers = {"etag": f'"{mark}"', "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == f'"{mark}"':
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=kind, headers=headers)


@router.get("/health", name="health", include_in_schema=False)
def health(here: Here) -> Response:
    """Whether the server and its store work, for whoever watches over it."""
    with here.read():
        return JSONResponse({"ok": True})


@router.get("/media/{media}", name="media", include_in_schema=False)
def media(media: int, here: Here) -> Response:
    """A recording, whole or one range of it; a range that makes no sense, or several, are refused (416)."""
    place, kind = _place(here, media)
    wanted = here.request.headers.get("range", "")
    if wanted and not is_range(wanted):
        return Response(status_code=416, headers={"content-range": f"bytes */{place.stat().st_size}"})
    return FileResponse(place, media_type=kind, headers={"cache-control": "no-store"})


@router.get("/media/{media}/waveform", name="media.waveform", include_in_schema=False)
def picture(media: int, here: Here, zoom: Annotated[int, Query(ge=0, lt=len(ZOOMS))] = 0) -> Response:
    """Lowest and highest sample of each bucket as signed bytes; nothing (204) where the sound cannot be read."""
    place, kind = _place(here, media)
    headers = {"cache-control": "private, max-age=3600", "x-per-second": str(ZOOMS[zoom])}
    if not kind.startswith("audio/"):
        raise NotThereError
    try:
        return Response(waveform(place, zoom), media_type="application/octet-stream", headers=headers)
    except NoWaveformError:
        return Response(status_code=204)


@router.get("/media/{media}/spectrogram", name="media.spectrogram", include_in_schema=False)
def frequencies(
    media: int,
    here: Here,
    start: Annotated[float, Query(ge=0, le=1e9)],
    end: Annotated[float, Query(gt=0, le=1e9)],
    columns: Annotated[int, Query(ge=1, le=spectrograms.MOST)] = 600,
) -> Response:
    """Loudness of bands of frequency as bytes, column by column; nothing (204) where the sound cannot be read."""
    place, kind = _place(here, media)
    if not kind.startswith("audio/"):
        raise NotThereError
    if not 0 < end - start <= spectrograms.LONGEST + 1e-6:
        raise InputError("end", f"must be later than start, by {spectrograms.LONGEST:g} s at most")
    headers = {"cache-control": "private, max-age=3600", "x-bands": str(spectrograms.BANDS)}
    try:
        body = spectrograms.spectrogram(place, start, end, columns)
    except NoWaveformError:
        return Response(status_code=204)
    return Response(body, media_type="application/octet-stream", headers=headers)


def is_range(wanted: str) -> bool:
    """Whether a header asks for one range of bytes, from a place on, between two, or so many at the end.

    Examples
    --------
    >>> [is_range(text) for text in ("bytes=0-", "bytes=5-9", "bytes=-5", "bytes=9-5", "bytes=0-1,4-5", "bytes=-0")]
    [True, True, True, False, False, False]
    """
    found = RANGE.fullmatch(wanted.strip())
    if found is None:
        return False
    first, last = found.groups()
    if not first:
        return bool(last) and int(last) > 0
    return not last or int(first) <= int(last)


def _place(here: Context, media: int) -> tuple[Path, str]:
    """Where a recording lies, and of what type it is."""
    with here.read() as session:
        one = session.get(Media, media)
    place = Path(one.path) if one is not None else None
    if one is None or place is None or one.type not in PLAYABLE or not place.is_file():
        raise NotThereError
    return place, one.type
