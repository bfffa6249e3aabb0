"""What browsers load: modules written apart and sent as one, addresses that change with their content."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from views.assets import Assets
from views.joined import joined, read

STATIC = Path(__file__).parent.parent / "static"


def written(folder: Path, **files: str) -> Path:
    """A folder of modules; ``elements_pad`` is elements/pad.js."""
    for name, text in files.items():
        place = folder / f"js/{name.replace('_', '/')}.js"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    (folder / "css").mkdir(exist_ok=True)
    (folder / "css/layers.css").write_text("@layer base;", "utf-8")
    return folder / "js"


def test_every_module_of_the_house_is_written_so_that_it_can_be_joined():
    modules = read(STATIC / "js")
    assert {one.name: one.strange for one in modules.values() if one.strange} == {}
    for name in modules:
        if not name.startswith("vendor/"):
            sent = joined(name, modules)
            assert not re.search(r"^\s+import |^\s*//", sent, re.MULTILINE), name


def test_the_start_of_every_page_is_one_file_that_asks_for_no_other():
    assert "import " not in re.sub(r"import\(", "", joined("app.js", read(STATIC / "js")))


def test_what_an_element_shares_with_the_page_is_the_same_thing(tmp_path: Path):
    modules = read(written(
        tmp_path, app='import { count } from "./shelf.js";\ncount();\n',
        shelf="// Where things lie.\nlet many = 0;\nexport function count() {\n  return ++many; // one more\n}\n",
        pen="export const ink = 1;\n",
        elements_pad='import { ink as wet } from "../pen.js";\nimport { count } from "../shelf.js";\ncount(wet);\n',
        elements_cam='import { ink } from "../pen.js";\n', elements_one='import { x } from "../only.js";\n',
        only='export class x {}\nimport.meta.url;\nimport("./elements/cam.js");\n'))
    assert joined("app.js", modules) == (
        "const $shelf = (() => {\nlet many = 0;\nfunction count() {\nreturn ++many;\n}\nreturn { count };\n})();\n"
        "const { count } = $shelf;\ncount();\nexport { $shelf };\n")
    pad = joined("elements/pad.js", modules)
    assert pad.startswith('import * as $pen from "../pen.js";\nimport { $shelf } from "../app.js";\n')
    assert "const { ink: wet } = $pen;\nconst { count } = $shelf;\n" in pad
    assert "many" not in pad
    # What one element alone needs comes with it, and finds its neighbours from there.
    one = joined("elements/one.js", modules)
    assert "class x {}" in one
    assert 'new URL("../only.js", import.meta.url).href;\nimport(".././elements/cam.js")' in one
    # By its own name, a part of the whole is still the same one.
    assert joined("shelf.js", modules) == 'import { $shelf } from "./app.js";\nexport const count = $shelf.count;\n'


@pytest.mark.parametrize("text", [
    "export default 3;\n", "export let changing = 1;\n", "export const { a, b } = { a: 1 };\n", "const a = await b;\n",
    'import all from "./shelf.js";\n', 'import { nothing } from "./shelf.js";\n', 'import { a } from "./nowhere.js";\n',
])
def test_what_nobody_can_join_is_sent_as_it_is_and_named(tmp_path: Path, text: str):
    modules = read(written(tmp_path, app=text, shelf="export const a = 1;\n"))
    assert modules["app.js"].strange
    assert joined("app.js", modules) == text


def test_modules_that_need_each_other_are_refused(tmp_path: Path):
    modules = read(written(tmp_path, app='import { a } from "./one.js";\n', one='import { b } from "./two.js";\n'
                           "export const a = 1;\n", two='import { a } from "./one.js";\nexport const b = 1;\n'))
    with pytest.raises(ValueError, match=r"one.js → two.js → one.js"):
        joined("app.js", modules)


def test_a_text_over_several_lines_keeps_its_spaces(tmp_path: Path):
    modules = read(written(tmp_path, app="const said = `one\n  // two`;\n"))
    assert joined("app.js", modules) == "const said = `one\n  // two`;\n"


def test_an_address_changes_with_every_file_that_goes_into_it(tmp_path: Path):
    written(tmp_path, app='import { a } from "./one.js";\n', one="export const a = 1;\n")
    before = {name: Assets(tmp_path, watch=False).address(name) for name in ("js/app.js", "css/clearbay.css")}
    written(tmp_path, one="export const a = 2;\n")
    after = {name: Assets(tmp_path, watch=False).address(name) for name in before}
    assert all(before[name] != after[name] for name in before)
    # A control links its sheet beside itself, under its own mark: both are kept for a year.
    assert len({address.split("/")[2] for address in after.values()}) == 1
