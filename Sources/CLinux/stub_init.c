#define _GNU_SOURCE
#include "stub.h"

#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// A process 1 that does nothing but what only a process 1 can (`--init`).

/// Waits for all that have ended, and ends as the child where it has.
STUB static void reap(long child) {
    int status;
    long ended;
    while ((ended = call(SYS_wait4, -1, (long)&status, WNOHANG, 0, 0)) > 0) {
        if (ended == child) call(SYS_exit_group, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), 0, 0, 0, 0);
    }
}

STUB static void set_blocked(uint64_t mask) { call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, sizeof mask, 0); }

/// Writes over this program's own words, which only say how it is to be done. The kernel shows them from their place.
STUB static void take_name(char *own, char *const *arguments) {
    const char *from = arguments[0], *end = from;
    volatile char *to = own;
    for (char *const *word = arguments; *word; word++) {
        for (end = *word; *end; end++) continue;
        end++;
    }
    if (from - own < 8) return;
    *to++ = 'i', *to++ = 'n', *to++ = 'i', *to++ = 't', *to++ = 0, *to++ = '-', *to++ = '-', *to++ = 0;
    call(SYS_prctl, PR_SET_NAME, (long)own, 0, 0, 0);
    while (from < end) *to++ = *from++;
    while (to < end) *to++ = 0;
}

STUB int varve_stub_become_init(char *own, char *const *arguments) {
    uint64_t all = ~(uint64_t)0;
    // Those that are blocked wait for this process even where nobody handles them, which others do not for a process 1.
    set_blocked(all);
    long child = call(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child < 0) return -(int)child;
    if (child == 0) {
        // A group of its own, and the terminal's where there is one: what is typed reaches it once, not by way of this
        // process too.
        int own = (int)call(SYS_getpid, 0, 0, 0, 0, 0);
        call(SYS_setpgid, 0, 0, 0, 0, 0);
        call(SYS_ioctl, 0, TIOCSPGRP, (long)&own, 0, 0);
        set_blocked(0);
        return 0;
    }
    take_name(own, arguments);
    // The report is the child's now, as is what was passed.
    call(SYS_close_range, 3, ~0U, 0, 0, 0);
    for (;;) {
        long number = call(SYS_rt_sigtimedwait, (long)&all, 0, 0, sizeof all, 0);
        if (number == SIGCHLD) reap(child);
        else if (number > 0 && number != SIGTTIN && number != SIGTTOU) call(SYS_kill, child, number, 0, 0, 0);
    }
}
