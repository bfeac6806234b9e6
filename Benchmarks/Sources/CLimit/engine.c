#define _GNU_SOURCE
#include "engine.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

climit *climit_open(const char *pool, const char *configuration, int *code) {
    climit *limit = calloc(1, sizeof *limit);
    if (!limit) {
        *code = -ENOMEM;
        return NULL;
    }
    *code = rados_create2(&limit->cluster, "ceph", "client.admin", 0);
    if (*code < 0) {
        free(limit);
        return NULL;
    }
    *code = rados_conf_read_file(limit->cluster, configuration);
    if (*code == 0) *code = rados_connect(limit->cluster);
    if (*code == 0) *code = rados_ioctx_create(limit->cluster, pool, &limit->io);
    if (*code < 0) {
        rados_shutdown(limit->cluster);
        free(limit);
        return NULL;
    }
    return limit;
}

void climit_close(climit *limit) {
    rados_ioctx_destroy(limit->io);
    rados_shutdown(limit->cluster);
    free(limit);
}

int climit_served(climit *limit, uint64_t *operations) {
    // How long operations waited for the queue: this counter has every one, those on missing objects included.
    const char *command = "{\"prefix\":\"perf dump\",\"logger\":\"osd\",\"counter\":\"op_before_queue_op_lat\"}";
    char *answer = NULL, *status = NULL;
    size_t length = 0, status_length = 0;
    int code = rados_osd_command(
        limit->cluster, 0, &command, 1, "", 0, &answer, &length, &status, &status_length);
    const char *key = "\"avgcount\":", *found = code < 0 ? NULL : memmem(answer, length, key, strlen(key));
    if (code >= 0 && !found) code = -EIO;
    if (found) *operations = strtoull(found + strlen(key), NULL, 10);
    rados_buffer_free(answer);
    rados_buffer_free(status);
    return code;
}

void climit_identifier(char *text, uint32_t series, uint64_t number) {
    snprintf(text, 37, "%08x-0000-4000-8000-%012llx", series, (unsigned long long)number);
}

static void answered(rados_completion_t completion, void *argument) {
    slot *slot = argument;
    struct run *run = slot->run;
    slot->code = rados_aio_get_return_value(completion);
    pthread_mutex_lock(&run->lock);
    slot->next = run->ready;
    run->ready = slot;
    pthread_cond_signal(&run->answered);
    pthread_mutex_unlock(&run->lock);
}

static int prepare(slot *slot) {
    slot->step += 1;
    return rados_aio_create_completion2(slot, answered, &slot->completion);
}

int climit_submit_write(slot *slot) {
    int code = prepare(slot);
    if (code == 0)
        code = rados_aio_write_op_operate(
            slot->write, slot->run->limit->io, slot->completion, slot->object, slot->modified ? &slot->modified : NULL, 0);
    return code < 0 ? code : 1;
}

int climit_submit_read(slot *slot) {
    int code = prepare(slot);
    if (code == 0) code = rados_aio_read_op_operate(slot->read, slot->run->limit->io, slot->completion, slot->object, 0);
    return code < 0 ? code : 1;
}

void climit_clear(slot *slot) {
    if (slot->omap) rados_omap_get_end(slot->omap);
    if (slot->xattrs) rados_getxattrs_end(slot->xattrs);
    if (slot->read) rados_release_read_op(slot->read);
    if (slot->write) rados_release_write_op(slot->write);
    if (slot->completion) rados_aio_release(slot->completion);
    slot->omap = NULL;
    slot->xattrs = NULL;
    slot->read = NULL;
    slot->write = NULL;
    slot->completion = NULL;
}

// Goes on with a slot: its item's next operation, or the first one of the next item. 1 if something is in flight, 0 if the slot is idle.
static int advance(slot *slot, uint64_t *next, const uint64_t *items, step_function step, void *argument) {
    for (;;) {
        int code = step(slot, argument);
        if (code != 0) return code;
        climit_clear(slot);
        if (*next >= *items) return 0;
        slot->item = (*next)++;
        slot->step = 0;
    }
}

int climit_run(climit *limit, uint64_t items, int depth, size_t buffer, step_function step, void *argument) {
    if (items < (uint64_t)depth) depth = (int)items;
    return depth == 0 ? 0 : climit_run_growing(limit, &items, depth, buffer, step, argument);
}

int climit_run_growing(
    climit *limit, const uint64_t *items, int depth, size_t buffer, step_function step, void *argument) {
    struct run run = {.limit = limit, .lock = PTHREAD_MUTEX_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER};
    uint64_t next = 0;
    int code = 0, flying = 0;
    slot *slots = calloc((size_t)depth, sizeof *slots), *idle = NULL, *ready = NULL;
    if (!slots) return -ENOMEM;
    for (int i = 0; i < depth; i++) {
        slots[i].run = &run;
        slots[i].next = idle;
        idle = &slots[i];
        if (buffer == 0) continue;
        slots[i].buffer = malloc(buffer);
        if (slots[i].buffer) memset(slots[i].buffer, 'x', buffer);
        else code = -ENOMEM;
    }
    for (;;) {
        while (idle && next < *items && code >= 0) {
            slot *slot = idle;
            idle = slot->next;
            slot->item = next++;
            slot->step = 0;
            int now = advance(slot, &next, items, step, argument);
            if (now > 0) flying += 1;
            else if (now < 0) code = now;
        }
        if (flying == 0) break;
        if (!ready) {
            pthread_mutex_lock(&run.lock);
            while (!run.ready) pthread_cond_wait(&run.answered, &run.lock);
            ready = run.ready;
            run.ready = NULL;
            pthread_mutex_unlock(&run.lock);
        }
        slot *slot = ready;
        ready = slot->next;
        if (slot->code < 0 && code >= 0) code = slot->code;
        int now = code < 0 ? code : advance(slot, &next, items, step, argument);
        if (now > 0) continue;
        flying -= 1;
        if (now < 0) {
            code = now;
        } else {
            slot->next = idle;
            idle = slot;
        }
    }
    for (int i = 0; i < depth; i++) {
        climit_clear(&slots[i]);
        free(slots[i].buffer);
    }
    free(slots);
    return code < 0 ? code : 0;
}

// An operation that somebody waits for.
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    bool done;
    int code;
} wait;

static void end_wait(rados_completion_t completion, void *argument) {
    wait *wait = argument;
    pthread_mutex_lock(&wait->lock);
    wait->code = rados_aio_get_return_value(completion);
    wait->done = true;
    pthread_cond_signal(&wait->answered);
    pthread_mutex_unlock(&wait->lock);
}

static int now(climit *limit, rados_write_op_t write, rados_read_op_t read, const char *object) {
    wait wait = {.lock = PTHREAD_MUTEX_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER};
    rados_completion_t completion;
    int code = rados_aio_create_completion2(&wait, end_wait, &completion);
    if (code < 0) return code;
    code = write ? rados_aio_write_op_operate(write, limit->io, completion, object, NULL, 0)
                 : rados_aio_read_op_operate(read, limit->io, completion, object, 0);
    if (code >= 0) {
        pthread_mutex_lock(&wait.lock);
        while (!wait.done) pthread_cond_wait(&wait.answered, &wait.lock);
        pthread_mutex_unlock(&wait.lock);
        code = wait.code;
    }
    rados_aio_release(completion);
    return code;
}

int climit_write_now(climit *limit, rados_write_op_t op, const char *object) {
    int code = now(limit, op, NULL, object);
    rados_release_write_op(op);
    return code;
}

int climit_read_now(climit *limit, rados_read_op_t op, const char *object) {
    int code = now(limit, NULL, op, object);
    rados_release_read_op(op);
    return code;
}

void climit_size(char bytes[10], uint64_t size) {
    memset(bytes, 0, 10);
    for (int i = 0; i < 8; i++) bytes[i] = (char)(size >> (8 * i));
}

void climit_set_key(rados_write_op_t op, const char *key, const char *value, size_t length) {
    size_t key_length = strlen(key);
    rados_write_op_omap_set2(op, &key, &value, &key_length, &length, 1);
}

void climit_remove_key(rados_write_op_t op, const char *key) {
    size_t length = strlen(key);
    rados_write_op_omap_rm_keys2(op, &key, &length, 1);
}

int climit_take_blob(rados_omap_iter_t omap, char blob[48]) {
    char *key, *value;
    size_t key_length, length;
    int code = rados_omap_get_next2(omap, &key, &value, &key_length, &length);
    if (code < 0) return code;
    if (!key || length != 41) return -ENOENT;
    memcpy(blob, value, length);
    blob[length] = 0;
    return 0;
}
