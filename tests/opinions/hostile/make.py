"""Make the files of this folder again: `python tests/opinions/hostile/make.py`.

Each is small and means harm, or is what careless programs write. What must come of each stands in `test_hostile.py`.
"""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import struct
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
HEAD = "item,voter,label\n"
GOOD = HEAD + "a,u,x\nb,v,y\n"


def csv(*lines: str, head: str = HEAD) -> str:
    return head + "".join(line + "\n" for line in lines)


def jsonl(*records: Any) -> str:
    return "".join((record if isinstance(record, str) else json.dumps(record)) + "\n" for record in records)


def vote(item: Any = "a", voter: Any = "u", label: Any = "x", **more: Any) -> dict[str, Any]:
    return {"item": item, "voter": voter, "label": label, **more}


def parquet(frame: pl.DataFrame, **options: Any) -> bytes:
    file = io.BytesIO()
    frame.write_parquet(file, **options)
    return file.getvalue()


def changed(data: bytes, place: int, value: int) -> bytes:
    return data[:place] + bytes([value]) + data[place + 1 :]


def zipped(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


TEXTS: dict[str, str] = {
    # commas
    "unclosed-quote.csv": csv("a,u,x", 'b,"v,y', "c,w,z"),
    "quote-after-quote.csv": csv("a,u,x", 'b,"v"w,y'),
    "nul-bytes.csv": csv("a,u,x", "b\0,v,y"),
    "only-separators.csv": ",,,\n,,,\n",
    "ten-thousand-columns.csv": "item,voter,label" + "," * 9_997 + "\na,u,x\nb,v,y" + "," * 9_997 + ",\n",
    "mixed-line-ends.csv": "item,voter,label\r\na,u,x\nb,v,y\rc,w,z\r\n\r\n\n\rd,u,x",
    "lone-carriage-returns.csv": GOOD.replace("\n", "\r"),
    "other-line-separators.csv": "item\x0cno,item,voter,label\u2028\n1\x0b,a\u2029b,u\x85,x\x1c\n",
    "no-last-line-end.csv": GOOD + "c,w,z,",
    "ragged.csv": csv("a,u,x,1", "b", "c,w", "d,u,x", "e,u,x,,,,,", ""),
    "empty.csv": "",
    "header-only.csv": HEAD,
    "blanks-only.csv": " \n\t \r\n  ",
    "duplicate-header.csv": "item,voter,item,label\na,u,b,x\n",
    "unnamed-columns.csv": "item,voter,label,,column 4\na,u,x,1,2\n",
    "mark-in-the-middle.csv": "\ufeff" + csv("a,u,\ufeffx", "\ufeffb,v,y"),
    "utf7.csv": csv("+ADw-script+AD4-,u,+AD0-1", "a+2AA-b,v,y"),
    "formulas.csv": csv('=1+1,u,"=HYPERLINK(""http://x"",""y"")"', "@SUM(A1),v,-2+3", "\t=1,+w,-1"),
    "markup.csv": csv("<script>alert(1)</script>,u,<img src=x onerror=alert(1)>", "'\"><svg/onload=x>,&lt;,x"),
    "paths.csv": csv("../../etc/passwd,u,C:\\con", "~/.ssh/id_rsa,file:///dev/null,x", "a\\,\\\\host\\share,/dev/zero"),
    "sql.csv": csv("'; DROP TABLE votes; --,u,x", "1 OR 1=1,v,x", '"Robert""); --",w,x'),
    "terminal-control.csv": csv("\x1b[2J\x1b[31ma,u\x07,x\x08", "b,\x1b]0;title\x07v,y"),
    "right-to-left-and-invisible.csv": csv(
        "\u202eabc\u202c,u,x", "abc,u\u200b,x", "e\u0301,u,x", "\u00e9,u,x", "Z\u0351\u036b\u0343\u036a\u0302,u\u2060,\u00ad"
    ),
    "emoji.csv": csv(
        "\U0001f468\u200d\U0001f469\u200d\U0001f467,\U0001f44d\U0001f3fd,\U0001f1e9\U0001f1ea",
        "\U0001f600,\u2764\ufe0f,\U000e0041",
    ),
    "long-field.csv": csv(f"{'x' * 15_000},u,x", f'"{"y" * 3_000}",v,y'),
    "words-for-missing.csv": csv("a,u,NA", "b,u,null", "c,u,None", "d,u,nan", "e,u,-", "f,u,"),
    "numbers.csv": csv(
        *(f"i{place},u,{number}" for place, number in enumerate(["1e999", "-1e999", "1e-999", "9" * 400, "0x10", "1_000"])),
        *(f"j{place},u,{number}" for place, number in enumerate(["\u0661", "1,5", "--1", "NaN", "", "+.5"])),
        head="item,voter,score\n",
    ),
    "decimal-commas.csv": csv("a;u;1,5", "b;u;2", "c;u;1.000,5", head="item;voter;score\n"),
    "dates-as-ids.csv": csv("2024-01-01,01/02/2024,x", "2024-1-1,1.2.2024,x", "45292,44927.5,x"),
    "times.csv": csv(
        "a,u,x,2024-01-01", "a,u,y,2024-01-01T00:00:01Z", "b,u,x,01/02/2024", "b,u,y,1e308", "c,u,x,-5", "c,u,y,",
        head="item,voter,label,time\n",
    ),
    "contradictions.csv": csv(*(f"a,u,{label}" for label in "xxyyzx"), *("b,u,x",) * 5, "c,u,", "c,u,x"),
    "quotes-everywhere.csv": csv('"a","u","x ""y"" z"', '"b\r\n\r\nc","v",""', '"""","v","y"'),
    "backslash-quotes.csv": csv('"a\\"b",u,x', "c,v,y"),
    "winners-of-another-arena.csv": csv(
        "x,y,model_a", "x,y,tie (bothbad)", "x,y,tie", "x,x,left", ",y,left", head="model_a,model_b,winner\n"
    ),
    "case-and-blanks.csv": csv("a,ann,x", "a,Ann,x", "a, ann ,x", "a,ANN,x", head="Item, VOTER ,label \n"),
    # tabs
    "quotes-and-tabs.tsv": 'item\tvoter\tlabel\n"a\tb"\tu\t"x\ny"\nc\tv\ty\tz\n',
    "commas-not-tabs.tsv": GOOD,
    # JSON Lines
    "deep.jsonl": jsonl(vote(), '{"item": "b", "voter": "u", "label": ' + "[" * 9_000 + "]" * 9_000 + "}"),
    "deep-objects.jsonl": jsonl(vote(), '{"item": "b", "voter": "u", "label": ' + '{"":' * 3_000 + "1" + "}" * 3_000 + "}"),
    "arrays-and-scalars.jsonl": jsonl(vote(), [vote("b")], "1", "null", '"x"', "", "true", vote("c"), "-"),
    "half-line.jsonl": jsonl(vote(), vote("b"))[:-12],
    "duplicate-keys.jsonl": jsonl(vote(), '{"item": "b", "voter": "u", "label": "x", "label": "y"}'),
    "lone-surrogates.jsonl": jsonl(vote(), vote("\ud800"), vote("c", "\udfff\ud800"), vote("\U0001f600", "v"), '{"\\ud83d": 1}'),
    "nan-and-infinity.jsonl": jsonl(*(f'{{"item": {n}, "voter": "u", "score": {v}}}' for n, v in enumerate(("NaN", "Infinity", "-Infinity", "1E400", "-0.0")))),
    "huge-integers.jsonl": jsonl(*(f'{{"item": {n}, "voter": "u", "label": {-n}}}' for n in (2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**400))),
    "different-keys.jsonl": jsonl(*(vote(n, **{f"k{n}": n}) for n in range(300))),
    "changing-types.jsonl": jsonl(*(vote(v, v, v) for v in (1, 1.5, "1", True, [1], {"a": [None]}, 1.0))),
    "lists.jsonl": jsonl(
        *({"item": "q", "voter": "llm", "draw": n, "answer": "x", "logprobs": p} for n, p in enumerate(([-1, -0.5], [0], [], None, "[-1.5]", ["x"], 3, [True])))
    ),
    "strange-keys.jsonl": jsonl(vote(**{"": 1, "__proto__": {}, "constructor": None, "a\x00b": 2, "column_0": 3}), vote("b", **{" item ": 1})),
    "escaped-nul.jsonl": jsonl(vote("a\x00b", "\x00", "x"), vote("b", "\x00\x00", "x\x00")),
    "carriage-returns.jsonl": "\r\n" + jsonl(vote(), vote("b")).replace("\n", "\r\n") + "\r\n \r\n",
    "no-line-ends.jsonl": jsonl(vote(), vote("b")).replace("\n", ""),
    "comments-and-commas.jsonl": jsonl("// votes", vote(), "{'item': 'b'}", '{"item": "c", "voter": "u", "label": "x",}'),
    # JSON
    "uneven-columns.json": '{"item": ["a", "b"], "voter": ["u"], "label": ["x", "y"]}',
    "deep.json": "[" * 9_000 + "]" * 9_000,
    "deep-and-open.json": '[{"a":' * 3_000,
    "cut-off.json": json.dumps([vote(), vote("b")])[:-20],
    "scalars-among-objects.json": json.dumps([1, vote(), None, vote("b"), [vote()]]),
    "one-object.json": json.dumps(vote()),
    "trailing-text.json": json.dumps([vote()]) + "]",
    "bare-nan.json": '[{"item": NaN, "voter": 1, "label": 1}, {"item": 1, "voter": 1, "label": NaN}]',
}


def binaries() -> dict[str, bytes]:
    """Files that are not text, or not in the encoding they should be in."""
    votes = pl.DataFrame({"item": ["a", "b", "c"], "voter": ["x", "y", "z"], "label": ["1", "2", None]})
    good = parquet(votes, compression="uncompressed")
    footer = len(good) - 8 - struct.unpack("<I", good[-8:-4])[0]
    twice = io.BytesIO()
    pq.write_table(pa.table([pa.array(["a"])] * 2 + [pa.array(["u"]), pa.array(["x"])], names=["item", "item", "voter", "label"]), twice)
    dated = io.BytesIO()
    pq.write_table(
        pa.table({"item": [Decimal("1.50"), Decimal("2.00")], "voter": [dt.date(2024, 1, 1)] * 2, "label": [dt.datetime(2024, 1, 1)] * 2}),
        dated,
    )
    many = 50_000_000
    return {
        "latin-1.csv": csv("a,J\u00fcrgen,x").encode("latin-1"),
        "utf16-without-mark.csv": GOOD.encode("utf-16-le"),
        "utf16-half-a-character.csv": b"\xff\xfe" + GOOD.encode("utf-16-le") + b"\0",
        "overlong-utf8.csv": csv("a,u,x").encode() + b"b,\xc0\xaf,y\n",
        "gzip.csv": gzip.compress(GOOD.encode(), mtime=0),
        "zip-bomb.csv": zipped("votes.csv", bytes(10_000_000)),
        "gzip-bomb.jsonl": gzip.compress(bytes(10_000_000), mtime=0),
        "parquet.csv": good,
        "random.json": np.random.default_rng(0).bytes(3_000),
        "csv.parquet": GOOD.encode(),
        "marks-only.parquet": b"PAR1PAR1",
        "cut-off.parquet": good[:-200],
        "cut-off-in-the-middle.parquet": good[:200] + good[-200:],
        "footer-longer-than-file.parquet": good[:-8] + struct.pack("<I", 2**31 - 1) + b"PAR1",
        "footer-changed.parquet": changed(good, footer + 5, 0xFF),
        "page-changed.parquet": changed(good, 30, 0xFF),
        "ends-the-decoder.parquet": changed(good, 40, 7),
        "no-rows.parquet": parquet(votes.clear()),
        "lists-as-ids.parquet": parquet(votes.with_columns(item=[[1], [2], [3]])),
        "bytes-as-ids.parquet": parquet(votes.with_columns(item=pl.Series([b"a", b"\xff", b""]))),
        "nested.parquet": parquet(votes.with_columns(meta=pl.Series([{"a": [{"b": None}]}, None, {"a": []}]))),
        "one-column-twice.parquet": twice.getvalue(),
        "decimals-and-dates.parquet": dated.getvalue(),
        "many-rows.parquet": parquet(
            pl.select(item=pl.repeat("a", many), voter=pl.repeat("u", many), label=pl.repeat("x", many)),
            row_group_size=many,
            data_page_size=2**30,
        ),
    }


if __name__ == "__main__":
    for name, text in TEXTS.items():
        (HERE / name).write_bytes(text.encode("utf-8"))
    for name, data in binaries().items():
        (HERE / name).write_bytes(data)
    for file in sorted(HERE.iterdir()):
        if file.suffix != ".py" and file.is_file():
            print(f"{file.stat().st_size:>6} {file.name}")  # noqa: T201
