#include <git2.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>
#include <git2/sys/refdb_backend.h>
#include <git2/sys/mempack.h>
#include <git2/sys/hashsig.h>
#include <git2/sys/commit_graph.h>
