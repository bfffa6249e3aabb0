"""Pay: plans (dated), earnings (a book), slips (sums of the book)."""

from models.pay.earnings import Earning, earn, reverse
from models.pay.plans import Component, EarnedAs, PayPlan, publish, read_rules
from models.pay.slips import Slip, SlipLine, SlipPart, slips

__all__ = ["Component", "Earning", "EarnedAs", "PayPlan", "Slip", "SlipLine", "SlipPart", "earn", "publish",
           "read_rules", "reverse", "slips"]
