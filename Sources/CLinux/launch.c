#define _GNU_SOURCE
#include "CLinux.h"
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int failed(struct varve_report *report, int stage, int error) {
    memset(report, 0, sizeof *report);
    report->stage = stage;
    report->error = error;
    return -1;
}

int varve_child_hands_over(const struct varve_plan *plan) {
    return (plan->joined & CLONE_NEWPID) || plan->pid_namespace >= 0;
}

int varve_descriptor_floor(size_t passed_count) {
    return VARVE_FIRST_PASSED + (int)passed_count + VARVE_OWN_DESCRIPTORS;
}

/// Numbers one end of a pair so that none of the child's last places is laid over it.
static int renumber(int ends[2], int which, int floor) {
    int raised = fcntl(ends[which], F_DUPFD_CLOEXEC, floor);
    int error = errno;
    close(ends[which]);
    ends[which] = raised;
    if (raised >= 0) return 0;
    close(ends[!which]);
    errno = error;
    return -1;
}

/// A pipe for reports, whose writing end is the child's.
static int open_reports(int ends[2], int floor) {
    return pipe2(ends, O_CLOEXEC) < 0 ? -1 : renumber(ends, 1, floor);
}

/// A socket for answers, since writing to it raises no signal; the first end is the child's.
static int open_answers(int ends[2], int floor) {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ? -1 : renumber(ends, 0, floor);
}

/// Clones, with every signal blocked: no handler of this process may run in the child.
static pid_t start(const struct varve_plan *plan, struct varve_launch *launch, int status, int answers) {
    uint64_t all = ~(uint64_t)0, previous = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &previous, sizeof all);
    struct clone_args arguments = {
        // Those of another user namespace are made in it, by a successor.
        .flags = (plan->user_namespace < 0 ? plan->namespaces : 0) | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
        .pidfd = (uint64_t)(uintptr_t)&launch->pidfd,
        .exit_signal = SIGCHLD,
    };
    if (plan->cgroup >= 0) {
        // The cgroup namespace is made by the child: made here, its root would be the cgroup of this process.
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)plan->cgroup;
    }
    arguments.flags &= ~(uint64_t)CLONE_NEWCGROUP;
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    int error = errno;
    if (pid == 0) {
        close(launch->reports);
        if (launch->answers >= 0) close(launch->answers);
        varve_child(plan, status, answers);
    }
    varve_signals_block(previous);
    errno = error;
    return pid;
}

int varve_launch_begin(const struct varve_plan *plan, struct varve_launch *launch, struct varve_report *report) {
    int status[2], answers[2] = {-1, -1}, floor = varve_descriptor_floor(plan->passed_count);
    if (open_reports(status, floor) < 0) return failed(report, VARVE_STAGE_CLONE, errno);
    if (plan->asks && open_answers(answers, floor) < 0) {
        int error = errno;
        close(status[0]);
        close(status[1]);
        return failed(report, VARVE_STAGE_CLONE, error);
    }
    *launch = (struct varve_launch){
        .pidfd = -1,
        .reports = status[0], .answers = answers[1], .is_asked = plan->asks, .has_gate = plan->gate >= 0,
        .successors = (plan->user_namespace >= 0) + varve_child_hands_over(plan),
        .last_successors = varve_child_hands_over(plan)};
    launch->pid = start(plan, launch, status[1], answers[0]);
    int error = errno;
    close(status[1]);
    if (answers[0] >= 0) close(answers[0]);
    if (launch->pid >= 0) return 0;
    close(status[0]);
    if (answers[1] >= 0) close(answers[1]);
    return failed(report, VARVE_STAGE_CLONE, error);
}

/// Reads to `count` bytes or the end of the pipe.
static size_t read_fully(int pipe, void *bytes, size_t count) {
    size_t done = 0;
    while (done < count) {
        ssize_t part = read(pipe, (char *)bytes + done, count - done);
        if (part > 0) done += (size_t)part;
        else if (part == 0 || errno != EINTR) break;
    }
    return done;
}

/// Whether there is a report: none when the pipe closed because execve succeeded, or the process died.
static int receive(int status, struct varve_report *report) {
    const size_t head = offsetof(struct varve_report, message);
    memset(report, 0, sizeof *report);
    if (read_fully(status, report, head) < head) return 0;
    // Of a failure nothing follows but its message.
    if (report->stage < VARVE_TELLS_PREPARED) read_fully(status, report->message, sizeof report->message - 1);
    return 1;
}

static void stop_listening(struct varve_launch *launch) {
    close(launch->reports);
    if (launch->answers >= 0) close(launch->answers);
    launch->reports = launch->answers = -1;
}

static void reap(struct varve_launch *launch) {
    while (varve_pidfd_wait(launch->pidfd) < 0 && errno == EINTR) continue;
    close(launch->pidfd);
    launch->pidfd = -1;
}

void varve_launch_abandon(struct varve_launch *launch) {
    stop_listening(launch);
    // It exits by itself after a failure; killing it makes the wait certain to end.
    varve_pidfd_send_signal(launch->pidfd, SIGKILL);
    reap(launch);
}

void varve_launch_answer(struct varve_launch *launch) {
    char go = 1;
    // Whether anybody reads it is found out by the next report.
    (void)send(launch->answers, &go, sizeof go, MSG_NOSIGNAL);
}

/// Goes over to the process that carries on in place of this one.
static int follow(struct varve_launch *launch, pid_t pid) {
    siginfo_t info;
    // A number alone could be anybody's, and whoever is in the container may have got hold of the pipe.
    if (syscall(SYS_waitid, P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT, NULL) < 0) return -1;
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0) return -1;
    reap(launch);
    launch->pid = pid;
    launch->pidfd = pidfd;
    return 0;
}

/// Carries out what the process has told, if it was its turn: the successor in the user namespace, then that all is
/// prepared, then the successor in the pid namespace, then that it is ready. Whoever is in the container may have got hold of
/// the pipe, and what is done at each of these is done to the process that is meant.
/// @return 1 where the caller is to look at the report, 0 where the next one is to be read, -1 where it was not its turn.
static int take(struct varve_launch *launch, const struct varve_report *report) {
    errno = EPROTO;
    switch (report->stage) {
    case VARVE_TELLS_PREPARED:
        if (!launch->is_asked || launch->successors > launch->last_successors) return -1;
        launch->is_asked = 0;
        return 1;
    case VARVE_TELLS_READY: return launch->has_gate && !launch->is_asked && launch->successors == 0 ? 1 : -1;
    case VARVE_TELLS_SUCCESSOR:
        if (launch->successors == 0 || (launch->is_asked && launch->successors == launch->last_successors)) return -1;
        if (follow(launch, (pid_t)report->detail) < 0) return -1;
        launch->successors--;
        return 0;
    }
    return 1;
}

int varve_launch_next(struct varve_launch *launch, struct varve_report *report) {
    while (receive(launch->reports, report)) {
        switch (take(launch, report)) {
        case 0: continue;
        case -1: failed(report, VARVE_STAGE_HAND_OVER, errno);
        }
        if (report->stage == VARVE_TELLS_PREPARED) return 1;
        if (report->stage == VARVE_TELLS_READY) {
            stop_listening(launch);
            return 0;
        }
        varve_launch_abandon(launch);
        return -1;
    }
    if (!launch->has_gate && !launch->is_asked && launch->successors == 0) {
        stop_listening(launch);
        return 0;
    }
    varve_launch_abandon(launch);
    return failed(report, VARVE_STAGE_DIED, ECHILD);
}
