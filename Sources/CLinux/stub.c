#define _GNU_SOURCE
#include "child.h"
#include "stub.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Newer than Debian's headers.
#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000
#endif

extern const char __start_varve_stub[], __stop_varve_stub[];

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };

__attribute__((naked)) STUB static void start(void) {
    __asm__("mov %rsp, %rdi\n\tand $-16, %rsp\n\tcall varve_stub_main");
}
#else
enum { MACHINE = EM_AARCH64 };

__attribute__((naked)) STUB static void start(void) {
    __asm__("mov x0, sp\n\tbl varve_stub_main");
}
#endif

/// What the stub is to do, from its arguments: a word of letters, a word as long as there are candidates for the program, a
/// word as long as there are descriptors to pass, then the candidates, then the program's arguments.
struct stub_task {
    const char *letters;
    long candidate_count;
    char *const *candidates, *const *arguments, *const *environment;
    /// The stub's own descriptors start here.
    long report;
};

STUB static long length(const char *word) {
    long count = 0;
    while (word[count]) count++;
    return count;
}

STUB static int has(const struct stub_task *task, char letter) {
    for (const char *at = task->letters; *at; at++)
        if (*at == letter) return 1;
    return 0;
}

/// Writes the head of a struct varve_report.
STUB static void tell(const struct stub_task *task, int stage, int error, uint32_t detail) {
    volatile int32_t report[3];
    report[0] = stage;
    report[1] = error;
    report[2] = (int32_t)detail;
    call(SYS_write, task->report, (long)report, sizeof report, 0, 0);
}

/// 0 where the kernel would execute the file, an errno value where it would not.
STUB static int probe(const char *path, const struct stub_task *task) {
    long failure = call(SYS_execveat, AT_FDCWD, (long)path, (long)task->arguments, (long)task->environment, AT_EXECVE_CHECK);
    // Kernels before 6.14 have no such check, and a filter of system calls may know it as little.
    if (failure == -EINVAL || failure == -ENOSYS || failure == -EPERM)
        failure = call(SYS_faccessat2, AT_FDCWD, (long)path, 1 /* X_OK */, AT_EACCESS, 0);
    return failure == -ENOSYS || failure == -EPERM ? 0 : -(int)failure;
}

/// Executes the first candidate that can be executed, or only looks whether there is one.
/// @return why there is none, as an errno value; 0 when there is one.
STUB static int search(const struct stub_task *task, int probes) {
    int error = ENOENT;
    for (long i = 0; i < task->candidate_count; i++) {
        const char *path = task->candidates[i];
        int failure = probes ? probe(path, task)
            : -(int)call(SYS_execve, (long)path, (long)task->arguments, (long)task->environment, 0, 0);
        if (failure == EACCES) error = EACCES;
        if (failure == EACCES || failure == ENOENT || failure == ENOTDIR) continue;
        return failure;
    }
    return error;
}

/// Goes on as a child of this process's parent, in the pid namespace that was joined. Only here: this program may be looked
/// at by whoever is in that namespace, the caller's own may not.
STUB static void hand_over(const struct stub_task *task) {
    // Gets a byte when this process has told of the child: the caller must not hear of the child's doings before that.
    int turn[2];
    // For the child too: its descriptors are not the container's business.
    long pid = call(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (pid == 0) pid = call(SYS_pipe2, (long)turn, O_CLOEXEC, 0, 0, 0);
    if (pid == 0) pid = call(SYS_clone, CLONE_PARENT, 0, 0, 0, 0);
    if (pid != 0) {
        if (pid < 0) tell(task, VARVE_STAGE_HAND_OVER, -(int)pid, 0);
        else {
            tell(task, VARVE_TELLS_SUCCESSOR, 0, (uint32_t)pid);
            call(SYS_write, turn[1], (long)task->letters, 1, 0, 0);
        }
        call(SYS_exit_group, pid < 0 ? 125 : 0, 0, 0, 0, 0);
    }
    char turned;
    call(SYS_close, turn[1], 0, 0, 0, 0);
    // One that ends without a byte has not told.
    if (call(SYS_read, turn[0], (long)&turned, 1, 0, 0) != 1) call(SYS_exit_group, 125, 0, 0, 0, 0);
    call(SYS_close, turn[0], 0, 0, 0, 0);
    long failure = call(SYS_setsid, 0, 0, 0, 0, 0);
    if (failure >= 0 && has(task, VARVE_STUB_TAKES_TERMINAL)) failure = call(SYS_ioctl, 0, TIOCSCTTY, 0, 0, 0);
    if (failure >= 0 && has(task, VARVE_STUB_IS_TIED)) failure = call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (failure < 0) {
        tell(task, VARVE_STAGE_SESSION, -(int)failure, 0);
        call(SYS_exit_group, 125, 0, 0, 0, 0);
    }
    // The caller may have gone before this process was tied to it: then nobody reads the reports.
    struct pollfd reader;
    struct timespec now;
    reader.fd = (int)task->report;
    reader.events = POLLOUT;
    reader.revents = 0;
    now.tv_sec = 0;
    now.tv_nsec = 0;
    if (call(SYS_ppoll, (long)&reader, 1, (long)&now, 0, 0) < 0 || (reader.revents & POLLERR))
        call(SYS_exit_group, 125, 0, 0, 0, 0);
}

/// Returns when the gate is opened.
STUB static void wait_at_gate(const struct stub_task *task) {
    const long gate = task->report - VARVE_REPORT_PLACE + VARVE_GATE_PLACE;
    char byte;
    // Whoever enters the container meanwhile could take the gate from this process's descriptors, and open it or hold it.
    long failure = call(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (failure < 0) {
        tell(task, VARVE_STAGE_NAMESPACE, -(int)failure, 0);
        call(SYS_exit_group, 125, 0, 0, 0, 0);
    }
    tell(task, VARVE_TELLS_READY, 0, 0);
    call(SYS_close, task->report, 0, 0, 0, 0);
    if (call(SYS_read, gate, (long)&byte, 1, 0, 0) != 1) call(SYS_exit_group, 125, 0, 0, 0, 0);
    call(SYS_close, gate, 0, 0, 0, 0);
}

/// Executes the first candidate that can be executed, or reports why none can and exits.
/// @param stack what the kernel starts a program with: the number of arguments, the arguments, a null, the environment, a
///     null.
__attribute__((visibility("hidden"))) STUB void varve_stub_main(const long *stack) {
    const long count = stack[0];
    char *const *words = (char *const *)(stack + 1);
    // The container can execute this too, by /proc/self/exe, with what words it likes: all that it gets is this end.
    if (count < 4) call(SYS_exit_group, 126, 0, 0, 0, 0);
    struct stub_task task;
    task.letters = words[0];
    task.candidate_count = length(words[1]);
    task.report = VARVE_FIRST_PASSED + length(words[2]) + VARVE_REPORT_PLACE;
    task.candidates = words + 3;
    task.arguments = task.candidates + task.candidate_count;
    task.environment = words + count + 1;
    if (3 + task.candidate_count >= count) call(SYS_exit_group, 126, 0, 0, 0, 0);
    // Stayed open for this program, and must close when the next one is executed.
    call(SYS_fcntl, task.report, F_SETFD, FD_CLOEXEC, 0, 0);
    if (has(&task, VARVE_STUB_HANDS_OVER)) hand_over(&task);
    int error = 0;
    if (has(&task, VARVE_STUB_WAITS)) {
        error = search(&task, 1);
        if (error == 0) wait_at_gate(&task);
    }
    if (error == 0 && has(&task, VARVE_STUB_IS_INIT)) error = varve_stub_become_init(words[0], task.arguments);
    if (error == 0) error = search(&task, 0);
    // After the gate nobody hears the report: the exit status has to tell, as a shell's does.
    tell(&task, VARVE_STAGE_EXEC, error, 0);
    call(SYS_exit_group, error == ENOENT || error == ENOTDIR ? 127 : 126, 0, 0, 0, 0);
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
