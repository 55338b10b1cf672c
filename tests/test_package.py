"""Is the package what its users count on: light to import, typed, of one version, documented, complete when built?"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from numpydoc.docscrape import get_doc_object
from numpydoc.validate import validate

import psephos
from psephos.opinions.kinds import KINDS

ROOT = Path(__file__).parents[1]
HEAVY = {"numpy", "scipy", "polars", "narwhals", "matplotlib", "ray", "numba", "torch", "sqlalchemy"}
FAULTS = {
    "EX01": "there is no example",
    "PR01": "a parameter is not documented",
    "PR02": "a parameter is documented that is not there",
    "PR03": "parameters are in another order",
    "PR10": "no space before the type of a parameter",
    "SS01": "no summary",
}


def run(*arguments: str, **environment: str) -> str:
    """Run Python afresh and return what it printed."""
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, env=os.environ | environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("statement", ["import psephos", "import psephos.cli", "import psephos; dir(psephos)"])
def test_importing_loads_nothing_heavy(statement: str) -> None:
    loaded = run("-c", f"{statement}; import sys; print(*sys.modules)").split()
    assert "psephos" in loaded
    assert not HEAVY & set(loaded)


def test_asking_for_the_version_loads_nothing_heavy() -> None:
    code = (
        "import sys; from psephos.cli import main; sys.argv = ['psephos', '--version']\n"
        "try: main()\nexcept SystemExit as end: assert not end.code\n"
        "print(*sys.modules)"
    )
    version, loaded = run("-c", code).splitlines()
    assert version == f"psephos {psephos.__version__}"
    assert not (HEAVY - {"numpy"}) & set(loaded.split())


def test_importing_a_room_loads_no_picture_and_no_cluster() -> None:
    loaded = run("-c", "import psephos.consensus, psephos.agreement, psephos.plots, sys; print(*sys.modules)").split()
    assert "polars" in loaded
    assert not {"matplotlib", "ray", "torch"} & set(loaded)


def test_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## (\d+\.\d+\.\d+)", changelog, flags=re.MULTILINE)
    assert project["version"] == psephos.__version__ == released[0]
    assert run("-m", "psephos", "--version") == f"psephos {psephos.__version__}\n"


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pinned = {normal(line.partition("==")[0]) for line in lines_of(ROOT / "constraints.txt")}
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(part for extra in project["project"]["optional-dependencies"].values() for part in extra),
        *(part for group in project["dependency-groups"].values() for part in group),
    ]
    names = {normal(re.split(r"[^\w.-]", part, maxsplit=1)[0]) for part in wanted} - {"psephos"}
    assert names - pinned == set()


def test_every_pin_has_the_hashes_of_its_files() -> None:
    text = (ROOT / "locks" / "hashes.txt").read_text(encoding="utf-8")
    hashed = re.findall(r"^([\w.-]+)==(\S+) \\\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", text, re.MULTILINE)
    assert len(hashed) == len(re.findall(r"^[\w.-]+==", text, re.MULTILINE))
    pins = (line.partition("==") for line in lines_of(ROOT / "constraints.txt"))
    assert {(normal(name), version) for name, version, _ in hashed} == {(normal(name), to) for name, _, to in pins}


def test_the_list_of_needs_is_what_the_extras_ask_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    listed = subprocess.run(
        [sys.executable, str(ROOT / "locks" / "needs.py"), "all"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    wanted = {*project["dependencies"], *(part for parts in extras.values() for part in parts)}
    assert set(listed) - {"hatchling", "editables"} == {part for part in wanted if not part.startswith("psephos[")}


def test_the_extra_called_all_names_all() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert extras["all"] == [f"psephos[{','.join(name for name in extras if name != 'all')}]"]


def test_what_is_built_has_its_types_its_pages_and_its_example(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    shipped = {path.relative_to(tmp_path / "installed").as_posix() for path in (tmp_path / "installed").rglob("*.*")}
    source = ROOT / "src"
    own = {path.relative_to(source).as_posix() for path in source.rglob("*.*") if "__pycache__" not in path.parts}
    assert "psephos/py.typed" in own
    assert own <= shipped
    report = tmp_path / "report.html"
    place = str(tmp_path / "installed")
    run("-P", "-c", f"import psephos; assert psephos.__file__.startswith({place!r})", PYTHONPATH=place)
    for given, name in (([], "scribe"), (["digits"], "digits"), (["arithmetic"], "arithmetic")):
        said = run("-P", "-m", "psephos", "demo", *given, "--report", str(report), PYTHONPATH=place)
        assert f"psephos/examples/{name}" in said
        assert report.stat().st_size
        report.unlink()
    assert sum(path.stat().st_size for path in (tmp_path / "installed/psephos/examples/scribe").iterdir()) < 2e6


def test_who_asks_a_model_does_not_wait_for_what_reads_sound() -> None:
    said = run("-c", "import sys, psephos.voters; print([name for name in sys.modules if 'scipy.signal' in name])")
    assert said.strip() == "[]"


def rooms() -> list[Any]:
    names = {module.name for module in pkgutil.iter_modules(psephos.__path__)} - {"cli", "__main__"}
    found = [importlib.import_module(f"psephos.{name}") for name in sorted(names)]
    inner = [getattr(room, name) for room in found for name in getattr(room, "__all__", [])]
    return found + [part for part in inner if inspect.ismodule(part)]


def public() -> list[str]:
    """Import paths of all that the rooms offer to be called."""
    return [
        f"{room.__name__}.{name}"
        for room in rooms()
        for name in getattr(room, "__all__", [])
        if callable(getattr(room, name))
    ]


def test_every_room_says_what_it_offers() -> None:
    for room in rooms():
        if room.__name__ != "psephos.errors":
            assert len(set(room.__all__)) == len(room.__all__) > 0
            assert all(hasattr(room, name) for name in room.__all__)
    assert all(hasattr(psephos, name) for name in psephos.__all__)


def test_a_verb_that_is_one_function_is_a_name_of_the_package() -> None:
    """The others are several functions (plan, judge, study), programs (serve, doctor, demo) or about a database."""
    assert {"agree", "ask", "decide", "measure", "rank", "select", "transcribe"} <= set(psephos.__all__)
    assert psephos.ask is importlib.import_module("psephos.allocation").ask
    assert psephos.measure is importlib.import_module("psephos.metrics").measure
    assert psephos.transcribe is importlib.import_module("psephos.voters").transcribe


@pytest.mark.parametrize("path", public())
def test_docstring_documents_parameters_and_has_an_example(path: str) -> None:
    room, _, name = path.rpartition(".")
    offered = getattr(importlib.import_module(room), name)
    faults = {code: words for code, words in validate(get_doc_object(offered))["errors"] if code in FAULTS}
    if is_not_made_by_users(offered):
        faults = {code: words for code, words in faults.items() if code not in ("EX01", "PR01")}
    if room == "psephos.opinions" and name in KINDS:
        options = {"about", "repeated", "missing"}
        assert set(inspect.signature(offered).parameters) - options == set(KINDS[name].names)
    assert not faults


def is_not_made_by_users(offered: Any) -> bool:
    """Whether it is a result, a contract or data that functions return: its attributes are documented instead."""
    return inspect.isclass(offered) and (dataclasses.is_dataclass(offered) or inspect.isabstract(offered))


@pytest.mark.parametrize("path", [path for path in public() if path.rpartition(".")[2][0].isupper()])
def test_what_a_class_offers_has_a_docstring(path: str) -> None:
    room, _, name = path.rpartition(".")
    offered = getattr(importlib.import_module(room), name)
    own = {key: value for key, value in vars(offered).items() if not key.startswith("_")}
    parts = [key for key, value in own.items() if inspect.isroutine(value) or isinstance(value, property)]
    assert [key for key in parts if not inspect.getdoc(getattr(offered, key))] == []


def lines_of(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
