//! Notes in the command's file for `kaa build`. Linkers put notes behind the table of program headers,
//! which grows over them in copies of the command.

/// A note that says nothing.
#[repr(C)]
struct Note {
    name_length: u32,
    length: u32,
    kind: u32,
    name: [u8; 4],
    text: [u8; ROOM],
}

/// Room for five program headers: four for the segments that copies have more, one to spare.
const ROOM: usize = 5 * 56;

#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".note.kaa"))]
static NOTE: Note = Note { name_length: 4, length: ROOM as u32, kind: 1, name: *b"Kaa\0", text: [0; ROOM] };

// A note that is code, with which copies start (`crates/kaa-image/src/stub.rs`): before a page of the
// runtime is used, it finds out whether the end of the file is there. The kernel, which it asks by a
// way of changing the signal mask that there is not, reads the new mask first and thus says whether
// there is one. Then the runtime starts, all as the kernel gave it; or a message is written, behind the
// name that the program was called by, as `crate::built` says that a file is cut off.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
std::arch::global_asm!(
    ".pushsection .note.kaa,\"a\",@note",
    ".balign 4",
    ".long 4, 9f - 2f, 2",
    ".asciz \"Kaa\"",
    "2: .quad 0", // The address of the last eight bytes.
    "3: .quad 0", // Where the runtime starts.
    // rt_sigprocmask(-1, last, null, 8); the C library takes rdx for a function.
    "mov r8, rdx",
    "mov edi, -1",
    "mov rsi, [rip + 2b]",
    "xor edx, edx",
    "mov r10d, 8",
    "mov eax, {RT_SIGPROCMASK}",
    "syscall",
    "mov rdx, r8",
    "cmp rax, -{EFAULT}",
    "je 4f",
    "jmp [rip + 3b]",
    // The name behind the last slash: from rsi to rdi.
    "4: mov rsi, [rsp + 8]",
    "mov rdi, rsi",
    "test rdi, rdi",
    "jz 6f",
    "5: mov al, [rdi]",
    "test al, al",
    "jz 6f",
    "inc rdi",
    "cmp al, '/'",
    "cmove rsi, rdi",
    "jmp 5b",
    "6: sub rdi, rsi",
    "jnz 7f",
    "lea rsi, [rip + 8f]",
    "mov edi, 3",
    // writev(2, {{rsi, rdi}, message}, 2)
    "7: push 22",
    "lea rax, [rip + 8f + 3]",
    "push rax",
    "push rdi",
    "push rsi",
    "mov edi, 2",
    "mov rsi, rsp",
    "mov edx, 2",
    "mov eax, {WRITEV}",
    "syscall",
    "mov edi, {CODE}",
    "mov eax, {EXIT_GROUP}",
    "syscall",
    "8: .ascii \"kaa: the file is cut off\\n\"",
    ".balign 4",
    "9:",
    ".popsection",
    RT_SIGPROCMASK = const 14,
    WRITEV = const 20,
    EXIT_GROUP = const 231,
    EFAULT = const 14,
    CODE = const kaa_runtime::built::DAMAGED,
);

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
std::arch::global_asm!(
    ".pushsection .note.kaa,\"a\",@note",
    ".balign 4",
    ".long 4, 9f - 2f, 2",
    ".asciz \"Kaa\"",
    "2: .quad 0", // The address of the last eight bytes.
    "3: .quad 0", // Where the runtime starts.
    // rt_sigprocmask(-1, last, null, 8); the C library takes x0 for a function.
    "mov x9, x0",
    "mov x0, #-1",
    "ldr x1, 2b",
    "mov x2, #0",
    "mov x3, #8",
    "mov x8, #{RT_SIGPROCMASK}",
    "svc #0",
    "mov x10, x0",
    "mov x0, x9",
    "cmn x10, #{EFAULT}",
    "b.eq 4f",
    "ldr x16, 3b",
    "br x16",
    // The name behind the last slash: from x1 to x2.
    "4: ldr x1, [sp, #8]",
    "mov x2, x1",
    "cbz x2, 6f",
    "5: ldrb w3, [x2]",
    "cbz w3, 6f",
    "add x2, x2, #1",
    "cmp w3, #'/'",
    "csel x1, x2, x1, eq",
    "b 5b",
    "6: subs x2, x2, x1",
    "b.ne 7f",
    "adr x1, 8f",
    "mov x2, #3",
    // writev(2, {{x1, x2}, message}, 2)
    "7: adr x3, 8f + 3",
    "mov x4, #22",
    "stp x3, x4, [sp, #-16]!",
    "stp x1, x2, [sp, #-16]!",
    "mov x0, #2",
    "mov x1, sp",
    "mov x2, #2",
    "mov x8, #{WRITEV}",
    "svc #0",
    "mov x0, #{CODE}",
    "mov x8, #{EXIT_GROUP}",
    "svc #0",
    "8: .ascii \"kaa: the file is cut off\\n\"",
    ".balign 4",
    "9:",
    ".popsection",
    RT_SIGPROCMASK = const 135,
    WRITEV = const 66,
    EXIT_GROUP = const 94,
    EFAULT = const 14,
    CODE = const kaa_runtime::built::DAMAGED,
);
