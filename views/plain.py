"""A stylesheet for web views of seven years ago (Chromium 61 and later), made of the sheets every other page has.

The customer's page is opened in whatever the phone's messenger brings along. There a whole sheet in a cascade layer is
unknown and would be gone, so its sheet is imported without layers (static/css/guest.css) and written anew here:
logical sizes and sides become those of a page that runs from left to right, a gap gets its older name and, between
things in a row, margins where gaps are unknown; a selector that an old view cannot read stands alone, so that it takes
no other rule with it. What is left that an old view does not know, a test names (tests/test_guest_sheet.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

UNKNOWN = re.compile(r":(?:has|is|where|focus-visible|not\([^()]*,)|::backdrop")  # in a selector; a later browser only
SIDES = {
    "inline-size": ("width",), "block-size": ("height",), "min-inline-size": ("min-width",),
    "min-block-size": ("min-height",), "max-inline-size": ("max-width",), "max-block-size": ("max-height",),
    "inset-inline-start": ("left",), "inset-inline-end": ("right",), "inset-block-start": ("top",),
    "inset-block-end": ("bottom",), "inset-inline": ("left", "right"), "inset-block": ("top", "bottom"),
    "inset": ("top", "right", "bottom", "left"),
    "border-end-start-radius": ("border-bottom-left-radius",), "border-end-end-radius": ("border-bottom-right-radius",),
} | {f"{kind}-{logical}": tuple(f"{kind}-{side}" for side in sides)
     for kind in ("margin", "padding", "border", "scroll-margin", "scroll-padding")
     for logical, sides in (("inline-start", ("left",)), ("inline-end", ("right",)), ("block-start", ("top",)),
                            ("block-end", ("bottom",)), ("inline", ("left", "right")), ("block", ("top", "bottom")))}
WORDS = {"text-align": {"start": "left", "end": "right"}}
OLDER = {"gap": "grid-gap", "column-gap": "grid-column-gap", "row-gap": "grid-row-gap"}
NO_GAPS = "@supports not (inset:0)"  # a little younger than gaps in a row; both came within a year


def plain(sheet: str) -> str:
    """The sheet as an old web view reads it, and every later browser alike. Comments must be gone already."""
    return "".join(_rules(sheet))


def _rules(sheet: str) -> Iterator[str]:
    for head, body in blocks(sheet):
        if not body and head.startswith("@"):
            yield f"{head};"
        elif head.startswith(("@media", "@supports", "@container")):
            yield f"{head}{{{plain(body)}}}"
        elif head.startswith("@"):
            yield f"{head}{{{body}}}"
        else:
            yield from _rule(head, body)


def _rule(head: str, body: str) -> Iterator[str]:
    selectors = [one for part in split(head, ",") for one in _spelt_out(part)]
    made = ";".join(_declarations(body))
    known = [one for one in selectors if not UNKNOWN.search(one)]
    if known:
        yield f"{','.join(known)}{{{made}}}"
        yield from _spaced(known, dict(declared(body)))
    for one in selectors:
        if one not in known:
            yield f"{one}{{{made}}}"


def blocks(sheet: str) -> Iterator[tuple[str, str]]:
    """The rules of a sheet, outermost only: what stands before the brace, and what within. A statement has no body."""
    start, depth, opened = 0, 0, 0
    for at, sign in enumerate(sheet):
        if sign == "{":
            depth += 1
            opened = at if depth == 1 else opened
        elif sign == "}":
            depth -= 1
            if not depth:
                yield sheet[start:opened].strip(), sheet[opened + 1:at]
                start = at + 1
        elif sign == ";" and not depth:
            yield sheet[start:at].strip(), ""
            start = at + 1


def declared(body: str) -> Iterator[tuple[str, str]]:
    """The declarations of a rule, in order."""
    for one in split(body, ";"):
        name, colon, value = one.partition(":")
        if colon:
            yield name.strip(), value.strip()


def split(text: str, sign: str) -> list[str]:
    """Cut at a sign that stands in no brackets and no quotes."""
    parts, depth, quote = [""], 0, ""
    for one in text:
        if quote:
            quote = "" if one == quote else quote
        elif one in "\"'":
            quote = one
        elif one in "([":
            depth += 1
        elif one in ")]":
            depth -= 1
        elif one == sign and not depth:
            parts.append("")
            continue
        parts[-1] += one
    return [part.strip() for part in parts if part.strip()]


def _spelt_out(selector: str) -> list[str]:
    """``:is(a, b) c`` as ``a c`` and ``b c``; only where it means the same."""
    found = re.search(r":is\(([^()]*)\)", selector)
    if not found:
        return [selector]
    if re.search(r"[\w\])]$", selector[:found.start()]) and re.search(r"(?:^|,)\s*\w", found[1]):
        return [selector]  # h2:is(p) cannot be written one after the other
    return [one for part in split(found[1], ",")
            for one in _spelt_out(selector[:found.start()] + part + selector[found.end():])]


def _declarations(body: str) -> Iterator[str]:
    for name, value in declared(body):
        if name in SIDES:
            yield from _physical(name, value)
        elif name in OLDER:
            yield f"{OLDER[name]}:{value};{name}:{value}"
        else:
            yield f"{name}:{WORDS.get(name, {}).get(value, value)}"


def _physical(name: str, value: str) -> Iterator[str]:
    sides, values = SIDES[name], [value]
    if name.startswith(("inset", "margin", "padding", "scroll")):
        values = split(value, " ")
    for at, side in enumerate(sides):
        told = values[at] if at < len(values) else values[at % 2] if len(values) > 1 else values[0]
        yield f"{side}:{told}"


def _spaced(selectors: list[str], what: dict[str, str]) -> Iterator[str]:
    """Margins between things in a row, for views that know gaps in grids only."""
    if what.get("display") not in ("flex", "inline-flex") or "gap" not in what or any("::" in one for one in selectors):
        return
    rows, columns = (split(what["gap"], " ") * 2)[:2]
    if what.get("flex-direction") == "column":
        yield _unless_gaps(selectors, " > * + *", f"margin-top:{rows}")
    elif what.get("flex-wrap") == "wrap":
        yield _unless_gaps(selectors, " > *", f"margin-right:{columns};margin-bottom:calc({rows} / 2)")
        yield _unless_gaps(selectors, " > :last-child", "margin-right:0")
    else:
        yield _unless_gaps(selectors, " > * + *", f"margin-left:{columns}")


def _unless_gaps(selectors: list[str], within: str, what: str) -> str:
    return f"{NO_GAPS}{{{','.join(one + within for one in selectors)}{{{what}}}}}"
