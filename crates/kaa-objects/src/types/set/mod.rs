//! `set` and `frozenset`.

mod methods;
mod table;

pub use methods::PyFrozenSet;
pub use table::{PySet, SetIterator};

#[cfg(test)]
mod tests {
    use crate::thread::Thread;
    use crate::vm::VmConfig;
    use crate::{Value, Vm};

    #[test]
    fn items_come_in_cpythons_order() {
        let thread = Thread::new(0, 1000);
        let vm = Vm::new(VmConfig::default(), &thread).unwrap();
        let set = vm.new_set_empty().unwrap();
        for i in [5, 1000, -7, 33, 8, 17, 64, 3, 12, 99, 41, 256] {
            vm.set_add(set, Value::small_int(i)).unwrap();
        }
        let items: Vec<i64> = vm.as_set(set).unwrap().iter().map(|(_, item)| item.as_small_int().unwrap()).collect();
        // python3.14 -c 's = set(); [s.add(i) for i in (5, 1000, -7, …, 256)]; print(*s)'
        assert_eq!(items, [64, 33, 256, 3, 99, 5, 1000, 8, 41, 12, 17, -7]);
    }
}
