"""Options of `psephos measure effective-features --train`: how dictionaries are trained, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from psephos.cli import options as o

if TYPE_CHECKING:
    from psephos.learning import Training
    from psephos.opinions.model import Source

Train = Annotated[bool, typer.Option("--train", help="The file holds activations: train sparse autoencoders on them.")]
Expansion = Annotated[float | None, typer.Option(help="Features for each neuron.", show_default="4")]
Penalty = Annotated[
    str | None, typer.Option(metavar="NUMBER", help="Penalty on codes; auto searches one.", show_default="0.1")
]
Seeds = Annotated[int | None, typer.Option(help="Dictionaries, each from a start of its own.", show_default="3")]
Epochs = Annotated[int | None, typer.Option(help="Epochs at most.", show_default="800")]
Patience = Annotated[
    int | None, typer.Option(help="Stop after so many without a lower loss; 0 never.", show_default="10")
]
Batch = Annotated[int | None, typer.Option(help="Rows of a batch.", show_default="128")]
LearningRate = Annotated[float | None, typer.Option(help="Of Adam.", show_default="0.001")]
Untied = Annotated[bool, typer.Option("--untied", help="A decoder with weights of its own.")]
DecoderBias = Annotated[bool, typer.Option("--decoder-bias", help="A decoder with a constant.")]
MaxSamples = Annotated[
    int | None, typer.Option(help="Train on so many rows at most.", show_default="10,000 of convolutions, else all")
]
Null = Annotated[
    str | None,
    typer.Option(help="Hold against activations without structure: none, columns, gaussian.", show_default="none"),
]
NoDoubled = Annotated[bool, typer.Option("--no-doubled", help="Leave out the dictionary of twice the size.")]
Engine = Annotated[
    str | None,
    typer.Option(help="Where they are trained: a number of processes, cores, ray, ray:ADDRESS.", show_default="1"),
]
Resume = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Keep trained dictionaries here; a second call does the rest.")
]
Save = Annotated[
    Path | None, typer.Option(metavar="FILE.npz", help="Write the dictionary whose count lies in the middle.")
]

SETTINGS = ("expansion", "epochs", "patience", "batch", "learning_rate", "max_samples")


@dataclass(frozen=True)
class Asked:
    """What was asked of training; None where nothing was."""

    expansion: float | None
    l1: str | None
    seeds: int | None
    epochs: int | None
    patience: int | None
    batch: int | None
    learning_rate: float | None
    untied: bool
    decoder_bias: bool
    max_samples: int | None
    null: str | None
    no_doubled: bool
    engine: str | None
    resume: Path | None
    save: Path | None

    def check_none(self) -> None:
        """Refuse an option of training where nothing is trained."""
        from psephos.errors import InputError

        for one in fields(self):
            if getattr(self, one.name) not in (None, False):
                option = "--" + one.name.replace("_", "-")
                raise InputError(option, "is of training", hint="say --train to train dictionaries on activations")

    def check(self, *, dictionary: str | None, neurons: int | None) -> None:
        """Refuse what plays no part in training."""
        from psephos.errors import InputError

        if dictionary is not None:
            raise InputError("--train", "needs no --dictionary", hint="leave out one of both")
        if neurons is not None:
            raise InputError("--neurons", "is for codes; activations have their own")

    def count(
        self,
        layers: Mapping[str, tuple[Any, Any]],
        source: Source,
        *,
        standardise: str,
        repeats: int,
        level: float,
        seed: int,
        limit: int,
        json: bool,
        parquet: Path | None,
        report: Path | None,
    ) -> None:
        """Train dictionaries, count the features that are used, and say it.

        Parameters
        ----------
        layers : mapping of str to (array, clusters)
            Activations and the clusters of their rows, or None, by name.
        source : Source
            Where they came from.
        standardise, repeats, level, seed, limit
            As on the command line.
        json, parquet, report
            Where the answer goes.

        Raises
        ------
        InputError
            `--save`: dictionaries of several layers do not fit into one file.
        """
        from psephos.cli import output
        from psephos.errors import InputError
        from psephos.learning import LayerFeatures, features_by_layer, trained_features
        from psephos.opinions.outcomes import Result

        if len(layers) > 1 and self.save is not None:
            raise InputError("--save", "is for a single layer")
        place: int | str = 1 if self.engine is None else int(self.engine) if self.engine.isdecimal() else self.engine
        training, searched = self._training(standardise, layers, place, seed)
        options: dict[str, Any] = {
            "seeds": 3 if self.seeds is None else self.seeds,
            "doubled": not self.no_doubled,
            "null": self.null or "none",
            "clusters": next(iter(layers.values()))[1],
            "repeats": repeats,
            "level": level,
            "engine": place,
            "resume": self.resume,
            "rng": seed,
        }
        result: Result
        tables = {}
        if len(layers) > 1:
            result = features_by_layer({name: values for name, (values, _) in layers.items()}, training, **options)
            tables["Layers"] = result.table().select("layer", "effective", "low", "high", "psi", "explained", "ratio")
        else:
            ((values, _),) = layers.values()
            result = trained_features(values, training, **options)
            shown = ["of", "effective", "features", "dead", "explained", "active", "loss", "epochs"]
            tables["Dictionaries"] = result.table().select(shown)
            tables["Most used"] = result.typical.usage.head(limit)
            if self.save is not None:
                middle = result.runs.index(result.typical)
                result.dictionaries[middle].save(self.save)
        notes = (*searched, *result.provenance.notes)
        provenance = replace(result.provenance, source=source, command=o.stated(), notes=notes)
        whole = replace(result, provenance=provenance)
        assert isinstance(whole, Result)  # noqa: S101 - replaced by its own kind
        title = "Effective features by layer" if isinstance(whole, LayerFeatures) else "Effective features"
        output.deliver(whole, title, tables, json=json, parquet=parquet, report=report)
        if self.save is not None and not json:
            output.print_line(output.console(), f"Wrote {self.save}")

    def _training(
        self, standardise: str, layers: Mapping[str, tuple[Any, Any]], engine: int | str, seed: int
    ) -> tuple[Training, list[str]]:
        """The settings, and how the penalty was found."""
        from psephos.errors import InputError
        from psephos.learning import Training, search_penalty

        stated: dict[str, Any] = {name: getattr(self, name) for name in SETTINGS if getattr(self, name) is not None}
        stated |= {"tied": not self.untied, "decoder_bias": self.decoder_bias, "standardise": standardise}
        if self.l1 is None:
            return Training(**stated), []
        if self.l1 != "auto":
            try:
                penalty = float(self.l1)
            except ValueError:
                raise InputError("--l1", f"must be a number or auto, got {self.l1!r:.40}") from None
            return Training(l1=penalty, **stated), []
        name, (values, _) = next(iter(layers.items()))
        found = search_penalty(values, training=Training(**stated), engine=engine, rng=seed)
        tried = ", ".join(f"{row['l1']:g}: F {row['effective']:.4g}" for row in found.tried.to_dicts())
        if found.penalty is None:
            problem = f"no penalty passes ({tried})"
            raise InputError("--l1", problem, hint="name one; `psephos.learning.search_penalty` shows what was tried")
        of = f" on {name}" if len(layers) > 1 else ""
        return Training(l1=found.penalty, **stated), [f"the penalty {found.penalty:g} was searched{of} ({tried})"]
