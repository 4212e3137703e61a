// Inside CLinux: what runs in the new process.
#ifndef CLINUX_CHILD_H
#define CLINUX_CHILD_H

#include "CLinux.h"

/// Where the report goes once the standard streams are in place.
enum { VARVE_REPORT = 3 };

/// Carries out the plan and executes the program by way of its stub, or reports to `status` and exits.
_Noreturn void varve_child(const struct varve_plan *plan, int status);

/// Reports `errno` and exits.
_Noreturn void varve_child_fail(int status, int stage);

/// Reports `errno`, the step and the context's own message (-1 for none), and exits.
_Noreturn void varve_child_fail_mount(int status, size_t step, int context);

/// Carries out all mount steps below the attached root.
void varve_child_mounts(const struct varve_plan *plan, int status);

/// Installs the filter of system calls, if there is one.
void varve_child_filter(const struct varve_plan *plan, int status);

/// Gives up what the process may not have: limits, user, capabilities.
void varve_child_confine(const struct varve_plan *plan, int status);

#endif
