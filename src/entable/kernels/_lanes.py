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
VECTOR = ir.VectorType(ir.FloatType(), LANES)
INT = ir.IntType(32)


class _Lanes(types.Type):
    def __init__(self) -> None:
        super().__init__("Lanes")


lanes = _Lanes()


@register_model(_Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, VECTOR)


def pointer(context: Any, builder: Any, sig: Any, args: Any, to: Any) -> Any:
    "Where element args[1] of the array args[0] stands, as a pointer to `to`."
    array = context.make_array(sig.args[0])(context, builder, args[0])
    index = context.cast(builder, args[1], sig.args[1], types.intp)
    return builder.bitcast(builder.gep(array.data, [index]), to.as_pointer())


def splatted(builder: Any, x: Any) -> Any:
    "A vector that holds one number in all lanes."
    undefined = ir.Constant(VECTOR, ir.Undefined)
    one = builder.insert_element(undefined, x, ir.Constant(INT, 0))
    return builder.shuffle_vector(
        one, undefined, ir.Constant(ir.VectorType(INT, LANES), [0] * LANES)
    )


def call(builder: Any, name: str, args: Any) -> Any:
    "LLVM's own function of this name on vectors."
    kind = ir.FunctionType(VECTOR, [VECTOR] * len(args))
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{LANES}f32")
    return builder.call(function, args)


@intrinsic
def load(typingctx: Any, array: Any, i: Any) -> Any:
    "Elements i .. i+15 of a flat float32 array."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(pointer(context, builder, sig, args, VECTOR), align=4)

    return lanes(array, i), codegen


@intrinsic
def store(typingctx: Any, array: Any, i: Any, x: Any) -> Any:
    "Write x over elements i .. i+15 of a flat float32 array."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store(args[2], pointer(context, builder, sig, args, VECTOR), align=4)
        return context.get_dummy_value()

    return types.void(array, i, x), codegen


@intrinsic
def splat(typingctx: Any, x: Any) -> Any:
    "One number in all lanes."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return splatted(builder, context.cast(builder, args[0], sig.args[0], types.float32))

    return lanes(x), codegen


@intrinsic
def fma(typingctx: Any, x: Any, y: Any, z: Any) -> Any:
    "x * y + z, rounded once."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return call(builder, "fma", args)

    return lanes(x, y, z), codegen


@intrinsic
def fnma(typingctx: Any, x: Any, y: Any, z: Any) -> Any:
    "z - x * y, rounded once."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return call(builder, "fma", [builder.fneg(args[0]), args[1], args[2]])

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
        one = ir.Constant(VECTOR, [1.0] * LANES)
        return builder.fdiv(one, call(builder, "sqrt", args))

    return lanes(x), codegen


@intrinsic
def at_least(typingctx: Any, x: Any, floor: Any) -> Any:
    "The larger of x and floor, lane by lane."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return call(builder, "maxnum", args)

    return lanes(x, floor), codegen


@intrinsic
def total(typingctx: Any, x: Any) -> Any:
    "The sum of the lanes, always added in the same tree."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        value, n = args[0], LANES
        while n > 1:
            n //= 2
            mask, undefined = ir.VectorType(INT, n), ir.Constant(value.type, ir.Undefined)
            low = builder.shuffle_vector(value, undefined, ir.Constant(mask, list(range(n))))
            high = builder.shuffle_vector(
                value, undefined, ir.Constant(mask, list(range(n, 2 * n)))
            )
            value = builder.fadd(low, high)
        return builder.extract_element(value, ir.Constant(INT, 0))

    return types.float32(x), codegen


@intrinsic
def bits_of(typingctx: Any, x: Any) -> Any:
    "The 32 bits of a float32 as an int32."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], INT)

    return types.int32(types.float32), codegen


@intrinsic
def float_of(typingctx: Any, x: Any) -> Any:
    "The float32 that 32 bits stand for."

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), codegen
