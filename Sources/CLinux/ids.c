#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_map(pid_t pid, const char *name, const char *map) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -1;
    // The kernel takes it whole or not at all.
    ssize_t count = write(file, map, strlen(map));
    int error = errno;
    close(file);
    errno = error;
    return count == (ssize_t)strlen(map) ? 0 : -1;
}

static int open_namespace(pid_t pid, const char *users, const char *groups) {
    if (write_map(pid, "uid_map", users) < 0 || write_map(pid, "gid_map", groups) < 0) return -1;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
    return open(path, O_RDONLY | O_CLOEXEC);
}

int varve_user_namespace(const char *users, const char *groups) {
    int life[2];
    if (pipe2(life, O_CLOEXEC) < 0) return -1;
    struct clone_args arguments = {.flags = CLONE_NEWUSER | CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) {
        // Lives until the other end is closed, by whom and for whatever reason.
        close(life[1]);
        char byte;
        while (read(life[0], &byte, 1) < 0 && errno == EINTR) continue;
        _exit(0);
    }
    int result = pid < 0 ? -1 : open_namespace(pid, users, groups), error = errno;
    close(life[0]);
    close(life[1]);
    if (pid > 0) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
    }
    errno = error;
    return result;
}

int varve_map_mount(int mount, int recursive, int user_namespace) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user_namespace};
    int flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
    return (int)syscall(SYS_mount_setattr, mount, "", flags, &attributes, sizeof attributes);
}

int varve_make_files_as(uint32_t user, uint32_t group) {
    // Both return what was before, and no error.
    setfsgid(group);
    setfsuid(user);
    if ((uint32_t)setfsgid((gid_t)-1) != group || (uint32_t)setfsuid((uid_t)-1) != user) {
        errno = EPERM;
        return -1;
    }
    // A change from root takes the effective capabilities over files away (capabilities(7)); what is permitted stays.
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0) return -1;
    for (int word = 0; word < 2; word++) data[word].effective = data[word].permitted;
    return (int)syscall(SYS_capset, &header, data);
}
