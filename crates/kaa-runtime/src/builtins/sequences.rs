//! `all`, `any`, `iter`, `len`, `next`, `sorted`, `aiter`, `anext`.

use kaa_interpreter::anext_awaitable::PyAnextAwaitable;
use kaa_macros::py_functions;
use kaa_objects::class::slots::Sent;
use kaa_objects::types::iterator::PyCallIterator;
use kaa_objects::types::list::PyList;
use kaa_objects::{Args, Gc, PyResult, Value, Vm};

use super::Builtins;

#[py_functions(FUNCTIONS, of = "builtins")]
impl Builtins {
    #[function(
        "all(iterable, /)",
        doc = "Return True if bool(x) is True for all values x in the iterable.\n\nIf the iterable is empty, return True."
    )]
    fn all(vm: &Vm, iterable: Value) -> PyResult<bool> {
        let iterator = vm.iter(iterable)?;
        while let Some(item) = vm.next(iterator)? {
            if !vm.truth(item)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    #[function(
        "any(iterable, /)",
        doc = "Return True if bool(x) is True for any x in the iterable.\n\nIf the iterable is empty, return False."
    )]
    fn any(vm: &Vm, iterable: Value) -> PyResult<bool> {
        let iterator = vm.iter(iterable)?;
        while let Some(item) = vm.next(iterator)? {
            if vm.truth(item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[function("len(obj, /)", doc = "Return the number of items in a container.")]
    fn len(vm: &Vm, obj: Value) -> PyResult<usize> {
        vm.len(obj)
    }

    #[function(
        "iter(object, sentinel=<unrepresentable>, /)",
        doc = "iter(iterable) -> iterator\niter(callable, sentinel) -> iterator\n\nGet an iterator from an object.\nIn the first form, the argument must supply its own iterator, or be a sequence.\nIn the second form, the callable is called until it returns the sentinel."
    )]
    fn iter(vm: &Vm, object: Value, sentinel: Option<Value>) -> PyResult {
        match sentinel {
            None => vm.iter(object),
            Some(_) if !vm.is_callable(object) => Err(vm.type_error("iter(v, w): v must be callable")),
            Some(sentinel) => PyCallIterator::until(vm, object, sentinel),
        }
    }

    #[function(
        "next(iterator, default=<unrepresentable>, /)",
        doc = "next(iterator[, default])\n\nReturn the next item from the iterator. If default is given and the iterator\nis exhausted, it is returned instead of raising StopIteration."
    )]
    fn next(vm: &Vm, iterator: Value, default: Option<Value>) -> PyResult {
        match default {
            None => {
                let slots = vm.slots_of(iterator);
                // Where the iterator can tell, the value that it ended with goes along.
                if let (Some(_), Some(send)) = (slots.iternext, slots.am_send) {
                    return match send(vm, iterator, Value::NONE)? {
                        Sent::Yield(item) => Ok(item),
                        Sent::Return(value) => Err(vm.stop_iteration(value)),
                    };
                }
                match vm.next(iterator)? {
                    Some(item) => Ok(item),
                    None => Err(vm.stop_iteration(Value::NONE)),
                }
            }
            Some(default) => {
                let result = vm.next(iterator);
                Ok(vm.catch(result, vm.exceptions().StopIteration)?.ok().flatten().unwrap_or(default))
            }
        }
    }

    #[function(
        "sorted",
        raw,
        signature = "(iterable, /, *, key=None, reverse=False)",
        doc = "Return a new list containing all items from the iterable in ascending order.\n\nA custom key function can be supplied to customize the sort order, and the\nreverse flag can be set to request the result in descending order."
    )]
    fn sorted(vm: &Vm, args: Args<'_>) -> PyResult<Gc<PyList>> {
        let &[iterable] = args.positionals() else {
            let count = args.positionals().len();
            return Err(vm.type_error(format_args!("sorted expected 1 argument, got {count}")));
        };
        vm.check_keyword_count("sort", 2, args)?;
        let (mut key, mut reverse) = (Value::NONE, false);
        for (name, value) in args.keywords() {
            if name.equals_str("key") {
                key = value;
            } else if name.equals_str("reverse") {
                reverse = vm.truth(value)?;
            } else {
                return Err(vm.unexpected_keyword("sort()", &["key", "reverse"], args));
            }
        }
        let list = vm.list_from(iterable)?;
        kaa_objects::types::list::sort(vm, list, key, reverse)?;
        Ok(list)
    }

    #[function("aiter(async_iterable, /)", doc = "Return an AsyncIterator for an AsyncIterable object.")]
    fn aiter(vm: &Vm, async_iterable: Value) -> PyResult {
        let class = vm.class_name(async_iterable);
        let Some(slot) = vm.slots_of(async_iterable).am_aiter else {
            return Err(vm.type_error(format_args!("'{class}' object is not an async iterable")));
        };
        let iterator = slot(vm, async_iterable)?;
        if vm.slots_of(iterator).am_anext.is_none() {
            let name = vm.class_name(iterator);
            return Err(vm.type_error(format_args!("aiter() returned not an async iterator of type '{name}'")));
        }
        Ok(iterator)
    }

    #[function(
        "anext(aiterator, default=<unrepresentable>, /)",
        doc = "Return the next item from the async iterator.\n\nIf default is given and the async iterator is exhausted,\nit is returned instead of raising StopAsyncIteration."
    )]
    fn anext(vm: &Vm, aiterator: Value, default: Option<Value>) -> PyResult {
        let Some(slot) = vm.slots_of(aiterator).am_anext else {
            let class = vm.class_name(aiterator);
            return Err(vm.type_error(format_args!("'{class}' object is not an async iterator")));
        };
        let awaitable = slot(vm, aiterator)?;
        match default {
            Some(default) => PyAnextAwaitable::around(vm, awaitable, default),
            None => Ok(awaitable),
        }
    }
}
