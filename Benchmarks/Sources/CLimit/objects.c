// Objects by their names: those of a pool, each read once; and prepared ones, each written once.
#include "engine.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char **names;
    uint64_t count, room;
    size_t data;
} objects;

static int add(objects *all, const char *name) {
    if (all->count == all->room) {
        all->room = all->room ? 2 * all->room : 1024;
        char **larger = realloc(all->names, all->room * sizeof *larger);
        if (!larger) return -ENOMEM;
        all->names = larger;
    }
    all->names[all->count] = strdup(name);
    return all->names[all->count++] ? 0 : -ENOMEM;
}

static void release(objects *all) {
    for (uint64_t i = 0; i < all->count; i++) free(all->names[i]);
    free(all->names);
}

static int enumerate(climit *limit, objects *all) {
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

static int name_object(slot *slot, const char *name) {
    if (strlen(name) >= sizeof slot->object) return -ENAMETOOLONG;
    strcpy(slot->object, name);
    return 0;
}

static int read_step(slot *slot, void *argument) {
    const objects *all = argument;
    if (slot->step > 0) return 0;
    const char *name = all->names[slot->item];
    int code = name_object(slot, name);
    if (code < 0) return code;
    slot->read = rados_create_read_op();
    if (strncmp(name, "blob:", 5) == 0) {
        // The size of a file is an xattr.
        rados_read_op_getxattrs(slot->read, &slot->xattrs, &slot->xattrs_code);
        if (all->data)
            rados_read_op_read(slot->read, 0, all->data, slot->buffer, &slot->length, &slot->data_code);
    } else {
        rados_read_op_omap_get_vals2(slot->read, NULL, NULL, 1024, &slot->omap, &slot->more, &slot->omap_code);
    }
    return climit_submit_read(slot);
}

int climit_survey(climit *limit, size_t data, int depth, uint64_t *found) {
    objects all = {.data = data};
    int code = enumerate(limit, &all);
    if (code >= 0) code = climit_run(limit, all.count, depth, data, read_step, &all);
    *found = all.count;
    release(&all);
    return code < 0 ? code : 0;
}

int climit_enumerate(climit *limit, uint64_t *found) {
    objects all = {0};
    int code = enumerate(limit, &all);
    *found = all.count;
    release(&all);
    return code;
}

int climit_read_objects(climit *limit, const char *names, uint64_t count, size_t data, int depth) {
    objects all = {.data = data};
    int code = 0;
    for (; all.count < count && code >= 0; names += strlen(names) + 1) code = add(&all, names);
    if (code >= 0) code = climit_run(limit, all.count, depth, data, read_step, &all);
    release(&all);
    return code < 0 ? code : 0;
}

// ---- Writing

typedef struct {
    const char *packed;
    const uint64_t *offsets;
} prepared;

static const char *take_text(const char **at) {
    const char *text = *at;
    *at += strlen(text) + 1;
    return text;
}

static uint32_t take_number(const char **at) {
    uint32_t number;
    memcpy(&number, *at, sizeof number);
    *at += sizeof number;
    return number;
}

static int write_step(slot *slot, void *argument) {
    const prepared *work = argument;
    if (slot->step > 0) return 0;
    const char *at = work->packed + work->offsets[slot->item];
    int code = name_object(slot, take_text(&at));
    if (code < 0) return code;
    slot->modified = take_number(&at);
    slot->write = rados_create_write_op();
    if (strncmp(slot->object, "blob:", 5) == 0) {
        uint32_t length = take_number(&at);
        climit_add_chunk_0(slot->write, at, length, length);
    } else {
        rados_write_op_create(slot->write, LIBRADOS_CREATE_IDEMPOTENT, NULL);
        for (uint32_t keys = take_number(&at); keys > 0; keys--) {
            const char *key = take_text(&at), *value = take_text(&at);
            climit_set_key(slot->write, key, value, strlen(value));
        }
    }
    return climit_submit_write(slot);
}

int climit_write_objects(climit *limit, const char *packed, const uint64_t *offsets, uint64_t count, int depth) {
    prepared work = {packed, offsets};
    return climit_run(limit, count, depth, 0, write_step, &work);
}
