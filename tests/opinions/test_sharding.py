"""Opinions in parts: what a verdict says of files too large for memory is what it says of them read at once."""

from __future__ import annotations

import datetime as dt
import gc
import pickle
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psephos.consensus import majority
from psephos.errors import ContradictionError, InputError, ParseError
from psephos.opinions import read, scan

LABELS = {"item": pl.String, "voter": pl.String, "label": pl.String}


def table(*rows: tuple) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=LABELS, orient="row")


def votes(n_items: int, n_voters: int = 3, choices: str = "ab", *, seed: int = 0) -> pl.DataFrame:
    """Every voter on every item, sorted by item."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"i{item:03d}", f"v{voter}", rng.choice(list(choices))) for item in range(n_items) for voter in range(n_voters)
    ]
    return table(*rows)


def stored(folder: Path, *frames: pl.DataFrame) -> list[Path]:
    paths = [folder / f"part{number}.parquet" for number in range(len(frames))]
    for path, frame in zip(paths, frames, strict=True):
        frame.write_parquet(path)
    return paths


def assert_same_verdict(left, right, *, rename: tuple[str, str] = ("", "")) -> None:
    assert left.table().equals(right.table())
    assert left.voters.equals(right.voters)
    assert [str(issue).replace(*rename) for issue in left.issues] == [str(issue) for issue in right.issues]
    assert left.issues.set_aside == right.issues.set_aside


# Ids that differ in case, numbers and texts of numbers, missing values, weights out of range, rows said twice.
rows = st.tuples(
    st.sampled_from(["b", "a", "A", "10", "9", None]),
    st.sampled_from(["x", "y", "z", None]),
    st.sampled_from(["1", "2", "10", "no", None]),
    st.sampled_from([1.0, 0.5, 2.0, 0.0, -1.0, -2.0, None]),
)
SCHEMA = LABELS | {"weight": pl.Float64}


@given(
    st.lists(rows, min_size=1, max_size=25),
    st.integers(1, 8),
    st.lists(st.integers(0, 25), max_size=2),
    st.booleans(),
    st.sampled_from(["auto", "first", "last"]),
)
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
def test_in_parts_as_at_once(given_rows, rows_per_part, cuts, in_order, repeated):
    frame = pl.DataFrame(given_rows, schema=SCHEMA, orient="row")
    if in_order:
        frame = frame.sort("item", nulls_last=True, maintain_order=True)
    bounds = [0, *sorted(min(cut, frame.height) for cut in cuts), frame.height]
    pieces = [frame[low:high] for low, high in pairwise(bounds) if high > low]
    with TemporaryDirectory() as folder:
        paths = stored(Path(folder), *pieces)
        for path, piece in zip(paths, pieces, strict=True):
            piece.write_csv(path.with_suffix(".csv"))  # read at once from CSV, which is quick
        try:
            at_once = majority(read([path.with_suffix(".csv") for path in paths], repeated=repeated))
        except InputError:
            with pytest.raises(InputError):
                majority(scan(paths, rows_per_part=rows_per_part, repeated=repeated))
            return
        shards = scan(paths, rows_per_part=rows_per_part, repeated=repeated)
        assert_same_verdict(at_once, majority(shards), rename=(".csv", ".parquet"))
        for item in at_once.items:
            assert shards.of_item(item).frame().equals(at_once.opinions.of_item(item).frame())


@pytest.mark.parametrize("rows_per_part", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("order", ["sorted", "reversed", "shuffled"])
def test_every_item_lies_in_one_part_and_every_row_in_one(tmp_path, order, rows_per_part):
    frame = votes(9)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=1)
    frame = {"sorted": frame, "reversed": frame.reverse(), "shuffled": shuffled}[order]
    shards = scan(stored(tmp_path, frame), rows_per_part=rows_per_part)
    dealt = order != "sorted" and rows_per_part < frame.height
    assert all(bool(part.pile) is dealt for part in shards.parts())
    loaded = [shards.load(part) for part in shards.parts()]
    items = [item for opinions, _ in loaded for item in opinions.vocabulary("item")]
    assert sorted(items) == sorted(set(frame["item"]))
    assert sum(len(opinions) for opinions, _ in loaded) == len(shards) == frame.height
    for opinions, first in loaded:
        assert [frame["item"].to_list().index(item) for item in opinions.vocabulary("item")] == first.tolist()


def test_an_item_with_more_rows_than_a_part_stays_whole(tmp_path):
    long = table(*[("m", f"v{voter:02d}", "ab"[voter % 2]) for voter in range(40)])
    frame = pl.concat([table(("a", "x", "a")), long, table(("z", "x", "a"), ("z", "y", "b"))])
    shards = scan(stored(tmp_path, frame), rows_per_part=4)
    sizes = [len(shards.load(part)[0]) for part in shards.parts()]
    assert max(sizes) >= 40
    assert_same_verdict(majority(read(tmp_path)), majority(shards))


def test_an_item_may_go_on_in_the_next_file(tmp_path):
    frame = votes(4)
    stored(tmp_path, frame[:5], frame[5:6], frame[6:])
    shards = scan(tmp_path, rows_per_part=2)
    assert not any(part.pile for part in shards.parts())
    assert_same_verdict(majority(read(tmp_path)), majority(shards))


def test_rows_at_fault_are_named_by_file_and_row_in_it(tmp_path):
    good = ("a", "x", "p")
    first = table(good, ("a", None, "p"), ("b", "x", "p"))
    second = table((None, "x", "p"), ("b", "y", None), ("c", None, "p"))
    paths = stored(tmp_path, first, second)
    for rows_per_part in (1, 2, 6):
        found = majority(scan(paths, rows_per_part=rows_per_part)).issues
        assert {(issue.reason, issue.source, tuple(issue.rows.tolist())) for issue in found} == {
            ("no voter", str(paths[0]), (2,)),
            ("no item", str(paths[1]), (1,)),
            ("no label: counted as an abstention", str(paths[1]), (2,)),
            ("no voter", str(paths[1]), (3,)),
        }


def test_the_example_is_that_of_the_first_row_at_fault_whichever_part_comes_first(tmp_path):
    frame = pl.DataFrame(
        {
            "item": ["good", *(f"i{n}" for n in range(20, 0, -1))],
            "voter": "x",
            "label": "p",
            "weight": range(1, -20, -1),
        }
    )
    paths = stored(tmp_path, frame.with_columns(pl.lit("x").alias("voter"), pl.lit("p").alias("label")))
    shards = scan(paths, rows_per_part=2)
    first_part, _ = shards.load(shards.parts()[0])
    assert not any(issue.example == "-1" for issue in first_part.issues)
    (found,) = majority(shards).issues
    assert (found.reason, found.example, found.rows.tolist()) == ("weight is out of range", "-1", list(range(3, 22)))


def test_a_part_without_a_good_row_is_an_empty_part(tmp_path):
    frame = table(("a", "x", "p"), ("a", "y", "p"), ("b", None, "q"), ("b", None, "q"), ("c", "x", "p"))
    paths = stored(tmp_path, frame)
    verdict = majority(scan(paths, rows_per_part=2))
    assert verdict.items.to_list() == ["a", "c"]
    assert_same_verdict(majority(read(paths)), verdict)


def test_values_of_rows_set_aside_are_no_voters_and_no_possible_choices(tmp_path):
    frame = table(("a", "x", "1"), ("a", "y", "2"), ("b", "x", "1"), ("b", "y", "1"), (None, "ghost", "3"))
    paths = stored(tmp_path, frame)
    at_once, in_parts = majority(read(paths)), majority(scan(paths, rows_per_part=2))
    assert in_parts.voters["voter"].to_list() == ["x", "y"]
    assert_same_verdict(at_once, in_parts)


@pytest.mark.parametrize(
    "items",
    [
        pl.Series([5, 5, 3, 3, -7, 9], dtype=pl.Int64),
        pl.Series([5, 5, 3, 3, 7, 9], dtype=pl.UInt8),
        pl.Series([1.0, 1.0, 2.5, -0.0, 0.0, 2.5]),
        pl.Series([True, True, False, False, True, None]),
        pl.Series([dt.date(2024, 1, day) for day in (2, 2, 1, 1, 3, 3)]),
        pl.Series([dt.datetime(2024, 1, 1, 12, 0, second, 500_000) for second in (2, 2, 1, 1, 3, 3)]),
        pl.Series(["b", "b", "a", "", "c", "c"], dtype=pl.Categorical),
    ],
    ids=["whole numbers", "small whole numbers", "floats", "booleans", "dates", "times", "categories"],
)
def test_items_of_any_type_have_the_names_they_have_in_memory(tmp_path, items):
    frame = pl.DataFrame({"item": items, "voter": [1, 2, 1, 2, 1, 2], "label": [0.5, 1.0, 1.0, 1.0, 2.0, 2.0]})
    paths = stored(tmp_path, frame)
    at_once, in_parts = majority(read(paths)), majority(scan(paths, rows_per_part=2))
    assert_same_verdict(at_once, in_parts)
    for item in at_once.items:
        assert in_parts.why(item).rows.equals(at_once.why(item).rows)


def test_samples_are_read_in_parts_too(tmp_path):
    frame = pl.DataFrame(
        {"item": ["q", "q", "q", "p", "p"], "voter": ["m"] * 5, "draw": [0, 1, 2, 0, 1], "answer": [4, 4, 5, 6, None]}
    )
    paths = stored(tmp_path, frame)
    shards = scan(paths, rows_per_part=2)
    assert shards.kind == "samples"
    assert_same_verdict(majority(read(paths)), majority(shards))


def test_foreign_names_are_taken_and_said(tmp_path):
    frame = votes(3).rename({"voter": "worker", "item": "Task"})
    paths = stored(tmp_path, frame[:4], frame[4:])
    found = majority(scan(paths, rows_per_part=2)).issues
    assert [str(issue) for issue in found] == [
        f"2 noted: took 'Task' as item, 'worker' as voter ({path})" for path in paths
    ]
    assert_same_verdict(majority(read(paths)), majority(scan(paths)))


def test_stated_columns_play_their_parts(tmp_path):
    frame = votes(3).rename({"voter": "who", "label": "said"}).with_columns(pl.lit("other").alias("voter"))
    paths = stored(tmp_path, frame)
    columns = {"voter": "who", "label": "said"}
    assert_same_verdict(majority(read(paths, columns=columns)), majority(scan(paths, columns=columns, rows_per_part=2)))


def test_tables_about_things_are_checked_against_all_parts(tmp_path):
    stored(tmp_path, votes(4).reverse())
    pl.DataFrame({"item": ["i000", "i000", "i003", "none"], "gold": ["a", "b", "b", "a"]}).write_csv(
        tmp_path / "items.csv"
    )
    pl.DataFrame({"voter": ["v0", "nobody"], "group": ["g", "h"]}).write_csv(tmp_path / "voters.csv")
    at_once, in_parts = majority(read(tmp_path)), majority(scan(tmp_path, rows_per_part=3))
    assert_same_verdict(at_once, in_parts)
    assert [(issue.source, issue.reason, issue.example) for issue in in_parts.issues] == [
        ("about items", "a second row for one item", "i000"),
        ("about items", "no opinion has this item", "none"),
        ("about voters", "no opinion has this voter", "nobody"),
    ]
    assert in_parts.voters["group"].to_list() == at_once.voters["group"].to_list()
    assert in_parts.opinions.about.column("items", "gold", pl.Series(["i003", "i001"])).to_list() == ["b", None]


def test_ids_that_look_alike_are_noted_once_whatever_the_parts(tmp_path):
    frame = table(("a", "x", "p"), ("A", "x", "P"), ("b", "X", "p"), ("c", "X", "p"), ("d", "x", "P"))
    paths = stored(tmp_path, frame)
    for rows_per_part in (1, 2, 5):
        found = majority(scan(paths, rows_per_part=rows_per_part)).issues
        assert [(issue.source, issue.count) for issue in found] == [("item", 2), ("label", 2), ("voter", 2)]


def test_a_contradiction_is_refused_if_so_asked(tmp_path):
    paths = stored(tmp_path, table(("a", "x", "p"), ("b", "x", "p"), ("b", "x", "q")))
    with pytest.raises(ContradictionError, match="'b'"):
        majority(scan(paths, repeated="error", rows_per_part=1))


def test_equivalent_choices_become_one(tmp_path):
    frame = table(("a", "x", "Yes"), ("a", "y", "yes "), ("a", "z", "no"), ("b", "x", "NO"), ("b", "y", "no"))
    paths = stored(tmp_path, frame)
    at_once = majority(read(paths), equivalence="casefold")
    in_parts = majority(scan(paths, rows_per_part=2), equivalence="casefold")
    assert in_parts.table()["choice"].to_list() == ["Yes", "no"]
    assert_same_verdict(at_once, in_parts)
    assert in_parts.why("a").supporters == ["x", "y"]


@pytest.mark.parametrize("name", ["votes[1].parquet", "votes*.parquet", "year=2024/votes.parquet", "ü ?.parquet"])
def test_a_file_name_is_no_pattern(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    votes(3).write_parquet(path)
    votes(5, seed=1).write_parquet(tmp_path / "votes1.parquet")
    verdict = majority(scan(path, rows_per_part=2))
    assert verdict.items.to_list() == ["i000", "i001", "i002"]
    assert len(verdict.opinions.of_item("i000")) == 3


def test_an_item_that_is_not_there(tmp_path):
    shards = scan(stored(tmp_path, votes(2)))
    with pytest.raises(InputError, match="there is no item 'nope'") as caught:
        shards.of_item("nope")
    assert caught.value.argument == "item"
    assert shards.of_items(pl.Series(["nope"])) is None


def test_several_items_are_read_in_one_pass(tmp_path):
    shards = scan(stored(tmp_path, votes(5).reverse()), rows_per_part=2)
    found = shards.of_items(pl.Series(["i001", "i004"]))
    assert found is not None
    assert sorted(found.vocabulary("item")) == ["i001", "i004"]
    assert len(found) == 6


def test_dealt_rows_go_to_the_named_folder_and_leave_with_the_result(tmp_path):
    deal = tmp_path / "deal"
    deal.mkdir()
    paths = stored(tmp_path, votes(4).reverse())
    shards = scan(paths, rows_per_part=3, folder=deal)
    assert len(list(deal.rglob("*.parquet"))) >= 2
    verdict = majority(shards, equivalence="casefold")
    del shards
    gc.collect()
    assert list(deal.iterdir()), "the verdict still needs its votes"
    assert len(verdict) == 4
    del verdict
    gc.collect()
    assert not list(deal.iterdir())


def test_a_copy_in_another_process_does_not_remove_what_was_dealt(tmp_path):
    deal = tmp_path / "deal"
    deal.mkdir()
    shards = scan(stored(tmp_path, votes(4).reverse()), rows_per_part=3, folder=deal)
    copy = pickle.loads(pickle.dumps(shards))
    del copy
    gc.collect()
    assert len(majority(shards)) == 4


def test_shards_say_what_they_hold(tmp_path):
    paths = stored(tmp_path, votes(4))
    assert str(scan(paths, rows_per_part=6)) == f"12 labels (3 voters, 2 labels) in 2 parts from {paths[0]}"


def write_bytes(path: Path, change) -> Path:
    votes(200).write_parquet(path)
    data = bytearray(path.read_bytes())
    path.write_bytes(change(data))
    return path


def flipped(low: int, high: int):
    def change(data: bytearray) -> bytes:
        for place in range(low, high):
            data[place] ^= 0xFF
        return bytes(data)

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"item,voter,label\na,x,p\n",
        lambda data: b"",
        lambda data: bytes(data[: len(data) // 2]),
        flipped(20, 60),
        flipped(-60, -30),
    ],
    ids=["text", "empty", "cut off", "damaged data", "damaged end"],
)
def test_a_damaged_file_is_refused_and_left_alone(tmp_path, change):
    path = write_bytes(tmp_path / "votes.parquet", change)
    before = path.read_bytes()
    with pytest.raises(ParseError) as caught:
        majority(scan(path))
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            pl.Series("item", [1]),
            pl.Series("item", ["1"]),
            "item is column 'item' of type String, but column 'item' of",
        ),
        (
            pl.Series("item", ["1"]),
            pl.Series("task", ["1"]),
            "item is column 'task' of type String, but column 'item' of",
        ),
        (pl.Series("weight", [1.0]), None, "weight is missing, but column 'weight' of type Float64"),
        (None, pl.Series("weight", [1.0]), "weight is column 'weight' of type Float64, but missing"),
    ],
    ids=["types", "names", "missing later", "missing first"],
)
def test_files_that_differ_are_refused(tmp_path, first, second, message):
    frames = []
    for column in (first, second):
        frame = table(("1", "x", "p"))
        if column is not None:
            frame = frame.drop("item") if column.name in ("item", "task") else frame
            frame = frame.with_columns(column)
        frames.append(frame)
    paths = stored(tmp_path, *frames)
    with pytest.raises(InputError) as caught:
        scan(paths)
    assert message in str(caught.value)
    assert str(paths[1]) in str(caught.value)


def test_a_column_that_does_not_count_may_differ_between_files(tmp_path):
    frame = votes(2)
    paths = stored(tmp_path, frame[:3], frame[3:].with_columns(pl.lit("extra").alias("remark")))
    assert_same_verdict(majority(read(paths)), majority(scan(paths, rows_per_part=2)))


@pytest.mark.parametrize(
    ("frame", "options", "argument"),
    [
        (votes(1).clear(), {}, "path"),
        (votes(1).with_columns(pl.lit(1).alias("score")).drop("label"), {}, "kind"),
        (votes(1).drop("voter"), {}, "columns"),
        (votes(1), {"kind": "samples"}, "columns"),
        (votes(1), {"rows_per_part": 0}, "rows_per_part"),
        (votes(1), {"columns": {"voter": "nobody"}}, "columns"),
        (votes(1), {"about": {"birds": pl.DataFrame({"bird": [1]})}}, "about"),
    ],
    ids=["no rows", "scores", "no voter", "not samples", "rows per part", "no such column", "no such table"],
)
def test_what_cannot_be_read_in_parts_is_named(tmp_path, frame, options, argument):
    paths = stored(tmp_path, frame)
    with pytest.raises(InputError) as caught:
        scan(paths, **options)
    assert caught.value.argument == argument


def test_without_one_good_row_there_is_nothing_to_decide(tmp_path):
    paths = stored(tmp_path, table((None, "x", "p"), ("a", None, "q")))
    with pytest.raises(InputError, match=r"no row is left: .*no item.*no voter"):
        majority(scan(paths, rows_per_part=1))


def test_a_file_that_would_end_the_process_is_refused():
    file = Path(__file__).parent / "hostile" / "ends-the-decoder.parquet"
    with pytest.raises(ParseError) as caught:
        scan(file)
    assert caught.value.argument == str(file)
