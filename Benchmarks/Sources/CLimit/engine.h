#ifndef CLIMIT_ENGINE_H
#define CLIMIT_ENGINE_H

#include "CLimit.h"
#include <pthread.h>
#include <rados/librados.h>

struct climit {
    rados_t cluster;
    rados_ioctx_t io;
};

// An operation in flight, and the item whose turn it is.
typedef struct slot {
    struct run *run;
    rados_completion_t completion;
    int code;
    // The number of the item, and how many of its operations have been answered.
    uint64_t item;
    int step;
    rados_read_op_t read;
    rados_write_op_t write;
    rados_omap_iter_t omap;
    rados_xattrs_iter_t xattrs;
    unsigned char more;
    int omap_code, xattrs_code, data_code;
    char *buffer;
    size_t length;
    // The time of a change; 0 for now.
    time_t modified;
    char blob[48];
    char object[2048];
    struct slot *next;
} slot;

// Submits the next operation of the slot's item and returns 1; returns 0 if the item is done, or a negative errno.
typedef int (*step_function)(slot *slot, void *argument);

// Work on many items, `depth` of them at once.
typedef struct run {
    climit *limit;
    pthread_mutex_t lock;
    pthread_cond_t answered;
    slot *ready;
} run;

// Takes every item from 0 to `items` - 1 through its steps. `buffer` bytes are there for each slot.
int climit_run(climit *limit, uint64_t items, int depth, size_t buffer, step_function step, void *argument);
// The same, where steps may add to `*items`.
int climit_run_growing(
    climit *limit, const uint64_t *items, int depth, size_t buffer, step_function step, void *argument);

// Submits what the slot's `write` or `read` says on the slot's `object`. 1 or a negative errno.
int climit_submit_write(slot *slot);
int climit_submit_read(slot *slot);

// Gives back what the slot's last operation needed.
void climit_clear(slot *slot);

// One operation, waited for. Asynchronous as well: that is the interface whose limit this is. (The blocking one saves a hop from thread to
// thread, which nobody can who must not block.)
int climit_write_now(climit *limit, rados_write_op_t op, const char *object);
int climit_read_now(climit *limit, rados_read_op_t op, const char *object);

void climit_size(char bytes[10], uint64_t size);
void climit_set_key(rados_write_op_t op, const char *key, const char *value, size_t length);
void climit_remove_key(rados_write_op_t op, const char *key);
// The first chunk of a file of `size` bytes.
void climit_add_chunk_0(rados_write_op_t op, const char *data, size_t length, uint64_t size);
// The identifier, `blob:` included, that the one entry of an omap answer holds.
int climit_take_blob(rados_omap_iter_t omap, char blob[48]);

#endif
