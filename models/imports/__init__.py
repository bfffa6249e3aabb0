"""Tables taken in: people, labour, parts, packages, upgrade items, opening stock. One engine, each kind a declaration.

``sheets`` reads a paste, a CSV or an Excel file into cells; ``columns`` declares what a column is; ``kinds`` declares
the tables; ``plan`` says for every row what would happen, and lets it happen. Nothing changes before that is seen.
"""

from models.imports.kinds import KINDS
from models.imports.plan import Fate, Plan, Planned, Table
from models.imports.taken import Import, apply, draft, plan_of

__all__ = ["KINDS", "Fate", "Import", "Plan", "Planned", "Table", "apply", "draft", "plan_of"]
