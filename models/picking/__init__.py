"""From a scan to a hand-over: ``outcomes`` is what a scan can come to, ``meaning`` which of the parts that are waited
for a label means and from which bin and lot, ``counter`` who stands there and hands over."""

from models.picking.counter import Counter
from models.picking.outcomes import Mismatch, Outcome

__all__ = ["Counter", "Mismatch", "Outcome"]
