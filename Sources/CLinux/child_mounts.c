#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// Opens a step's target as a place to mount at; -1 with errno.
///
/// Others may be at work in the root, be it in a container of their own: a name on the way may be another directory's by now, or
/// a symlink's. So the way starts at the mount that the target is in, wherever that lies.
static int open_target(const struct varve_plan *plan, const struct varve_step *step) {
    const int mount = step->around < 0 ? plan->root : plan->mounts[step->around];
    int target = varve_openat2(
        mount, *step->target ? step->target : ".", O_PATH | O_CLOEXEC, 0,
        RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
    if (target >= 0 || errno != ELOOP || step->is_plain) return target;
    return varve_openat2(plan->root, step->path, O_PATH | O_CLOEXEC, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

/// @param pids the pid namespace that a procfs shows, -1 for that of this process.
static int make_filesystem(const struct varve_step *step, size_t index, int pids, int status) {
    int context = varve_fsopen(step->type);
    if (context < 0) varve_child_fail_mount(status, index, -1);
    for (const char *const *option = step->options; option && *option; option += 2) {
        unsigned int command = option[1] ? VARVE_FSCONFIG_STRING : VARVE_FSCONFIG_FLAG;
        if (varve_fsconfig(context, command, option[0], option[1], 0) < 0)
            varve_child_fail_mount(status, index, context);
    }
    // Shows the processes that the container's will be among, and not those that this one is among.
    if (pids >= 0 && varve_fsconfig(context, VARVE_FSCONFIG_FD, "pidns", NULL, pids) < 0)
        varve_child_fail_mount(status, index, context);
    if (varve_fsconfig(context, VARVE_FSCONFIG_CREATE, NULL, NULL, 0) < 0)
        varve_child_fail_mount(status, index, context);
    int mount = varve_fsmount(context, (unsigned int)step->set);
    if (mount < 0) varve_child_fail_mount(status, index, context);
    close(context);
    return mount;
}

/// The first use attaches the mask itself, each further one a copy: copying an attached mount is as old as open_tree.
static int mask(int mount, int target, int *used) {
    if (!*used) {
        *used = 1;
        return varve_move_mount(mount, target, "");
    }
    int copy = varve_open_tree(mount, "", VARVE_OPEN_TREE_CLONE);
    if (copy < 0 || varve_move_mount(copy, target, "") < 0) return -1;
    return close(copy);
}

static int mask_target(const struct varve_plan *plan, int target, int used[2]) {
    struct stat status;
    if (fstat(target, &status) < 0) return -1;
    int is_directory = S_ISDIR(status.st_mode);
    return mask(is_directory ? plan->mask_directory : plan->mask_file, target, &used[is_directory]);
}

/// Lays a copy of the tree at `source` over `target`, read-only in all its mounts if asked.
static int cover(int source, int target, int read_only) {
    int copy = varve_open_tree(source, "", VARVE_OPEN_TREE_CLONE | (read_only ? VARVE_AT_RECURSIVE : 0));
    if (copy < 0) return -1;
    if (read_only && varve_mount_setattr(copy, "", 1, VARVE_MOUNT_RDONLY, 0, 0) < 0) return -1;
    if (varve_move_mount(copy, target, "") < 0) return -1;
    return close(copy);
}

static int attach(const struct varve_plan *plan, size_t index, int mount, int target) {
    const struct varve_step *step = &plan->steps[index];
    if (varve_move_mount(mount, target, "") < 0) return -1;
    // Later steps find their way from here. It is closed with everything else.
    plan->mounts[index] = mount;
    if (!step->propagation) return 0;
    return varve_mount_setattr(mount, "", step->is_recursive, 0, 0, step->propagation);
}

static int attach_new(const struct varve_plan *plan, size_t index, int target, int status) {
    const struct varve_step *step = &plan->steps[index];
    int pids = strcmp(step->type, "proc") == 0 ? plan->pid_namespace : -1;
    return attach(plan, index, make_filesystem(step, index, pids, status), target);
}

void varve_child_mounts(const struct varve_plan *plan, int status) {
    int masks_used[2] = {0, 0};
    for (size_t index = 0; index < plan->step_count; index++) {
        const struct varve_step *step = &plan->steps[index];
        int target = open_target(plan, step);
        if (target < 0) {
            int may_miss = step->kind == VARVE_STEP_MASK || step->kind == VARVE_STEP_READ_ONLY;
            if (may_miss && (errno == ENOENT || errno == ENOTDIR)) continue;
            varve_child_fail_mount(status, index, -1);
        }
        int result = -1;
        errno = EINVAL;
        switch (step->kind) {
        case VARVE_STEP_ATTACH: result = attach(plan, index, step->descriptor, target); break;
        case VARVE_STEP_FILESYSTEM: result = attach_new(plan, index, target, status); break;
        case VARVE_STEP_SELF: result = cover(target, target, 0); break;
        case VARVE_STEP_TERMINAL: result = cover(plan->terminal, target, 0); break;
        case VARVE_STEP_ATTRIBUTES: result = varve_mount_setattr(target, "", 0, step->set, step->clear, 0); break;
        case VARVE_STEP_MASK: result = mask_target(plan, target, masks_used); break;
        case VARVE_STEP_READ_ONLY: result = cover(target, target, 1); break;
        }
        if (result < 0) varve_child_fail_mount(status, index, -1);
        close(target);
    }
}
