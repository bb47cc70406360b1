//! Tables as CPython 3.14 writes them, and what it says of them.

use super::*;

/// Line, end line, column, end column, and how many code units.
type Row = (i32, i32, i32, i32, usize);

#[track_caller]
fn check(first_line: i32, table: &[u8], rows: &[Row], lines: &[(u32, u32, i32)]) {
    let expected: Vec<_> = rows.iter().flat_map(|row| vec![location(row); row.4]).collect();
    let reader = LocationTable::new(table, first_line);
    assert_eq!(reader.clone().positions().collect::<Vec<_>>(), expected);
    let found: Vec<_> = reader.clone().lines().map(|r| (r.start, r.end, r.line.unwrap_or(-1))).collect();
    assert_eq!(found, lines);
    for (unit, location) in expected.iter().enumerate() {
        assert_eq!(reader.clone().location_at(unit as u32 * 2), Some(*location));
    }
    assert_eq!(reader.location_at(expected.len() as u32 * 2), None);

    let mut writer = LocationTableWriter::new(first_line);
    rows.iter().for_each(|row| writer.push(location(row), row.4));
    assert_eq!(*writer.finish(), *table);
}

fn location(row: &Row) -> Location {
    Location { line: row.0, end_line: row.1, column: row.2, end_column: row.3 }
}

#[test]
fn short_and_one_line_forms() {
    // A function whose `if`, `return` of a list, `for` and call stand on several lines.
    check(
        6,
        &[
            128, 0, 231, 7, 8, 216, 16, 17, 216, 16, 17, 240, 3, 1, 16, 19, 240, 0, 1, 9, 19, 227, 13, 14, 136, 1, 145,
            4, 137, 81, 244, 10, 0, 12, 13, 136, 81, 139, 55, 215, 11, 28, 209, 11, 28, 208, 4, 28,
        ],
        &[
            (6, 6, 0, 0, 1),
            (8, 8, 7, 8, 8),
            (9, 9, 16, 17, 1),
            (10, 10, 16, 17, 1),
            (9, 10, 15, 18, 1),
            (9, 10, 8, 18, 1),
            (11, 11, 13, 14, 4),
            (11, 11, 8, 9, 1),
            (11, 11, 16, 20, 2),
            (11, 11, 13, 14, 2),
            (16, 16, 11, 12, 5),
            (16, 16, 13, 14, 1),
            (16, 16, 11, 18, 4),
            (16, 16, 11, 28, 10),
            (16, 16, 4, 28, 1),
        ],
        &[(0, 2, 6), (2, 18, 8), (18, 20, 9), (20, 22, 10), (22, 26, 9), (26, 44, 11), (44, 86, 16)],
    );
}

#[test]
fn long_form_and_chunks_of_eight() {
    check(
        3,
        &[
            128, 0, 216, 12, 50, 215, 12, 57, 209, 12, 57, 184, 33, 211, 12, 60, 208, 62, 113, 240, 0, 0, 12, 102, 2,
            240, 0, 0, 5, 102, 2,
        ],
        &[
            (3, 3, 0, 0, 1),
            (4, 4, 12, 50, 1),
            (4, 4, 12, 57, 10),
            (4, 4, 58, 59, 1),
            (4, 4, 12, 60, 4),
            (4, 4, 62, 113, 1),
            (4, 4, 11, 165, 1),
            (4, 4, 4, 165, 1),
        ],
        &[(0, 2, 3), (2, 40, 4)],
    );
}

#[test]
fn a_line_below_the_first() {
    check(
        1,
        &[240, 3, 1, 1, 1, 216, 4, 5, 128, 1, 136, 49, 128, 113],
        &[(0, 1, 0, 0, 1), (1, 1, 4, 5, 1), (1, 1, 0, 1, 1), (1, 1, 11, 12, 1), (1, 1, 7, 8, 1)],
        &[(0, 2, 0), (2, 10, 1)],
    );
}

#[test]
fn absent_columns_and_locations() {
    check(
        10,
        &[0x80 | 15 << 3 | 7, 0x80 | 15 << 3, 0x80 | 13 << 3, 3, 0x80 | 14 << 3 | 1, 8, 1, 0, 0],
        &[(-1, -1, -1, -1, 9), (9, 9, -1, -1, 1), (13, 14, -1, -1, 2)],
        &[(0, 18, -1), (18, 20, 9), (20, 24, 13)],
    );
    let mut writer = LocationTableWriter::new(10);
    writer.push(Location { line: 9, end_line: -1, column: -1, end_column: -1 }, 1);
    assert_eq!(*writer.finish(), [0x80 | 13 << 3, 3]);
    assert_eq!(LocationTable::new(&[0x80 | 15 << 3], 10).line_at(0), None);
    assert_eq!(LocationTable::new(&[0x80 | 13 << 3, 3], 10).line_at(0), Some(9));
}

#[test]
fn lines_from_any_end_of_the_range() {
    for (first, line) in [(i32::MAX, 0), (1, i32::MAX), (i32::MAX, i32::MIN + 1)] {
        let mut writer = LocationTableWriter::new(first);
        writer.push(Location { line: 0, end_line: 0, column: 0, end_column: 1 }, 1);
        writer.push(Location { line: first, end_line: first, column: 100, end_column: 300 }, 1);
        writer.push(Location { line, end_line: line, column: 100, end_column: 300 }, 1);
        let table = writer.finish();
        let read: Vec<i32> = LocationTable::new(&table, first).map(|range| range.location.line).collect();
        assert_eq!(read, [0, first, if line < 0 { -1 } else { line }]);
    }
    // The difference of two lines has 33 bits, and wraps around.
    let mut writer = LocationTableWriter::new(i32::MIN);
    writer.push(Location { line: i32::MAX, end_line: i32::MAX, column: 100, end_column: 300 }, 1);
    let table = writer.finish();
    let read = LocationTable::new(&table, i32::MIN).next().map(|range| range.location.line);
    assert_eq!(read, Some(i32::MAX));
}

#[test]
fn broken_tables_end() {
    assert_eq!(LocationTable::new(&[], 1).next(), None);
    assert_eq!(LocationTable::new(&[0x80], 1).next(), None);
    assert_eq!(LocationTable::new(&[0xF0, 0x7F, 0x7F], 1).next(), None);
    let endless = [0x77u8; 1000];
    assert_eq!(LocationTable::new(&endless, 1).lines().count(), 0);
    for first in 0..=255u8 {
        for second in 0..=255u8 {
            LocationTable::new(&[first, second, 255, 255, 63, 63, 63, first], i32::MAX).for_each(drop);
        }
    }
}
