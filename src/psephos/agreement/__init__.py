"""How far do they agree? Coefficients on an aligned matrix of codes or on opinions, each with its interval."""

from psephos.agreement.agreeing import Agreement, agree
from psephos.agreement.bands import Strength, band_limits, band_of, majority_strength
from psephos.agreement.coefficient import Coefficient
from psephos.agreement.icc import IntraclassCorrelation, intraclass_correlation
from psephos.agreement.jackknife import Jackknife, jackknife
from psephos.agreement.krippendorff import krippendorff_alpha
from psephos.agreement.pairs import pairwise_agreement
from psephos.agreement.percent import percent_agreement

__all__ = [
    "Agreement",
    "Coefficient",
    "IntraclassCorrelation",
    "Jackknife",
    "Strength",
    "agree",
    "band_limits",
    "band_of",
    "intraclass_correlation",
    "jackknife",
    "krippendorff_alpha",
    "majority_strength",
    "pairwise_agreement",
    "percent_agreement",
]
