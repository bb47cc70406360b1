# Native modules reach into the interpreter: calling conventions, types that are called in ways of
# their own, events of native code, errors that cannot be raised, subtypes of builtin types.
import sys
import _testcapi
import _testlimitedcapi
import xxsubtype


def outcome(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def name_of(value):
    return getattr(value, "__name__", None) or type(value).__name__


def shown(value):
    if isinstance(value, tuple):
        return tuple(shown(item) for item in value)
    return value if isinstance(value, (int, str, dict)) or value is None else name_of(value)


for place in _testcapi, _testcapi.MethInstance(), _testcapi.MethClass, _testcapi.MethClass(), _testcapi.MethStatic():
    print("==", name_of(place))
    print(shown(place.meth_varargs(1, 2)), shown(place.meth_varargs_keywords(1, a=2)))
    print(shown(place.meth_o(1)), shown(place.meth_noargs()))
    print(shown(place.meth_fastcall(1, *"ab")), shown(place.meth_fastcall_keywords(1, **{"b": 3})))
    for wrong in (lambda: place.meth_o(), lambda: place.meth_o(1, 2), lambda: place.meth_noargs(1)):
        print(outcome(wrong))
    print(place.meth_noargs.__self__ is None)

print("== vectorcall")
print(_testcapi.pyobject_vectorcall(dict, (1,), ("a",)))
print(_testcapi.pyobject_fastcalldict(lambda *a, **k: (a, k), (1, 2), {"x": 3}))
print(_testcapi.MethodDescriptorDerived()(0), _testcapi.MethodDescriptor2()(0))


class Holder:
    bound = _testcapi.MethodDescriptorDerived()
    plain = _testcapi.MethodDescriptorNopGet()


print(Holder().bound.__self__.__class__.__name__, Holder().plain(1, 2))
made = _testcapi.make_vectorcall_class()


class Derived(made):
    pass


print(_testcapi.has_vectorcall_flag(made), _testcapi.has_vectorcall_flag(Derived), Derived()())
made.__call__ = lambda self: "in Python"
print(_testcapi.has_vectorcall_flag(made), _testcapi.has_vectorcall_flag(Derived), Derived()())

print("== events of native code")
events = sys.monitoring.events
sys.monitoring.use_tool_id(3, "test")
told = []


def tell(code, *rest):
    told.append((type(code).__name__, *rest))
    return sys.monitoring.DISABLE if len(told) == 2 else None


sys.monitoring.register_callback(3, events.PY_RETURN, tell)
code = _testcapi.CodeLike(1)
sys.monitoring.set_events(3, events.PY_RETURN)
_testcapi.monitoring_enter_scope(code, 2)
left = [_testcapi.fire_event_py_return(code, 0, value) for value in ("a", "b", "c")]
_testcapi.monitoring_exit_scope()
sys.monitoring.set_events(3, 0)
print(told, left)
print(outcome(_testcapi.fire_event_raise, code, 0, None))
sys.monitoring.free_tool_id(3)

print("== errors")
hooked = []
sys.unraisablehook = lambda args: hooked.append((args.exc_type.__name__, args.err_msg, args.object, args.exc_traceback is not None))
_testcapi.err_writeunraisable(ValueError(1), "object")
_testcapi.err_formatunraisable(KeyError(2), "while %R", [3])
sys.unraisablehook = sys.__unraisablehook__
print(hooked)
print(outcome(sys.unraisablehook, ValueError()))
print(outcome(_testcapi.raise_exception, int, 0))
print(outcome(_testcapi.raise_exception, LookupError, 2))
print(outcome(_testcapi.make_exception_with_doc, "undotted"))
print(_testcapi.err_givenexceptionmatches(KeyError(), ((ValueError,), (LookupError,))))


class Held:
    name = "here"

    def f(self, *args, **kwargs):
        return args, kwargs


print("== slots")
print(_testlimitedcapi.call_vectorcall_method(Held()), _testlimitedcapi.object_hasattrstring(Held(), b"name"))
array = bytearray(b"abc")
_testlimitedcapi.sequence_setitem(array, -1, 120)
_testlimitedcapi.sequence_delitem(array, 0)
print(array, _testlimitedcapi.sequence_getitem(array, 0))
for sequence in b"a", {}, array:
    print(outcome(_testlimitedcapi.sequence_getitem, sequence, -2 - len(sequence)))
    print(outcome(_testlimitedcapi.sequence_setitem, sequence, 9, 1))
    print(outcome(_testlimitedcapi.sequence_delitem, sequence, 9))
spam = xxsubtype.spamlist("ab")
spam.setstate(7)
print(spam, spam.getstate(), spam.state, shown(spam.classmeth(1, k=2)), xxsubtype.spamlist.staticmeth(1))
print(outcome(xxsubtype.spamlist.__dict__["classmeth"]))
print(outcome(xxsubtype.spamlist.__dict__["classmeth"], list))
print(outcome(xxsubtype.spamlist.__dict__["classmeth"], spam))
sparse = xxsubtype.spamdict(a=1)
sparse.setstate(2)
print(sparse, sparse.state)
