# Type parameters, type aliases, and the types behind them.
import typing


def shown(make):
    try:
        print(repr(make()))
    except Exception as error:
        print(type(error).__name__, error)


def f[T: int = str, **P = [int]](x: T) -> T: pass


print(f.__type_params__)
T, P = f.__type_params__
print(T.__bound__, T.__default__, T.__constraints__, T.__name__, T.__infer_variance__, T.__module__)


class C[T, U: (int, str)]: pass
class D[*Ts]: pass


type X[A] = list[A] | C[A, int]
print(X.__value__, X[int], X.__type_params__, X.__module__)
print(C.__orig_bases__, C.__mro__, C[int, str], D[int, str], D.__orig_bases__)
print(C.__type_params__[1].__constraints__)
print(typing.Union[int, str], typing.List[int], typing.Optional[X])
print(T | int, list[T][int])
print(typing.TypeVar('Q'), typing.TypeVar('Q', covariant=True).__module__)

# Bounds and values are evaluated when asked for.
type Later = Missing
shown(lambda: Later.__value__)
Missing = int
shown(lambda: Later.__value__)

shown(lambda: typing.TypeVar())
shown(lambda: typing.TypeVar(1))
shown(lambda: typing.TypeVar('T', int))
shown(lambda: typing.TypeVar('T', foo=1))
shown(lambda: typing.TypeVar(name='T'))
shown(lambda: typing.TypeVar('T', name='T'))
shown(lambda: typing.TypeVar('T', int, str, bound=1))
shown(lambda: typing.TypeVar('T', covariant=True, contravariant=True))
shown(lambda: typing.ParamSpec('T', 1))
shown(lambda: typing.ParamSpec())
shown(lambda: typing.TypeVarTuple('T', bound=1))
shown(lambda: typing.TypeAliasType('T'))
shown(lambda: typing.TypeAliasType('T', 1, 2))
shown(lambda: typing.TypeAliasType('T', 1, type_params=1))
shown(lambda: typing.TypeAliasType('T', 1, type_params=(1,)))
shown(lambda: typing.ParamSpecArgs())
shown(lambda: typing.ParamSpecArgs(1))
shown(lambda: type(typing.NoDefault)(1))
shown(lambda: type(typing.NoDefault)() is typing.NoDefault)
shown(lambda: typing.TypeVar('T').evaluate_default)
shown(lambda: typing.TypeVar('T', default=3).evaluate_default())
shown(lambda: typing.TypeVar('T', default=3).evaluate_default(4))
shown(lambda: typing.TypeVar('T', int, str).evaluate_constraints(4))
shown(lambda: type(typing.TypeVar('T').evaluate_default)())


class G[T]:
    def __init__(self, x): self.x = x


g = G[int](3)
print(g.x, g.__orig_class__, type(g), G.__parameters__)
