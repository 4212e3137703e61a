#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void set_limits(const struct varve_plan *plan, int status) {
    for (size_t i = 0; i < plan->limit_count; i++) {
        const struct varve_limit *limit = &plan->limits[i];
        struct rlimit value = {.rlim_cur = limit->soft, .rlim_max = limit->hard};
        if (setrlimit((__rlimit_resource_t)limit->resource, &value) < 0)
            varve_child_fail(status, VARVE_STAGE_LIMITS);
    }
}

static void drop_bounding_set(uint64_t kept, int status) {
    for (unsigned long capability = 0; capability < 64; capability++) {
        if (kept >> capability & 1) continue;
        // EINVAL: the kernel knows no capability of that number or any greater one.
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
        if (errno == EINVAL && capability > CAP_CHOWN) return;
        varve_child_fail(status, VARVE_STAGE_BOUNDING_SET);
    }
}

static void set_user(const struct varve_plan *plan, int status) {
    // Raw calls: glibc's wrappers would tell threads that exist only in the parent.
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0
        || syscall(SYS_setgroups, plan->group_count, plan->groups) < 0
        || syscall(SYS_setresgid, plan->gid, plan->gid, plan->gid) < 0
        || syscall(SYS_setresuid, plan->uid, plan->uid, plan->uid) < 0
        || prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0)
        varve_child_fail(status, VARVE_STAGE_USER);
}

static void set_capabilities(const struct varve_capabilities *sets, int status) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    for (int word = 0; word < 2; word++) {
        data[word].effective = (uint32_t)(sets->effective >> 32 * word);
        data[word].permitted = (uint32_t)(sets->permitted >> 32 * word);
        data[word].inheritable = (uint32_t)(sets->inheritable >> 32 * word);
    }
    if (syscall(SYS_capset, &header, data) < 0) varve_child_fail(status, VARVE_STAGE_CAPABILITIES);
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
        varve_child_fail(status, VARVE_STAGE_CAPABILITIES);
    for (unsigned long capability = 0; capability < 64; capability++) {
        if ((sets->ambient >> capability & 1)
            && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
            varve_child_fail(status, VARVE_STAGE_CAPABILITIES);
    }
}

void varve_child_confine(const struct varve_plan *plan, int status) {
    set_limits(plan, status);
    if (plan->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        varve_child_fail(status, VARVE_STAGE_PRIVILEGES);
    // The bounding set first: dropping from it takes CAP_SETPCAP, which the container may not keep.
    drop_bounding_set(plan->capabilities.bounding, status);
    set_user(plan, status);
    // While there are capabilities to do it with. Where it takes none, it is done last.
    if (!plan->no_new_privileges) varve_child_filter(plan, status);
    set_capabilities(&plan->capabilities, status);
    umask(plan->umask);
}
