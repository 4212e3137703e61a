#define _GNU_SOURCE
#include "CLinux.h"

#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(sizeof(struct varve_instruction) == sizeof(struct bpf_insn), "an instruction has eight bytes");

int varve_device_filter_load(const struct varve_instruction *program, size_t count, char *log, size_t log_size) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attributes.insns = (uint64_t)(uintptr_t)program;
    attributes.insn_cnt = (uint32_t)count;
    // It calls none of the functions that a licence is asked for.
    attributes.license = (uint64_t)(uintptr_t)"Apache-2.0";
    if (log) {
        attributes.log_buf = (uint64_t)(uintptr_t)log;
        attributes.log_size = (uint32_t)log_size;
        attributes.log_level = 1;
    }
    strcpy(attributes.prog_name, "varve_devices");
    return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes);
}

int varve_device_filter_attach(int group, int program) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.target_fd = (uint32_t)group;
    attributes.attach_bpf_fd = (uint32_t)program;
    attributes.attach_type = BPF_CGROUP_DEVICE;
    // What the groups above say holds too.
    attributes.attach_flags = BPF_F_ALLOW_MULTI;
    return (int)syscall(SYS_bpf, BPF_PROG_ATTACH, &attributes, sizeof attributes);
}
