#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
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

/// A process that lives until `*life` is closed, by whom and for whatever reason: in a new user namespace, or in one that is
/// there. -1 with errno.
static pid_t hold_namespace(int user_namespace, int *life) {
    int ends[2], ready[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    if (pipe2(ready, O_CLOEXEC) < 0) {
        close(ends[0]);
        close(ends[1]);
        return -1;
    }
    struct clone_args arguments = {
        .flags = (user_namespace < 0 ? CLONE_NEWUSER : 0) | CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) {
        close(ends[1]);
        // Who is in that namespace already may not look into this process: it is a copy of the caller.
        if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) _exit(1);
        int error = user_namespace >= 0 && setns(user_namespace, CLONE_NEWUSER) < 0 ? errno : 0;
        if (write(ready[1], &error, sizeof error) != sizeof error) _exit(1);
        char byte;
        while (read(ends[0], &byte, 1) < 0 && errno == EINTR) continue;
        _exit(0);
    }
    int error = errno;
    close(ends[0]);
    close(ready[1]);
    if (pid > 0 && read(ready[0], &error, sizeof error) != sizeof error) error = ECHILD;
    close(ready[0]);
    *life = ends[1];
    if (pid > 0 && error == 0) return pid;
    close(ends[1]);
    if (pid > 0) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
    }
    errno = error;
    return -1;
}

static void let_go(pid_t pid, int life) {
    int error = errno;
    close(life);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
    errno = error;
}

int varve_user_namespace(const char *users, const char *groups) {
    int life;
    pid_t pid = hold_namespace(-1, &life);
    if (pid < 0) return -1;
    int result = open_namespace(pid, users, groups);
    let_go(pid, life);
    return result;
}

static int read_map(pid_t pid, const char *name, char *map, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t count = read(file, map, size - 1);
    int error = errno;
    close(file);
    errno = error;
    if (count >= 0) map[count] = 0;
    return count < 0 ? -1 : 0;
}

int varve_user_maps(int user_namespace, char *users, char *groups, size_t size) {
    int life;
    pid_t pid = hold_namespace(user_namespace, &life);
    if (pid < 0) return -1;
    int result = read_map(pid, "uid_map", users, size) < 0 ? -1 : read_map(pid, "gid_map", groups, size);
    let_go(pid, life);
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
