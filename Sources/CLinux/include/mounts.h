// The mount calls of kernel 5.2 and later (fsopen(2), open_tree(2), move_mount(2), mount_setattr(2)).
#ifndef CLINUX_MOUNTS_H
#define CLINUX_MOUNTS_H

#include <stdint.h>

// The kernel's and glibc's headers can't be imported together; mounts.c asserts that the values agree.
enum {
    VARVE_FSCONFIG_FLAG = 0,
    VARVE_FSCONFIG_STRING = 1,
    VARVE_FSCONFIG_FD = 5,
    VARVE_FSCONFIG_CREATE = 6,

    VARVE_MOUNT_RDONLY = 0x1,
    VARVE_MOUNT_NOSUID = 0x2,
    VARVE_MOUNT_NODEV = 0x4,
    VARVE_MOUNT_NOEXEC = 0x8,
    VARVE_MOUNT_ATIME_MASK = 0x70,
    VARVE_MOUNT_NOATIME = 0x10,
    VARVE_MOUNT_STRICTATIME = 0x20,
    VARVE_MOUNT_NODIRATIME = 0x80,
    VARVE_MOUNT_NOSYMFOLLOW = 0x200000,

    VARVE_OPEN_TREE_CLONE = 0x1,
    VARVE_AT_RECURSIVE = 0x8000,
    VARVE_PROPAGATION_UNBINDABLE = 1 << 17,
    VARVE_PROPAGATION_PRIVATE = 1 << 18,
    VARVE_PROPAGATION_SLAVE = 1 << 19,
    VARVE_PROPAGATION_SHARED = 1 << 20,
};

/// A context for making a filesystem of `type`, close-on-exec; -1 with errno.
int varve_fsopen(const char *type);

/// fsconfig(2): one parameter or command of a context.
int varve_fsconfig(int context, unsigned int command, const char *key, const void *value, int auxiliary);

/// The configured context as a detached mount, close-on-exec; -1 with errno.
int varve_fsmount(int context, unsigned int attributes);

/// open_tree(2), close-on-exec. An empty path stands for `directory` itself.
int varve_open_tree(int directory, const char *path, unsigned int flags);

/// unshare(2) of the mount namespace, and with it of root and current directory.
int varve_enter_mount_namespace(void);

/// Attaches a detached mount, or moves an attached one. An empty path stands for `directory` itself.
int varve_move_mount(int mount, int directory, const char *path);

/// mount_setattr(2). An empty path stands for `directory` itself; `propagation` 0 leaves it as it is.
int varve_mount_setattr(
    int directory, const char *path, int recursive, uint64_t set, uint64_t clear, uint64_t propagation);

/// umount2(2) with MNT_DETACH.
int varve_unmount(const char *path);

#endif
