"""Who is better, by votes on pairs?

`bradley_terry`, `davidson`, `rao_kupper` and `newman` fit strengths, `style_control` takes length, style and side out
of them, `elo` follows the battles one by one, `eigenvector` and `win_rate` count wins. `clean_battles` and
`voter_quality` say which votes count, `next_battles` which pair to show next, `judge_agreement` how far automatic
judges agree with people.
"""

from psephos.ranking.pairwise.battle_ranking import BattleRanking
from psephos.ranking.pairwise.battle_table import BattleTable, battle_table, coded_battles
from psephos.ranking.pairwise.bradley_terry import bradley_terry
from psephos.ranking.pairwise.cleaning import CleanBattles, clean_battles
from psephos.ranking.pairwise.elo import elo
from psephos.ranking.pairwise.judge_agreement import JudgeAgreement, judge_agreement
from psephos.ranking.pairwise.newman import newman
from psephos.ranking.pairwise.next_battles import next_battles
from psephos.ranking.pairwise.style_control import style_control
from psephos.ranking.pairwise.tie_models import davidson, rao_kupper
from psephos.ranking.pairwise.voter_quality import VoterQuality, voter_quality
from psephos.ranking.pairwise.win_matrix_methods import eigenvector, win_rate

__all__ = [
    "BattleRanking",
    "BattleTable",
    "CleanBattles",
    "JudgeAgreement",
    "VoterQuality",
    "battle_table",
    "bradley_terry",
    "clean_battles",
    "coded_battles",
    "davidson",
    "eigenvector",
    "elo",
    "judge_agreement",
    "newman",
    "next_battles",
    "rao_kupper",
    "style_control",
    "voter_quality",
    "win_rate",
]
