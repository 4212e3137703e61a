// The way from one clone3(2) to execve(2), on a plan that is complete beforehand: the child allocates nothing,
// takes no lock and runs no Swift. docs/runtime.md lists the stages and says why they stand in this order.
#ifndef CLINUX_LAUNCH_H
#define CLINUX_LAUNCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Where a launch failed.
enum {
    VARVE_STAGE_CLONE = 1,
    VARVE_STAGE_NAMESPACE,
    VARVE_STAGE_ROOT,
    VARVE_STAGE_MOUNT,
    VARVE_STAGE_NETWORK,
    VARVE_STAGE_HOSTNAME,
    VARVE_STAGE_PIVOT,
    VARVE_STAGE_SESSION,
    VARVE_STAGE_STANDARD_STREAMS,
    VARVE_STAGE_DESCRIPTORS,
    VARVE_STAGE_LIMITS,
    VARVE_STAGE_DIRECTORY,
    VARVE_STAGE_PRIVILEGES,
    VARVE_STAGE_BOUNDING_SET,
    VARVE_STAGE_USER,
    VARVE_STAGE_CAPABILITIES,
    VARVE_STAGE_FILTER,
    VARVE_STAGE_SIGNALS,
    VARVE_STAGE_SUPERVISOR,
    VARVE_STAGE_STUB,
    VARVE_STAGE_EXEC,
};

/// What a mount step does at its target.
enum {
    /// Attaches the detached mount `descriptor`.
    VARVE_STEP_ATTACH = 1,
    /// Makes a filesystem of `type` with `options`, as it needs the new namespaces, and attaches it with `set`.
    VARVE_STEP_FILESYSTEM,
    /// Binds the target onto itself, so that the attributes of the mount around it no longer hold for it.
    VARVE_STEP_SELF,
    /// Binds the terminal onto the target.
    VARVE_STEP_TERMINAL,
    /// Sets and clears attributes of the mount at the target.
    VARVE_STEP_ATTRIBUTES,
    /// Hides a file behind the null device and a directory behind an empty one. A target that is not there is skipped.
    VARVE_STEP_MASK,
    /// Makes the target and all mounts below it read-only. A target that is not there is skipped.
    VARVE_STEP_READ_ONLY,
};

struct varve_step {
    int kind;
    int descriptor;
    /// Resolved with the new root as the root, whatever symlinks say.
    const char *target;
    const char *type;
    uint64_t set;
    uint64_t clear;
    /// Key and value by turns, a null value for a flag; a null key ends the list. May be null.
    const char *const *options;
};

struct varve_limit {
    int resource;
    uint64_t soft;
    uint64_t hard;
};

/// Bit n is capability number n (linux/capability.h).
struct varve_capabilities {
    uint64_t bounding, effective, permitted, inheritable, ambient;
};

struct varve_plan {
    /// CLONE_NEW* flags. CLONE_NEWNS must be among them.
    uint64_t namespaces;
    /// Directory of the cgroup that the process starts in, or -1.
    int cgroup;
    /// The detached mount that becomes the root.
    int root;
    const struct varve_step *steps;
    size_t step_count;
    /// Detached mounts of the null device and of an empty directory, or -1 where nothing is masked.
    int mask_file, mask_directory;
    /// Null to leave the names of the host.
    const char *hostname, *domainname;
    /// What becomes 0, 1 and 2: all of them 3 or greater.
    int streams[3];
    /// The container's side of its terminal, or -1. When given, it becomes the controlling terminal.
    int terminal;
    const struct varve_limit *limits;
    size_t limit_count;
    const char *directory;
    int no_new_privileges;
    struct varve_capabilities capabilities;
    /// The filter of system calls, `filter_length` of `struct sock_filter`; none where that is 0.
    const void *filter;
    uint16_t filter_length;
    /// SECCOMP_FILTER_FLAG_*.
    uint32_t filter_flags;
    uint32_t uid, gid;
    const uint32_t *groups;
    size_t group_count;
    uint32_t umask;
    /// What varve_stub_open() gave.
    int stub;
    /// First a word as long as there are candidates for the program, then the candidates, which are tried in order until
    /// one can be executed, then the program's arguments and a null.
    char *const *words;
    char *const *environment;
};

/// Why a launch failed. Travels over a pipe, smaller than PIPE_BUF so that it arrives whole. It may end before the
/// message, which is empty then.
struct varve_report {
    int32_t stage;
    int32_t error;
    /// Index into the plan's steps where the stage is VARVE_STAGE_MOUNT.
    uint32_t step;
    /// What the kernel said beside the error, or empty.
    char message[244];
};

/// A sealed file without a name that holds a small program: it executes the container's. Close-on-exec; -1 with errno.
int varve_stub_open(void);

/// Starts the process and returns when execve has succeeded: its pid here, and a close-on-exec descriptor in `pidfd`.
/// On failure -1 and `report`; no process is left behind. The plan's descriptors stay open here.
///
/// The process is killed when the calling *thread* ends.
pid_t varve_launch(const struct varve_plan *plan, int *pidfd, struct varve_report *report);

#endif
