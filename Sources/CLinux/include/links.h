// Network devices of the calling thread's network namespace.
#ifndef CLINUX_LINKS_H
#define CLINUX_LINKS_H

/// Takes a network device away (rtnetlink(7), RTM_DELLINK); -1 with errno, ENODEV where there is none of this name.
int varve_link_delete(const char *name);

/// Puts the calling thread into a network namespace (setns(2)).
int varve_network_enter(int namespace);

#endif
