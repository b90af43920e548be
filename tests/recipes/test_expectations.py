from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from tenfold.recipes.expectations import (
    bare_type,
    constraints,
    discriminator,
    expectation,
    tags,
    union_models,
)


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: Annotated[int, Field(ge=1, le=9)] = 9
    nickname: str = Field(default="", description="a short name")


class Dog(BaseModel):
    kind: Literal["dog", "hound"]


class Box(BaseModel):
    width: float = 1.0
    depth: float = 1.0


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (bool, "true or false"),
        (str, "text in quotes"),
        (int, "a whole number"),
        (float, "a finite number"),
        (Annotated[int, Field(ge=1)], "a whole number of at least 1"),
        (Annotated[float, Field(gt=0, le=1)], "a number above 0 and at most 1"),
        (Annotated[float, Field(ge=0, lt=1)], "a number of at least 0 and below 1"),
        (int | None, "a whole number"),
        (Annotated[int, Field(ge=1)] | None, "a whole number of at least 1"),
        (Annotated[int, Field(ge=2)] | Literal["all"], 'a whole number of at least 2, or "all"'),
        (Literal["a", "b"], 'one of "a", "b"'),
        (tuple[int, int], "a list of 2, each a whole number"),
        (tuple[Pet, ...], 'a list, each a table with its "kind", such as { kind = "cat" }'),
        (dict[str, int], "a table of names, each with a whole number"),
        (Pet, 'a table with its "kind", such as { kind = "cat" }'),
        (Cat, "a table with at least kind"),
        (Box, "a table with any of width, depth"),
        (Cat.model_fields["lives"], "a whole number of at least 1 and at most 9"),
        (Cat.model_fields["nickname"], "a short name"),
    ],
)
def test_expectations_in_words(annotation, words):
    assert expectation(annotation) == words


def test_the_parts_of_a_type():
    assert bare_type(Annotated[int, Field(ge=1)] | None) is int
    assert bare_type(Cat.model_fields["lives"]) is int
    assert constraints(Annotated[float, Field(gt=0, lt=3)]) == {"gt": 0, "lt": 3}
    assert constraints(int) == {}


def test_a_union_of_tables_is_told_apart_by_its_tags():
    assert union_models(bare_type(Pet)) == [Cat, Dog]
    assert union_models(int | Cat) == []
    assert union_models(Cat) == []
    assert (discriminator(Dog), tags(Dog)) == ("kind", ["dog", "hound"])
