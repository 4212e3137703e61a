// Programs of control groups, and the guardian of a frozen one.
#ifndef CLINUX_GROUPS_H
#define CLINUX_GROUPS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// One instruction as bpf(2) takes it (Documentation/bpf/standardization/instruction-set.rst).
struct varve_instruction {
    uint8_t code;
    /// The target register in the lower four bits, the source register in the upper.
    uint8_t registers;
    int16_t offset;
    int32_t immediate;
};

/// Loads a program of the type BPF_PROG_TYPE_CGROUP_DEVICE, close-on-exec. `log` takes what the verifier says, ended by a
/// NUL; it may be null. -1 with errno.
int varve_device_filter_load(const struct varve_instruction *program, size_t count, char *log, size_t log_size);

/// Has a loaded program asked before a process of the group, or of one below it, opens or makes a device. It stays as long
/// as the group does. -1 with errno.
int varve_device_filter_attach(int group, int program);

/// The number by which a loaded program is found as long as it is there. -1 with errno.
int varve_device_filter_id(int program, uint32_t *id);

/// Takes the program of that number off the group. -1 with errno, ENOENT where it is not there.
int varve_device_filter_detach(int group, uint32_t id);

/// A process that writes `text` to `file` when this one ends, however it ends.
struct varve_guardian {
    /// Borrowed: opened for writing.
    int file;
    /// Borrowed: it stays open until that is written.
    int lock;
    const char *text;
    size_t length;
    // What follows is the guardian's own.
    int alarm, release;
    int kept[3];
    void *stack;
    pid_t pid;
};

/// Starts it: a process in this one's memory, which holds no descriptor but these two and a pipe, and which no signal but KILL
/// ends. The structure and the text stay where they are as long as it is there. -1 with errno.
int varve_guardian_start(struct varve_guardian *guardian);

/// Ends it, without anything being written. -1 with errno.
int varve_guardian_dismiss(struct varve_guardian *guardian);

#endif
