#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

int varve_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int varve_statx(int directory, const char *path, int flags, unsigned int mask, struct statx *result) {
    return (int)syscall(SYS_statx, directory, path, flags, mask, result);
}

int64_t varve_filesystem_type(int descriptor) {
    struct statfs result;
    return fstatfs(descriptor, &result) < 0 ? -1 : (int64_t)result.f_type;
}

ssize_t varve_getdents64(int directory, void *buffer, size_t count) {
    return syscall(SYS_getdents64, directory, buffer, count);
}

int varve_renameat2(int old_directory, const char *old_path, int new_directory, const char *new_path, unsigned int flags) {
    return renameat2(old_directory, old_path, new_directory, new_path, flags);
}

// The same number on every architecture, and newer than Debian's headers.
#ifndef SYS_listxattrat
#define SYS_listxattrat 465
#endif

ssize_t varve_listxattrat(int directory, const char *path, char *list, size_t count) {
    return syscall(SYS_listxattrat, directory, path, AT_SYMLINK_NOFOLLOW, list, count);
}

int varve_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}

int varve_memory_file(const char *label) {
    return memfd_create(label, MFD_CLOEXEC);
}

int varve_syncfs(int descriptor) {
    return syncfs(descriptor);
}

ssize_t varve_copy_file_range(int source, off_t *source_offset, int target, off_t *target_offset, size_t count) {
    return copy_file_range(source, source_offset, target, target_offset, count, 0);
}

const char *varve_strerror(int error, char *buffer, size_t count) {
    return strerror_r(error, buffer, count);
}

dev_t varve_makedev(unsigned int major, unsigned int minor) {
    return makedev(major, minor);
}
