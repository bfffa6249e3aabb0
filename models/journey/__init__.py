"""The journey of a car: ten stages, the moves between them, and the acts people do on the way. Read this first.

An *act* is declared once: who may do it, what stands in its way, what it moves, and the sentence that remains::

    @act(May.WORK, guard=_unfinished, frm=(Stage.EVIDENCE,), to=Stage.QUALITY, says="Work finished")
    def finish_work(self, *, by: Person, at: datetime) -> None: ...

The guard *yields* the sentences that grey the button (``visit.finish_work.why_not(by=me)``), explain it, and refuse
the POST (``Blocked``). Permission is part of the same list. Nobody but this module assigns a stage.
"""

from models.journey.acts import ACTS, Act, Bound, Event, Refusal, act, move, record
from models.journey.promises import Promise
from models.journey.returns import expect_again
from models.journey.stages import STAGES, Ending, Stage, VisitClass
from models.journey.visits import Visit
from models.people import RIGHTS

__all__ = [
    "ACTS", "RIGHTS", "STAGES", "Act", "Bound", "Ending", "Event", "Promise", "Refusal", "Stage", "Visit",
    "VisitClass", "act", "expect_again", "move", "record",
]
