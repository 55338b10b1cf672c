"""What do psephos and these extras of it need? `python locks/needs.py plots web` prints it as a list of requirements.

pip checks a list by hash, but not a folder: so the needs are installed from this list, and psephos itself after them,
without any. What the editable install is made with is on the list too.
"""

import re
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def needs(extras: list[str]) -> list[str]:
    """The requirements of psephos and of these extras, each once, in the order of the file."""
    with PROJECT.open("rb") as file:
        told = tomllib.load(file)
    project, known = told["project"], told["project"]["optional-dependencies"]
    found = [*told["build-system"]["requires"], "editables", *project["dependencies"]]
    waiting, seen = list(extras), set()
    while waiting:
        extra = waiting.pop(0)
        if extra in seen:
            continue
        seen.add(extra)
        for need in known[extra]:
            own = re.fullmatch(rf"{project['name']}\[(.+)\]", need)
            if own:
                waiting += own[1].split(",")
            else:
                found.append(need)
    return list(dict.fromkeys(found))


if __name__ == "__main__":
    sys.stdout.write("\n".join(needs(sys.argv[1:])) + "\n")
