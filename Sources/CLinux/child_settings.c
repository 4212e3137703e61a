#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/// ioprio_set(2); glibc has neither the call nor the number.
enum { WHO_PROCESS = 1 };

/// Writes a text to a file of the host's /proc; -1 with errno.
static int write_text(int directory, const char *path, const char *text) {
    int file = varve_openat2(directory, path, O_WRONLY | O_CLOEXEC, 0, 0);
    if (file < 0) return -1;
    ssize_t count = write(file, text, strlen(text));
    int error = errno;
    close(file);
    errno = error;
    return count < 0 ? -1 : 0;
}

/// Raising a hard limit takes a right outside of the container, lowering one takes none: what is lowered is lowered later.
static void raise_hard_limits(const struct varve_plan *plan, int status) {
    for (size_t i = 0; i < plan->limit_count; i++) {
        const struct varve_limit *limit = &plan->limits[i];
        struct rlimit value;
        if (getrlimit((__rlimit_resource_t)limit->resource, &value) < 0) varve_child_fail(status, VARVE_STAGE_LIMITS);
        if (limit->hard <= value.rlim_max) continue;
        value.rlim_max = limit->hard;
        if (setrlimit((__rlimit_resource_t)limit->resource, &value) < 0) varve_child_fail(status, VARVE_STAGE_LIMITS);
    }
}

void varve_child_take_priorities(const struct varve_plan *plan, int status) {
    const struct varve_priorities *priorities = &plan->priorities;
    const char *score = priorities->oom_score_adjustment;
    if (score && write_text(AT_FDCWD, "/proc/thread-self/oom_score_adj", score) < 0)
        varve_child_fail(status, VARVE_STAGE_OOM_SCORE);
    if (priorities->scheduler && syscall(SYS_sched_setattr, 0, priorities->scheduler, 0) < 0)
        varve_child_fail(status, VARVE_STAGE_SCHEDULER);
    if (priorities->io_priority >= 0 && syscall(SYS_ioprio_set, WHO_PROCESS, 0, priorities->io_priority) < 0)
        varve_child_fail(status, VARVE_STAGE_IO_PRIORITY);
    raise_hard_limits(plan, status);
}

void varve_child_set_parameters(const struct varve_plan *plan, int status) {
    if (plan->parameter_count == 0) return;
    // Each file there shows the namespace of who opens it.
    int directory = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) varve_child_fail_at(status, VARVE_STAGE_SYSCTL, 0);
    for (size_t i = 0; i < plan->parameter_count; i++) {
        if (write_text(directory, plan->parameters[i].name, plan->parameters[i].value) < 0)
            varve_child_fail_at(status, VARVE_STAGE_SYSCTL, i);
    }
    close(directory);
}

void varve_child_label(const struct varve_plan *plan, int status) {
    if (plan->personality >= 0 && personality((unsigned long)plan->personality) < 0)
        varve_child_fail(status, VARVE_STAGE_PERSONALITY);
    int directory = -1;
    for (size_t i = 0; i < sizeof plan->labels / sizeof *plan->labels; i++) {
        const struct varve_setting *label = &plan->labels[i];
        if (!label->value) continue;
        if (directory < 0) directory = open("/proc/thread-self/attr", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0 || write_text(directory, label->name, label->value) < 0)
            varve_child_fail_at(status, VARVE_STAGE_LABEL, i);
    }
    if (directory >= 0) close(directory);
}
