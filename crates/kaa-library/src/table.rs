//! A table in the program's read-only data: names in order, and a piece of data for each.

const HEADER: usize = 8;
const RECORD: usize = 20;

/// See the heads of `lib.rs` and `files.rs` for the form.
pub struct Table {
    bytes: &'static [u8],
}

impl Table {
    pub const fn new(bytes: &'static [u8]) -> Table {
        Table { bytes }
    }

    pub fn len(&self) -> usize {
        self.number(0)
    }

    /// The index of a name.
    pub fn find(&self, name: &str) -> Option<usize> {
        let index = self.lower_bound(name);
        (index < self.len() && self.name(index) == name).then_some(index)
    }

    /// The index of the first name that is not before this one.
    pub fn lower_bound(&self, name: &str) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = (low + high) / 2;
            if self.name(middle) < name {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    pub fn name(&self, index: usize) -> &'static str {
        let names = HEADER + self.len() * RECORD;
        std::str::from_utf8(self.part(index, 0, names)).expect("names are ASCII")
    }

    /// The data of a name, and the number that stands beside it.
    pub fn data(&self, index: usize) -> (&'static [u8], usize) {
        let datas = HEADER + self.len() * RECORD + self.number(4);
        (self.part(index, 8, datas), self.number(HEADER + index * RECORD + 16))
    }

    /// What the offset and length in a field of a record name.
    fn part(&self, index: usize, field: usize, base: usize) -> &'static [u8] {
        let field = HEADER + index * RECORD + field;
        let start = base + self.number(field);
        &self.bytes[start..start + self.number(field + 4)]
    }

    fn number(&self, offset: usize) -> usize {
        let bytes = self.bytes[offset..offset + 4].try_into().expect("four bytes");
        u32::from_le_bytes(bytes) as usize
    }
}
