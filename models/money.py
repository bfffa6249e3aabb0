"""Money in whole fen, and sharing that always adds up."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


class Fen(int):
    """An amount in fen (1/100 CNY). Adds and subtracts to Fen; shown in yuan with two decimals."""

    def __add__(self, other: int) -> Fen:
        return Fen(int(self) + int(other))

    __radd__ = __add__

    def __sub__(self, other: int) -> Fen:
        return Fen(int(self) - int(other))

    def __neg__(self) -> Fen:
        return Fen(-int(self))

    @classmethod
    def of_yuan(cls, yuan: str | int | Decimal) -> Fen:
        """From yuan as typed or as in a price list. Raises ValueError for more than two decimals."""
        amount = Decimal(str(yuan)) * 100
        if amount != amount.to_integral_value():
            raise ValueError(f"not a whole number of fen: {yuan}")
        return cls(int(amount))

    @property
    def yuan(self) -> Decimal:
        return Decimal(int(self)) / 100

    def __str__(self) -> str:
        return f"{self.yuan:.2f}"


def round_half_up(value: Fraction | Decimal) -> int:
    """To the nearest whole number, halves away from zero (E8)."""
    if isinstance(value, Fraction):
        sign = -1 if value < 0 else 1
        return sign * int(abs(value) + Fraction(1, 2))
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def share_out(total: int, weights: Mapping[Key, int]) -> dict[Key, int]:
    """Split a whole total by whole weights; the parts always add up to it (E6).

    Largest remainder; ties go to the earlier key, so pass people in the order of their numbers.
    A negative total (a refund) is split as its mirror image. Raises ValueError without a positive weight.
    """
    whole = sum(weights.values())
    if whole <= 0 or any(weight < 0 for weight in weights.values()):
        raise ValueError("weights must be non-negative and add up to something")
    sign, amount = (-1, -total) if total < 0 else (1, total)
    parts = {key: amount * weight // whole for key, weight in weights.items()}
    order = {key: place for place, key in enumerate(weights)}
    left = amount - sum(parts.values())
    for key in sorted(weights, key=lambda k: (-(amount * weights[k] % whole), order[k]))[:left]:
        parts[key] += 1
    return {key: sign * part for key, part in parts.items()}
