"""Operations on one value a bank, a few vector instructions each.

What the fast model does most is to find the least of some sixteen keys, each raised to the floor of its bank.
A loop over them costs an instruction or two an element and holds up everything behind it; these functions are
vector code instead, for sixteen banks (*lanes*) at a time. In plain code the first of them reads::

    def serve(s, keys, floors, rules, mask, row, cycle):
        for i in range(16):
            s[keys + i] |= rules[mask + i]          # the greatest number in one lane: no candidate
            s[floors + i] = max(s[floors + i], rules[row + i] + cycle)
        return min(max(s[keys + i], s[floors + i] | (s[keys + i] & LOW)) for i in range(16))

Keys are written as whole groups of lanes, with masks from memory: a vector that is read soon after one of its
elements was stored, alone or under a mask, has to wait for the store to reach the cache. Rows of lanes should
begin at multiples of 64 bytes.
"""

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from openrow.memory.fast.columns import LANE_BLOCK, LOW
from openrow_kernels.compilation import Cells

PART_LANES = 4
"""Lanes of one vector. Four rather than eight: what is nearer to one number is found in fewer steps."""
PARTS = range(LANE_BLOCK // PART_LANES)

INTEGER = ir.IntType(64)
VECTOR = ir.VectorType(INTEGER, PART_LANES)
INDEX = ir.IntType(32)
TYPES: Any = types
INT = TYPES.int64
POINTER = TYPES.CPointer(INT)


def _place(builder: Any, cells: Any, at: Any, part: int) -> Any:
    first = builder.gep(cells, [builder.add(at, INTEGER(PART_LANES * part))], inbounds=True)
    return builder.bitcast(first, VECTOR.as_pointer())


def _load(builder: Any, cells: Any, at: Any, part: int = 0) -> Any:
    return builder.load(_place(builder, cells, at, part), align=8)


def _store(builder: Any, vector: Any, cells: Any, at: Any, part: int = 0) -> None:
    builder.store(vector, _place(builder, cells, at, part), align=8)


def _all(value: int) -> Any:
    return ir.Constant(VECTOR, [value] * PART_LANES)


def _splat(builder: Any, value: Any) -> Any:
    undefined = ir.Constant(VECTOR, ir.Undefined)
    first = builder.insert_element(undefined, value, INDEX(0))
    return builder.shuffle_vector(
        first, undefined, ir.Constant(ir.VectorType(INDEX, PART_LANES), [0] * PART_LANES)
    )


def _call(builder: Any, name: str, result: Any, arguments: list[Any]) -> Any:
    function = builder.module.globals.get(name)
    if function is None:
        kind = ir.FunctionType(result, [argument.type for argument in arguments])
        function = ir.Function(builder.module, kind, name)
    return builder.call(function, arguments)


def _greater(builder: Any, one: Any, other: Any) -> Any:
    return _call(builder, f"llvm.smax.v{PART_LANES}i64", VECTOR, [one, other])


def _lesser(builder: Any, one: Any, other: Any) -> Any:
    return _call(builder, f"llvm.smin.v{PART_LANES}i64", VECTOR, [one, other])


def _least(builder: Any, keys: list[Any], floors: list[Any]) -> Any:
    """The least of all keys, each raised to its floor."""
    low = [builder.and_(key, _all(LOW)) for key in keys]
    raised = [_greater(builder, keys[h], builder.or_(floors[h], low[h])) for h in PARTS]
    while len(raised) > 1:
        raised = [_lesser(builder, *pair) for pair in zip(raised[::2], raised[1::2], strict=True)]
    return _call(builder, f"llvm.vector.reduce.smin.v{PART_LANES}i64", INTEGER, raised)


def _raised_floors(builder: Any, cells: Any, floors: Any, rules: Any, row: Any, cycle: Any) -> list[Any]:
    cycles = _splat(builder, cycle)
    return [
        _greater(
            builder, _load(builder, cells, floors, h), builder.add(_load(builder, rules, row, h), cycles)
        )
        for h in PARTS
    ]


def _taken(builder: Any, cells: Any, keys: Any, rules: Any, mask: Any) -> list[Any]:
    """The keys, that of the masked lane replaced by none."""
    return [builder.or_(_load(builder, cells, keys, h), _load(builder, rules, mask, h)) for h in PARTS]


def _store_all(builder: Any, cells: Any, keys: Any, left: list[Any], floors: Any, raised: list[Any]) -> None:
    for h in PARTS:
        _store(builder, raised[h], cells, floors, h)
        _store(builder, left[h], cells, keys, h)


def _serve(
    _typing: Any, _s: Any, _keys: Any, _floors: Any, _rules: Any, _mask: Any, _row: Any, _cycle: Any
) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        s, keys, floors, rules, mask, row, cycle = arguments
        raised = _raised_floors(builder, s, floors, rules, row, cycle)
        left = _taken(builder, s, keys, rules, mask)
        _store_all(builder, s, keys, left, floors, raised)
        return _least(builder, left, raised)

    return INT(POINTER, INT, INT, POINTER, INT, INT, INT), generate


def _serve_above(
    _typing: Any, _s: Any, _keys: Any, _floors: Any, _rules: Any, _mask: Any, _row: Any, _cycle: Any,
    _common: Any,
) -> Any:  # fmt: skip
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        s, keys, floors, rules, mask, row, cycle, common = arguments
        raised = _raised_floors(builder, s, floors, rules, row, cycle)
        for h in PARTS:
            raised[h] = _greater(builder, raised[h], _splat(builder, common))
        left = _taken(builder, s, keys, rules, mask)
        _store_all(builder, s, keys, left, floors, raised)
        return _least(builder, left, raised)

    return INT(POINTER, INT, INT, POINTER, INT, INT, INT, INT), generate


def _raise_floors(_typing: Any, _s: Any, _floors: Any, _rules: Any, _row: Any, _cycle: Any) -> Any:
    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        s, floors, rules, row, cycle = arguments
        raised = _raised_floors(builder, s, floors, rules, row, cycle)
        for h in PARTS:
            _store(builder, raised[h], s, floors, h)
        return context.get_dummy_value()

    return TYPES.void(POINTER, INT, POINTER, INT, INT), generate


def _first(_typing: Any, _s: Any, _keys: Any, _floors: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        s, keys, floors = arguments
        return _least(
            builder,
            [_load(builder, s, keys, h) for h in PARTS],
            [_load(builder, s, floors, h) for h in PARTS],
        )

    return INT(POINTER, INT, INT), generate


def _put(_typing: Any, _s: Any, _keys: Any, _rules: Any, _mask: Any, _key: Any) -> Any:
    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        s, keys, rules, mask, key = arguments
        chosen = _load(builder, rules, mask)
        others = builder.and_(_load(builder, s, keys), builder.xor(chosen, _all(-1)))
        new = builder.and_(_splat(builder, key), chosen)
        _store(builder, builder.or_(others, new), s, keys)
        return context.get_dummy_value()

    return TYPES.void(POINTER, INT, POINTER, INT, INT), generate


serve = cast(Callable[[Cells, int, int, Cells, int, int, int], int], intrinsic(_serve))
"""Take a lane's key away, raise the floors after a command in ``cycle``, and return the least raised key.

``serve(s, keys, floors, rules, mask, row, cycle)``: ``rules[mask]`` and on is the lane, ``rules[row]`` and on
what the command leaves behind.
"""
serve_above = cast(Callable[[Cells, int, int, Cells, int, int, int, int], int], intrinsic(_serve_above))
"""As :data:`serve`, with one more floor that is the same for all lanes."""
raise_floors = cast(Callable[[Cells, int, Cells, int, int], None], intrinsic(_raise_floors))
"""``raise_floors(s, floors, rules, row, cycle)``: what :data:`serve` does to the floors, alone."""
first = cast(Callable[[Cells, int, int], int], intrinsic(_first))
"""``first(s, keys, floors)``: the least key, each raised to its floor."""
put_in_part = cast(Callable[[Cells, int, Cells, int, int], None], intrinsic(_put))
"""``put_in_part(s, keys, rules, mask, key)``: set the masked one of PART_LANES keys."""
