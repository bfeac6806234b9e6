#include "engine.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Objects that become files, each read, hashed, written and flushed by one thread.

typedef struct {
    climit *limit;
    const char **names;
    uint64_t count, next;
    size_t size;
    const char *directory;
    int code;
    pthread_mutex_t lock;
} copies;

static int write_all(int file, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t done = write(file, bytes, length);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return -errno;
        bytes += done;
        length -= (size_t)done;
    }
    return 0;
}

static int copy(copies *all, uint64_t number, char *buffer) {
    char path[4096];
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t length = 0;
    int data_code = 0;
    rados_read_op_t op = rados_create_read_op();
    rados_read_op_read(op, 0, all->size, buffer, &length, &data_code);
    int code = climit_read_now(all->limit, op, all->names[number]);
    if (code < 0) return code;
    if (!EVP_Digest(buffer, length, digest, NULL, EVP_sha256(), NULL)) return -EINVAL;
    snprintf(path, sizeof path, "%s/%llu", all->directory, (unsigned long long)number);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0) return -errno;
    code = write_all(file, buffer, length);
    if (code == 0 && fsync(file) < 0) code = -errno;
    close(file);
    return code;
}

static void *copy_some(void *argument) {
    copies *all = argument;
    char *buffer = malloc(all->size);
    int code = buffer ? 0 : -ENOMEM;
    while (1) {
        pthread_mutex_lock(&all->lock);
        if (code < 0) all->code = code;
        uint64_t number = all->code < 0 ? all->count : all->next++;
        pthread_mutex_unlock(&all->lock);
        if (number >= all->count) break;
        code = copy(all, number, buffer);
    }
    free(buffer);
    return NULL;
}

int climit_copy_objects(
    climit *limit, const char *names, uint64_t count, size_t size, const char *directory, int threads) {
    copies all = {.limit = limit, .count = count, .size = size, .directory = directory};
    pthread_t thread[64];
    int started = 0;
    all.names = malloc(count * sizeof *all.names);
    if (!all.names) return -ENOMEM;
    for (uint64_t i = 0; i < count; i++, names += strlen(names) + 1) all.names[i] = names;
    pthread_mutex_init(&all.lock, NULL);
    while (started < threads && started < 64 && all.code == 0) {
        int code = pthread_create(&thread[started], NULL, copy_some, &all);
        if (code != 0) break;
        started++;
    }
    if (started == 0) all.code = -EAGAIN;
    while (started > 0) pthread_join(thread[--started], NULL);
    pthread_mutex_destroy(&all.lock);
    free(all.names);
    return all.code;
}
