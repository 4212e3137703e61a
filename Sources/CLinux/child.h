// Inside CLinux: what runs in the new process.
#ifndef CLINUX_CHILD_H
#define CLINUX_CHILD_H

#include "CLinux.h"

/// The last places of the descriptors: the standard streams, those that are passed, then those of the stub's own, in this
/// order. What is behind is closed.
enum {
    VARVE_FIRST_PASSED = 3,
    VARVE_REPORT_PLACE = 0,
    VARVE_STUB_PLACE,
    VARVE_GATE_PLACE,
    VARVE_OWN_DESCRIPTORS,
};

/// Carries out the plan and executes the program by way of its stub, or reports to `status` and exits.
/// @param answers where to read what the caller says to a VARVE_TELLS_PREPARED; -1 where the plan does not ask.
_Noreturn void varve_child(const struct varve_plan *plan, int status, int answers);

/// Tells what is no failure.
void varve_child_tell(int status, int stage, uint32_t detail);

/// Reports `errno` and exits.
_Noreturn void varve_child_fail(int status, int stage);

/// Reports `errno` and which of several it was, and exits.
_Noreturn void varve_child_fail_at(int status, int stage, size_t index);

/// Reports `errno`, the step and the context's own message (-1 for none), and exits.
_Noreturn void varve_child_fail_mount(int status, size_t step, int context);

/// Carries out all mount steps below the attached root.
void varve_child_mounts(const struct varve_plan *plan, int status);

/// Installs the filter of system calls, if there is one.
void varve_child_filter(const struct varve_plan *plan, int status);

/// Whether the stub goes on as a child of its parent, which is then in the pid namespace that is joined.
int varve_child_hands_over(const struct varve_plan *plan);

/// Nobody in the container may look at this process: until it executes something its program is the caller's own. To be
/// called again whenever its user or capabilities have changed.
void varve_child_hide(int status);

/// Joins the namespaces of the plan's target.
void varve_child_join(const struct varve_plan *plan, int status);

/// Joins the namespaces that the plan has files of, and enters its user namespace as root. What returns then is a successor
/// of the process that called, with the new namespaces.
void varve_child_enter_namespaces(const struct varve_plan *plan, int status);

/// What takes rights outside of the container: the out-of-memory score, priorities, and the hard limits.
void varve_child_take_priorities(const struct varve_plan *plan, int status);

/// Sets kernel parameters of the namespaces.
void varve_child_set_parameters(const struct varve_plan *plan, int status);

/// Runs the plan's hooks to their end, one after the other.
void varve_child_run_hooks(const struct varve_plan *plan, int status);

/// The execution domain, and the security modules' labels for the program.
void varve_child_label(const struct varve_plan *plan, int status);

/// Puts the descriptors in their places, and returns the one that reports go to from now on.
int varve_child_take_descriptors(const struct varve_plan *plan, int status);

/// A session of its own, with the terminal where there is one, and no keyring of the caller's.
void varve_child_start_session(const struct varve_plan *plan, int status);

/// Enters the working directory, resets signals, and executes the stub.
/// @param status what varve_child_take_descriptors() gave.
_Noreturn void varve_child_execute(const struct varve_plan *plan, int status);

/// Gives up what the process may not have: limits, user, capabilities.
void varve_child_confine(const struct varve_plan *plan, int status);

#endif
