// Going on as another process, and as another program.
#ifndef CLINUX_DETACH_H
#define CLINUX_DETACH_H

#include <stddef.h>
#include <sys/types.h>

/// fork(2), which Swift's importer hides: only for a process with one thread. 0 in the new one; -1 with errno.
pid_t varve_fork(void);

/// Executes the file that `program` is open on with the descriptors `given` as 3, 4 and so on, -1 leaving one out; 0, 1 and 2
/// become the null device, all others are closed, and `/` is the working directory. Returns only on failure, with errno, and
/// then with descriptors below 19 laid over: all that is left to do is to end.
/// @param count of `given`, at most 16.
void varve_become(int program, char *const *words, char *const *environment, const int *given, size_t count);

/// As varve_become() in a new process and session, which nobody is to wait for while the caller lives; returns when the program is being executed.
/// -1 with errno.
int varve_spawn(int program, char *const *words, char *const *environment, const int *given, size_t count);

/// Waits for a child of this process and reaps it: as varve_pidfd_wait(), by its number.
int varve_wait(pid_t child);

/// Starts a session without a terminal (setsid(2)). -1 with errno.
int varve_start_session(void);

#endif
