#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

void varve_child_join(const struct varve_plan *plan, int status) {
    // All at once: the kernel enters the user namespace first, and fails as a whole (setns(2)).
    if (setns(plan->target, (int)plan->joined) < 0) varve_child_fail(status, VARVE_STAGE_JOIN);
    varve_child_hide(status);
}

static void become_root(int status) {
    // Raw calls: glibc's wrappers would tell threads that exist only in the parent.
    if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0)
        varve_child_fail(status, VARVE_STAGE_USER_NAMESPACE);
}

/// Goes on as a child of this process's parent, with the new namespaces: only what is made by who is in a user namespace
/// already belongs to it.
static void be_succeeded(const struct varve_plan *plan, int status) {
    // Gets a byte when this process has told of the child: the caller must not hear of the child's doings before that.
    int turn[2];
    if (pipe2(turn, O_CLOEXEC) < 0) varve_child_fail(status, VARVE_STAGE_HAND_OVER);
    struct clone_args arguments = {.flags = CLONE_PARENT | (plan->namespaces & ~(uint64_t)CLONE_NEWCGROUP)};
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid < 0) varve_child_fail(status, VARVE_STAGE_HAND_OVER);
    if (pid > 0) {
        varve_child_tell(status, VARVE_TELLS_SUCCESSOR, (uint32_t)pid);
        // The reading end is open here too: it fails only where the successor need not hear it any more.
        _exit(write(turn[1], "", 1) == 1 ? 0 : 125);
    }
    char turned;
    ssize_t count;
    close(turn[1]);
    do count = read(turn[0], &turned, 1);
    while (count < 0 && errno == EINTR);
    // One that ends without a byte has not told.
    if (count != 1) _exit(125);
    close(turn[0]);
}

void varve_child_enter_namespaces(const struct varve_plan *plan, int status) {
    for (size_t i = 0; i < plan->namespace_file_count; i++) {
        const struct varve_namespace *file = &plan->namespace_files[i];
        if (setns(file->descriptor, file->flag) < 0) varve_child_fail_at(status, VARVE_STAGE_JOIN, i);
    }
    if (plan->user_namespace < 0) return;
    if (setns(plan->user_namespace, CLONE_NEWUSER) < 0) varve_child_fail(status, VARVE_STAGE_USER_NAMESPACE);
    become_root(status);
    varve_child_hide(status);
    be_succeeded(plan, status);
}
