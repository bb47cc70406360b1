//! Containers that are whole, cut off, damaged and foreign; executables made of a made-up one.

use crate::elf::{self, PT_GNU_EH_FRAME, PT_LOAD, PT_NOTE, PT_PHDR, Segment};
use crate::*;

/// Where the made-up executable starts.
const ENTRY: u64 = 0x30_2345;

const KAA: Kaa = Kaa(*b"0.1.0\0\0\0abcdefgh");

fn library_bytes() -> Vec<u8> {
    (0..40_000u32).flat_map(|number| number.to_le_bytes()).collect()
}

/// The code of copies: addresses that are put in, and instructions.
const CODE: &[u8] = b"................instructions";

/// Notes: one with the code, and room for program headers.
fn notes() -> Vec<u8> {
    let note = |kind: u32, text: &[u8]| {
        let numbers = [4, text.len() as u32, kind].map(u32::to_le_bytes).concat();
        [numbers.as_slice(), b"Kaa\0", text].concat()
    };
    [note(1, &[0; 4 * 56]), note(2, CODE)].concat()
}

/// Tables of native stacks: an index of 1000 bytes, and entries.
fn tables() -> Vec<u8> {
    let index = [&[1, 0x1b, 3, 0x3b][..], &996u32.to_le_bytes(), &[0x55; 992]].concat();
    let entry = [&508u32.to_le_bytes()[..], &[0x66; 508]].concat();
    [index, entry.repeat(30), vec![0; 4]].concat()
}

/// Where the tables are in an executable.
fn place_of_tables() -> std::ops::Range<u64> {
    let start = 0x1234 + library_bytes().len() as u64 + 0x777;
    start..start + tables().len() as u64
}

/// An executable as linkers make them: headers and notes, constants with the library in them and the
/// tables behind, code, variables, debug information.
fn executable() -> Vec<u8> {
    with_notes(&notes())
}

fn with_notes(notes: &[u8]) -> Vec<u8> {
    let library = library_bytes();
    let load = |offset: u64, address: u64, size: u64, memory_size: u64, flags: u32| Segment {
        kind: PT_LOAD,
        flags,
        offset,
        address,
        size,
        memory_size,
        align: 4096,
    };
    let tables_place = place_of_tables();
    let constants = tables_place.end;
    let code = constants.next_multiple_of(16);
    let segments = [
        Segment { kind: PT_PHDR, ..load(64, 0x20_0040, 7 * 56, 7 * 56, 4) },
        load(0, 0x20_0000, constants, constants, 4),
        load(code, 0x30_0000 + code % 4096, 0x2000, 0x2000, 5),
        load(code + 0x2000, 0x40_0000 + code % 4096, 0x100, 0x9000, 6),
        Segment { kind: 0x6474_e551, ..load(0, 0, 0, 0, 6) },
        Segment { kind: PT_GNU_EH_FRAME, ..load(tables_place.start, 0x20_0000 + tables_place.start, 1000, 1000, 4) },
        Segment { kind: PT_NOTE, ..load(64 + 7 * 56, 0x20_01c8, notes.len() as u64, notes.len() as u64, 4) },
    ];
    let mut file = vec![0; 64];
    file[..6].copy_from_slice(b"\x7fELF\x02\x01");
    file[16] = 2;
    file[24..32].copy_from_slice(&ENTRY.to_le_bytes());
    file[32] = 64;
    file[40..48].copy_from_slice(&0x1_0000u64.to_le_bytes());
    file[54] = 56;
    file[56] = segments.len() as u8;
    file.resize(64 + segments.len() * 56, 0);
    segments.iter().zip(file[64..].chunks_exact_mut(56)).for_each(|(segment, out)| segment.write(out));
    file.extend(notes);
    file.resize(0x1234, 7);
    file.extend(&library);
    file.resize(tables_place.start as usize, 8);
    file.extend(tables());
    file.resize(code as usize, 8);
    file.resize(code as usize + 0x2000, 9);
    file.resize(code as usize + 0x2100, 10);
    file.extend(b"debug information");
    file
}

fn plan() -> Plan {
    let module = |name: &str, path: &str, is_package: bool, from_library: bool| Module {
        name: name.into(),
        is_package,
        namespace: false,
        path: path.into(),
        code: name.bytes().cycle().take(300).collect(),
        at_start: !name.ends_with("deep"),
        from_library,
    };
    let file = |path: &str, data: &[u8]| File { path: path.into(), data: data.into(), from_library: false };
    Plan {
        start: Start::Module("app".into()),
        modules: vec![
            module("pkg.sub", "pkg/sub/__init__.py", true, false),
            module("app", "app.py", false, false),
            module("pkg", "pkg/__init__.py", true, false),
            module("pkg.sub.deep", "pkg/sub/deep.py", false, false),
            module("io", "io.py", false, true),
            Module { namespace: true, code: Vec::new(), ..module("space", "space", false, false) },
        ],
        files: vec![
            file("pkg/texts/long.txt", "a line\n".repeat(1000).as_bytes()),
            file("pkg/data.bin", &[1, 2, 3]),
            file("pkg/empty", b""),
            file("pkg-1.0.dist-info/METADATA", b"Name: pkg"),
        ],
        settings: Settings { name: "a tool".into(), ..Settings::default() },
        debug: false,
    }
}

fn build(plan: &Plan) -> Vec<u8> {
    let (executable, library) = (executable(), library_bytes());
    write(&Template { executable: &executable, library: &library, kaa: KAA }, plan).expect("the plan is good")
}

#[test]
fn what_is_written_is_read() {
    let file = build(&plan());
    let image = read(&file).unwrap();
    assert_eq!(check(&file), Ok(()));
    assert_eq!(image.kaa, KAA);
    assert_eq!(image.program, Some((plan().start, plan().settings)));
    let names: Vec<_> = image.own.modules().map(|module| module.name()).collect();
    assert_eq!(names, ["app", "pkg", "pkg.sub", "pkg.sub.deep", "space"]);
    let module = image.own.module("pkg.sub").unwrap();
    assert!(module.is_package() && !module.is_namespace());
    assert_eq!((module.path(), module.code().unwrap().len()), ("pkg/sub/__init__.py", 300));
    assert_eq!((module.stored().len(), module.len()), (300, 300));
    let late = image.own.module("pkg.sub.deep").unwrap();
    assert!(late.stored().len() < 50 && late.len() == 300 && !late.is_package());
    assert_eq!(*late.code().unwrap(), *plan().modules[3].code);
    assert!(image.own.module("space").unwrap().is_namespace() && image.own.module("space").unwrap().is_package());
    assert!(image.own.module("io").is_none() && image.library.module("io").is_some());
    let text = image.own.file("pkg/texts/long.txt").unwrap();
    assert!(text.stored_len() < text.len());
    assert_eq!(*text.read().unwrap(), *"a line\n".repeat(1000).as_bytes());
    assert_eq!(*image.own.file("pkg/data.bin").unwrap().read().unwrap(), [1, 2, 3]);
    assert!(image.own.file("pkg/empty").unwrap().is_empty() && image.own.file("pkg").is_none());
}

#[test]
fn folders_are_listed() {
    let file = build(&plan());
    let own = read(&file).unwrap().own;
    assert_eq!(own.list("pkg").unwrap(), [("data.bin", false), ("empty", false), ("sub", true), ("texts", true)]);
    assert_eq!(own.list("").unwrap(), [("pkg", true), ("pkg-1.0.dist-info", true), ("space", true)]);
    assert_eq!(own.list("pkg/sub").unwrap(), []);
    assert!(own.list("pkg/data.bin").is_none() && own.list("nothing").is_none() && own.list("app").is_none());
    let inner: Vec<_> = own.modules_in("pkg").map(|module| module.name()).collect();
    assert_eq!(inner, ["pkg.sub"]);
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    let mut turned = plan();
    turned.modules.reverse();
    turned.files.reverse();
    assert_eq!(build(&plan()), build(&turned));
}

#[test]
fn entry_points_and_odd_settings_are_kept() {
    let start = Start::EntryPoint { module: "pkg.sub".into(), function: "App.run".into() };
    let settings = Settings { name: "a=b, ü".into(), optimize: 2, traceback_names: false, inspectable: false };
    let file = build(&Plan { start: start.clone(), settings: settings.clone(), ..plan() });
    assert_eq!(read(&file).unwrap().program, Some((start, settings)));
    let settings = Settings { name: "a\nb".into(), ..Settings::default() };
    assert!(matches!(
        write(
            &Template { executable: &executable(), library: &library_bytes(), kaa: KAA },
            &Plan { settings, ..plan() }
        ),
        Err(ImageError::Plan(_))
    ));
}

#[test]
fn plans_that_contradict_themselves_are_refused() {
    let (executable, library) = (executable(), library_bytes());
    let template = Template { executable: &executable, library: &library, kaa: KAA };
    let mut twice = plan();
    twice.modules.push(twice.modules[0].clone());
    assert_eq!(write(&template, &twice), Err(ImageError::Plan("pkg.sub is there twice".into())));
    let start = |name: &str| Plan { start: Start::Module(name.into()), ..plan() };
    let message = |plan: &Plan| write(&template, plan).unwrap_err().to_string();
    let expected = "the plan cannot be carried out: the module that runs is not in it: ";
    assert_eq!(message(&start("none")), format!("{expected}none"));
    assert_eq!(message(&start("pkg")), format!("{expected}pkg.__main__"));
    for path in ["/etc/passwd", "../x", "a//b", "", "a/./b"] {
        let mut outside = plan();
        outside.files.push(File { path: path.into(), ..File::default() });
        assert!(matches!(write(&template, &outside), Err(ImageError::Plan(_))), "{path}");
    }
}

#[test]
fn files_that_are_cut_off_say_so() {
    let file = build(&plan());
    let whole = read(&file).unwrap();
    let start = whole.executable.0 as usize;
    for length in (start..file.len()).rev() {
        assert_eq!(read(&file[..length]).map(drop), Err(ImageError::Truncated), "{length} of {}", file.len());
    }
    // What the kernel maps of a file that is cut off: zeros up to the end of the page.
    let container = &file[start..];
    for cut in [1, 7, 8, 9, 100] {
        let mut mapped = container.to_vec();
        mapped[container.len() - cut..].fill(0);
        assert_eq!(Image::parse(&mapped, Some(KAA)).map(drop), Err(ImageError::Truncated), "{cut}");
    }
}

#[test]
fn each_flipped_byte_is_found() {
    let mut file = build(&plan());
    let start = read(&file).unwrap().executable.0 as usize;
    let padding = |file: &[u8]| (start..file.len()).filter(|&at| file[at] == 0).collect::<Vec<_>>();
    let zeros = padding(&file);
    for at in start..file.len() {
        file[at] ^= 0x10;
        match check(&file) {
            Err(ImageError::Damaged(_)) => {}
            // Between sections nothing is read.
            Ok(()) => assert!(zeros.contains(&at), "byte {at} of the container"),
            Err(other) => panic!("byte {at}: {other}"),
        }
        file[at] ^= 0x10;
    }
    for at in [0x1100, start - 5000] {
        file[at] ^= 1;
        assert_eq!(check(&file), Err(ImageError::Damaged("the executable before the container".into())));
        file[at] ^= 1;
    }
    assert_eq!(check(&file), Ok(()));
}

#[test]
fn damage_is_named() {
    let mut file = build(&plan());
    let find = |file: &[u8], text: &[u8]| file.windows(text.len()).rposition(|part| part == text).unwrap();
    let compressed = read(&file).unwrap().own.module("pkg.sub.deep").unwrap().stored().to_vec();
    for (name, stored) in [("pkg.sub", &b"pkg.subpkg.sub"[..]), ("pkg.sub.deep", &compressed)] {
        let code = find(&file, stored);
        file[code] ^= 1;
        let image = read(&file).expect("the index is whole");
        let error = image.own.module(name).unwrap().code().unwrap_err();
        assert_eq!(error.to_string(), format!("the file is damaged: module {name}"));
        assert!(image.own.module("pkg").unwrap().code().is_ok());
        file[code] ^= 1;
    }
    let settings = find(&file, b"inspectable=1");
    file[settings + 12] = b'0';
    assert_eq!(read(&file).unwrap_err().to_string(), "the file is damaged: the settings");
}

#[test]
fn other_versions_are_told_from_damage() {
    let file = build(&plan());
    let image = read(&file).unwrap();
    let container = &file[image.executable.0 as usize..];
    let other = Kaa(*b"0.2.0\0\0\0abcdefgh");
    let error = Image::parse(container, Some(other)).unwrap_err();
    assert_eq!(error, ImageError::Foreign("0.1.0 (6162636465666768), container 1".into()));
    let mut later = container.to_vec();
    later[8] = 2;
    assert_eq!(Image::parse(&later, None).unwrap_err(), ImageError::Damaged("the header".into()));
    let crc = crc32(&later[..60]);
    later[60..64].copy_from_slice(&crc.to_le_bytes());
    assert!(matches!(Image::parse(&later, None), Err(ImageError::Foreign(_))));
}

#[test]
fn copies_keep_addresses_and_lose_the_library() {
    let (before, library) = (executable(), library_bytes());
    let file = build(&plan());
    assert!(memchr::memmem::find(&file, &library[100..200]).is_none(), "the library is still there");
    assert!(memchr::memmem::find(&file, b"debug information").is_none());
    assert!(file.len() < before.len());
    let (old, new) = (elf::headers(&before).unwrap(), elf::headers(&file).unwrap());
    let loads = |headers: &elf::Headers| -> Vec<Segment> {
        headers.segments.iter().copied().filter(|segment| segment.kind == PT_LOAD).collect()
    };
    let (old, new) = (loads(&old), loads(&new));
    // The constants are two, and zeros; variables without values are apart; the code of copies, the
    // container.
    assert_eq!(new.len(), old.len() + 5);
    assert!(new.is_sorted_by_key(|segment| segment.address));
    for segment in &new {
        assert_eq!(segment.offset % 4096, segment.address % 4096, "{segment:?}");
        assert!(segment.end() <= file.len() as u64);
    }
    // Bytes are at their old addresses, but for those of the library and the headers.
    let at = |loads: &[Segment], file: &[u8], address: u64| -> Option<u8> {
        let of = |load: &&Segment| load.address <= address && address < load.address + load.size;
        loads.iter().find(of).map(|load| file[(load.offset + address - load.address) as usize])
    };
    let tables = place_of_tables();
    for load in &old {
        for address in (load.address..load.address + load.size).step_by(3) {
            let offset = load.offset + address - load.address;
            let is_library = (0x1234..0x1234 + library.len() as u64).contains(&offset);
            if tables.contains(&offset) {
                assert!(at(&new, &file, address).unwrap_or(0) == 0);
            } else if !is_library && offset >= 0x400 {
                assert_eq!(at(&new, &file, address), at(&old, &before, address), "{address:x}");
            }
        }
    }
    let container = new.last().unwrap();
    assert_eq!((container.end(), container.flags), (file.len() as u64, 4));
    // The kernel fills up no page, which it cannot when the page is not in the file.
    assert!(new.iter().all(|load| load.size == load.memory_size || load.size == 0 && load.address % 4096 == 0));
    let (top, memory) = (old[2].address + old[2].memory_size, new[5].address + new[5].memory_size);
    assert_eq!((top, new[4].address + new[4].size), (memory, new[5].address));
}

#[test]
fn tables_of_debug_are_left_out() {
    let (before, tables) = (executable(), tables());
    let find = |file: &[u8], kind: u32| {
        let segments = elf::headers(file).unwrap().segments;
        segments.into_iter().find(|segment| segment.kind == kind)
    };
    let place = unwind::find(&before, &elf::headers(&before).unwrap().segments);
    assert_eq!(place, Some(place_of_tables()));
    let copy = build(&plan());
    assert!(memchr::memmem::find(&copy, &tables[2000..3000]).is_none() && find(&copy, PT_GNU_EH_FRAME).is_none());
    // In memory there are zeros up to their end.
    let zeros = elf::headers(&copy).unwrap().segments.into_iter().find(|load| load.size == 0).unwrap();
    assert_eq!((zeros.kind, zeros.flags, zeros.address % 4096), (PT_LOAD, 4, 0));
    assert_eq!(zeros.address + zeros.memory_size, 0x20_0000 + place_of_tables().end);
    let kept = build(&Plan { debug: true, ..plan() });
    let index = find(&kept, PT_GNU_EH_FRAME).unwrap();
    assert_eq!(kept[index.offset as usize..][..tables.len()], tables);
    assert!(kept.len() - copy.len() > tables.len() - 4096);
    // What has another form stays.
    for (at, byte) in [(0, 2), (1, 0x1c), (4, 0xff), (1000, 0xff), (1003, 0x10)] {
        let mut other = before.clone();
        other[place_of_tables().start as usize + at] = byte;
        assert_eq!(unwind::find(&other, &elf::headers(&other).unwrap().segments), None, "{at}");
    }
}

#[test]
fn copies_start_with_a_look_at_the_end_of_the_file() {
    let file = build(&plan());
    let headers = elf::headers(&file).unwrap();
    let of =
        |load: &&Segment| load.kind == PT_LOAD && (load.address..load.address + load.size).contains(&headers.entry);
    let load = headers.segments.iter().find(of).unwrap();
    assert_eq!((load.flags, load.offset), (5, 0));
    let code = (headers.entry - load.address) as usize - 16;
    assert_eq!(file[code + 16..load.size as usize], CODE[16..]);
    let number = |at: usize| u64::from_le_bytes(file[at..at + 8].try_into().unwrap());
    let container = headers.segments.iter().find(|segment| segment.kind == PT_KAA).unwrap();
    assert_eq!(number(code), container.address + container.size - 8);
    assert_eq!(number(code + 8), ENTRY);
    // Where there is no such code, a copy starts as the command does.
    let (plain, library) = (with_notes(&[0; 300]), library_bytes());
    let copy = write(&Template { executable: &plain, library: &library, kaa: KAA }, &plan()).unwrap();
    assert_eq!(elf::headers(&copy).unwrap().entry, ENTRY);
    assert_eq!(check(&copy), Ok(()));
}

/// The made-up executable with sections.
fn with_sections() -> Vec<u8> {
    let mut file = executable();
    let segments = elf::headers(&file).unwrap().segments;
    let load = |index: usize| segments.iter().filter(|segment| segment.kind == PT_LOAD).nth(index).unwrap();
    let debug = memchr::memmem::find(&file, b"debug information").unwrap() as u64;
    let (constants, code, variables) = (load(0), load(1), load(2));
    let section = |kind: u32, flags: u64, address: u64, offset: u64, size: u64, align: u64| {
        let mut header = [0; 64];
        header[4..8].copy_from_slice(&kind.to_le_bytes());
        for (at, number) in [(8, flags), (16, address), (24, offset), (32, size), (48, align)] {
            header[at..at + 8].copy_from_slice(&number.to_le_bytes());
        }
        header
    };
    let end = variables.address + variables.size;
    let sections = [
        [0; 64],
        section(1, 2, constants.address + 0x1000, 0x1000, constants.size - 0x1000, 16),
        section(1, 6, code.address + 16, code.offset + 16, code.size - 16, 16),
        section(8, 3, end, variables.end(), variables.memory_size - variables.size, 32),
        section(1, 0, 0, debug, 5, 1),
        section(3, 0, 0, debug + 6, 11, 8),
    ];
    file.resize(file.len().next_multiple_of(8), 0);
    let table = sections::Table { offset: file.len() as u64, count: 6, names: 5 };
    table.write(&mut file);
    file.extend(sections.concat());
    file
}

#[test]
fn sections_are_kept_for_debuggers() {
    let (executable, library) = (with_sections(), library_bytes());
    let template = Template { executable: &executable, library: &library, kaa: KAA };
    let plan = Plan { debug: true, ..plan() };
    let file = write(&template, &plan).unwrap();
    assert_eq!(check(&file), Ok(()));
    let number =
        |at: usize, len: usize| file[at..at + len].iter().rev().fold(0, |all, &byte| all << 8 | usize::from(byte));
    assert_eq!((number(58, 2), number(60, 2), number(62, 2)), (64, 6, 5));
    let table = number(40, 8);
    let of = |index: usize| {
        let at = table + index * 64;
        (number(at + 4, 4), number(at + 16, 8), number(at + 24, 8), number(at + 32, 8))
    };
    // The constants have lost the library; the rest is where it is said to be.
    assert_eq!((of(1).0, of(3).0), (8, 8));
    let (kind, address, offset, size) = of(2);
    let code = elf::headers(&file).unwrap().segments.into_iter().find(|segment| segment.flags == 5).unwrap();
    assert_eq!((kind, address - offset), (1, (code.address - code.offset) as usize));
    assert!(file[offset..offset + size].iter().all(|&byte| byte == 9));
    for (index, text) in [(4, b"debug".as_slice()), (5, b"information")] {
        let (_, _, offset, size) = of(index);
        assert_eq!(&file[offset..offset + size], text);
    }
    // All is before the container, and counted in its checksum.
    assert!(table + 6 * 64 <= read(&file).unwrap().executable.0 as usize);
    let plain = executable[..executable.len() - 6 * 64].to_vec();
    let template = Template { executable: &plain, ..template };
    let file = write(&template, &plan).unwrap();
    assert_eq!((check(&file), &file[40..48], &file[60..64]), (Ok(()), [0; 8].as_slice(), [0; 4].as_slice()));
}

#[test]
fn strange_templates_are_refused() {
    let (whole, library) = (executable(), library_bytes());
    let refuse = |executable: &[u8], library: &[u8]| {
        let result = write(&Template { executable, library, kaa: KAA }, &plan());
        assert!(matches!(result, Err(ImageError::Template(_))), "{result:?}");
    };
    refuse(b"#!/bin/sh\n", &library);
    refuse(&whole[..0x3000], &library);
    refuse(&whole, b"");
    refuse(&whole, b"another library");
    refuse(&with_notes(&notes()[..0x60]), &library);
    let mut dynamic = whole.clone();
    let stack = (64..).step_by(56).find(|&at| dynamic[at..at + 4] == 0x6474_e551u32.to_le_bytes()).unwrap();
    dynamic[stack..stack + 4].copy_from_slice(&elf::PT_INTERP.to_le_bytes());
    refuse(&dynamic, &library);
    let mut position_independent = whole.clone();
    position_independent[16] = 3;
    refuse(&position_independent, &library);
    assert_eq!(read(&whole).map(drop), Err(ImageError::NoProgram));
    assert_eq!(read(b"").map(drop), Err(ImageError::NoProgram));
}

#[test]
fn a_small_library_stays_where_it_was() {
    let whole = executable();
    let library = &library_bytes()[1000..3000];
    let file = write(&Template { executable: &whole, library, kaa: KAA }, &plan()).unwrap();
    assert!(memchr::memmem::find(&file, library).is_none());
    assert_eq!(check(&file), Ok(()));
}

#[test]
fn a_library_is_a_container_too() {
    let bytes = library(&plan().modules, &[], |_| KAA).unwrap();
    let image = Image::parse(&bytes, Some(KAA)).unwrap();
    assert!(image.program.is_none());
    assert!(image.library.module("io").is_some() && image.library.files().next().is_none());
}
