"""Turning a schema's complaints into sentences that name the nearest right word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from tenfold.recipes.expectations import bare_type, discriminator, expectation, is_model, tags, union_models
from tenfold.recipes.words import nearest, nearest_word, other_words

_LONGEST_VALUE = 60


@dataclass(frozen=True)
class _Place:
    """Where a complaint points: its path in the file, what is expected there, the table that it stands in.

    `alternatives` are the other tables that could stand there, such as the other optimisers.
    """

    keys: tuple[int | str, ...] = ()
    expected: Any = None
    table: type[BaseModel] | None = None
    alternatives: tuple[type[BaseModel], ...] = ()

    @property
    def path(self) -> str:
        return ".".join(str(key) for key in self.keys)


def explain(error: ValidationError, schema: type[BaseModel], content: Any, source: str) -> str:
    """One line for each thing that is wrong: where it stands, what was found, what was expected.

    Args:
        error: What pydantic raised.
        schema: The model that was validated against.
        content: What was validated.
        source: The file or recipe, to begin each line with.
    """
    lines: dict[str, str] = {}
    for problem in error.errors():
        place = _locate(schema, problem["loc"])
        # A value that fits no member of a union is reported once for each of them; one sentence covers all.
        lines.setdefault(place.path, f"{source}: {_sentence(problem, place, content, schema)}")
    return "\n".join(lines.values())


def _locate(schema: type[BaseModel], location: Sequence[int | str]) -> _Place:
    """Follow a location of pydantic's, leaving out its own names for the members of unions."""
    place, members = _Place(expected=schema), list[type[BaseModel]]()
    for part in location:
        bare = bare_type(place.expected)
        keys = (*place.keys, part)
        if is_model(bare):
            others = tuple(member for member in members if member is not bare)
            place, members = _Place(keys, bare.model_fields.get(str(part)), bare, others), []
        elif members := union_models(bare):
            place = _Place(place.keys, next(member for member in members if part in tags(member)))
        elif get_origin(bare) is tuple and get_args(bare)[-1] is Ellipsis:
            place = _Place(keys, get_args(bare)[0])
        else:
            break
    return place


def _sentence(problem: Any, place: _Place, content: Any, schema: type[BaseModel]) -> str:
    path, expected = place.path, place.expected
    match problem["type"]:
        case "value_error":
            return f"{path}{': ' if path else ''}{problem['ctx']['error']}."
        case "extra_forbidden":
            return f"{path} is no setting{_unknown_setting(place, schema)}"
        case "missing" if not _stands(content, place.keys):
            return f"{path} is missing: expected {expectation(expected)}."
        case "union_tag_not_found":
            key = problem["ctx"]["discriminator"].strip("'")
            return f"{path} lacks its {key!r}: expected one of {', '.join(_choices(expected))}."
        case "union_tag_invalid":
            key = problem["ctx"]["discriminator"].strip("'")
            return f"{path}.{key} is {_wrong_word(_value_at(content, (*place.keys, key)), _choices(expected))}"
        case "literal_error" if get_origin(bare_type(expected)) is Literal:
            return f"{path} is {_wrong_word(problem['input'], _choices(expected))}"
        case _:
            return f"{path} is {_wrong_value(_value_at(content, place.keys), expected)}"


def _wrong_word(found: Any, known: list[str]) -> str:
    return f"{_shown(found)}{nearest(str(found), known)} Expected one of: {', '.join(known)}."


def _wrong_value(found: Any, expected: Any) -> str:
    word = nearest_word(found, _choices(expected)) if isinstance(found, str) else None
    if word is None:
        return f"{_shown(found)}: expected {expectation(expected)}."
    members = union_models(bare_type(expected))
    offer = f'{{ {discriminator(members[0])} = "{word}" }}' if members else repr(word)
    return f"{_shown(found)}. Did you mean {offer}? Expected {expectation(expected)}."


def _choices(expected: Any) -> list[str]:
    """The words that may stand somewhere, or that mark the tables which may stand there."""
    bare = bare_type(expected)
    if members := union_models(bare):
        return [tag for member in members for tag in tags(member)]
    options = [bare] if get_origin(bare) is Literal else get_args(bare)
    return [word for option in options if get_origin(option) is Literal for word in get_args(option)]


def _unknown_setting(place: _Place, schema: type[BaseModel]) -> str:
    """The end of a sentence on a key that its table does not have."""
    assert place.table is not None  # an unknown key stands in some table
    word, known = str(place.keys[-1]), list(place.table.model_fields)
    end = f" Known here: {', '.join(known)}."
    if owners := [tags(other)[0] for other in place.alternatives if word in other.model_fields]:
        return f" of {tags(place.table)[0]} (only of {', '.join(owners)}). Take it out (--set {place.path}=).{end}"
    meant = {word, *other_words(word)}
    elsewhere = [path for path in _paths(schema) if path.rpartition(".")[2] in meant]
    if elsewhere and not meant & set(known):
        return f". Did you mean {min(elsewhere, key=lambda path: path.count('.'))!r}?{end}"
    return f"{nearest(word, known)}{end}"


def _paths(schema: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """The paths of all settings, apart from those of layers."""
    for name, field in schema.model_fields.items():
        yield prefix + name
        bare = bare_type(field)
        for model in [bare] if is_model(bare) else union_models(bare):
            yield from _paths(model, f"{prefix}{name}.")


def _stands(content: Any, keys: Sequence[int | str]) -> bool:
    try:
        _value_at(content, keys)
    except KeyError:
        return False
    return True


def _value_at(content: Any, keys: Sequence[int | str]) -> Any:
    for key in keys:
        content = content[key]
    return content


def _shown(value: Any) -> str:
    """A value as one line: text in quotes, true and false as TOML writes them, long ones cut."""
    text = str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
