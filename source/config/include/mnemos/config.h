/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The configuration of a board: what is started, and how large.
 *
 * It is written as TOML, one file a board, and checked by tools/config/mnconfig, the only
 * TOML parser of the system. It gets into a kernel in one of two ways:
 *
 *   - baked in: the build turns the board's file into a constant, mn_config_board. This
 *     costs sizeof(struct mn_config) of read-only memory and no code;
 *   - as a blob (the simulator): `mnconfig encode FILE` writes one, mn_config_decode()
 *     reads it. Nothing in a blob is trusted.
 *
 * Only platforms and the start of the default services use this; they hand each part of the
 * system its own values. Keys, ranges and
 * defaults: book/reference/configuration.md, which is made from the schema, as the structs
 * are. Tables nest as in the file: config->services.serial_mux.max_frame. A duration is in
 * microseconds, a size in bytes; text ends with NUL; bytes have their length in NAME_len.
 *
 * Pure functions over the caller's memory; any context.
 */
#ifndef MNEMOS_CONFIG_H
#define MNEMOS_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <mnemos/config_struct.h>
#include <mnemos/error.h>

/* The board's own configuration. Exists where the platform's build bakes a file. */
extern const struct mn_config mn_config_board;

/* Room that is enough for any blob. */
#define MN_CONFIG_BLOB_MAX (2 * sizeof(struct mn_config) + 16)

/*
 * Reads a blob of `len` bytes into `config`, which stays as it was if there is an error:
 *
 *     MN_ETYPE      made from another version of the schema, or for another platform
 *     MN_EBADMSG    cut short, too long, or not what an encoder writes
 *     MN_EOVERFLOW  a value out of its range
 *
 * `*key` then names the key at which that came up ("kernel.heap_size"), or is NULL where it
 * is not about one; `key` may be NULL. Every value that is read is within its range. That
 * what is enabled has all it needs is checked by mnconfig, not here.
 */
enum mn_error mn_config_decode(struct mn_config *config, const void *blob, size_t len,
			       const char **key);

/*
 * Writes `config` as a blob and returns its length, or 0 if `cap` is less than it needs
 * (MN_CONFIG_BLOB_MAX is always enough).
 */
size_t mn_config_encode(const struct mn_config *config, void *blob, size_t cap);

#endif
