#define _GNU_SOURCE
#include "CLinux.h"
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t failed(struct varve_report *report, int error) {
    memset(report, 0, sizeof *report);
    report->stage = VARVE_STAGE_CLONE;
    report->error = error;
    return -1;
}

/// Bytes read of the report: 0 when the pipe closed because execve succeeded.
static size_t receive(int status, struct varve_report *report) {
    memset(report, 0, sizeof *report);
    size_t count = 0;
    while (count < sizeof *report) {
        ssize_t part = read(status, (char *)report + count, sizeof *report - count);
        if (part > 0) count += (size_t)part;
        else if (part == 0 || errno != EINTR) break;
    }
    return count;
}

pid_t varve_launch(const struct varve_plan *plan, int *pidfd, struct varve_report *report) {
    int status[2];
    if (pipe2(status, O_CLOEXEC) < 0) return failed(report, errno);
    // The standard streams are laid over 0 to 2 while the child still needs this end.
    int report_end = fcntl(status[1], F_DUPFD_CLOEXEC, 3);
    int error = errno;
    close(status[1]);
    if (report_end < 0) {
        close(status[0]);
        return failed(report, error);
    }

    uint64_t all = ~(uint64_t)0, previous = 0;
    // No handler of this process may run in the child.
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &previous, sizeof all);
    *pidfd = -1;
    struct clone_args arguments = {
        .flags = plan->namespaces | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
        .pidfd = (uint64_t)(uintptr_t)pidfd,
        .exit_signal = SIGCHLD,
    };
    if (plan->cgroup >= 0) {
        // The cgroup namespace is made by the child: made here, its root would be the cgroup of this process.
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)plan->cgroup;
    }
    arguments.flags &= ~(uint64_t)CLONE_NEWCGROUP;
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    error = errno;
    if (pid == 0) {
        close(status[0]);
        varve_child(plan, report_end);
    }
    varve_signals_block(previous);
    close(report_end);
    if (pid < 0) {
        close(status[0]);
        return failed(report, error);
    }

    size_t count = receive(status[0], report);
    close(status[0]);
    if (count == 0) return pid;
    if (count < offsetof(struct varve_report, message)) failed(report, EIO);
    // It has reported and exits by itself; killing it makes the wait certain to end.
    varve_pidfd_send_signal(*pidfd, SIGKILL);
    while (varve_pidfd_wait(*pidfd) < 0 && errno == EINTR) continue;
    close(*pidfd);
    *pidfd = -1;
    return -1;
}
