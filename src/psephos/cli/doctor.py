"""psephos doctor: what is installed, what is missing, and how to get it?"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import typer

EXTRAS = {"plots": ("pictures in reports and notebooks", ("matplotlib",)), "scale": ("Ray clusters", ("ray",))}
"""What each extra is for and the packages that it brings."""

CORE = ("numpy", "scipy", "polars", "narwhals", "typer", "rich", "jinja2", "lazy-loader")


def doctor() -> None:
    """Say what is installed, what is missing, and how to get it."""
    import os
    import platform

    from psephos import __version__

    typer.echo(f"psephos {__version__} on Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    typer.echo(f"{os.cpu_count()} cores\n")
    typer.echo("core      " + ", ".join(f"{name} {_version_of(name) or 'MISSING'}" for name in CORE))
    for extra, (purpose, packages) in EXTRAS.items():
        found = {name: _version_of(name) for name in packages}
        if all(found.values()):
            typer.echo(f"{extra:<9} " + ", ".join(f"{name} {number}" for name, number in found.items()))
        else:
            typer.echo(f"{extra:<9} not installed ({purpose}): pip install 'psephos[{extra}]'")


def _version_of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
