"""The English words of states, roles and reasons: what English readers see, and the key of the translation."""

from __future__ import annotations

from enum import StrEnum

from models.consent import Purpose
from models.delivery import Means, OldParts
from models.dispatch import StopReason
from models.files.records import Purpose as FilePurpose
from models.followup import CallKind, CallOutcome, Channel, NotDue, ReminderKind
from models.journey import STAGES, Ending, Stage, VisitClass
from models.notices import SendingState, Way
from models.orders import Answer, LineState, Origin, PayType
from models.parts import Fate, Reason, ReturnWhy, Sample, SentBy
from models.parts.lost import LostWhy
from models.parts.old_parts import OldPartFate
from models.parts.sheets import CountKind, VarianceReason
from models.people import Grade, Role
from models.road import PromiseState, WaitKind
from models.sync import ItemResolution, ItemState
from models.vehicles import Body, ContactAbout, DoneTold, SearchKind
from models.walkaround import CarPaper, FreeInspection, Lamp, MarkSize, OldPartsWish

# A state is called as its value is (``AT_RISK`` is "At risk"), except where the shop has a better word for it, or where
# two states share a value and the shop has two words: a minor repair (小修) is not a minor complaint (轻微).
CALLED: dict[type[StrEnum], dict[str, str]] = {
    Stage: {stage.value: words for stage, words in STAGES.items()},
    Ending: {Ending.NO_SHOW: "Did not come"},
    VisitClass: {
        VisitClass.MAINTENANCE_REPAIR: "Maintenance and repair", VisitClass.MINOR: "Minor repair",
        VisitClass.WARRANTY: "Warranty claim", VisitClass.PDI: "Pre-delivery inspection",
        VisitClass.ACCIDENT: "Accident repair",
    },
    PayType: {PayType.WARRANTY: "Warranty claim", PayType.INSURANCE: "Insurance claim",
              PayType.INTERNAL: "Internal order"},
    Answer: {Answer.DECLINED: "Struck"},
    LineState: {LineState.DECLINED: "Struck", LineState.SKIPPED: "Not presented",
                LineState.ENDED: "Ended by the customer"},
    Origin: {Origin.REQUESTED: "Asked for by the customer", Origin.PRELISTED: "Pre-listed",
             Origin.TECHNICIAN_FOUND: "Additional work", Origin.SAFETY: "Safety finding"},
    Purpose: {Purpose.RECEPTION: "First consent", Purpose.ADD_ON: "Additional work", Purpose.RE_OFFER: "Offered again"},
    FilePurpose: {FilePurpose.WALKAROUND: "Walk-around"},
    DoneTold: {DoneTold.CUSTOMER_SAYS: "The customer says so", DoneTold.PAPER_SHOWN: "A paper shows it"},
    ContactAbout: {ContactAbout.FOLLOWUP: "Follow-up"},
    Means: {Means.WECHAT: "WeChat"},
    OldParts: {OldParts.TAKE: "Taken along", OldParts.LEAVE: "Left with the store"},
    OldPartsWish: {OldPartsWish.TAKE: "To be taken along", OldPartsWish.LEAVE: "To be left with the store"},
    Lamp: {Lamp.ENGINE: "Engine lamp", Lamp.OIL: "Oil pressure", Lamp.COOLANT: "Coolant temperature",
           Lamp.CHARGING: "Battery charge", Lamp.BRAKES: "Brake system", Lamp.ABS: "ABS",
           Lamp.STABILITY: "Stability control", Lamp.TYRES: "Tyre pressure", Lamp.STEERING: "Power steering",
           Lamp.HIGH_VOLTAGE: "High voltage", Lamp.SERVICE: "Service due"},
    MarkSize: {MarkSize.DOT: "Dot, 1 cm", MarkSize.COIN: "Coin, 3 cm", MarkSize.PALM: "Palm, 10 cm"},
    CarPaper: {CarPaper.LICENCE: "Vehicle licence", CarPaper.BOOKLET: "Service booklet",
               CarPaper.INSURANCE: "Insurance card"},
    FreeInspection: {FreeInspection.NINE_POINTS: "Nine-point check", FreeInspection.THROTTLE: "Throttle body"},
    StopReason: {StopReason.PART: "Part missing", StopReason.APPROVAL: "Customer must decide",
                 StopReason.HELP: "Help needed", StopReason.OTHER_JOB: "Another car first"},
    Reason: {Reason.OPENING: "Opening stock", Reason.RECEIPT: "Taken in", Reason.ISSUE: "Handed over",
             Reason.RETURN: "Returned", Reason.COUNT: "Counted", Reason.REVERSAL: "Corrected"},
    ReturnWhy: {ReturnWhy.LEFT_OVER: "Fewer were enough", ReturnWhy.WRONG_PART: "Wrong part, or it does not fit",
                ReturnWhy.NOT_DONE: "Done differently, or not at all",
                ReturnWhy.CONTRACT_ENDED: "The customer ended the contract"},
    LostWhy: {LostWhy.NOT_STOCKED: "Not kept here", LostWhy.NONE_LEFT: "Out of stock",
              LostWhy.TOO_LONG: "Takes too long", LostWhy.OTHER: "Something else"},
    OldPartFate: {OldPartFate.CUSTOMER: "For the customer", OldPartFate.MAKER: "Back to the maker",
                  OldPartFate.STORE: "Left with the store"},
    SentBy: {SentBy.WECHAT: "WeChat", SentBy.MAIL: "E-mail", SentBy.PORTAL: "Supplier's website"},
    Sample: {Sample.NOT_DONE: "Not checked"},
    Fate: {Fate.SENT_BACK: "Sent back to the supplier", Fate.REPLACED: "The supplier brings others",
           Fate.CREDITED: "Paid back", Fate.UNDECIDED: "Not decided yet"},
    CountKind: {CountKind.BINS: "Chosen bins", CountKind.LONGEST: "Not counted longest",
                CountKind.SAMPLE: "Random sample", CountKind.PART: "One part"},
    VarianceReason: {VarianceReason.NOT_BOOKED_OUT: "Taken out, not booked",
                     VarianceReason.NOT_BOOKED_IN: "Came in, not booked",
                     VarianceReason.WRONG_BIN: "Put into a wrong bin",
                     VarianceReason.WRONG_PART: "Handed out in place of another",
                     VarianceReason.WRONG_UNIT: "Wrong unit or pack", VarianceReason.OTHER: "Something else"},
    CallKind: {CallKind.DAY3: "Three-day follow-up", CallKind.SECOND: "Second call"},
    CallOutcome: {CallOutcome.REFUSED: "Does not want calls"},
    NotDue: {NotDue.OPTED_OUT: "Does not want calls", NotDue.STORE_CAR: "The store's own car"},
    Way: {Way.TEXT: "Text message", Way.MAIL: "E-mail"},
    SendingState: {SendingState.SENT: "Handed to the carrier", SendingState.TOO_LATE: "Overtaken",
                   SendingState.FAILED: "Did not go",
                   SendingState.NOT_CONFIGURED: "No carrier is set up"},
    Channel: {Channel.SMS: "Text message", Channel.WECHAT: "WeChat"},
    ReminderKind: {ReminderKind.INSPECTION: "Vehicle inspection", ReminderKind.LONG_ABSENCE: "Not seen for long"},
    Role: {Role.FOLLOWUP_CLERK: "Follow-up clerk", Role.INSPECTOR: "Quality inspector"},
    Grade: {Grade.SENIOR: "Senior grade", Grade.MIDDLE: "Middle grade", Grade.JUNIOR: "Junior grade"},
    PromiseState: {PromiseState.OK: "In time", PromiseState.AT_RISK: "Tight"},
    WaitKind: {WaitKind.PICK_UP: "Collection"},
    Body: {Body.SUV: "SUV", Body.MPV: "MPV"},
    SearchKind: {SearchKind.VIN: "VIN"},
    ItemState: {ItemState.REVIEW: "To be decided", ItemState.QUARANTINE: "Set aside",
                ItemState.REJECTED: "Not wanted"},
    ItemResolution: {ItemResolution.TAKEN_OVER: "Taken over by hand"},
}


def word_key(member: StrEnum) -> str:
    """The English word of a state, as it stands in the catalogue: ``Stage.EVIDENCE`` is "At the bay"."""
    called = CALLED.get(type(member), {})
    return called.get(member.value) or member.value.replace("_", " ").capitalize()


# What parts are counted in. The catalogue keeps the word of the shop; whoever reads English is told this one.
UNITS = {
    "个": "pcs", "只": "pcs", "支": "pcs", "条": "pcs", "根": "pcs", "片": "pcs", "块": "pcs", "件": "pcs", "张": "pcs",
    "套": "set", "副": "set", "付": "set", "组": "set", "对": "pair", "双": "pair", "瓶": "bottle", "桶": "jug",
    "罐": "can", "盒": "box", "箱": "case", "包": "pack", "卷": "roll", "升": "L", "毫升": "ml", "米": "m",
    "公斤": "kg", "千克": "kg", "克": "g", "次": "times",
}


def unit_in_english(unit: str) -> str:
    """The unit of a part for whoever reads English; one that is not known stays as the store wrote it."""
    return UNITS.get(unit.strip(), unit)
