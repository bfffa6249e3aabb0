"""Modules that are written apart and sent as one: what one of them needs for itself alone comes with it.

``app.js`` is sent with everything it imports, a rich element with what only it imports; what it shares with ``app.js``
is the very same instance, taken from there. What several others share, and what came from elsewhere (``vendor/``),
stays a file of its own. ``guest.js`` stands alone: customers load no app.js. Each module keeps its names to itself: it
becomes a function that gives what it exports.

The dialect of the house is all that is understood: ``import { a, b as c } from "./x.js";``, ``import "./x.js";``, the
same with ``export``, ``export`` before a const, function or class, ``import()``. A module written in any other way is
sent as it is; it works, and a test names it (``strange``).
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = "app.js"  # on every page: elements take from it what they share with it
ALONE = ("guest.js",)  # the only script of a page that has no app.js: brings all it needs along
IMPORT = re.compile(r'^(import|export) (?:\{([^}]*)\} from )?"(\.[^"]+)";\n?', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:const|async function|function|class) (\w+))", re.MULTILINE)
LATER = re.compile(r"""\bimport\((["'`])(?=\.)""")
BY_NAME = re.compile(r"""\bimport\("(\.[^"]+)"\)""")
STRANGE = re.compile(r"^(?:import|export)\b(?![(.]).*|^(?:[^\s(][^\n(]*= *)?await\b.*", re.MULTILINE)
REMARK = re.compile(r"""^[ \t]*//.*\n|(?<=[;{},]) +// [^"'`\n]*$|^[ \t]+|\n(?=\n)""", re.MULTILINE)


@dataclass(frozen=True)
class Module:
    """One file as it was written: what it imports (which names of which file), what it exports, the rest of it."""

    name: str
    written: str
    needs: tuple[tuple[str, tuple[str, ...]], ...] = ()
    gives: tuple[str, ...] = ()
    text: str = ""
    strange: str = ""

    @property
    def key(self) -> str:
        """What it is called within a file that holds several."""
        return "$" + re.sub(r"\W", "_", self.name.removesuffix(".js"))

    @property
    def as_it_is(self) -> bool:
        """It is not taken apart: it came from elsewhere, or is written in a way that is not understood."""
        return self.name.startswith("vendor/") or bool(self.strange)


def read(folder: Path) -> dict[str, Module]:
    """All modules under a folder, by their names there."""
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.js"))]
    modules = {name: _read(name, (folder / name).read_text("utf-8")) for name in names}
    return {name: replace(module, strange=module.strange or _missing(module, modules))
            for name, module in modules.items()}


def _read(name: str, text: str) -> Module:
    if name.startswith("vendor/"):
        return Module(name, text)
    told = [(kind, _beside(name, where), re.findall(r"\w+(?: as \w+)?", names))
            for kind, names, where in IMPORT.findall(text)]
    gives = [one.rpartition(" ")[2] for kind, _, names in told if kind == "export" for one in names]
    bare = EXPORT.sub("", IMPORT.sub("", text))
    if strange := STRANGE.search(bare):
        return Module(name, text, strange=strange[0])
    if all(line.count("`") % 2 == 0 for line in bare.splitlines()):  # else space or slashes may belong to a text
        bare = REMARK.sub("", bare)
    needs = tuple((need, tuple(names)) for _, need, names in told)
    return Module(name, text, needs, (*EXPORT.findall(text), *gives), bare)


def _missing(module: Module, modules: dict[str, Module]) -> str:
    """What a module asks of others that they do not give."""
    return ", ".join(f"{need} {one}" for need, names in module.needs for one in names or ("",)
                     if need not in modules or (one and not modules[need].as_it_is
                                                and one.partition(" as ")[0] not in modules[need].gives))


def joined(name: str, modules: dict[str, Module]) -> str:
    """What is sent for a module."""
    owners, module = _owners(modules), modules[name]
    if module.as_it_is:
        return module.written
    if name in ALONE:
        owners |= dict.fromkeys(_in_order(name, modules), name)
    if owners[name] != name:  # asked for by its own name although it is a part of another
        again = "".join(f"export const {one} = {module.key}.{one};\n" for one in module.gives)
        return f'import {{ {module.key} }} from "{_way(owners[name], name)}";\n{again}'
    inside = [modules[one] for one in _in_order(name, modules) if owners[one] == name]
    outside = {need for one in inside for need, _ in one.needs if owners[need] != name}
    parts = [f"const {one.key} = (() => {{\n{_told(one, name, modules)}return {{ {', '.join(one.gives)} }};\n}})();\n"
             for one in inside if one is not module]
    gives = ", ".join([*(one.key for one in inside if one is not module), *module.gives])
    return "".join([*(_import(modules[need], owners[need], name) for need in sorted(outside)), *parts,
                    _told(module, name, modules), f"export {{ {gives} }};\n" if gives else ""])


def _import(need: Module, owner: str, within: str) -> str:
    what = f"* as {need.key}" if owner == need.name else f"{{ {need.key} }}"
    return f'import {what} from "{_way(owner, within)}";\n'


def _told(module: Module, within: str, modules: dict[str, Module]) -> str:
    """The text of a module as it stands within a file: what it imported by name, addresses as seen from there."""
    text = module.text
    if module.name != within:
        folder = posixpath.dirname(_way(module.name, within))
        text = LATER.sub(rf"import(\1{folder}/", text)
        text = text.replace("import.meta.url", f'new URL("{_way(module.name, within)}", import.meta.url).href')
    taken = ((", ".join(names).replace(" as ", ": "), modules[need].key) for need, names in module.needs if names)
    return "".join(f"const {{ {names} }} = {key};\n" for names, key in taken) + text


def _owners(modules: dict[str, Module]) -> dict[str, str]:
    """The file in which each module is sent: the only one that needs it, app.js before all others, or else its own."""
    modules = {name: module for name, module in modules.items() if name not in ALONE}
    needed = {need for module in modules.values() for need, _ in module.needs}
    later = {_beside(one.name, where) for one in modules.values() for where in BY_NAME.findall(one.written)}
    owners: dict[str, str] = {}
    for root in sorted({ROOT, *set(modules) - needed, *later}, key=lambda name: (name != ROOT, name)):
        for name in _in_order(root, modules):
            alone = modules[name].as_it_is or (name == root and owners.get(name) != ROOT)
            if alone or owners.setdefault(name, root) not in (root, ROOT):
                owners[name] = name
    return owners


def _in_order(name: str, modules: dict[str, Module], above: tuple[str, ...] = ()) -> list[str]:
    """A module and all it needs, those first that others need. Raises ValueError for a circle."""
    if name in above:
        raise ValueError("modules in a circle: " + " → ".join((*above, name)))
    order: list[str] = []
    for need, _ in () if modules[name].as_it_is else modules[name].needs:
        order += [one for one in _in_order(need, modules, (*above, name)) if one not in order]
    return [*order, name]


def _beside(name: str, where: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), where))


def _way(name: str, start: str) -> str:
    way = posixpath.relpath(name, posixpath.dirname(start) or ".")
    return way if way.startswith(".") else f"./{way}"
