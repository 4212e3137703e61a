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
    VARVE_STAGE_CONTROL_GROUP,
    VARVE_STAGE_JOIN,
    VARVE_STAGE_HAND_OVER,
    VARVE_STAGE_USER_NAMESPACE,
    VARVE_STAGE_OOM_SCORE,
    VARVE_STAGE_SCHEDULER,
    VARVE_STAGE_IO_PRIORITY,
    VARVE_STAGE_SYSCTL,
    VARVE_STAGE_PROPAGATION,
    VARVE_STAGE_PERSONALITY,
    VARVE_STAGE_LABEL,
    VARVE_STAGE_HOOK,
    /// The process died before it could say why.
    VARVE_STAGE_DIED,

    // No failures: what the process tells on its way.

    /// Waits for an answer: its namespaces and mounts are there, and its root is not yet entered.
    VARVE_TELLS_PREPARED = 64,
    /// Ends: the process numbered `detail`, a child of the same parent, carries on in its place.
    VARVE_TELLS_SUCCESSOR,
    /// Everything is set up and the program can be executed: waits at the gate.
    VARVE_TELLS_READY,
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
    /// Hides a file behind the null device and a directory behind an empty one. A target that is not there is skipped: in a
    /// mount that was made for it, nobody but the kernel can have taken it away.
    VARVE_STEP_MASK,
    /// Makes the target and all mounts below it read-only. The same of one that is not there.
    VARVE_STEP_READ_ONLY,
};

/// The stub's letters.
enum {
    /// Asks whether the program can be executed, then waits at the gate.
    VARVE_STUB_WAITS = 'w',
    /// Goes on as a child of its parent, so that it is in the pid namespace that was joined.
    VARVE_STUB_HANDS_OVER = 'h',
    /// Then: makes standard input the controlling terminal, and is killed when the calling thread ends.
    VARVE_STUB_TAKES_TERMINAL = 't',
    VARVE_STUB_IS_TIED = 'k',
    /// Is an init, and the program its child.
    VARVE_STUB_IS_INIT = 'i',
};

struct varve_step {
    int kind;
    int descriptor;
    /// The step whose mount the target is in, -1 for the root.
    int around;
    /// Where the target is from there; empty for the mount itself.
    const char *target;
    /// Whether the caller has seen to it that no symlink is on the way. If not, and there is one, `path` is resolved, with the
    /// new root as the root whatever symlinks say.
    int is_plain;
    const char *path;
    const char *type;
    uint64_t set;
    uint64_t clear;
    /// MS_SHARED and so on for the mount when it is in its place, 0 to leave it.
    uint64_t propagation;
    int is_recursive;
    /// Key and value by turns, a null value for a flag; a null key ends the list. May be null.
    const char *const *options;
};

/// Something by name that is set to a text.
struct varve_setting {
    const char *name;
    const char *value;
};

/// A namespace that is there already: a descriptor of its file and its CLONE_NEW* flag.
struct varve_namespace {
    int descriptor;
    int flag;
};

/// A program of the host that is run in the container's namespaces before its root is entered.
struct varve_hook {
    const char *path;
    char *const *words;
    char *const *environment;
    /// -1 for any time.
    int milliseconds;
};

/// A struct sched_attr (sched_setattr(2)), of which glibc's and the kernel's headers have one each.
struct varve_scheduler {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

/// Who goes first, at the processors and at the disks.
struct varve_priorities {
    /// Written to /proc/PID/oom_score_adj; null leaves the caller's.
    const char *oom_score_adjustment;
    /// Null leaves the caller's.
    const struct varve_scheduler *scheduler;
    /// What ioprio_set(2) takes; negative leaves the caller's.
    int io_priority;
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
    /// CLONE_NEW* flags of the namespaces of the process behind `target`, a pidfd, that are joined instead; the pid
    /// namespace may be among them. Nothing is mounted or named then, and `root` is not used.
    uint64_t joined;
    int target;
    /// A user namespace to enter before the others are made, or -1. Its root is who makes the container.
    int user_namespace;
    /// Namespaces by file, joined with the caller's rights.
    const struct varve_namespace *namespace_files;
    size_t namespace_file_count;
    /// A pid namespace by file, which a successor of the process is in at the end; -1 for none.
    int pid_namespace;
    struct varve_priorities priorities;
    /// Kernel parameters, by their path below /proc/sys.
    const struct varve_setting *parameters;
    size_t parameter_count;
    /// MS_SHARED and so on for the root mount, 0 to leave it private.
    uint64_t root_propagation;
    /// Whether the old root is really left, and not only hidden by chroot(2).
    int pivots;
    /// Programs that find what is in `hook_input`, an open file, on their standard input.
    const struct varve_hook *hooks;
    size_t hook_count;
    int hook_input;
    /// personality(2); negative leaves the caller's.
    int64_t personality;
    /// A file below /proc/thread-self/attr and what is written to it, one after the other, for the program; the value null
    /// for nothing.
    struct varve_setting labels[2];
    /// Directory of the cgroup (version 2) that the process starts in, or -1.
    int cgroup;
    /// The `cgroup.procs` files of further groups (version 1), open for writing.
    const int *cgroup_files;
    size_t cgroup_file_count;
    /// The detached mount that becomes the root.
    int root;
    /// Whether VARVE_TELLS_PREPARED is told.
    int asks;
    const struct varve_step *steps;
    size_t step_count;
    /// For the process to write to: the mount of each step that attaches one.
    int *mounts;
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
    /// What becomes 3, 4 and so on: each at least varve_descriptor_floor().
    const int *passed;
    size_t passed_count;
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
    /// Whether the process is killed when the calling *thread* ends.
    int is_tied;
    /// Whether the caller's session keyring comes along.
    int keeps_keyring;
    /// What is read from, one byte, before the program is executed; -1 for no waiting.
    int gate;
    /// What varve_stub_open() gave.
    int stub;
    /// What the stub is told: letters, a word as long as there are candidates for the program, a word as long as there are
    /// descriptors to pass, then the candidates, which are tried in order until one can be executed, then the program's
    /// arguments and a null.
    char *const *words;
    char *const *environment;
};

/// Why a launch failed, or what the process tells. Travels over a pipe, smaller than PIPE_BUF so that it arrives whole.
/// It may end before the message, which is empty then.
struct varve_report {
    int32_t stage;
    int32_t error;
    /// Index into what the stage goes by: steps, namespace files, parameters, labels, hooks; a pid where it is VARVE_TELLS_SUCCESSOR.
    uint32_t detail;
    /// What the kernel said beside the error, or empty.
    char message[244];
};

/// A process on its way to execve.
struct varve_launch {
    pid_t pid;
    /// Close-on-exec.
    int pidfd;
    /// Where reports come from, and where answers go to (-1 where nothing is asked).
    int reports, answers;
    /// What is still to come, in this order, so that an end of the reports is no success: VARVE_TELLS_SUCCESSOR until only the
    /// last ones are left, VARVE_TELLS_PREPARED where `is_asked`, the last VARVE_TELLS_SUCCESSOR, VARVE_TELLS_READY where
    /// `has_gate`.
    int successors, is_asked, last_successors, has_gate;
};

/// What the numbers of a plan's descriptors start at, where it passes `passed_count`.
int varve_descriptor_floor(size_t passed_count);

/// A sealed file without a name that holds a small program: it executes the container's. Close-on-exec; -1 with errno.
int varve_stub_open(void);

/// Starts the process. The plan's descriptors stay open here. On failure -1 and `report`; no process is left behind.
int varve_launch_begin(const struct varve_plan *plan, struct varve_launch *launch, struct varve_report *report);

/// Waits until the process has got further: 0 when it executes the program or waits at its gate, and `launch` holds nothing
/// more than pid and pidfd; 1 when it waits for varve_launch_answer(), and `report` says at what; -1 when it has failed, and
/// no process is left behind.
int varve_launch_next(struct varve_launch *launch, struct varve_report *report);

/// Lets the process go on. One that has died by now is found by varve_launch_next().
void varve_launch_answer(struct varve_launch *launch);

/// Kills and reaps the process.
void varve_launch_abandon(struct varve_launch *launch);

#endif
