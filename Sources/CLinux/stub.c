#define _GNU_SOURCE
#include "child.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// The program between this one and the container's (docs/runtime.md, "The stub"): what is in the section `varve_stub`,
// behind an ELF header, in a sealed file without a name. It is copied as it stands, so it may refer to nothing outside:
// no library, no string, no global, no address of its own.
#define STUB __attribute__((section("varve_stub"), used, noinline, no_stack_protector, no_profile_instrument_function))

extern const char __start_varve_stub[], __stop_varve_stub[];

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };

STUB static long call(long number, long a, long b, long c) {
    __asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return number;
}

__attribute__((naked)) STUB static void start(void) {
    __asm__("mov %rsp, %rdi\n\tand $-16, %rsp\n\tcall varve_stub_main");
}
#elif defined(__aarch64__)
enum { MACHINE = EM_AARCH64 };

STUB static long call(long number, long a, long b, long c) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}

__attribute__((naked)) STUB static void start(void) {
    __asm__("mov x0, sp\n\tbl varve_stub_main");
}
#else
#error "varve runs containers on x86-64 and AArch64"
#endif

/// Executes the first candidate that can be executed, or reports why none can and exits.
/// @param stack what the kernel starts a program with: the number of arguments, the arguments, a null, the
///     environment, a null. The first argument is as long as there are candidates; then come the candidates, then the
///     arguments of the program.
__attribute__((visibility("hidden"))) STUB void varve_stub_main(const long *stack) {
    const long count = stack[0];
    char *const *words = (char *const *)(stack + 1);
    char *const *environment = words + count + 1;
    long candidates = 0;
    while (count > 0 && words[0][candidates]) candidates++;
    // The container can execute this too, by /proc/self/exe, with what words it likes: all that it gets is this end.
    if (candidates + 1 >= count) call(SYS_exit_group, 126, 0, 0);
    // Stayed open for this program, and must close when the next one is executed.
    call(SYS_fcntl, VARVE_REPORT, F_SETFD, FD_CLOEXEC);
    int error = ENOENT;
    for (long i = 1; i <= candidates; i++) {
        int failure = -(int)call(SYS_execve, (long)words[i], (long)(words + 1 + candidates), (long)environment);
        if (failure == EACCES) error = EACCES;
        if (failure == EACCES || failure == ENOENT || failure == ENOTDIR) continue;
        error = failure;
        break;
    }
    // The head of a struct varve_report.
    volatile int32_t report[3];
    report[0] = VARVE_STAGE_EXEC;
    report[1] = error;
    report[2] = 0;
    call(SYS_write, VARVE_REPORT, (long)report, sizeof report);
    call(SYS_exit_group, 125, 0, 0);
}

struct stub_head {
    Elf64_Ehdr file;
    Elf64_Phdr segments[2];
};

/// Where the file is mapped, a multiple of the largest page size. Any free address would do.
enum { BASE = 0x400000, ALIGNMENT = 0x10000 };

static struct stub_head make_head(size_t size) {
    const size_t head = sizeof(struct stub_head), entry = (size_t)((const char *)start - __start_varve_stub);
    return (struct stub_head){
        .file = {
            .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT, ELFOSABI_NONE},
            .e_type = ET_EXEC, .e_machine = MACHINE, .e_version = EV_CURRENT, .e_entry = BASE + head + entry,
            .e_phoff = sizeof(Elf64_Ehdr), .e_ehsize = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr),
            .e_phnum = 2,
        },
        .segments = {
            {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = BASE, .p_paddr = BASE, .p_filesz = head + size,
                .p_memsz = head + size, .p_align = ALIGNMENT},
            {.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W, .p_align = 16},
        },
    };
}

static int write_all(int file, const void *bytes, size_t count) {
    ssize_t written = write(file, bytes, count);
    if (written >= 0 && (size_t)written != count) errno = ENOSPC;
    return written == (ssize_t)count ? 0 : -1;
}

// Newer than Debian's headers.
#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif

int varve_stub_open(void) {
    // A kernel before 6.3 knows neither flag nor seal, and makes the file executable.
    int file = memfd_create("varve-stub", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC), seal_mode = F_SEAL_EXEC;
    if (file < 0 && errno == EINVAL) {
        file = memfd_create("varve-stub", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        seal_mode = 0;
    }
    if (file < 0) return -1;
    size_t size = (size_t)(__stop_varve_stub - __start_varve_stub);
    struct stub_head head = make_head(size);
    if (write_all(file, &head, sizeof head) == 0 && write_all(file, __start_varve_stub, size) == 0
        && fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | seal_mode) == 0)
        return file;
    int error = errno;
    close(file);
    errno = error;
    return -1;
}
