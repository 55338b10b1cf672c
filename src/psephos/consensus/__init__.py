"""What do the voters say together? Majority, and how right a verdict is where the truth is known."""

from psephos.consensus.deciding import decide
from psephos.consensus.gold import AgainstGold, against_gold
from psephos.consensus.majority import majority

__all__ = ["AgainstGold", "against_gold", "decide", "majority"]
