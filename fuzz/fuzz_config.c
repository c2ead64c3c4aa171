/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Input: a byte n, then a blob; for an even n without its fingerprint, which is put in front
 * here, so that the corpus outlives changes of the schema. What is accepted is within its
 * limits and survives encoding; what is refused leaves the configuration as it was.
 */
#include <mnemos/config.h>
#include <mnemos/proto/postcard.h>
#include "config_table.h"
#include "fuzz.h"

static void check_refused(enum mn_error error, const char *key, const struct mn_config *config,
			  const struct mn_config *before)
{
	FUZZ_CHECK(error == MN_ETYPE || error == MN_EBADMSG || error == MN_EOVERFLOW);
	FUZZ_CHECK(error != MN_ETYPE || !key);
	FUZZ_CHECK(memcmp(config, before, sizeof(*config)) == 0);
}

static void check_accepted(const struct mn_config *config, size_t len)
{
	const struct mn_config_sermux_hello *hello = &config->services.sermux_hello;
	const struct mn_config_tcp_uart *uart = &config->platform.tcp_uart;
	uint8_t first[MN_CONFIG_BLOB_MAX], second[MN_CONFIG_BLOB_MAX];
	struct mn_config again;
	size_t used = mn_config_encode(config, first, sizeof(first));

	FUZZ_CHECK(hello->message_len >= 1 && hello->message_len <= sizeof(hello->message));
	FUZZ_CHECK(memchr(uart->socket_addr, '\0', sizeof(uart->socket_addr)));
	FUZZ_CHECK(config->kernel.max_drivers >= 1 && config->kernel.max_drivers <= 1024);
	/* The input may be longer: it may hold numbers in a longer form than needed. */
	FUZZ_CHECK(used > 0 && used <= len);
	FUZZ_CHECK(mn_config_decode(&again, first, used, NULL) == MN_OK);
	FUZZ_CHECK(mn_config_encode(&again, second, sizeof(second)) == used);
	FUZZ_CHECK(memcmp(first, second, used) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mn_postcard_writer writer;
	struct mn_config config, before;
	const char *key;
	enum mn_error error;
	uint8_t *blob;

	if (len == 0)
		return 0;
	blob = fuzz_alloc(len - 1 + MN_POSTCARD_VARINT_MAX);
	mn_postcard_writer_init(&writer, blob, len - 1 + MN_POSTCARD_VARINT_MAX);
	if (data[0] % 2 == 0)
		mn_postcard_put_uint(&writer, mn__config_fingerprint);
	memcpy(blob + writer.len, data + 1, len - 1);
	len += writer.len - 1;

	/* From memory of exactly the blob's size. */
	blob = realloc(blob, len > 0 ? len : 1);
	FUZZ_CHECK(blob);
	memset(&config, 0x5a, sizeof(config));
	before = config;
	error = mn_config_decode(&config, blob, len, &key);
	free(blob);
	if (error)
		check_refused(error, key, &config, &before);
	else
		check_accepted(&config, len);
	return 0;
}
