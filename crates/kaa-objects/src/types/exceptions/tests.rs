//! Texts and fields of exceptions, as CPython 3.14 has them.

use super::*;
use crate::thread::Thread;
use crate::vm::VmConfig;

fn with_vm(test: impl FnOnce(&Vm)) {
    let thread = Thread::new(0, 1000);
    let vm = Vm::new(VmConfig::default(), &thread).unwrap();
    test(&vm);
}

fn text(vm: &Vm, text: &str) -> Value {
    vm.new_str(text).unwrap().value()
}

fn error_of<T>(vm: &Vm, result: PyResult<T>) -> String {
    match result {
        Ok(_) => panic!("no exception"),
        Err(raised) => {
            let exception = vm.take_exception(raised).value();
            format!("{}: {}", vm.class_name(exception), vm.str_lossy(exception))
        }
    }
}

fn attribute(vm: &Vm, exception: Gc<PyBaseException>, name: &str) -> Value {
    vm.get_attr_str(exception.value(), name).unwrap()
}

#[test]
fn os_errors_choose_their_class() {
    with_vm(|vm| {
        let args = [Value::small_int(2), text(vm, "no such"), text(vm, "file"), Value::NONE, text(vm, "other")];
        let error = vm.new_exception(vm.exceptions().OSError, &args[..3]).unwrap();
        assert_eq!(vm.class_of(error.value()), vm.exceptions().FileNotFoundError);
        assert_eq!(error.args.get_set().len(), 2);
        assert_eq!(attribute(vm, error, "errno"), Value::small_int(2));
        assert_eq!(attribute(vm, error, "filename"), args[2]);
        assert_eq!(attribute(vm, error, "filename2"), Value::NONE);
        let reduced = vm.call_method_str(error.value(), "__reduce__", &[]).unwrap();
        let reduced = vm.cast::<PyTuple>(reduced).unwrap();
        assert_eq!(vm.cast::<PyTuple>(reduced.as_slice()[1]).unwrap().len(), 3);
        let plain = vm.new_exception(vm.exceptions().OSError, &args[..2]).unwrap();
        assert_eq!(vm.str_lossy(plain.value()), "[Errno 2] no such");
        let blocking = vm.new_exception(vm.exceptions().BlockingIOError, &[args[0], args[1], Value::small_int(7)]);
        assert_eq!(attribute(vm, blocking.unwrap(), "characters_written"), Value::small_int(7));
    });
}

#[test]
fn attribute_errors_know_object_and_name() {
    with_vm(|vm| {
        let raised = vm.get_attr_str(Value::NONE, "missing").unwrap_err();
        let error = vm.take_exception(raised);
        assert_eq!(vm.str_lossy(error.value()), "'NoneType' object has no attribute 'missing'");
        assert_eq!(vm.str_lossy(attribute(vm, error, "name")), "missing");
        assert_eq!(attribute(vm, error, "obj"), Value::NONE);
    });
}

#[test]
fn fields_are_taken_from_arguments() {
    with_vm(|vm| {
        let exceptions = vm.exceptions();
        let pair = vm.new_tuple(&[Value::NONE, Value::TRUE]).unwrap().value();
        let stop = vm.take_exception(vm.stop_iteration(pair));
        assert_eq!(attribute(vm, stop, "value"), pair);
        let stop = vm.new_exception(exceptions.StopIteration, &[]).unwrap();
        assert_eq!(attribute(vm, stop, "value"), Value::NONE);
        let exit = vm.new_exception(exceptions.SystemExit, &[Value::TRUE, Value::NONE]).unwrap();
        assert_eq!(attribute(vm, exit, "code"), exit.args.get_set().value());
        let place = vm.new_tuple(&[text(vm, "/a/b.py"), Value::small_int(3), Value::NONE, Value::NONE]).unwrap();
        let syntax = vm.new_exception(exceptions.SyntaxError, &[text(vm, "bad"), place.value()]).unwrap();
        assert_eq!(vm.str_lossy(syntax.value()), "bad (b.py, line 3)");
        let short = vm.new_tuple(&[Value::NONE]).unwrap();
        assert_eq!(
            error_of(vm, vm.new_exception(exceptions.SyntaxError, &[Value::NONE, short.value()])),
            "TypeError: function takes at least 4 arguments (1 given)"
        );
        let name = text(vm, "\u{e9}\u{20ac}");
        let args =
            |start, end| [text(vm, "ascii"), name, Value::small_int(start), Value::small_int(end), text(vm, "no")];
        let one = vm.new_exception(exceptions.UnicodeEncodeError, &args(1, 2)).unwrap();
        assert_eq!(vm.str_lossy(one.value()), "'ascii' codec can't encode character '\\u20ac' in position 1: no");
        let both = vm.new_exception(exceptions.UnicodeEncodeError, &args(0, 2)).unwrap();
        assert_eq!(vm.str_lossy(both.value()), "'ascii' codec can't encode characters in position 0-1: no");
        assert_eq!(
            error_of(vm, vm.new_exception(exceptions.UnicodeEncodeError, &[])),
            "TypeError: function takes exactly 5 arguments (0 given)"
        );
    });
}

#[test]
fn exceptions_have_attributes_and_notes() {
    with_vm(|vm| {
        let error = vm.new_exception(vm.exceptions().ValueError, &[text(vm, "bad")]).unwrap();
        vm.add_note(error, "a note").unwrap();
        vm.add_note(error, "another").unwrap();
        let notes = attribute(vm, error, "__notes__");
        assert_eq!(vm.len(notes).unwrap(), 2);
        assert!(vm.cast::<PyBaseException>(error.value()).is_some());
        let bad = vm.set_attr(error.value(), vm.names().__cause__, Value::TRUE);
        assert_eq!(error_of(vm, bad), "TypeError: exception cause must be None or derive from BaseException");
        vm.set_attr(error.value(), vm.names().__cause__, Value::NONE).unwrap();
        assert!(error.suppress_context.get());
        assert_eq!(error_of(vm, vm.del_attr(error.value(), vm.names().args)), "TypeError: args may not be deleted");
    });
}

#[test]
fn groups_split() {
    with_vm(|vm| {
        let exceptions = vm.exceptions();
        let value = vm.new_exception(exceptions.ValueError, &[]).unwrap().value();
        let key = vm.new_exception(exceptions.KeyError, &[]).unwrap().value();
        let group = |class: Gc<PyType>, items: &[Value]| {
            let list = vm.new_list(items)?;
            vm.new_exception(class, &[text(vm, "group"), list.value()])
        };
        let inner = group(exceptions.BaseExceptionGroup, &[value, key]).unwrap();
        assert_eq!(vm.class_of(inner.value()), exceptions.ExceptionGroup);
        let outer = group(exceptions.ExceptionGroup, &[key, inner.value()]).unwrap();
        assert_eq!(vm.str_lossy(outer.value()), "group (2 sub-exceptions)");
        let parts = vm.call_method_str(outer.value(), "split", &[exceptions.KeyError.value()]).unwrap();
        let parts = vm.cast::<PyTuple>(parts).unwrap();
        let exceptions_of = |group: Value| vm.cast::<PyExceptionGroup>(group).unwrap().exceptions.get_set();
        let matched = exceptions_of(parts.as_slice()[0]);
        assert_eq!(matched.as_slice()[0], key);
        assert_eq!(exceptions_of(matched.as_slice()[1]).as_slice(), [key]);
        assert_eq!(exceptions_of(exceptions_of(parts.as_slice()[1]).as_slice()[0]).as_slice(), [value]);
        let exit = vm.new_exception(exceptions.SystemExit, &[]).unwrap().value();
        assert_eq!(
            error_of(vm, group(exceptions.ExceptionGroup, &[exit])),
            "TypeError: Cannot nest BaseExceptions in an ExceptionGroup"
        );
        assert_eq!(
            error_of(vm, group(exceptions.ExceptionGroup, &[])),
            "ValueError: second argument (exceptions) must be a non-empty sequence"
        );
        // What no clause handled is raised again as it was, with what the clauses raised.
        let raised = vm.new_list(&[parts.as_slice()[1], Value::NONE]).unwrap();
        let again = vm.prepare_reraise_star(outer.value(), raised).unwrap();
        assert_eq!(exceptions_of(exceptions_of(again).as_slice()[0]).as_slice(), [value]);
    });
}
