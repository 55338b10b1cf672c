"""How far do they agree? Coefficients on an aligned matrix of codes or on opinions, each with its interval."""

from psephos.agreement.agreeing import Agreement, agree
from psephos.agreement.coefficient import Coefficient
from psephos.agreement.krippendorff import krippendorff_alpha
from psephos.agreement.pairs import pairwise_agreement
from psephos.agreement.percent import percent_agreement

__all__ = ["Agreement", "Coefficient", "agree", "krippendorff_alpha", "pairwise_agreement", "percent_agreement"]
