"""Parts of pages that a script asks for, each on its own."""

from __future__ import annotations

import pytest

from tests.review.conftest import World


@pytest.mark.parametrize("part", ["work", "strip", ""])
def test_a_part_of_an_item_stands_on_its_own(world: World, part: str) -> None:
    visitor = world.visitor("annotator")
    path = f"/projects/{world.ids['own']}/items/{world.ids['own item']}"
    answer = visitor.client.get(path, headers={"x-psephos-part": part} if part else {})
    assert answer.status_code == 200
    assert ("<html" in answer.text) == (part == "")
    assert "item-0" in answer.text
