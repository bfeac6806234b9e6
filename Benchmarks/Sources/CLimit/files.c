#include "engine.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- Many small files

typedef struct {
    const char *directory;
    uint32_t directories, series;
    size_t size;
} small;

void climit_add_chunk_0(rados_write_op_t op, const char *data, size_t length, uint64_t size) {
    char bytes[10];
    climit_size(bytes, size);
    rados_write_op_write_full(op, data, length);
    rados_write_op_setxattr(op, "total-size", bytes, sizeof bytes);
}

static void name_blob(char blob[48], uint32_t series, uint64_t number) {
    memcpy(blob, "blob:", 5);
    climit_identifier(blob + 5, series, number);
}

static void name_directory(slot *slot, const small *work) {
    snprintf(slot->object, sizeof slot->object, "%s/d%u", work->directory, (unsigned)(slot->item % work->directories));
}

static int put_step(slot *slot, void *argument) {
    const small *work = argument;
    char name[24];
    switch (slot->step) {
    case 0:
        name_blob(slot->blob, work->series, slot->item);
        snprintf(slot->object, sizeof slot->object, "%s-0", slot->blob);
        slot->write = rados_create_write_op();
        climit_add_chunk_0(slot->write, slot->buffer, work->size, work->size);
        return climit_submit_write(slot);
    case 1:
        climit_clear(slot);
        slot->write = rados_create_write_op();
        snprintf(name, sizeof name, "f%llu", (unsigned long long)slot->item);
        name_directory(slot, work);
        climit_set_key(slot->write, name, slot->blob, 41);
        return climit_submit_write(slot);
    default: return 0;
    }
}

int climit_put(
    climit *limit, const char *directory, uint32_t directories, uint32_t series, uint32_t count, size_t size, int depth) {
    small work = {directory, directories, series, size};
    return climit_run(limit, count, depth, size, put_step, &work);
}

static void ask_for_key(slot *slot, const char *key) {
    size_t length = strlen(key);
    slot->read = rados_create_read_op();
    rados_read_op_omap_get_vals_by_keys2(slot->read, &key, 1, &length, &slot->omap, &slot->omap_code);
}

static int get_step(slot *slot, void *argument) {
    const small *work = argument;
    char name[24];
    int code;
    switch (slot->step) {
    case 0:
        snprintf(name, sizeof name, "f%llu", (unsigned long long)slot->item);
        name_directory(slot, work);
        ask_for_key(slot, name);
        return climit_submit_read(slot);
    case 1:
        code = climit_take_blob(slot->omap, slot->blob);
        if (code < 0) return code;
        climit_clear(slot);
        slot->read = rados_create_read_op();
        snprintf(slot->object, sizeof slot->object, "%s-0", slot->blob);
        rados_read_op_getxattrs(slot->read, &slot->xattrs, &slot->xattrs_code);
        rados_read_op_read(slot->read, 0, work->size, slot->buffer, &slot->length, &slot->data_code);
        return climit_submit_read(slot);
    default: return slot->length == work->size ? 0 : -EIO;
    }
}

int climit_get(climit *limit, const char *directory, uint32_t directories, uint32_t count, size_t size, int depth) {
    small work = {directory, directories, 0, size};
    return climit_run(limit, count, depth, size, get_step, &work);
}

// ---- One large file

typedef struct {
    char blob[48];
    uint64_t size;
    size_t chunk;
} large;

static size_t part(const large *work, uint64_t index) {
    uint64_t left = work->size - index * work->chunk;
    return left < work->chunk ? (size_t)left : work->chunk;
}

static int put_chunk_step(slot *slot, void *argument) {
    const large *work = argument;
    if (slot->step > 0) return 0;
    uint64_t index = slot->item + 1;
    snprintf(slot->object, sizeof slot->object, "%s-%llu", work->blob, (unsigned long long)index);
    slot->write = rados_create_write_op();
    rados_write_op_write_full(slot->write, slot->buffer, part(work, index));
    return climit_submit_write(slot);
}

int climit_put_large(
    climit *limit, const char *directory, const char *name, uint32_t series, uint64_t size, size_t chunk, int depth) {
    large work = {.size = size, .chunk = chunk};
    char object[64];
    name_blob(work.blob, series, 0);
    int code = climit_run(limit, (size + chunk - 1) / chunk - 1, depth, chunk, put_chunk_step, &work);
    if (code < 0) return code;
    char *buffer = calloc(1, chunk);
    if (!buffer) return -ENOMEM;
    rados_write_op_t op = rados_create_write_op();
    climit_add_chunk_0(op, buffer, part(&work, 0), size);
    free(buffer);
    snprintf(object, sizeof object, "%s-0", work.blob);
    code = climit_write_now(limit, op, object);
    if (code < 0) return code;
    op = rados_create_write_op();
    climit_set_key(op, name, work.blob, 41);
    return climit_write_now(limit, op, directory);
}

static int get_chunk_step(slot *slot, void *argument) {
    const large *work = argument;
    if (slot->step > 0) return slot->length == part(work, slot->item + 1) ? 0 : -EIO;
    uint64_t index = slot->item + 1;
    snprintf(slot->object, sizeof slot->object, "%s-%llu", work->blob, (unsigned long long)index);
    slot->read = rados_create_read_op();
    rados_read_op_read(slot->read, 0, part(work, index), slot->buffer, &slot->length, &slot->data_code);
    return climit_submit_read(slot);
}

// Chunk 0: *size from the xattr.
static int get_first_chunk(climit *limit, const char *blob, size_t chunk, uint64_t *size) {
    char object[64];
    size_t length = 0, value_length = 0;
    int xattrs_code = 0, data_code = 0;
    rados_xattrs_iter_t xattrs = NULL;
    const char *name, *value;
    char *buffer = malloc(chunk);
    if (!buffer) return -ENOMEM;
    rados_read_op_t op = rados_create_read_op();
    rados_read_op_getxattrs(op, &xattrs, &xattrs_code);
    rados_read_op_read(op, 0, chunk, buffer, &length, &data_code);
    snprintf(object, sizeof object, "%s-0", blob);
    int code = climit_read_now(limit, op, object);
    free(buffer);
    *size = 0;
    while (code >= 0) {
        code = rados_getxattrs_next(xattrs, &name, &value, &value_length);
        if (code < 0 || !name) break;
        if (strcmp(name, "total-size") == 0 && value_length >= 8) memcpy(size, value, 8);
    }
    if (xattrs) rados_getxattrs_end(xattrs);
    return code < 0 ? code : *size > 0 ? 0 : -EIO;
}

int climit_get_large(climit *limit, const char *directory, const char *name, size_t chunk, int depth, uint64_t *bytes) {
    large work = {.chunk = chunk};
    rados_omap_iter_t omap = NULL;
    int omap_code = 0;
    size_t length = strlen(name);
    rados_read_op_t op = rados_create_read_op();
    rados_read_op_omap_get_vals_by_keys2(op, &name, 1, &length, &omap, &omap_code);
    int code = climit_read_now(limit, op, directory);
    if (code >= 0) code = climit_take_blob(omap, work.blob);
    if (omap) rados_omap_get_end(omap);
    if (code < 0) return code;
    code = get_first_chunk(limit, work.blob, chunk, &work.size);
    if (code < 0) return code;
    *bytes = work.size;
    return climit_run(limit, (work.size + chunk - 1) / chunk - 1, depth, chunk, get_chunk_step, &work);
}

// ---- Taking away

typedef struct {
    const char *blob;
    uint32_t series;
} removal;

static int remove_step(slot *slot, void *argument) {
    const removal *work = argument;
    if (slot->step > 0) return 0;
    if (work->blob) {
        snprintf(slot->object, sizeof slot->object, "%s-%llu", work->blob, (unsigned long long)slot->item);
    } else {
        name_blob(slot->blob, work->series, slot->item);
        snprintf(slot->object, sizeof slot->object, "%s-0", slot->blob);
    }
    slot->write = rados_create_write_op();
    rados_write_op_remove(slot->write);
    return climit_submit_write(slot);
}

int climit_remove_chunks(climit *limit, uint32_t series, uint32_t count, int depth) {
    removal work = {NULL, series};
    return climit_run(limit, count, depth, 0, remove_step, &work);
}

int climit_remove_blob(climit *limit, const char *blob, uint64_t chunks, int depth) {
    removal work = {blob, 0};
    return climit_run(limit, chunks, depth, 0, remove_step, &work);
}

static int make_chunk_step(slot *slot, void *argument) {
    const small *work = argument;
    if (slot->step > 0) return 0;
    name_blob(slot->blob, work->series, slot->item);
    snprintf(slot->object, sizeof slot->object, "%s-0", slot->blob);
    slot->write = rados_create_write_op();
    climit_add_chunk_0(slot->write, slot->buffer, 1, 1);
    return climit_submit_write(slot);
}

int climit_make_files(climit *limit, const char *directory, uint32_t series, uint32_t count, int depth) {
    small work = {directory, 1, series, 1};
    char name[24], blob[48];
    int code = series ? climit_run(limit, count, depth, 1, make_chunk_step, &work) : 0;
    for (uint32_t first = 0; first < count && code >= 0; first += 1000) {
        rados_write_op_t op = rados_create_write_op();
        for (uint32_t i = first; i < count && i < first + 1000; i++) {
            snprintf(name, sizeof name, "f%u", i);
            name_blob(blob, series, i);
            climit_set_key(op, name, blob, 41);
        }
        code = climit_write_now(limit, op, directory);
    }
    return code < 0 ? code : 0;
}
