"""Asked by ./clearbay before it starts anything."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from views.environment import Sentence, Unready, read_settings
from views.environment.declared import SETTINGS


def main(words: Sequence[str]) -> int:
    """`check [--database]`: refusals and warnings to standard error, 1 if there is a refusal. `settings`: the table."""
    if words[:1] == ["settings"]:
        sys.stdout.write("设置(环境变量)/ settings (environment variables)\n")
        for setting in SETTINGS:
            sys.stdout.write(f"  {setting.name}  [{setting.default}]\n      {setting.zh}\n      {setting.en}\n")
        return 0
    warnings, refusals = _check(database="--database" in words)
    sys.stderr.writelines([f"⚠ {sentence}\n" for sentence in warnings] + [f"✗ {sentence}\n" for sentence in refusals])
    return 1 if refusals else 0


def _check(*, database: bool) -> tuple[Sequence[Sentence], Sequence[Sentence]]:
    try:
        settings = read_settings(os.environ)
    except Unready as unready:
        return (), unready.sentences
    if not database:
        return settings.warnings, ()
    from views.environment.database import database_refusals  # half a second of imports that a plain check spares

    return settings.warnings, database_refusals(settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
