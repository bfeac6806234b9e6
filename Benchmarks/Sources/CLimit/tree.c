#include "engine.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Keys and values of a directory, all of them.
typedef struct {
    char **keys, **values;
    size_t *key_lengths, *lengths;
    uint64_t count, room;
} entries;

static void release(entries *all) {
    for (uint64_t i = 0; i < all->count; i++) {
        free(all->keys[i]);
        free(all->values[i]);
    }
    free(all->keys);
    free(all->values);
    free(all->key_lengths);
    free(all->lengths);
}

static char *copy(const char *bytes, size_t length) {
    char *text = malloc(length + 1);
    if (text) {
        memcpy(text, bytes, length);
        text[length] = 0;
    }
    return text;
}

static int append(entries *all, const char *key, size_t key_length, const char *value, size_t length) {
    if (all->count == all->room) {
        all->room = all->room ? all->room * 2 : 64;
        all->keys = realloc(all->keys, all->room * sizeof *all->keys);
        all->values = realloc(all->values, all->room * sizeof *all->values);
        all->key_lengths = realloc(all->key_lengths, all->room * sizeof *all->key_lengths);
        all->lengths = realloc(all->lengths, all->room * sizeof *all->lengths);
        if (!all->keys || !all->values || !all->key_lengths || !all->lengths) return -ENOMEM;
    }
    all->keys[all->count] = copy(key, key_length);
    all->values[all->count] = copy(value, length);
    all->key_lengths[all->count] = key_length;
    all->lengths[all->count] = length;
    all->count += 1;
    return all->keys[all->count - 1] && all->values[all->count - 1] ? 0 : -ENOMEM;
}

// Adds what a page holds.
static int take_page(rados_omap_iter_t omap, entries *all) {
    char *key, *value;
    size_t key_length, length;
    for (;;) {
        int code = rados_omap_get_next2(omap, &key, &value, &key_length, &length);
        if (code < 0 || !key) return code;
        code = append(all, key, key_length, value, length);
        if (code < 0) return code;
    }
}

static int list(climit *limit, const char *directory, entries *all) {
    unsigned char more = 1;
    int code = 0;
    while (more && code >= 0) {
        rados_omap_iter_t omap = NULL;
        int omap_code = 0;
        rados_read_op_t op = rados_create_read_op();
        rados_read_op_omap_get_vals2(
            op, all->count ? all->keys[all->count - 1] : "", "", 1024, &omap, &more, &omap_code);
        code = climit_read_now(limit, op, directory);
        if (code >= 0) code = take_page(omap, all);
        if (omap) rados_omap_get_end(omap);
    }
    return code;
}

int climit_list(climit *limit, const char *directory, uint64_t *found) {
    entries all = {0};
    int code = list(limit, directory, &all);
    *found = all.count;
    release(&all);
    return code < 0 ? code : 0;
}

// ---- Walking: a run whose items are the directories that are known so far, taken in turn.

typedef struct {
    char **pending;
    uint64_t known, room;
    uint64_t entries;
} walk;

static int know(walk *work, const char *directory, const char *name) {
    if (work->known == work->room) {
        work->room = work->room ? work->room * 2 : 1024;
        work->pending = realloc(work->pending, work->room * sizeof *work->pending);
        if (!work->pending) return -ENOMEM;
    }
    size_t length = strlen(directory) + strlen(name) + 2;
    char *path = malloc(length);
    if (!path) return -ENOMEM;
    snprintf(path, length, "%s/%s", directory, name);
    work->pending[work->known++] = path;
    return 0;
}

// Directories of more than a page are listed to their end before the slot takes the next one.
static int walk_step(slot *slot, void *argument) {
    walk *work = argument;
    entries page = {0};
    int code = 0;
    if (slot->step == 0) {
        snprintf(slot->object, sizeof slot->object, "%s", work->pending[slot->item]);
    } else {
        code = take_page(slot->omap, &page);
        work->entries += page.count;
        for (uint64_t i = 0; i < page.count && code >= 0; i++)
            if (page.lengths[i] == 0) code = know(work, slot->object, page.keys[i]);
        climit_clear(slot);
        if (code < 0 || !slot->more) {
            release(&page);
            return code;
        }
    }
    slot->read = rados_create_read_op();
    rados_read_op_omap_get_vals2(
        slot->read, page.count ? page.keys[page.count - 1] : "", "", 1024, &slot->omap, &slot->more, &slot->omap_code);
    release(&page);
    return climit_submit_read(slot);
}

int climit_walk(climit *limit, const char *directory, int depth, uint64_t *found) {
    walk work = {0};
    int code = know(&work, directory, "");
    // The one without a slash at its end.
    if (code == 0) work.pending[0][strlen(directory)] = 0;
    if (code == 0) code = climit_run_growing(limit, &work.known, depth, 0, walk_step, &work);
    for (uint64_t i = 0; i < work.known; i++) free(work.pending[i]);
    free(work.pending);
    *found = work.entries;
    return code;
}

// ---- Moving and unlinking

int climit_move(climit *limit, const char *source, const char *destination, const char *name) {
    char blob[48];
    rados_omap_iter_t omap = NULL;
    int omap_code = 0;
    size_t length = strlen(name);
    rados_read_op_t ask = rados_create_read_op();
    rados_read_op_omap_get_vals_by_keys2(ask, &name, 1, &length, &omap, &omap_code);
    int code = climit_read_now(limit, ask, source);
    if (code >= 0) code = climit_take_blob(omap, blob);
    if (omap) rados_omap_get_end(omap);
    if (code < 0) return code;
    rados_write_op_t op = rados_create_write_op();
    climit_set_key(op, name, blob, 41);
    code = climit_write_now(limit, op, destination);
    if (code < 0) return code;
    op = rados_create_write_op();
    climit_remove_key(op, name);
    return climit_write_now(limit, op, source);
}

typedef struct {
    const char *source, *destination;
    const entries *all;
    uint32_t batch;
} transfer;

static uint64_t first_key(const slot *slot, const transfer *work, size_t *count) {
    uint64_t first = slot->item * work->batch;
    *count = work->all->count - first < work->batch ? (size_t)(work->all->count - first) : work->batch;
    return first;
}

static int transfer_step(slot *slot, void *argument) {
    const transfer *work = argument;
    size_t count;
    uint64_t first = first_key(slot, work, &count);
    const entries *all = work->all;
    int step = slot->step + (work->destination ? 0 : 1);
    if (step > 1) return 0;
    climit_clear(slot);
    slot->write = rados_create_write_op();
    snprintf(slot->object, sizeof slot->object, "%s", step == 0 ? work->destination : work->source);
    if (step == 0)
        rados_write_op_omap_set2(
            slot->write, (const char *const *)all->keys + first, (const char *const *)all->values + first,
            all->key_lengths + first, all->lengths + first, count);
    else
        rados_write_op_omap_rm_keys2(
            slot->write, (const char *const *)all->keys + first, all->key_lengths + first, count);
    return climit_submit_write(slot);
}

static void name_child(char path[2048], const char *parent, const char *name) {
    snprintf(path, 2048, "%s/%s", parent, name);
}

// Removes a directory that is empty now, and its key.
static int remove_directory(climit *limit, const char *parent, const char *name) {
    char path[2048];
    name_child(path, parent, name);
    rados_write_op_t op = rados_create_write_op();
    rados_write_op_remove(op);
    int code = climit_write_now(limit, op, path);
    if (code < 0) return code;
    op = rados_create_write_op();
    climit_remove_key(op, name);
    return climit_write_now(limit, op, parent);
}

static int transfer_all(
    climit *limit, const char *parent, const char *source, const char *destination, uint32_t batch, int depth) {
    char from[2048], to[2048];
    entries all = {0};
    name_child(from, parent, source);
    if (destination) name_child(to, parent, destination);
    int code = list(limit, from, &all);
    transfer work = {from, destination ? to : NULL, &all, batch};
    if (code >= 0) code = climit_run(limit, (all.count + batch - 1) / batch, depth, 0, transfer_step, &work);
    if (code >= 0 && destination) {
        rados_write_op_t op = rados_create_write_op();
        climit_set_key(op, destination, "", 0);
        code = climit_write_now(limit, op, parent);
    }
    if (code >= 0) code = remove_directory(limit, parent, source);
    release(&all);
    return code < 0 ? code : 0;
}

int climit_move_all(
    climit *limit, const char *parent, const char *source, const char *destination, uint32_t batch, int depth) {
    return transfer_all(limit, parent, source, destination, batch, depth);
}

int climit_unlink_all(climit *limit, const char *parent, const char *name, uint32_t batch, int depth) {
    return transfer_all(limit, parent, name, NULL, batch, depth);
}

// ---- Preparing

int climit_make_directory(climit *limit, const char *path) {
    char object[2048];
    rados_write_op_t op = rados_create_write_op();
    rados_write_op_create(op, LIBRADOS_CREATE_IDEMPOTENT, NULL);
    int code = climit_write_now(limit, op, path);
    snprintf(object, sizeof object, "%s", path);
    for (char *slash = strrchr(object, '/'); slash && code >= 0; slash = strrchr(object, '/')) {
        const char *name = slash + 1;
        op = rados_create_write_op();
        climit_set_key(op, name, "", 0);
        if (slash == object) {
            // The root points at itself.
            climit_set_key(op, "/", "", 0);
            return climit_write_now(limit, op, "/");
        }
        *slash = 0;
        code = climit_write_now(limit, op, object);
    }
    return code;
}

typedef struct {
    const char *directory;
    uint32_t leaves;
} tree;

static int leaf_step(slot *slot, void *argument) {
    const tree *work = argument;
    char blob[48] = "blob:";
    if (slot->step > 0) return 0;
    climit_identifier(blob + 5, UINT32_MAX, slot->item);
    snprintf(
        slot->object, sizeof slot->object, "%s/d%llu/e%llu", work->directory,
        (unsigned long long)(slot->item / work->leaves), (unsigned long long)(slot->item % work->leaves));
    slot->write = rados_create_write_op();
    climit_set_key(slot->write, "link", blob, 41);
    return climit_submit_write(slot);
}

int climit_make_tree(climit *limit, const char *directory, uint32_t width, uint32_t leaves, int depth) {
    char name[24], path[2048];
    int code = climit_make_directory(limit, directory);
    for (uint32_t i = 0; i < width && code >= 0; i++) {
        snprintf(path, sizeof path, "%s/d%u", directory, i);
        rados_write_op_t op = rados_create_write_op();
        for (uint32_t j = 0; j < leaves; j++) {
            snprintf(name, sizeof name, "e%u", j);
            climit_set_key(op, name, "", 0);
        }
        code = climit_write_now(limit, op, path);
        if (code < 0) return code;
        op = rados_create_write_op();
        snprintf(name, sizeof name, "d%u", i);
        climit_set_key(op, name, "", 0);
        code = climit_write_now(limit, op, directory);
    }
    tree work = {directory, leaves};
    return code < 0 ? code : climit_run(limit, (uint64_t)width * leaves, depth, 0, leaf_step, &work);
}
