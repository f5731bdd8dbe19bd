"""An object, or an element, that is made in a work order that is there has the nulls that its schema asks for."""

from __future__ import annotations

from typing import Any, TypeAlias

import pytest

from etl.record import ABSENT
from tests.support.proofs import of
from tests.support.site import Site
from tests.support.sites import Shop
from tests.support.waiting import NULLABLE, agrees, as_due_again

INNER: dict[str, Any] = {"type": "object", "required": ["b"], "properties": {"a": NULLABLE, "b": NULLABLE}}
PLAIN = "{c: a, t: x.a}\n{c: b, t: x.b, when_absent: {t: null}}"
SELECTED = '{c: a, t: "xs[k=1].a"}\n{c: b, t: "xs[k=1].b", when_absent: {t: null}}'
GROUP = "{c: o, t: x, each: [{c: a, t: a}, {c: b, t: b, when_absent: {t: null}}]}"
KEYED = "{c: os, t: xs, each: [{c: k, t: k, key: true}, {c: a, t: a}, {c: b, t: b, when_absent: {t: null}}]}"

ELEMENT: dict[str, Any] = {**INNER, "properties": {**INNER["properties"], "k": {"type": "integer"}}}
LIST = {
    "type": "array",
    "items": {"type": "object", "properties": {"k": {"type": "integer"}, "a": NULLABLE, "b": NULLABLE}},
}
OBJECT = {"type": "object", "properties": {"a": NULLABLE, "b": NULLABLE}}

Case: TypeAlias = tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]

CASES: list[Case] = [
    (PLAIN, of(a=NULLABLE, b=NULLABLE), of(x=INNER), {"a": "A"}, {"x": {"a": "A", "b": None}}),
    (
        SELECTED,
        of(a=NULLABLE, b=NULLABLE),
        of(xs={"type": "array", "items": ELEMENT}),
        {"a": "A"},
        {"xs": [{"k": 1, "a": "A", "b": None}]},
    ),
    (GROUP, of(o=OBJECT), of(x=INNER), {"o": {"a": "A"}}, {"x": {"a": "A", "b": None}}),
    (
        KEYED,
        of(os=LIST),
        of(xs={"type": "array", "items": ELEMENT}),
        {"os": [{"k": 1, "a": "A"}]},
        {"xs": [{"k": 1, "a": "A", "b": None}]},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=["plain", "selected", "group", "keyed"])
@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("was", [ABSENT, None])
def test_what_is_made_has_its_nulls(site: Site, case: Case, is_known: bool, was: Any) -> None:
    rules, c, t, said, made = case
    (name,) = made
    t = of(**{name: {**t["properties"][name], "type": [t["properties"][name]["type"], "null"]}})
    there = {} if was is ABSENT else {name: was}
    shop = Shop(site, rules, c, t)
    as_due_again(shop)
    if is_known:
        shop.client_says(1)
        shop.run()
        site.database["w"].update_one({"number": 1}, {"$set": there} if there else {"$unset": {name: ""}})
    else:
        shop.technician_creates(1, isSynced=True, **there)
    shop.client_says(1, **said)
    assert shop.run()["inbound"] == {"read": 1, "updated": 1}
    assert shop.document(1) == made
    assert agrees(shop)


def test_elsewhere_a_null_says_no_more_than_nothing(site: Site) -> None:
    optional = {**INNER, "required": []}
    shop = Shop(site, PLAIN, of(a=NULLABLE, b=NULLABLE), of(x=optional))
    shop.technician_creates(1, x={"a": "Z"}, isSynced=True)
    shop.client_says(1, a="A")
    shop.run()
    assert shop.document(1) == {"x": {"a": "A"}}
