"""How a figure is written: rounded once, half up, for the eye only (E8)."""

from __future__ import annotations

from fractions import Fraction

from models.measures.case import Unit
from models.money import round_half_up

NOTHING = "–"

# Multiplied by, decimals, sign before, unit behind in English and Chinese.
_FORMS: dict[Unit, tuple[Fraction, int, str, str, str]] = {
    Unit.COUNT: (Fraction(1), 0, "", "", ""),
    Unit.FEN: (Fraction(1, 100), 2, "¥", "", ""),
    Unit.FEN_PER_HOUR: (Fraction(1, 100), 2, "¥", "/h", "/工时"),
    Unit.FEN_PER_DAY: (Fraction(1, 100), 2, "¥", "/day", "/天"),
    Unit.HOURS: (Fraction(1), 2, "", " h", " 工时"),
    Unit.MINUTES: (Fraction(1), 1, "", " min", " 分钟"),
    Unit.SHARE: (Fraction(100), 1, "", " %", " %"),
    Unit.RATIO: (Fraction(1), 2, "", "", ""),
    Unit.PER_DAY: (Fraction(1), 1, "", " a day", " /天"),
    Unit.DAYS: (Fraction(1), 1, "", " days", " 天"),
    Unit.POINTS: (Fraction(1), 1, "", "", " 分"),
}

UNITS: dict[Unit, tuple[str, str]] = {
    Unit.COUNT: ("number", "个数"), Unit.FEN: ("CNY", "元"), Unit.FEN_PER_HOUR: ("CNY per hour", "元/工时"),
    Unit.FEN_PER_DAY: ("CNY per day", "元/天"), Unit.HOURS: ("hours", "工时"), Unit.MINUTES: ("minutes", "分钟"),
    Unit.SHARE: ("percent", "百分比"), Unit.RATIO: ("ratio", "比值"), Unit.PER_DAY: ("a day", "每天"),
    Unit.DAYS: ("days", "天"), Unit.POINTS: ("points of 100", "百分制分数"),
}


def shown(value: Fraction | None, unit: Unit, language: str = "zh") -> str:
    """A value in its unit: 14/15 as a share is “93.3 %”; nothing is “–”."""
    if value is None:
        return NOTHING
    times, decimals, before, english, chinese = _FORMS[unit]
    number = value * times
    if unit in (Unit.COUNT, Unit.MINUTES) and number.denominator == 1:
        decimals = 0
    elif unit is Unit.COUNT:
        decimals = 2
    rounded = round_half_up(number * 10**decimals)
    whole, rest = divmod(abs(rounded), 10**decimals)
    text = f"{whole:,}" + (f".{rest:0{decimals}d}" if decimals else "")
    return f"{'−' if rounded < 0 else ''}{before}{text}{english if language.startswith('en') else chinese}"
