"""The kinds of tables that can be taken in."""

from __future__ import annotations

from models.imports.catalogue import Labour, Packages
from models.imports.parts import Parts
from models.imports.people import People
from models.imports.plan import Table
from models.imports.sheets_of_facts import FactSheets
from models.imports.stock import OpeningStock
from models.imports.upgrades import Upgrades

# In the order in which a store needs them: what a package names must be there before it.
KINDS: dict[str, Table] = {table.name: table for table in (
    People(), Labour(), Parts(), Upgrades(), FactSheets(), Packages(), OpeningStock())}
