"""Counters that several threads change at once."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from entable.kernels._lanes import pointer


@intrinsic
def fetch_add(typingctx: Any, array: Any, i: Any, x: Any) -> Any:
    """Add x to element i of an int64 array as one step that no other thread can split; the old
    value.
    """

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        where = pointer(context, builder, sig, args, ir.IntType(64))
        x = context.cast(builder, args[2], sig.args[2], types.int64)
        return builder.atomic_rmw("add", where, x, "seq_cst")

    return types.int64(array, i, x), codegen


@intrinsic
def claim(typingctx: Any, array: Any, i: Any, expected: Any) -> Any:
    "Raise element i of an int64 array by one if it is `expected`; was it, and were we the one?"

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        where = pointer(context, builder, sig, args, ir.IntType(64))
        old = context.cast(builder, args[2], sig.args[2], types.int64)
        new = builder.add(old, ir.Constant(old.type, 1))
        return builder.extract_value(builder.cmpxchg(where, old, new, "seq_cst", "monotonic"), 1)

    return types.boolean(array, i, expected), codegen


@intrinsic
def read_now(typingctx: Any, array: Any, i: Any) -> Any:
    "Element i of an int64 array as other threads have left it this moment."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        where = pointer(context, builder, sig, args, ir.IntType(64))
        return builder.load_atomic(where, "acquire", align=8)

    return types.int64(array, i), codegen
