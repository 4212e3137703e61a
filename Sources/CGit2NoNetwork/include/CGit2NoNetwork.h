// How varve starts libgit2: without its network transports, which varve never uses.
#ifndef CGIT2NONETWORK_H
#define CGIT2NONETWORK_H

/// git_libgit2_init() with varve's process-wide options. Returns 0, or libgit2's negative error code.
/// Call it once.
int varve_git2_start(void);

#endif
