#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

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
    struct varve_report failure = {.stage = VARVE_STAGE_MOUNT, .error = errno, .detail = (uint32_t)step};
    // A context is read one message at a time, "e text" for an error (fsopen(2)).
    if (context >= 0 && read(context, failure.message, sizeof failure.message - 1) < 0) failure.message[0] = 0;
    report(status, &failure);
}

_Noreturn void varve_child_fail_at(int status, int stage, size_t index) {
    struct varve_report failure = {.stage = stage, .error = errno, .detail = (uint32_t)index};
    report(status, &failure);
}

void varve_child_tell(int status, int stage, uint32_t detail) {
    struct varve_report told = {.stage = stage, .detail = detail};
    const size_t head = offsetof(struct varve_report, message);
    if (write(status, &told, head) != (ssize_t)head) _exit(125);
}

void varve_child_hide(int status) {
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) varve_child_fail(status, VARVE_STAGE_NAMESPACE);
}

static void enter_groups(const struct varve_plan *plan, int status) {
    for (size_t i = 0; i < plan->cgroup_file_count; i++) {
        // 0 is who writes.
        if (write(plan->cgroup_files[i], "0", 1) != 1) varve_child_fail(status, VARVE_STAGE_CONTROL_GROUP);
    }
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

/// Lets the caller do what is its part, and goes on when it says so. When it is gone, so is this process.
static void ask(int status, int answers) {
    char go;
    ssize_t count;
    varve_child_tell(status, VARVE_TELLS_PREPARED, 0);
    do count = read(answers, &go, 1);
    while (count < 0 && errno == EINTR);
    if (count != 1) _exit(125);
}

/// Makes the new root the only one: the old one is laid over it, then taken off with all that hangs on it.
static void leave_host(const struct varve_plan *plan, int status) {
    if (fchdir(plan->root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || varve_unmount(".") < 0 || chdir("/") < 0)
        varve_child_fail(status, VARVE_STAGE_PIVOT);
}

/// For a host whose root can't be pivoted (that in the kernel's first memory): the new root lies on it already. What of the
/// host would be most worth to get back at is taken off before.
static void hide_host(const struct varve_plan *plan, int status) {
    const char *const places[] = {"/proc", "/sys"};
    for (int i = 0; i < 2; i++) {
        if (varve_unmount(places[i]) < 0 && errno != EINVAL && errno != ENOENT)
            varve_child_fail(status, VARVE_STAGE_PIVOT);
    }
    if (fchdir(plan->root) < 0 || chroot(".") < 0 || chdir("/") < 0) varve_child_fail(status, VARVE_STAGE_PIVOT);
}

static void make_container(const struct varve_plan *plan, int status, int answers) {
    varve_child_set_parameters(plan, status);
    enter_root(plan, status);
    varve_child_mounts(plan, status);
    if (plan->namespaces & CLONE_NEWNET) raise_loopback(status);
    name_host(plan, status);
    if (plan->asks) ask(status, answers);
    varve_child_run_hooks(plan, status);
    // While this process still has the host's /proc.
    varve_child_label(plan, status);
    if (plan->pivots) leave_host(plan, status);
    else hide_host(plan, status);
    // Not before: a shared root can't be pivoted to.
    if (plan->root_propagation && varve_mount_setattr(AT_FDCWD, "/", 0, 0, 0, plan->root_propagation) < 0)
        varve_child_fail(status, VARVE_STAGE_PROPAGATION);
    if (plan->pid_namespace >= 0 && setns(plan->pid_namespace, CLONE_NEWPID) < 0)
        varve_child_fail(status, VARVE_STAGE_JOIN);
}

_Noreturn void varve_child(const struct varve_plan *plan, int status, int answers) {
    varve_child_hide(status);
    enter_groups(plan, status);
    varve_child_take_priorities(plan, status);
    if (plan->joined) {
        varve_child_label(plan, status);
        varve_child_join(plan, status);
    } else {
        varve_child_enter_namespaces(plan, status);
        make_container(plan, status, answers);
    }
    varve_child_start_session(plan, status);
    status = varve_child_take_descriptors(plan, status);
    varve_child_execute(plan, status);
}
