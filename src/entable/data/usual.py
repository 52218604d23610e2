"""Which column is which: named by the caller, known by a usual name, or by its position."""

import re
from collections.abc import Mapping, Sequence

from entable.errors import BadInput

__all__ = ["ROLES", "TITLES", "by_name", "by_position", "plain", "told", "usual"]

ROLES = ("user", "item", "rating", "time")

# usual names without capitals, blanks and punctuation, the likeliest first
_USUAL = {
    "user": "user userid uid username useridx usernum customer customerid client clientid "
    "reviewer reviewerid member memberid person personid reader readerid listener viewer account "
    "accountid visitor visitorid profile",
    "item": "item itemid iid movie movieid mid film filmid product productid pid asin sku isbn "
    "book bookid song songid track trackid artist artistid album albumid article articleid game "
    "gameid appid anime animeid recipe recipeid business businessid restaurant joke jokeid place "
    "placeid course courseid title name",
    "rating": "rating ratings userrating bookrating starrating rate score scores stars star "
    "overall grade mark points value preference",
    "time": "timestamp time date datetime ts tstamp ratedat ratingdate ratingtime createdat "
    "created reviewdate reviewtime unixreviewtime when day",
}
_TITLES = (
    "title name movietitle itemtitle moviename itemname booktitle producttitle productname "
    "label username"
)
TITLES = frozenset(_TITLES.split())


def plain(name: str) -> str:
    "A column's name without capitals, blanks and punctuation."
    return re.sub(r"[\W_]+", "", name).lower()


def usual(role: str) -> tuple[str, ...]:
    "The usual names of a role, the likeliest first."
    return tuple(_USUAL.get(role, role).split())


def by_name(
    columns: Sequence[str], given: Mapping[str, str | bool | None], source: str
) -> dict[str, str]:
    """Role -> column, for a table whose columns have names.

    Raises BadInput where a column given is not there, or none is found for a role but time.
    """
    roles = _given(columns, given, source)
    for role in ROLES:
        if role in roles or given.get(role) is False:
            continue
        found = _usually(role, [c for c in columns if c not in roles.values()])
        if found is not None:
            roles[role] = found
    for role in ("user", "item", "rating"):
        if role not in roles:
            raise BadInput(
                f"{source}: no column for the {role} among {_listed(columns)}; "
                f"name it: {role}=... (--{role} ...)"
            )
    return roles


def by_position(
    columns: Sequence[str], given: Mapping[str, str | bool | None], source: str
) -> dict[str, str]:
    """Role -> column in the order user, item, rating, time, for a table without header.

    Raises BadInput for fewer than three columns.
    """
    roles = _given(columns, given, source)
    if len(columns) < 3:
        raise BadInput(
            f"{source}: {len(columns)} column{'s' * (len(columns) != 1)} and no header; "
            "wanted user, item, rating and perhaps time"
        )
    for role, column in zip(ROLES, columns, strict=False):
        free = [c for c in (column, *columns) if c not in roles.values()]
        if role not in roles and (role != "time" or (column in free and given.get(role) is None)):
            roles[role] = free[0]
    return {role: roles[role] for role in ROLES if role in roles}


def told(roles: Mapping[str, str]) -> str:
    "Which column was taken for which role, in words."
    return ", ".join(f"{role}: {roles[role]}" for role in ROLES if role in roles)


def _given(
    columns: Sequence[str], given: Mapping[str, str | bool | None], source: str
) -> dict[str, str]:
    roles = {role: name for role, name in given.items() if isinstance(name, str)}
    for role, name in given.items():
        if not (name is None or isinstance(name, str) or (role == "time" and name is False)):
            raise BadInput(f"{role}={name!r}: the name of a column was wanted")
    for role, name in roles.items():
        if list(roles.values()).count(name) > 1:
            raise BadInput(f"{source}: the column {name!r} was given for two roles")
        if name not in columns:
            raise BadInput(
                f"{source}: there is no column {name!r} for the {role}; "
                f"the columns are {_listed(columns)}"
            )
    return roles


def _usually(role: str, columns: Sequence[str]) -> str | None:
    known = {plain(column): column for column in reversed(columns)}
    return next((known[name] for name in usual(role) if name in known), None)


def _listed(columns: Sequence[str]) -> str:
    few = ", ".join(repr(c) for c in columns[:30])
    return few + (f" and {len(columns) - 30} more" if len(columns) > 30 else "")
