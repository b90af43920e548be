"""What a schema expects at some place, in words: "a whole number of at least 1, or "classes""."""

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

_BOUNDS = (("ge", "of at least"), ("gt", "above"), ("le", "at most"), ("lt", "below"))


def expectation(node: Any) -> str:
    """What a value has to be, as a noun phrase.

    Args:
        node: A field of a pydantic model, or a type annotation. A field's own description takes precedence.
    """
    if isinstance(node, FieldInfo) and node.description:
        return node.description
    bare, metadata = bare_type(node), constraints(node)
    if members := union_models(bare):
        key, tag = discriminator(members[0]), tags(members[0])[0]
        return f'a table with its "{key}", such as {{ {key} = "{tag}" }}'
    if get_origin(bare) in (Union, UnionType):
        return ", or ".join(expectation(option) for option in get_args(bare) if option is not NoneType)
    if get_origin(bare) is Literal:
        words = [f'"{value}"' for value in get_args(bare)]
        return words[0] if len(words) == 1 else f"one of {', '.join(words)}"
    if get_origin(bare) is tuple:
        return _list_expectation(get_args(bare), metadata)
    if get_origin(bare) is dict:
        return f"a table of names, each with {expectation(get_args(bare)[1])}"
    if is_model(bare):
        return _table_expectation(bare)
    noun = {bool: "true or false", int: "a whole number", float: "a number", str: "text in quotes"}[bare]
    if bare is float and not {"le", "lt"} & metadata.keys():
        noun = "a finite number"
    bounds = [f"{words} {metadata[key]}" for key, words in _BOUNDS if key in metadata]
    return " ".join([noun, " and ".join(bounds)]).strip()


def _list_expectation(items: tuple[Any, ...], metadata: dict[str, Any]) -> str:
    if items[-1] is Ellipsis:
        at_least = f" of at least {metadata['min_length']}" if "min_length" in metadata else ""
        return f"a list{at_least}, each {expectation(items[0])}"
    return f"a list of {len(items)}, each {expectation(items[0])}"


def _table_expectation(model: type[BaseModel]) -> str:
    required = [name for name, field in model.model_fields.items() if field.is_required()]
    if required:
        return f"a table with at least {' and '.join(required)}"
    return f"a table with any of {', '.join(model.model_fields)}"


def bare_type(node: Any) -> Any:
    """The type itself, without constraints and without "or None"."""
    if isinstance(node, FieldInfo):
        return bare_type(node.annotation)
    if get_origin(node) is Annotated:
        return bare_type(get_args(node)[0])
    if get_origin(node) in (Union, UnionType):
        options = [option for option in get_args(node) if option is not NoneType]
        return bare_type(options[0]) if len(options) == 1 else node
    return node


def constraints(node: Any) -> dict[str, Any]:
    """Bounds and lengths that go with a type, by pydantic's names: ge, gt, le, lt, min_length."""
    metadata: list[Any] = []
    if isinstance(node, FieldInfo):
        metadata, node = list(node.metadata), node.annotation
    if get_origin(node) in (Union, UnionType):
        options = [option for option in get_args(node) if option is not NoneType]
        node = options[0] if len(options) == 1 else node
    if get_origin(node) is Annotated:
        metadata += [m for item in get_args(node)[1:] for m in getattr(item, "metadata", [item])]
    names = ("ge", "gt", "le", "lt", "min_length")
    return {name: getattr(m, name) for m in metadata for name in names if hasattr(m, name)}


def is_model(node: Any) -> bool:
    """Whether this is a table with known keys."""
    return isinstance(node, type) and issubclass(node, BaseModel)


def union_models(node: Any) -> list[type[BaseModel]]:
    """The tables of a union that holds nothing but tables; else none."""
    options = get_args(node) if get_origin(node) in (Union, UnionType) else ()
    return list(options) if all(is_model(option) for option in options) else []


def discriminator(model: type[BaseModel]) -> str:
    """The key whose fixed value tells this table from the others of its union."""
    return next(name for name, field in model.model_fields.items() if get_origin(field.annotation) is Literal)


def tags(model: type[BaseModel]) -> list[str]:
    """The fixed values of that key."""
    return list(get_args(model.model_fields[discriminator(model)].annotation))
