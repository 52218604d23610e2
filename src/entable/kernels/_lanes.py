"""Sixteen float32 side by side as one value inside compiled code.
 Whether a compiler turns a loop into vector instructions depends on lengths and aliases, and it
never says when it does not.  A value that *is* a vector leaves it no choice: on AVX-512 every
function below is one instruction, elsewhere two or four.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

LANES = 16
_VECTOR = ir.VectorType(ir.FloatType(), LANES)
_INT = ir.IntType(32)


class _Lanes(types.Type):
    def __init__(self) -> None:
        super().__init__("Lanes")


lanes = _Lanes()


@register_model(_Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, _VECTOR)


def _pointer(context: Any, builder: Any, sig: Any, args: Any, to: Any) -> Any:
    "Where element args[1] of the array args[0] stands, as a pointer to `to`."
    array = context.make_array(sig.args[0])(context, builder, args[0])
    index = context.cast(builder, args[1], sig.args[1], types.intp)
    return builder.bitcast(builder.gep(array.data, [index]), to.as_pointer())


def _splat(builder: Any, x: Any) -> Any:
    undefined = ir.Constant(_VECTOR, ir.Undefined)
    one = builder.insert_element(undefined, x, ir.Constant(_INT, 0))
    return builder.shuffle_vector(
        one, undefined, ir.Constant(ir.VectorType(_INT, LANES), [0] * LANES)
    )


def _call(builder: Any, name: str, args: Any) -> Any:
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * len(args))
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{LANES}f32")
    return builder.call(function, args)


@intrinsic
def load(typingctx: Any, array: Any, i: Any) -> Any:
    "Elements i .. i+15 of a flat float32 array."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(_pointer(context, builder, sig, args, _VECTOR), align=4)

    return lanes(array, i), codegen


@intrinsic
def store(typingctx: Any, array: Any, i: Any, x: Any) -> Any:
    "Write x over elements i .. i+15 of a flat float32 array."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store(args[2], _pointer(context, builder, sig, args, _VECTOR), align=4)
        return context.get_dummy_value()

    return types.void(array, i, x), codegen


@intrinsic
def splat(typingctx: Any, x: Any) -> Any:
    "One number in all lanes."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _splat(builder, context.cast(builder, args[0], sig.args[0], types.float32))

    return lanes(x), codegen


@intrinsic
def fma(typingctx: Any, x: Any, y: Any, z: Any) -> Any:
    "x * y + z, rounded once."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _call(builder, "fma", args)

    return lanes(x, y, z), codegen


@intrinsic
def fnma(typingctx: Any, x: Any, y: Any, z: Any) -> Any:
    "z - x * y, rounded once."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _call(builder, "fma", [builder.fneg(args[0]), args[1], args[2]])

    return lanes(x, y, z), codegen


def _elementwise(name: str, doc: str) -> Callable[..., Any]:
    def typed(typingctx: Any, x: Any, y: Any) -> Any:
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return getattr(builder, name)(*args)

        return lanes(x, y), codegen

    typed.__doc__, typed.__name__ = doc, name
    return intrinsic(typed)


add = _elementwise("fadd", "x + y.")
sub = _elementwise("fsub", "x - y.")
mul = _elementwise("fmul", "x * y.")


@intrinsic
def inverse_sqrt(typingctx: Any, x: Any) -> Any:
    "1 / sqrt(x), correctly rounded twice."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        one = ir.Constant(_VECTOR, [1.0] * LANES)
        return builder.fdiv(one, _call(builder, "sqrt", args))

    return lanes(x), codegen


@intrinsic
def at_least(typingctx: Any, x: Any, floor: Any) -> Any:
    "The larger of x and floor, lane by lane."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _call(builder, "maxnum", args)

    return lanes(x, floor), codegen


@intrinsic
def total(typingctx: Any, x: Any) -> Any:
    "The sum of the lanes, always added in the same tree."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        value, n = args[0], LANES
        while n > 1:
            n //= 2
            mask, undefined = ir.VectorType(_INT, n), ir.Constant(value.type, ir.Undefined)
            low = builder.shuffle_vector(value, undefined, ir.Constant(mask, list(range(n))))
            high = builder.shuffle_vector(
                value, undefined, ir.Constant(mask, list(range(n, 2 * n)))
            )
            value = builder.fadd(low, high)
        return builder.extract_element(value, ir.Constant(_INT, 0))

    return types.float32(x), codegen


_block = types.UniTuple(lanes, LANES)


@intrinsic
def zero_block(typingctx: Any) -> Any:
    "Sixteen vectors of zeros: a 16 x 16 block held in registers."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        zero = ir.Constant(_VECTOR, [0.0] * LANES)
        return context.make_tuple(builder, sig.return_type, [zero] * LANES)

    return _block(), codegen


@intrinsic
def add_outer(typingctx: Any, block: Any, array: Any, i: Any, y: Any) -> Any:
    "block + x y' where x is elements i .. i+15 of a flat float32 array and y a vector."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        block, _, _, y = args
        first = _pointer(context, builder, _Shifted(sig), args[1:], ir.FloatType())
        rows = []
        for f in range(LANES):
            x = builder.load(builder.gep(first, [ir.Constant(_INT, f)]))
            rows.append(
                _call(builder, "fma", [_splat(builder, x), y, builder.extract_value(block, f)])
            )
        return context.make_tuple(builder, sig.return_type, rows)

    return _block(block, array, i, y), codegen


class _Shifted:
    "A signature seen from its second argument."

    def __init__(self, sig: Any) -> None:
        self.args = sig.args[1:]


@intrinsic
def load_block(typingctx: Any, array: Any, i: Any, stride: Any) -> Any:
    """Sixteen vectors, each `stride` elements of a flat float32 array after the last, from element
    i on.
    """

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        first = _pointer(context, builder, sig, args, ir.FloatType())
        stride = context.cast(builder, args[2], sig.args[2], types.intp)
        rows = []
        for f in range(LANES):
            at = builder.gep(first, [builder.mul(stride, ir.Constant(stride.type, f))])
            rows.append(builder.load(builder.bitcast(at, _VECTOR.as_pointer()), align=4))
        return context.make_tuple(builder, sig.return_type, rows)

    return _block(array, i, stride), codegen


@intrinsic
def store_block(typingctx: Any, array: Any, i: Any, stride: Any, block: Any) -> Any:
    "Write the sixteen rows of a block, each `stride` elements after the last, from element i on."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        first = _pointer(context, builder, sig, args, ir.FloatType())
        stride = context.cast(builder, args[2], sig.args[2], types.intp)
        for f in range(LANES):
            at = builder.gep(first, [builder.mul(stride, ir.Constant(stride.type, f))])
            where = builder.bitcast(at, _VECTOR.as_pointer())
            builder.store(builder.extract_value(args[3], f), where, align=4)
        return context.get_dummy_value()

    return types.void(array, i, stride, block), codegen


@intrinsic
def mix_blocks(typingctx: Any, scale: Any, x: Any, y: Any) -> Any:
    "scale * x + y for blocks x, y and a vector scale."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        scale, x, y = args
        rows = [
            _call(builder, "fma", [scale, builder.extract_value(x, f), builder.extract_value(y, f)])
            for f in range(LANES)
        ]
        return context.make_tuple(builder, sig.return_type, rows)

    return _block(scale, x, y), codegen


@intrinsic
def transpose(typingctx: Any, block: Any) -> Any:
    "Rows of a 16 x 16 block as its columns, in four rounds of pairwise exchange."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        rows = [builder.extract_value(args[0], f) for f in range(LANES)]
        mask = ir.VectorType(_INT, LANES)
        half = LANES // 2
        low = [n // 2 + (n % 2) * LANES for n in range(LANES)]  # a0 b0 a1 b1 ...
        high = [n + half for n in low]
        for _ in range(4):  # perfect shuffles of row pairs: four of them transpose
            rows = [
                builder.shuffle_vector(rows[f // 2], rows[f // 2 + half], ir.Constant(mask, which))
                for f in range(0, LANES, 2)
                for which in (low, high)
            ]
        return context.make_tuple(builder, sig.return_type, rows)

    return _block(block), codegen


def _row(n: int) -> Any:
    return types.UniTuple(lanes, n)


@intrinsic
def load_row(typingctx: Any, array: Any, i: Any, shape: Any) -> Any:
    "len(shape) vectors from element i of a flat float32 array; the length is known when compiling."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        first = _pointer(context, builder, sig, args, _VECTOR)
        parts = [
            builder.load(builder.gep(first, [ir.Constant(_INT, p)]), align=4)
            for p in range(len(shape))
        ]
        return context.make_tuple(builder, sig.return_type, parts)

    return _row(len(shape))(array, i, shape), codegen


@intrinsic
def store_row(typingctx: Any, array: Any, i: Any, row: Any) -> Any:
    "Write a row of vectors from element i of a flat float32 array on."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        first = _pointer(context, builder, sig, args, _VECTOR)
        for p in range(len(row)):
            where = builder.gep(first, [ir.Constant(_INT, p)])
            builder.store(builder.extract_value(args[2], p), where, align=4)
        return context.get_dummy_value()

    return types.void(array, i, row), codegen


@intrinsic
def multiply_rows(typingctx: Any, x: Any, y: Any) -> Any:
    "The lane sums of x * y over a row's vectors, in two chains that are added at the end."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        pairs = [[builder.extract_value(row, p) for row in args] for p in range(len(x))]
        chains = [builder.fmul(*pair) for pair in pairs[:2]]
        for p, pair in enumerate(pairs[2:]):
            chains[p % 2] = _call(builder, "fma", [*pair, chains[p % 2]])
        return builder.fadd(*chains) if len(chains) > 1 else chains[0]

    return lanes(x, y), codegen


@intrinsic
def mix_rows(typingctx: Any, keep: Any, x: Any, step: Any, y: Any) -> Any:
    "keep * x + step * y for rows x, y and vectors keep, step."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        keep, x, step, y = args
        parts = []
        for p in range(len(sig.return_type)):
            own = builder.fmul(keep, builder.extract_value(x, p))
            parts.append(_call(builder, "fma", [step, builder.extract_value(y, p), own]))
        return context.make_tuple(builder, sig.return_type, parts)

    return _row(len(x))(keep, x, step, y), codegen


@intrinsic
def bits_of(typingctx: Any, x: Any) -> Any:
    "The 32 bits of a float32 as an int32."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], _INT)

    return types.int32(types.float32), codegen


@intrinsic
def float_of(typingctx: Any, x: Any) -> Any:
    "The float32 that 32 bits stand for."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), codegen


@intrinsic
def fetch_add(typingctx: Any, array: Any, i: Any, x: Any) -> Any:
    """Add x to element i of an int64 array as one step that no other thread can split; the old
    value.
    """

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        where = _pointer(context, builder, sig, args, ir.IntType(64))
        x = context.cast(builder, args[2], sig.args[2], types.int64)
        return builder.atomic_rmw("add", where, x, "seq_cst")

    return types.int64(array, i, x), codegen


@intrinsic
def claim(typingctx: Any, array: Any, i: Any, expected: Any) -> Any:
    "Raise element i of an int64 array by one if it is `expected`; was it, and were we the one?"

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        where = _pointer(context, builder, sig, args, ir.IntType(64))
        old = context.cast(builder, args[2], sig.args[2], types.int64)
        new = builder.add(old, ir.Constant(old.type, 1))
        return builder.extract_value(builder.cmpxchg(where, old, new, "seq_cst", "monotonic"), 1)

    return types.boolean(array, i, expected), codegen


@intrinsic
def read_now(typingctx: Any, array: Any, i: Any) -> Any:
    "Element i of an int64 array as other threads have left it this moment."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        where = _pointer(context, builder, sig, args, ir.IntType(64))
        return builder.load_atomic(where, "acquire", align=8)

    return types.int64(array, i), codegen
