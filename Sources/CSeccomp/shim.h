#include <seccomp.h>

// Macros with arguments, and values that are made of others, are not seen by Swift's importer.
static const unsigned int varve_action_trap = SCMP_ACT_TRAP;

static inline unsigned int varve_action_errno(unsigned int error) { return SCMP_ACT_ERRNO(error); }
static inline unsigned int varve_action_trace(unsigned int message) { return SCMP_ACT_TRACE(message); }
