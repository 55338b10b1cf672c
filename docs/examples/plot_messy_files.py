"""
A messy file, and what became of each row
=========================================

Real files have rows without a voter, numbers that are none, voters who speak twice. Nothing is dropped unseen.
"""

import io
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

import psephos

messy = """task;annotator;answer;weight
photo 1;ann;cat;1
photo 1;ann;cat;1
photo 1;bob;;1
photo 1;cid;cat;heavy
;ann;dog;1
photo 2;ann;dog;1
photo 2;ann;cat;1
photo 2;bob;dog;1
Photo 2;cid;dog;1
"""
with TemporaryDirectory() as folder:
    path = Path(folder, "messy.csv")
    path.write_text(messy)
    opinions = psephos.read(path)

# %%
# The columns were recognised by other names, and the separator too. What was set aside takes no part; what was noted
# does:

for issue in opinions.issues:
    print(f"{issue.count} {issue.action}: {issue.reason}")

# %%
# Which rows, for a person who wants to mend the file:

opinions.issues.table().select("reason", "action", "row", "example")

# %%
# The rows are those of the file, 1 for the first row below the header:

table = pl.read_csv(io.StringIO(messy), separator=";").with_row_index("row", offset=1)
aside = opinions.issues.table().filter(pl.col("action") == "set aside")
table.filter(pl.col("row").is_in(aside["row"].to_list()))

# %%
# What is left is decided as usual. Ann contradicted herself on photo 2, so neither of her rows counts; say
# ``repeated="last"`` if her second thought should.

psephos.decide(opinions).table().select("item", "choice", "votes", "flags")
