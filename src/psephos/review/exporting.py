"""temporary"""
from __future__ import annotations
from typing import Any
FORMATS: tuple[str, ...] = ("jsonl", "csv")
def file_name(one: Any) -> str:
    return f"export-{one.id}"
def begin(here: Any, format: str, **options: Any) -> dict[str, Any]:
    return {}
