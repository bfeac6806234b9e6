#ifndef CLIMIT_H
#define CLIMIT_H

// The limit: what a program in C takes that uses librados directly and issues no operation that could be left out. It knows what lies
// where, guards nothing, writes no journal, checks nothing it reads.
//
// All functions block until their work is done, with at most `depth` operations in flight, and return 0 or a negative errno.
// A connection is used by one thread at a time.
#include <stddef.h>
#include <stdint.h>

typedef struct climit climit;

// Connects as the file says, or the environment (CEPH_CONF) if it is NULL, and opens the pool. NULL after an error, which is in *code.
climit *climit_open(const char *pool, const char *configuration, int *code);
void climit_close(climit *limit);

// *operations says how many operations the one OSD of the cluster has taken from all clients since it began, enumerations included.
int climit_served(climit *limit, uint64_t *operations);

// The identifier, without "blob:", that file `number` of series `series` gets: 36 characters and a zero.
void climit_identifier(char *text, uint32_t series, uint64_t number);

// ---- What is measured. Directories are given by their paths, and are there.

// `count` files of `size` bytes, of at most one chunk, named f0, f1, …, in turn in the directories DIRECTORY/d0, d1, …: chunk 0 with the
// size, then the key.
int climit_put(climit *limit, const char *directory, uint32_t directories, uint32_t series, uint32_t count, size_t size, int depth);
// The same files: the key, then chunk 0 with the size.
int climit_get(climit *limit, const char *directory, uint32_t directories, uint32_t count, size_t size, int depth);

// One file of many chunks: all chunks but the first, then chunk 0 with the size, then the key.
int climit_put_large(
    climit *limit, const char *directory, const char *name, uint32_t series, uint64_t size, size_t chunk, int depth);
// The key, chunk 0 with the size, the other chunks. *bytes says how many there were.
int climit_get_large(
    climit *limit, const char *directory, const char *name, size_t chunk, int depth, uint64_t *bytes);

// All keys of a directory, by pages of 1024. *entries says how many there were.
int climit_list(climit *limit, const char *directory, uint64_t *entries);

// Every directory below one. *entries says how many keys there were in all.
int climit_walk(climit *limit, const char *directory, int depth, uint64_t *entries);

// Names all objects of the pool. *found says how many there were.
int climit_enumerate(climit *limit, uint64_t *found);
// Names all objects of the pool, and reads each once: the keys of a directory, at most 1024; the xattrs of a chunk, and its first `data`
// bytes. *found says how many there were.
int climit_survey(climit *limit, size_t data, int depth, uint64_t *found);
// The same reads, of `count` objects whose names are given, each with a zero at its end.
int climit_read_objects(climit *limit, const char *names, uint64_t count, size_t data, int depth);
// Objects whose names are given, each of at most `size` bytes, become files 0, 1, … in a directory of the file system: each is read, hashed
// (SHA-256, nobody looks at the digest), written and flushed, `threads` of them at once, 1 to 64.
int climit_copy_objects(
    climit *limit, const char *names, uint64_t count, size_t size, const char *directory, int threads);

// Moves one file: the key at the destination, then the one at the source.
int climit_move(climit *limit, const char *source, const char *destination, const char *name);
// Moves all files of a directory into one that is not there yet, and removes the first. `batch` keys are moved at once, 1 to 1024.
int climit_move_all(climit *limit, const char *parent, const char *source, const char *destination, uint32_t batch, int depth);

// Drops all references in a directory, `batch` keys at once, and the directory.
int climit_unlink_all(climit *limit, const char *parent, const char *name, uint32_t batch, int depth);
// Removes chunk 0 of the files of a series.
int climit_remove_chunks(climit *limit, uint32_t series, uint32_t count, int depth);

// ---- What is prepared and taken away.

// Prepared objects, one operation each. Object i is at packed + offsets[i]: its name and a zero; four bytes with its date; if it is a chunk,
// four bytes with its length, and its data; if it is a directory, four bytes with the number of its keys, and each key and its value, both
// with a zero at their ends, to be added to those that are there.
int climit_write_objects(climit *limit, const char *packed, const uint64_t *offsets, uint64_t count, int depth);
// A directory with all those above it.
int climit_make_directory(climit *limit, const char *path);
// `count` files of one byte in a directory, named f0, f1, …; without chunks if `series` is 0.
int climit_make_files(climit *limit, const char *directory, uint32_t series, uint32_t count, int depth);
// Directories d0, d1, … below one, and in each of them directories with one file each.
int climit_make_tree(climit *limit, const char *directory, uint32_t width, uint32_t leaves, int depth);
// The chunks of a file, `blob:` included in `blob`.
int climit_remove_blob(climit *limit, const char *blob, uint64_t chunks, int depth);

#endif
