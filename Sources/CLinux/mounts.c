#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(VARVE_FSCONFIG_FLAG == FSCONFIG_SET_FLAG, "linux/mount.h");
_Static_assert(VARVE_FSCONFIG_STRING == FSCONFIG_SET_STRING, "linux/mount.h");
_Static_assert(VARVE_FSCONFIG_FD == FSCONFIG_SET_FD, "linux/mount.h");
_Static_assert(VARVE_FSCONFIG_CREATE == FSCONFIG_CMD_CREATE, "linux/mount.h");
_Static_assert(VARVE_MOUNT_RDONLY == MOUNT_ATTR_RDONLY, "linux/mount.h");
_Static_assert(VARVE_MOUNT_NOSUID == MOUNT_ATTR_NOSUID, "linux/mount.h");
_Static_assert(VARVE_MOUNT_NODEV == MOUNT_ATTR_NODEV, "linux/mount.h");
_Static_assert(VARVE_MOUNT_NOEXEC == MOUNT_ATTR_NOEXEC, "linux/mount.h");
_Static_assert(VARVE_MOUNT_ATIME_MASK == MOUNT_ATTR__ATIME, "linux/mount.h");
_Static_assert(VARVE_MOUNT_NOATIME == MOUNT_ATTR_NOATIME, "linux/mount.h");
_Static_assert(VARVE_MOUNT_STRICTATIME == MOUNT_ATTR_STRICTATIME, "linux/mount.h");
_Static_assert(VARVE_MOUNT_NODIRATIME == MOUNT_ATTR_NODIRATIME, "linux/mount.h");
_Static_assert(VARVE_MOUNT_NOSYMFOLLOW == MOUNT_ATTR_NOSYMFOLLOW, "linux/mount.h");
_Static_assert(VARVE_OPEN_TREE_CLONE == OPEN_TREE_CLONE, "linux/mount.h");
_Static_assert(VARVE_PROPAGATION_UNBINDABLE == MS_UNBINDABLE, "linux/mount.h");
_Static_assert(VARVE_PROPAGATION_SLAVE == MS_SLAVE, "linux/mount.h");
_Static_assert(VARVE_PROPAGATION_SHARED == MS_SHARED, "linux/mount.h");
_Static_assert(VARVE_PROPAGATION_PRIVATE == MS_PRIVATE, "linux/mount.h");
_Static_assert(VARVE_AT_RECURSIVE == AT_RECURSIVE, "fcntl.h");

static int empty_path(const char *path) {
    return *path == 0 ? AT_EMPTY_PATH : 0;
}

int varve_fsopen(const char *type) {
    return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

int varve_fsconfig(int context, unsigned int command, const char *key, const void *value, int auxiliary) {
    return (int)syscall(SYS_fsconfig, context, command, key, value, auxiliary);
}

int varve_fsmount(int context, unsigned int attributes) {
    return (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
}

int varve_open_tree(int directory, const char *path, unsigned int flags) {
    return (int)syscall(SYS_open_tree, directory, path, flags | OPEN_TREE_CLOEXEC | (unsigned)empty_path(path));
}

int varve_enter_mount_namespace(void) {
    return unshare(CLONE_NEWNS);
}

int varve_move_mount(int mount, int directory, const char *path) {
    unsigned int flags = MOVE_MOUNT_F_EMPTY_PATH | (*path == 0 ? MOVE_MOUNT_T_EMPTY_PATH : 0);
    return (int)syscall(SYS_move_mount, mount, "", directory, path, flags);
}

int varve_mount_setattr(
    int directory, const char *path, int recursive, uint64_t set, uint64_t clear, uint64_t propagation) {
    struct mount_attr attributes = {.attr_set = set, .attr_clr = clear, .propagation = propagation};
    int flags = empty_path(path) | (recursive ? AT_RECURSIVE : 0);
    return (int)syscall(SYS_mount_setattr, directory, path, flags, &attributes, sizeof attributes);
}

int varve_unmount(const char *path) {
    return (int)syscall(SYS_umount2, path, 2 /* MNT_DETACH; sys/mount.h can't be included beside linux/mount.h */);
}
