// All objects of the pool, each read once: what nobody can do without who wants to know what they are for.
#include "engine.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char **names;
    uint64_t count, room;
} names;

static int add(names *all, const char *name) {
    if (all->count == all->room) {
        all->room = all->room ? 2 * all->room : 1024;
        char **larger = realloc(all->names, all->room * sizeof *larger);
        if (!larger) return -ENOMEM;
        all->names = larger;
    }
    all->names[all->count] = strdup(name);
    return all->names[all->count++] ? 0 : -ENOMEM;
}

static int enumerate(climit *limit, names *all) {
    rados_list_ctx_t list;
    const char *name;
    int code = rados_nobjects_list_open(limit->io, &list);
    if (code < 0) return code;
    while ((code = rados_nobjects_list_next(list, &name, NULL, NULL)) == 0) {
        if ((code = add(all, name)) < 0) break;
    }
    rados_nobjects_list_close(list);
    return code == -ENOENT ? 0 : code;
}

static int survey_step(slot *slot, void *argument) {
    const names *all = argument;
    if (slot->step > 0) return 0;
    const char *name = all->names[slot->item];
    if (strlen(name) >= sizeof slot->object) return -ENAMETOOLONG;
    strcpy(slot->object, name);
    slot->read = rados_create_read_op();
    if (strncmp(name, "blob:", 5) == 0) {
        // The size of a file is an xattr.
        rados_read_op_getxattrs(slot->read, &slot->xattrs, &slot->xattrs_code);
    } else {
        rados_read_op_omap_get_vals2(slot->read, NULL, NULL, 1024, &slot->omap, &slot->more, &slot->omap_code);
    }
    return climit_submit_read(slot);
}

int climit_survey(climit *limit, int depth, uint64_t *objects) {
    names all = {0};
    int code = enumerate(limit, &all);
    if (code >= 0) code = climit_run(limit, all.count, depth, 0, survey_step, &all);
    *objects = all.count;
    for (uint64_t i = 0; i < all.count; i++) free(all.names[i]);
    free(all.names);
    return code < 0 ? code : 0;
}
