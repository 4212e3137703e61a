#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

/// A change of user takes the effective set away. Until the capabilities are set for good, all that is permitted counts.
static int regain_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0) return -1;
    for (int word = 0; word < 2; word++) data[word].effective = data[word].permitted;
    return (int)syscall(SYS_capset, &header, data);
}

void varve_child_filter(const struct varve_plan *plan, int status) {
    if (plan->filter_length == 0) return;
    // Without no_new_privs it takes CAP_SYS_ADMIN (seccomp(2)).
    if (!plan->no_new_privileges && regain_capabilities() < 0) varve_child_fail(status, VARVE_STAGE_FILTER);
    struct sock_fprog program = {.len = plan->filter_length, .filter = (struct sock_filter *)plan->filter};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, plan->filter_flags, &program) != 0)
        varve_child_fail(status, VARVE_STAGE_FILTER);
}
