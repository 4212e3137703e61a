#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STACK = 16384 };

/// A system call that touches neither errno nor anything else of the thread, which the other process uses meanwhile.
#if defined(__x86_64__)
static long call(long number, long a, long b, long c) {
    __asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return number;
}
#elif defined(__aarch64__)
static long call(long number, long a, long b, long c) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
#endif

/// Keeps three descriptors, in the order of their numbers, and closes all others.
static void keep_only(const struct varve_guardian *guardian) {
    unsigned first = 0;
    for (int i = 0; i < 3; i++) {
        unsigned kept = (unsigned)guardian->kept[i];
        if (kept > first) call(SYS_close_range, first, kept - 1, 0);
        first = kept + 1;
    }
    call(SYS_close_range, first, ~0U, 0);
}

/// In memory that is the caller's too, on a stack of its own. No signal reaches it but KILL.
__attribute__((no_stack_protector)) static int guard(void *argument) {
    const struct varve_guardian *guardian = argument;
    keep_only(guardian);
    char byte;
    long count;
    do count = call(SYS_read, guardian->alarm, (long)&byte, 1);
    while (count == -EINTR);
    // A byte says that all is well. The end without one: whoever had the other end is no more.
    if (count == 0) call(SYS_write, guardian->file, (long)guardian->text, (long)guardian->length);
    call(SYS_exit_group, 0, 0, 0);
    return 0;
}

static void sort(int *numbers) {
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2 - i; j++) {
            if (numbers[j] <= numbers[j + 1]) continue;
            int number = numbers[j];
            numbers[j] = numbers[j + 1];
            numbers[j + 1] = number;
        }
    }
}

int varve_guardian_start(struct varve_guardian *guardian) {
    int ends[2];
    if (varve_pipe(ends) < 0) return -1;
    void *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) {
        int error = errno;
        close(ends[0]);
        close(ends[1]);
        errno = error;
        return -1;
    }
    guardian->alarm = ends[0];
    guardian->release = ends[1];
    guardian->stack = stack;
    guardian->kept[0] = guardian->alarm;
    guardian->kept[1] = guardian->file;
    guardian->kept[2] = guardian->lock;
    sort(guardian->kept);
    uint64_t all = ~(uint64_t)0, previous = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &previous, sizeof all);
    // Shared memory: it costs no copy of the page tables, and no write of the caller's a copy of a page. Descriptors of its own.
    guardian->pid = clone(guard, (char *)stack + STACK, CLONE_VM, guardian);
    int error = errno;
    varve_signals_block(previous);
    close(ends[0]);
    if (guardian->pid >= 0) return 0;
    close(ends[1]);
    munmap(stack, STACK);
    errno = error;
    return -1;
}

int varve_guardian_dismiss(struct varve_guardian *guardian) {
    char byte = 1;
    // One that was killed reads nothing, and a signal for that would end this process.
    uint64_t pipe_signal = (uint64_t)1 << (SIGPIPE - 1), previous = 0;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &pipe_signal, &previous, sizeof previous);
    ssize_t count = write(guardian->release, &byte, 1);
    if (count < 0) {
        struct timespec none = {0};
        syscall(SYS_rt_sigtimedwait, &pipe_signal, NULL, &none, sizeof pipe_signal);
    }
    varve_signals_block(previous);
    close(guardian->release);
    // It was started without a signal for its end.
    while (waitpid(guardian->pid, NULL, __WALL) < 0 && errno == EINTR) continue;
    return munmap(guardian->stack, STACK);
}
