#ifndef CRADOS_SHIM_H
#define CRADOS_SHIM_H

// A system library rather than a C target: SwiftPM compiles every C target of the root package, also where the trait
// RADOS is off and librados is not installed. Declarations only; what needs code is static inline.
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <rados/librados.h>
#include <resolv.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

// Where the parts of one read operation put their answers. One block of memory with a fixed address, because librados
// keeps the pointers until the callback has run.
typedef struct {
    uint64_t size;
    time_t modified;
    int stat_code;
    rados_omap_iter_t omap;
    unsigned char more;
    int omap_code;
    rados_xattrs_iter_t xattrs;
    int xattrs_code;
    size_t length;
    int data_code;
} crados_read_answer;

static inline void crados_read_op_stat(rados_read_op_t op, crados_read_answer *answer) {
    rados_read_op_stat(op, &answer->size, &answer->modified, &answer->stat_code);
}

static inline void crados_read_op_omap_page(
    rados_read_op_t op, const char *after, uint64_t limit, crados_read_answer *answer) {
    rados_read_op_omap_get_vals2(op, after, "", limit, &answer->omap, &answer->more, &answer->omap_code);
}

static inline void crados_read_op_omap_keys(
    rados_read_op_t op, char const *const *keys, size_t count, const size_t *lengths, crados_read_answer *answer) {
    rados_read_op_omap_get_vals_by_keys2(op, keys, count, lengths, &answer->omap, &answer->omap_code);
}

static inline void crados_read_op_xattrs(rados_read_op_t op, crados_read_answer *answer) {
    rados_read_op_getxattrs(op, &answer->xattrs, &answer->xattrs_code);
}

static inline void crados_read_op_data(
    rados_read_op_t op, uint64_t offset, size_t length, char *buffer, crados_read_answer *answer) {
    rados_read_op_read(op, offset, length, buffer, &answer->length, &answer->data_code);
}

// How many SRV records the DNS has of a name, searched for as librados does; if none, the negative of netdb.h's reason.
// No server is waited for longer than `seconds` at a time.
static inline int crados_count_services(const char *name, int seconds) {
    struct __res_state state;
    unsigned char answer[8192];
    memset(&state, 0, sizeof state);
    if (res_ninit(&state) < 0) return -NO_RECOVERY;
    if (state.retrans > seconds) state.retrans = seconds;
    int length = res_nsearch(&state, name, ns_c_in, ns_t_srv, answer, sizeof answer);
    int count = length < NS_HFIXEDSZ ? -state.res_h_errno : answer[6] << 8 | answer[7];
    res_nclose(&state);
    return count;
}

// A macro in librados.h that Swift does not import.
static inline const char *crados_all_namespaces(void) {
    return LIBRADOS_ALL_NSPACES;
}

#endif
