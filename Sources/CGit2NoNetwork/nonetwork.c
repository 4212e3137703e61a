#include "CGit2NoNetwork.h"

#include <git2.h>

int varve_git2_start(void) {
    int code = git_libgit2_init();
    if (code < 0) return code;
    // The user's git configuration has no say in what varve does.
    static const int levels[] = {
        GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_PROGRAMDATA};
    for (unsigned i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        code = git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
        if (code < 0) return code;
    }
    // Refs and reflogs are flushed with their directories before a call that moves one returns.
    code = git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    if (code < 0) return code;
    // Hashing what is read costs 1 s for each 350 MB; zlib's checksum guards reads as in git, and fsck hashes.
    code = git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
    if (code < 0) return code;
    // The repository is the one that was named; nothing in it is ever run.
    return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
}
