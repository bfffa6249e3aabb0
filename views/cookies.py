"""Cookies: over HTTPS only, with no other site's forms, and out of the reach of scripts unless ours must read one."""

from __future__ import annotations

from typing import Any

from flask import current_app, request


def secure() -> bool:
    """Whether cookies travel over HTTPS only: always, except on this very machine over plain http."""
    return bool(current_app.config["SECURE_COOKIES"] or request.is_secure)


def set_cookie(response: Any, name: str, value: str, seconds: int, *, scripts: bool = False) -> None:
    """A cookie that other sites cannot send with a form; ``scripts``: one that our own scripts read."""
    response.set_cookie(name, value, max_age=seconds, path="/", secure=secure(), httponly=not scripts, samesite="Lax")


def take_cookie(response: Any, name: str) -> None:
    """Take a cookie away."""
    response.delete_cookie(name, path="/", secure=secure(), httponly=True, samesite="Lax")
