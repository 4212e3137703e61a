#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

void varve_child_start_session(const struct varve_plan *plan, int status) {
    // The caller's session keyring would come along otherwise, with all that may be in it (keyrings(7)).
    if (!plan->keeps_keyring && syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
        varve_child_fail(status, VARVE_STAGE_SESSION);
    // A successor starts its own: the session ends with the process that leads it.
    if (varve_child_hands_over(plan)) return;
    if (setsid() < 0) varve_child_fail(status, VARVE_STAGE_SESSION);
    if (plan->terminal >= 0 && ioctl(plan->terminal, TIOCSCTTY, 0) < 0)
        varve_child_fail(status, VARVE_STAGE_SESSION);
}

int varve_child_take_descriptors(const struct varve_plan *plan, int status) {
    const int first = VARVE_FIRST_PASSED + (int)plan->passed_count;
    const int floor = varve_descriptor_floor(plan->passed_count);
    for (int stream = 0; stream < 3; stream++) {
        if (dup2(plan->streams[stream], stream) < 0) varve_child_fail(status, VARVE_STAGE_STANDARD_STREAMS);
    }
    // None may be laid over another: out of the way first.
    int stub = fcntl(plan->stub, F_DUPFD_CLOEXEC, floor), gate = -1;
    if (stub < 0) varve_child_fail(status, VARVE_STAGE_DESCRIPTORS);
    if (plan->gate >= 0 && (gate = fcntl(plan->gate, F_DUPFD_CLOEXEC, floor)) < 0)
        varve_child_fail(status, VARVE_STAGE_DESCRIPTORS);
    for (size_t i = 0; i < plan->passed_count; i++) {
        if (dup2(plan->passed[i], VARVE_FIRST_PASSED + (int)i) < 0)
            varve_child_fail(status, VARVE_STAGE_DESCRIPTORS);
    }
    if (dup3(status, first + VARVE_REPORT_PLACE, O_CLOEXEC) < 0) varve_child_fail(status, VARVE_STAGE_DESCRIPTORS);
    status = first + VARVE_REPORT_PLACE;
    if (dup3(stub, first + VARVE_STUB_PLACE, O_CLOEXEC) < 0) varve_child_fail(status, VARVE_STAGE_DESCRIPTORS);
    if (gate >= 0 && dup2(gate, first + VARVE_GATE_PLACE) < 0) varve_child_fail(status, VARVE_STAGE_DESCRIPTORS);
    // Really closed, not only on exec: nothing of the host may be reached through /proc/self/fd from here on.
    const unsigned int end = (unsigned int)(gate >= 0 ? floor : first + VARVE_GATE_PLACE);
    if (syscall(SYS_close_range, end, ~0U, 0) < 0) varve_child_fail(status, VARVE_STAGE_DESCRIPTORS);
    return status;
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

/// A container dies with its supervisor if it is tied to it, and none comes to be whose supervisor is gone already.
static void follow_supervisor(const struct varve_plan *plan, int status) {
    // Only now: a change of user or capabilities would have cleared it.
    if (plan->is_tied && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        varve_child_fail(status, VARVE_STAGE_SUPERVISOR);
    // In a pid namespace getppid() can't tell; a pipe that nobody reads can.
    struct pollfd reader = {.fd = status, .events = POLLOUT};
    if (poll(&reader, 1, 0) < 0 || (reader.revents & POLLERR)) _exit(125);
}

_Noreturn void varve_child_execute(const struct varve_plan *plan, int status) {
    enter_directory(plan, status);
    varve_child_confine(plan, status);
    reset_signals(status);
    follow_supervisor(plan, status);
    // Open for the stub, which closes it on exec again.
    if (fcntl(status, F_SETFD, 0) < 0) varve_child_fail(status, VARVE_STAGE_DESCRIPTORS);
    if (plan->no_new_privileges) varve_child_filter(plan, status);
    // The stub executes the program: a container that has /proc/self/exe executed gets that file, and not the caller's own
    // program.
    int stub = status - VARVE_REPORT_PLACE + VARVE_STUB_PLACE;
    syscall(SYS_execveat, stub, "", plan->words, plan->environment, AT_EMPTY_PATH);
    varve_child_fail(status, VARVE_STAGE_STUB);
}
