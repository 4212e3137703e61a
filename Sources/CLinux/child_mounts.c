#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// Opens a step's target as a place to mount at; -1 with errno.
static int open_target(const struct varve_plan *plan, const struct varve_step *step) {
    return varve_openat2(
        plan->root, *step->target ? step->target : ".", O_PATH | O_CLOEXEC, 0,
        RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
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

static int attach_new(const struct varve_plan *plan, const struct varve_step *step, size_t index, int target, int status) {
    int pids = strcmp(step->type, "proc") == 0 ? plan->pid_namespace : -1;
    int mount = make_filesystem(step, index, pids, status);
    if (varve_move_mount(mount, target, "") < 0) return -1;
    return close(mount);
}

/// Looks for the mount at the target again: what was opened before is what it lies on.
static void propagate(const struct varve_plan *plan, const struct varve_step *step, size_t index, int status) {
    int mount = open_target(plan, step);
    if (mount < 0 || varve_mount_setattr(mount, "", step->is_recursive, 0, 0, step->propagation) < 0)
        varve_child_fail_mount(status, index, -1);
    close(mount);
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
        case VARVE_STEP_ATTACH: result = varve_move_mount(step->descriptor, target, ""); break;
        case VARVE_STEP_FILESYSTEM: result = attach_new(plan, step, index, target, status); break;
        case VARVE_STEP_SELF: result = cover(target, target, 0); break;
        case VARVE_STEP_TERMINAL: result = cover(plan->terminal, target, 0); break;
        case VARVE_STEP_ATTRIBUTES: result = varve_mount_setattr(target, "", 0, step->set, step->clear, 0); break;
        case VARVE_STEP_MASK: result = mask_target(plan, target, masks_used); break;
        case VARVE_STEP_READ_ONLY: result = cover(target, target, 1); break;
        }
        if (result < 0) varve_child_fail_mount(status, index, -1);
        close(target);
        if (step->propagation) propagate(plan, step, index, status);
    }
}
