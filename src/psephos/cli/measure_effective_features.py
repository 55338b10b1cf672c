"""psephos measure effective-features: how many features do the codes or activations of a file use?

Arrays are never unpickled. A .npy file is mapped and read in chunks, so it may be larger than memory; an .npz file
names its arrays, and a dictionary is one with `weights` (and `bias`, `decoder`, `decoder_bias`). With --train the
dictionaries are trained here; several arrays are then several layers.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from psephos.cli import feature_training as t
from psephos.cli import options as o

if TYPE_CHECKING:
    from psephos.metrics import SparseDictionary

PARTS = ("weights", "bias", "decoder", "decoder_bias")


def effective_features(
    path: Annotated[
        str, typer.Argument(metavar="FILE", help="Codes, or activations: .npy, .npz or a table.", show_default=False)
    ],
    array: Annotated[
        str | None,
        typer.Option(metavar="NAME,...", help="Which array of an .npz file; with --train several are layers."),
    ] = None,
    features: Annotated[
        str | None, typer.Option(metavar="COLUMN,...", help="Which columns of a table are codes, one for each feature.")
    ] = None,
    dictionary: Annotated[
        str | None, typer.Option(metavar="FILE", help="Arrays that make codes of activations: .npz with weights.")
    ] = None,
    neurons: Annotated[
        int | None, typer.Option(help="Neurons of the layer, where only codes are given.", min=1)
    ] = None,
    standardise: Annotated[
        str, typer.Option(help="Divide activations by their root mean square: none or rms.")
    ] = "none",
    cluster: Annotated[
        str | None, typer.Option(metavar="NAME", help="Column or array: items of one cluster are not independent.")
    ] = None,
    train: t.Train = False,
    expansion: t.Expansion = None,
    l1: t.Penalty = None,
    seeds: t.Seeds = None,
    epochs: t.Epochs = None,
    patience: t.Patience = None,
    batch: t.Batch = None,
    learning_rate: t.LearningRate = None,
    untied: t.Untied = False,
    decoder_bias: t.DecoderBias = False,
    max_samples: t.MaxSamples = None,
    null: t.Null = None,
    no_doubled: t.NoDoubled = False,
    engine: t.Engine = None,
    resume: t.Resume = None,
    save: t.Save = None,
    repeats: Annotated[int, typer.Option(help="Resamples of items for the interval; 0 for none.", min=0)] = 400,
    level: Annotated[float, typer.Option(help="Confidence of the interval.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Seed of the resamples.", min=0)] = 0,
    limit: Annotated[int, typer.Option(help="Features to print.", min=0)] = o.LIMIT,
    json: o.Json = False,
    parquet: o.Parquet = None,
    report: o.Report = None,
) -> None:
    """Say how many features a layer, a dictionary or a panel of judges really uses."""
    from psephos.cli import output
    from psephos.metrics import effective_features as count
    from psephos.opinions.model import Source
    from psephos.opinions.sources import sha256_of

    files = [path, *([dictionary] if dictionary else [])]
    o.check_outputs(files, {"--parquet": parquet, "--report": report, "--save": save})
    asked = t.Asked(
        expansion=expansion,
        l1=l1,
        seeds=seeds,
        epochs=epochs,
        patience=patience,
        batch=batch,
        learning_rate=learning_rate,
        untied=untied,
        decoder_bias=decoder_bias,
        max_samples=max_samples,
        null=null,
        no_doubled=no_doubled,
        engine=engine,
        resume=resume,
        save=save,
    )
    if train:
        asked.check(dictionary=dictionary, neurons=neurons)
        names = [None] if array is None else o.split(array)
        layers = {name or "": _values(path, name, features, cluster) for name in names}
        asked.count(
            layers,
            Source((path,), (sha256_of(Path(path)),)),
            standardise=standardise,
            repeats=repeats,
            level=level,
            seed=seed,
            limit=limit,
            json=json,
            parquet=parquet,
            report=report,
        )
        return
    asked.check_none()
    values, clusters = _values(path, array, features, cluster)
    result = count(
        values,
        None if dictionary is None else _dictionary(dictionary),
        neurons=neurons,
        standardise=standardise,  # type: ignore[arg-type]
        clusters=clusters,
        repeats=repeats,
        level=level,
        rng=seed,
    )
    source = Source(tuple(files), tuple(map(sha256_of, map(Path, files))))
    result = replace(result, provenance=replace(result.provenance, source=source, command=o.stated()))
    output.deliver(
        result,
        "Effective features",
        {"Most used": result.usage},
        limit=limit,
        json=json,
        parquet=parquet,
        report=report,
    )


def _values(path: str, array: str | None, features: str | None, cluster: str | None) -> tuple[Any, Any]:
    """What is counted, and the clusters of its items."""
    import numpy as np

    from psephos.errors import InputError
    from psephos.opinions.column_files import ARRAYS, mapped_array, read_columns
    from psephos.opinions.kinds import listed

    if Path(path).suffix.lower() not in ARRAYS:
        table = read_columns(path)
        if features is None:
            raise InputError("--features", f"must name the columns of {path} that are codes")
        codes = np.column_stack([table.numbers(name, "--features") for name in o.split(features)])
        return codes, None if cluster is None else table.column(cluster, "--cluster")
    if features is not None:
        raise InputError("--features", "is for tables", hint="--array says which array of an .npz file is counted")
    if Path(path).suffix.lower() == ".npy" and array is None and cluster is None:
        found, clusters = mapped_array(path), None
    else:
        file = read_columns(path)
        clusters = None if cluster is None else file.column(cluster, "--cluster")
        others = [name for name in file.columns if name != cluster]
        if array is None and len(others) != 1:
            raise InputError("--array", f"must say which array of {path} is counted", hint=f"it has {listed(others)}")
        found = file.column(others[0] if array is None else array, "--array")
    if found.dtype.kind not in "biuf":
        raise InputError("FILE", f"must hold numbers, got {found.dtype}")
    return found, clusters


def _dictionary(path: str) -> SparseDictionary:
    from psephos.errors import InputError
    from psephos.metrics import SparseDictionary
    from psephos.opinions.column_files import read_columns
    from psephos.opinions.kinds import listed

    file = read_columns(path)
    names = list(file.columns)
    if len(names) == 1 and Path(path).suffix.lower() == ".npy":
        return SparseDictionary(file.numbers(names[0], "--dictionary"))
    odd = [name for name in names if name not in PARTS]
    if odd or "weights" not in names:
        raise InputError("--dictionary", f"must hold weights and may hold {listed(PARTS[1:])}, got {listed(names)}")
    return SparseDictionary(**{name: file.numbers(name, "--dictionary") for name in names})
