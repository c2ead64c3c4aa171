/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The CRC-32 of zlib, PNG and Ethernet, in few bytes of code: about ten instructions a nibble. */
#ifndef MNEMOS_PROTO_CRC32_H
#define MNEMOS_PROTO_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Goes on from `crc`, 0 to begin with. Any context; a table of 64 bytes. */
uint32_t mn_crc32(uint32_t crc, const void *data, size_t len);

#endif
