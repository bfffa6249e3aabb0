"""Does the database fit this version of the program?"""

from __future__ import annotations

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from views.environment.reading import ROOT
from views.environment.sentences import Sentence, about
from views.environment.settings import UNDER_WAY, Settings


def database_refusals(settings: Settings) -> list[Sentence]:
    """Why the app must not run on this database as it is: unreachable, empty, behind or ahead of this version."""
    name, migrate = "CLEARBAY_DATABASE_URL", "./clearbay migrate"
    if (settings.data / UNDER_WAY).exists():
        backup = (settings.data / UNDER_WAY).read_text("utf-8").strip()
        zh, en = "备份的恢复没有完成", "holds a backup that was only half restored"
        return [about("CLEARBAY_DATA", zh, en, f"./clearbay restore {backup}")]
    shown = sa.make_url(settings.database_url).render_as_string(hide_password=True)
    try:
        with _engine(settings).connect() as connection:
            here = set(MigrationContext.configure(connection).get_current_heads())
    except sa.exc.DBAPIError as trouble:
        why = str(trouble.orig).strip().splitlines()[0]
        return [about(name, f"无法打开 {shown}({why})", f"cannot be opened: {shown} ({why})", "./clearbay help")]
    script = ScriptDirectory(str(ROOT / "migrations"))
    if here == set(script.get_heads()):
        return []
    if not here:
        return [about(name, f"{shown} 中还没有数据表", f"holds no tables yet: {shown}", migrate)]
    if here - {revision.revision for revision in script.walk_revisions()}:
        return [about(name, "数据库来自更新的版本", "was written by a newer version of Clearbay", "git pull")]
    return [about(name, "数据表需要升级,请先备份", "needs its tables upgraded; make a backup first", migrate)]


def _engine(settings: Settings) -> sa.Engine:
    if not settings.sqlite:
        return sa.create_engine(settings.database_url, poolclass=sa.NullPool, connect_args={"connect_timeout": 10})
    from pysqlite3 import dbapi2

    return sa.create_engine(settings.database_url, module=dbapi2, poolclass=sa.NullPool)
