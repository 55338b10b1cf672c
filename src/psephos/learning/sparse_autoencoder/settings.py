"""How is a dictionary trained? The settings that conditions must share to be compared.

Source: Bereska et al. (2025), arXiv 2512.13568; sheet 40, whose defaults these are.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

from psephos.errors import InputError, check_choice, check_count, check_number

CONVOLUTION_ROWS = 10_000


@dataclass(frozen=True)
class Training:
    """Settings of a sparse autoencoder and its training.

    Parameters
    ----------
    expansion : float, default 4
        Features for each neuron, at least 1: D = floor(expansion N).
    l1 : float, default 0.1
        Penalty on the mean code, at least 0; acts relative to the scale of the activations.
    tied : bool, default True
        Whether directions are read and written with the same weights.
    decoder_bias : bool, default False
        Whether a constant is added to what is written.
    standardise : {"none", "rms"}, default "none"
        Whether activations are divided by their root mean square first.
    epochs : int, default 800
        At most so many.
    patience : int, default 10
        Stop when the loss of so many epochs did not fall below the best; 0 never stops early.
    batch : int, default 128
    learning_rate : float, default 0.001
        Of Adam (.9, .999, 1e-8).
    max_samples : int, optional
        Train on so many rows at most, drawn once for all seeds; 10,000 of a convolution and all of others if not
        given. All items are counted.

    Raises
    ------
    InputError
        If a setting is out of its range.

    Examples
    --------
    >>> Training(l1=2, expansion=8).features(5)
    40
    """

    expansion: float = 4.0
    l1: float = 0.1
    tied: bool = True
    decoder_bias: bool = False
    standardise: Literal["none", "rms"] = "none"
    epochs: int = 800
    patience: int = 10
    batch: int = 128
    learning_rate: float = 1e-3
    max_samples: int | None = None

    def __post_init__(self) -> None:
        check_number("expansion", self.expansion)
        if self.expansion < 1:
            raise InputError("expansion", f"dictionary smaller than input: must be at least 1, got {self.expansion!r}")
        check_number("l1", self.l1, low=0)
        check_choice("standardise", self.standardise, ("none", "rms"))
        check_count("epochs", self.epochs)
        check_count("patience", self.patience, low=0)
        check_count("batch", self.batch)
        check_number("learning_rate", self.learning_rate, low=0, high=math.inf)
        if not self.learning_rate > 0:
            raise InputError("learning_rate", f"must be more than 0, got {self.learning_rate!r}")
        if self.max_samples is not None:
            check_count("max_samples", self.max_samples, low=2)

    def features(self, neurons: int) -> int:
        """D for a layer of so many neurons."""
        return math.floor(self.expansion * neurons)

    def samples(self, rows: int, *, convolution: bool) -> int:
        """How many of these rows are trained on."""
        most = self.max_samples or (CONVOLUTION_ROWS if convolution else rows)
        return min(rows, most)

    def to_dict(self) -> dict[str, Any]:
        """All settings by name."""
        return asdict(self)
