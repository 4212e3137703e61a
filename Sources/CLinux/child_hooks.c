#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/// What a program exits with that could not be executed, as a shell's does.
enum { NOT_EXECUTED = 127 };

static _Noreturn void execute(const struct varve_plan *plan, const struct varve_hook *hook) {
    // Standard output is the container's caller's: what a hook has to say goes where errors go.
    int ready = prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && lseek(plan->hook_input, 0, SEEK_SET) == 0
        && dup2(plan->hook_input, 0) == 0 && dup2(2, 1) == 1 && syscall(SYS_close_range, 3, ~0U, 0) == 0
        && varve_signals_block(0) == 0;
    if (ready) execve(hook->path, hook->words, hook->environment);
    _exit(NOT_EXECUTED);
}

/// Whether the process has ended in time; -1 with errno.
static int has_ended(int pidfd, int milliseconds) {
    struct pollfd end = {.fd = pidfd, .events = POLLIN};
    return poll(&end, 1, milliseconds);
}

/// Every signal is blocked here, so that nothing cuts the waiting short.
static void run(const struct varve_plan *plan, size_t index, int status) {
    int pidfd = -1;
    struct clone_args arguments = {
        .flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND, .pidfd = (uint64_t)(uintptr_t)&pidfd, .exit_signal = SIGCHLD};
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) execute(plan, &plan->hooks[index]);
    if (pid < 0) varve_child_fail_at(status, VARVE_STAGE_HOOK, index);
    int ended = has_ended(pidfd, plan->hooks[index].milliseconds), error = errno;
    if (ended <= 0) varve_pidfd_send_signal(pidfd, SIGKILL);
    int code = varve_pidfd_wait(pidfd);
    if (ended > 0 && code < 0) error = errno;
    close(pidfd);
    if (ended > 0 && code == 0) return;
    // An exit code is told as what no errno value is.
    errno = ended == 0 ? ETIMEDOUT : ended < 0 || code < 0 ? error : -code;
    varve_child_fail_at(status, VARVE_STAGE_HOOK, index);
}

void varve_child_run_hooks(const struct varve_plan *plan, int status) {
    for (size_t i = 0; i < plan->hook_count; i++) run(plan, i, status);
}
