"""What tells two structures apart, in the words of TensorFlow 2.15.1."""

from collections import OrderedDict, namedtuple

import pytest

import tfcompat.compat.v1 as tf

P = namedtuple("P", "x y")
Q = namedtuple("Q", "x y")
KIND = "The two namedtuples don't have the same sequence type. First structure type={} has type {}, while second {}"
COUNT = "The two structures don't have the same number of elements. First structure: {}. Second structure: {}"
KEYS = "The two dictionaries don't have the same set of keys. First structure has keys type=list str={}, while second"
NODE = 'Substructure "type={}" is a sequence, while substructure "type=int str=1" is not'

# fmt: off
DIFFERENT = [
    ({"a": 1}, {"b": 1}, ValueError, KEYS.format("['a']"), "{'a': .}", "{'b': .}"),
    ([1, 2], [1], ValueError, COUNT.format("type=list str=[1, 2]", "type=list str=[1]"), "[., .]", "[.]"),
    ([1], (1,), TypeError, KIND.format("list str=[1]", "list", "structure type=tuple str=(1,) has type tuple"),
     "[.]", "(.,)"),
    (1, [1], ValueError, NODE.format("list str=[1]"), ".", "[.]"),
    ([[1], 2], [1, 2], ValueError, NODE.format("list str=[1]"), "[[.], .]", "[., .]"),
    (P(1, 2), Q(1, 2), TypeError, KIND.format("P str=P(x=1, y=2)", "P", "structure type=Q str=Q(x=1, y=2) has type Q"),
     "P(x=., y=.)", "Q(x=., y=.)"),
    (P(1, 2), (1, 2), TypeError, KIND.format("P str=P(x=1, y=2)", "P", "structure type=tuple str=(1, 2) has type tup"),
     "P(x=., y=.)", "(., .)"),
    ([1, [2, 3]], [1, [2]], ValueError, COUNT.format("type=list str=[2, 3]", "type=list str=[2]"),
     "[., [., .]]", "[., [.]]"),
    ({"a": 1}, [1], TypeError, KIND.format("dict str={'a': 1}", "dict", "structure type=list str=[1] has type list"),
     "{'a': .}", "[.]"),
]
# fmt: on


@pytest.mark.parametrize(("one", "other", "kind", "specifically", "first", "second"), DIFFERENT)
def test_the_first_difference_is_named(one, other, kind, specifically, first, second):
    with pytest.raises(kind) as caught:
        tf.nest.assert_same_structure(one, other)
    text = str(caught.value)
    assert text.startswith(
        "The two structures don't have the same nested structure.\n\n"
        f"First structure: type={type(one).__name__} str={one}\n\n"
        f"Second structure: type={type(other).__name__} str={other}\n\nMore specifically: {specifically}"
    )
    assert text.endswith(f"\nEntire first structure:\n{first}\nEntire second structure:\n{second}")


def test_structures_of_one_form_are_the_same():
    tf.nest.assert_same_structure({"a": [1, (2,)]}, OrderedDict(a=[3, (4,)]))
    tf.nest.assert_same_structure([1, (2,)], ((3,), [4])[0:0] or [5, [6]], check_types=False)
    tf.nest.assert_same_structure(P(1, 2), namedtuple("P", "x y")(3, 4))
