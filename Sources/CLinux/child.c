#define _GNU_SOURCE
#include "child.h"

#include <linux/keyctl.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/// The only descriptor beside the standard streams and that for reports: the stub's.
enum { STUB = VARVE_REPORT + 1 };

static _Noreturn void report(int status, const struct varve_report *report) {
    ssize_t count = write(status, report, sizeof *report);
    // Nothing is left to tell the parent with: it sees the process end instead.
    (void)count;
    _exit(125);
}

_Noreturn void varve_child_fail(int status, int stage) {
    struct varve_report failure = {.stage = stage, .error = errno};
    report(status, &failure);
}

_Noreturn void varve_child_fail_mount(int status, size_t step, int context) {
    struct varve_report failure = {.stage = VARVE_STAGE_MOUNT, .error = errno, .step = (uint32_t)step};
    // A context is read one message at a time, "e text" for an error (fsopen(2)).
    if (context >= 0 && read(context, failure.message, sizeof failure.message - 1) < 0) failure.message[0] = 0;
    report(status, &failure);
}

/// Nobody in the container may look at this process: until it executes something its program is the caller's own.
static void hide(int status) {
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) varve_child_fail(status, VARVE_STAGE_NAMESPACE);
}

static void enter_root(const struct varve_plan *plan, int status) {
    if ((plan->namespaces & CLONE_NEWCGROUP) && syscall(SYS_unshare, CLONE_NEWCGROUP) < 0)
        varve_child_fail(status, VARVE_STAGE_NAMESPACE);
    // Before anything is mounted: no mount of the container may spread to the host.
    if (varve_mount_setattr(AT_FDCWD, "/", 1, 0, 0, VARVE_PROPAGATION_PRIVATE) < 0)
        varve_child_fail(status, VARVE_STAGE_NAMESPACE);
    // On top of the old root: needs no directory, and this process still sees what lies under it.
    if (varve_move_mount(plan->root, AT_FDCWD, "/") < 0) varve_child_fail(status, VARVE_STAGE_ROOT);
}

static void raise_loopback(int status) {
    struct ifreq request = {0};
    strcpy(request.ifr_name, "lo");
    int link = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (link < 0 || ioctl(link, SIOCGIFFLAGS, &request) < 0) varve_child_fail(status, VARVE_STAGE_NETWORK);
    request.ifr_flags |= IFF_UP;
    if (ioctl(link, SIOCSIFFLAGS, &request) < 0) varve_child_fail(status, VARVE_STAGE_NETWORK);
    close(link);
}

static void name_host(const struct varve_plan *plan, int status) {
    const char *host = plan->hostname, *domain = plan->domainname;
    if ((host && sethostname(host, strlen(host)) < 0) || (domain && setdomainname(domain, strlen(domain)) < 0))
        varve_child_fail(status, VARVE_STAGE_HOSTNAME);
}

/// Makes the new root the only one: the old one is laid over it, then taken off with all that hangs on it.
static void leave_host(const struct varve_plan *plan, int status) {
    if (fchdir(plan->root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || varve_unmount(".") < 0 || chdir("/") < 0)
        varve_child_fail(status, VARVE_STAGE_PIVOT);
}

/// Returns the descriptor that reports go to from now on.
static int take_streams(const struct varve_plan *plan, int status) {
    if (setsid() < 0) varve_child_fail(status, VARVE_STAGE_SESSION);
    // The caller's session keyring would come along otherwise, with all that may be in it (keyrings(7)).
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
        varve_child_fail(status, VARVE_STAGE_SESSION);
    if (plan->terminal >= 0 && ioctl(plan->terminal, TIOCSCTTY, 0) < 0)
        varve_child_fail(status, VARVE_STAGE_SESSION);
    for (int stream = 0; stream < 3; stream++) {
        if (dup2(plan->streams[stream], stream) < 0) varve_child_fail(status, VARVE_STAGE_STANDARD_STREAMS);
    }
    // Neither may be laid over the other: out of the way first.
    int stub = fcntl(plan->stub, F_DUPFD_CLOEXEC, STUB + 1);
    if (stub < 0) varve_child_fail(status, VARVE_STAGE_DESCRIPTORS);
    if (status != VARVE_REPORT && dup3(status, VARVE_REPORT, O_CLOEXEC) < 0)
        varve_child_fail(status, VARVE_STAGE_DESCRIPTORS);
    if (dup3(stub, STUB, O_CLOEXEC) < 0) varve_child_fail(VARVE_REPORT, VARVE_STAGE_DESCRIPTORS);
    // Really closed, not only on exec: nothing of the host may be reached through /proc/self/fd from here on.
    if (syscall(SYS_close_range, STUB + 1, ~0U, 0) < 0) varve_child_fail(VARVE_REPORT, VARVE_STAGE_DESCRIPTORS);
    return VARVE_REPORT;
}

static void enter_directory(const struct varve_plan *plan, int status) {
    static char path[4096];
    if (chdir(plan->directory) < 0) varve_child_fail(status, VARVE_STAGE_DIRECTORY);
    // The kernel puts "(unreachable)" before a directory that is not below the root.
    if (syscall(SYS_getcwd, path, sizeof path) < 0) varve_child_fail(status, VARVE_STAGE_DIRECTORY);
    if (path[0] != '/') {
        errno = EXDEV;
        varve_child_fail(status, VARVE_STAGE_DIRECTORY);
    }
}

static void reset_signals(int status) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    // CLONE_CLEAR_SIGHAND has reset handlers; what the parent ignores is still ignored.
    for (int number = 1; number < 65; number++) {
        if (number == SIGKILL || number == SIGSTOP || number == 32 || number == 33) continue;
        if (sigaction(number, &standard, NULL) < 0) varve_child_fail(status, VARVE_STAGE_SIGNALS);
    }
    if (varve_signals_block(0) < 0) varve_child_fail(status, VARVE_STAGE_SIGNALS);
}

/// The container dies with its supervisor, even with one that is gone already.
static void follow_supervisor(int status) {
    // Only now: a change of user or capabilities would have cleared it.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) varve_child_fail(status, VARVE_STAGE_SUPERVISOR);
    // In a pid namespace getppid() can't tell; a pipe that nobody reads can.
    struct pollfd reader = {.fd = status, .events = POLLOUT};
    if (poll(&reader, 1, 0) < 0 || (reader.revents & POLLERR)) _exit(125);
}

/// Executes the stub, which executes the program: a container that has /proc/self/exe executed gets that file, and
/// not the caller's own program.
static _Noreturn void execute(const struct varve_plan *plan, int status) {
    // Open for the stub, which closes it on exec again.
    if (fcntl(status, F_SETFD, 0) < 0) varve_child_fail(status, VARVE_STAGE_DESCRIPTORS);
    if (plan->no_new_privileges) varve_child_filter(plan, status);
    syscall(SYS_execveat, STUB, "", plan->words, plan->environment, AT_EMPTY_PATH);
    varve_child_fail(status, VARVE_STAGE_STUB);
}

_Noreturn void varve_child(const struct varve_plan *plan, int status) {
    hide(status);
    enter_root(plan, status);
    varve_child_mounts(plan, status);
    if (plan->namespaces & CLONE_NEWNET) raise_loopback(status);
    name_host(plan, status);
    leave_host(plan, status);
    status = take_streams(plan, status);
    enter_directory(plan, status);
    varve_child_confine(plan, status);
    reset_signals(status);
    follow_supervisor(status);
    execute(plan, status);
}
