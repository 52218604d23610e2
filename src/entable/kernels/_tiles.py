"""Blocks of sixteen vectors, and rows of a known number of them, held in registers."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from entable.kernels._lanes import INT, LANES, VECTOR, call, lanes, pointer, splatted

_block = types.UniTuple(lanes, LANES)


@intrinsic
def zero_block(typingctx: Any) -> Any:
    "Sixteen vectors of zeros: a 16 x 16 block held in registers."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        zero = ir.Constant(VECTOR, [0.0] * LANES)
        return context.make_tuple(builder, sig.return_type, [zero] * LANES)

    return _block(), codegen


@intrinsic
def add_outer(typingctx: Any, block: Any, array: Any, i: Any, y: Any) -> Any:
    "block + x y' where x is elements i .. i+15 of a flat float32 array and y a vector."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        block, _, _, y = args
        first = pointer(context, builder, _Shifted(sig), args[1:], ir.FloatType())
        rows = []
        for f in range(LANES):
            x = builder.load(builder.gep(first, [ir.Constant(INT, f)]))
            rows.append(
                call(builder, "fma", [splatted(builder, x), y, builder.extract_value(block, f)])
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
        first = pointer(context, builder, sig, args, ir.FloatType())
        stride = context.cast(builder, args[2], sig.args[2], types.intp)
        rows = []
        for f in range(LANES):
            at = builder.gep(first, [builder.mul(stride, ir.Constant(stride.type, f))])
            rows.append(builder.load(builder.bitcast(at, VECTOR.as_pointer()), align=4))
        return context.make_tuple(builder, sig.return_type, rows)

    return _block(array, i, stride), codegen


@intrinsic
def store_block(typingctx: Any, array: Any, i: Any, stride: Any, block: Any) -> Any:
    "Write the sixteen rows of a block, each `stride` elements after the last, from element i on."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        first = pointer(context, builder, sig, args, ir.FloatType())
        stride = context.cast(builder, args[2], sig.args[2], types.intp)
        for f in range(LANES):
            at = builder.gep(first, [builder.mul(stride, ir.Constant(stride.type, f))])
            where = builder.bitcast(at, VECTOR.as_pointer())
            builder.store(builder.extract_value(args[3], f), where, align=4)
        return context.get_dummy_value()

    return types.void(array, i, stride, block), codegen


@intrinsic
def mix_blocks(typingctx: Any, scale: Any, x: Any, y: Any) -> Any:
    "scale * x + y for blocks x, y and a vector scale."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        scale, x, y = args
        rows = [
            call(builder, "fma", [scale, builder.extract_value(x, f), builder.extract_value(y, f)])
            for f in range(LANES)
        ]
        return context.make_tuple(builder, sig.return_type, rows)

    return _block(scale, x, y), codegen


@intrinsic
def transpose(typingctx: Any, block: Any) -> Any:
    "Rows of a 16 x 16 block as its columns, in four rounds of pairwise exchange."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        rows = [builder.extract_value(args[0], f) for f in range(LANES)]
        mask = ir.VectorType(INT, LANES)
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
        first = pointer(context, builder, sig, args, VECTOR)
        parts = [
            builder.load(builder.gep(first, [ir.Constant(INT, p)]), align=4)
            for p in range(len(shape))
        ]
        return context.make_tuple(builder, sig.return_type, parts)

    return _row(len(shape))(array, i, shape), codegen


@intrinsic
def store_row(typingctx: Any, array: Any, i: Any, row: Any) -> Any:
    "Write a row of vectors from element i of a flat float32 array on."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        first = pointer(context, builder, sig, args, VECTOR)
        for p in range(len(row)):
            where = builder.gep(first, [ir.Constant(INT, p)])
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
            chains[p % 2] = call(builder, "fma", [*pair, chains[p % 2]])
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
            parts.append(call(builder, "fma", [step, builder.extract_value(y, p), own]))
        return context.make_tuple(builder, sig.return_type, parts)

    return _row(len(x))(keep, x, step, y), codegen
