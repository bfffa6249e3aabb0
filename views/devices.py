"""What a browser says it runs on, in a word: for lists of sign-ins, and for the steps that make a tablet trust us."""

from __future__ import annotations

import re
from enum import StrEnum, auto


class System(StrEnum):
    """A system that shows Clearbay."""

    IPAD = auto()
    IPHONE = auto()
    ANDROID = auto()
    HARMONY = auto()
    WINDOWS = auto()
    MAC = auto()
    CHROMEOS = auto()
    LINUX = auto()


SYSTEMS: dict[System, tuple[str, str]] = {  # how it is recognised, what its makers call it; the first that fits
    System.HARMONY: (r"HarmonyOS|OpenHarmony|ArkWeb", "HarmonyOS"),
    System.IPAD: (r"iPad", "iPad"),
    System.IPHONE: (r"iPhone|iPod", "iPhone"),
    System.ANDROID: (r"Android", "Android"),
    System.WINDOWS: (r"Windows", "Windows"),
    System.CHROMEOS: (r"CrOS", "ChromeOS"),
    System.MAC: (r"Macintosh|Mac OS X", "Mac"),
    System.LINUX: (r"Linux|X11", "Linux"),
}
BROWSERS = (  # the first that fits: most call themselves by the names of others as well
    (r"MicroMessenger", "WeChat"), (r"HuaweiBrowser|ArkWeb", "Huawei Browser"), (r"Edg", "Edge"),
    (r"Firefox|FxiOS", "Firefox"), (r"Chrome|CriOS|Chromium", "Chrome"), (r"Safari", "Safari"),
)


def system_of(agent: str) -> System | None:
    """The system behind a User-Agent. An iPad that asks for desktop pages calls itself a Mac."""
    return next((system for system, (mark, _) in SYSTEMS.items() if re.search(mark, agent)), None)


def device_words(agent: str) -> str:
    """``iPad · Safari``; what cannot be told is left out."""
    system = system_of(agent)
    browser = next((name for mark, name in BROWSERS if re.search(mark, agent)), "")
    return " · ".join(part for part in (SYSTEMS[system][1] if system else "", browser) if part)
