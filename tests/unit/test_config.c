/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Configuration blobs: what was baked in survives encoding and decoding, and a blob that
 * is cut, altered or foreign is refused with the right error and key, leaving the
 * configuration as it was.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <mnemos/config.h>
#include "config_table.h"

struct blob {
	uint8_t data[MN_CONFIG_BLOB_MAX];
	size_t len;
};

static struct blob board_blob(void)
{
	struct blob blob;

	blob.len = mn_config_encode(&mn_config_board, blob.data, sizeof(blob.data));
	assert_true(blob.len > 0);
	return blob;
}

static struct blob blob_of(const struct mn_config *config)
{
	struct blob blob;

	blob.len = mn_config_encode(config, blob.data, sizeof(blob.data));
	assert_true(blob.len > 0);
	return blob;
}

/* Field by field, because padding need not agree. */
static void assert_same(const struct mn_config *a, const struct mn_config *b)
{
	struct blob x = blob_of(a), y = blob_of(b);

	assert_int_equal(x.len, y.len);
	assert_memory_equal(x.data, y.data, x.len);
}

/* Decodes from memory of exactly `len` bytes, so that a sanitizer sees a read behind it. */
static enum mn_error decode(struct mn_config *config, const void *data, size_t len,
			    const char **key)
{
	uint8_t *exact = malloc(len ? len : 1);
	enum mn_error error;

	assert_non_null(exact);
	memcpy(exact, data, len);
	error = mn_config_decode(config, exact, len, key);
	free(exact);
	return error;
}

static void assert_refused(const void *data, size_t len, enum mn_error error, const char *key)
{
	struct mn_config config, before;
	const char *told = "not set";

	memset(&config, 0x5a, sizeof(config));
	before = config;
	assert_int_equal(decode(&config, data, len, &told), error);
	assert_memory_equal(&config, &before, sizeof(config));
	if (key)
		assert_string_equal(told, key);
	else
		assert_null(told);
}

static void test_baked_values(void **state)
{
	const struct mn_config *config = &mn_config_board;

	(void)state;
	assert_int_equal(config->kernel.max_drivers, 16);
	assert_true(config->services.serial_mux.enabled);
	assert_int_equal(config->services.serial_mux.max_frame, 512);
	assert_int_equal(config->services.serial_mux.max_hold_us, 100000);
	assert_int_equal(config->services.sermux_loopback.when_full, MN_CONFIG_WHEN_FULL_WAIT);
	assert_int_equal(config->services.sermux_hello.message_len, 7);
	assert_memory_equal(config->services.sermux_hello.message, "hello\r\n", 7);
	assert_int_equal(config->services.sermux_hello.interval_us, 1000000);
	assert_string_equal(config->platform.tcp_uart.socket_addr, "127.0.0.1:9999");
}

static void test_decode_gives_what_was_encoded(void **state)
{
	struct blob blob = board_blob();
	struct mn_config config;
	const char *key = "not set";

	(void)state;
	assert_int_equal(decode(&config, blob.data, blob.len, &key), MN_OK);
	assert_null(key);
	assert_same(&config, &mn_config_board);
	assert_string_equal(config.platform.tcp_uart.socket_addr, "127.0.0.1:9999");
	assert_int_equal(config.services.sermux_hello.message_len, 7);
	assert_int_equal(decode(&config, blob.data, blob.len, NULL), MN_OK);
}

/* The largest value of every key: nothing is cut to a narrower type, all room is used. */
static void test_largest_values(void **state)
{
	struct mn_config config = mn_config_board, read;
	struct blob blob;

	(void)state;
	config.kernel.heap_size = 1u << 30;
	config.services.sermux_loopback.port = UINT16_MAX;
	config.services.sermux_hello.interval_us = UINT64_C(86400000000);
	config.services.sermux_hello.message_len = sizeof(config.services.sermux_hello.message);
	memset(config.services.sermux_hello.message, 'x',
	       sizeof(config.services.sermux_hello.message));
	memset(config.platform.tcp_uart.socket_addr, 'y',
	       sizeof(config.platform.tcp_uart.socket_addr) - 1);
	blob = blob_of(&config);
	assert_int_equal(decode(&read, blob.data, blob.len, NULL), MN_OK);
	assert_same(&read, &config);
	assert_int_equal(read.services.sermux_hello.interval_us, UINT64_C(86400000000));
}

static void test_cut_at_every_length(void **state)
{
	struct blob blob = board_blob();
	struct mn_config config;

	(void)state;
	for (size_t len = 0; len < blob.len; len++)
		assert_int_equal(decode(&config, blob.data, len, NULL), MN_EBADMSG);
	assert_refused(blob.data, 0, MN_EBADMSG, NULL);
	assert_refused(blob.data, blob.len - 1, MN_EBADMSG,
		       mn__config_fields[mn__config_field_count - 1].key);
}

static void test_bytes_behind_the_end(void **state)
{
	struct blob blob = board_blob();

	(void)state;
	blob.data[blob.len] = 0;
	assert_refused(blob.data, blob.len + 1, MN_EBADMSG, NULL);
}

static void test_blob_of_another_schema(void **state)
{
	struct blob blob = board_blob();

	(void)state;
	blob.data[0] ^= 1;
	assert_refused(blob.data, blob.len, MN_ETYPE, NULL);
}

static void test_values_out_of_range(void **state)
{
	struct mn_config config = mn_config_board;
	struct blob blob;

	(void)state;
	config.kernel.heap_size = 1023;
	blob = blob_of(&config);
	assert_refused(blob.data, blob.len, MN_EOVERFLOW, "kernel.heap_size");

	config = mn_config_board;
	config.services.sermux_loopback.when_full = MN_CONFIG_WHEN_FULL_DROP + 1;
	blob = blob_of(&config);
	assert_refused(blob.data, blob.len, MN_EOVERFLOW, "services.sermux_loopback.when_full");

	config = mn_config_board;
	config.services.sermux_hello.interval_us = UINT64_MAX;
	blob = blob_of(&config);
	assert_refused(blob.data, blob.len, MN_EOVERFLOW, "services.sermux_hello.interval");

	config = mn_config_board;
	config.services.sermux_hello.message_len = 0;
	blob = blob_of(&config);
	assert_refused(blob.data, blob.len, MN_EOVERFLOW, "services.sermux_hello.message");
}

/* Where the text of the address stands in a blob; its length is the byte before. */
static uint8_t *address_in(struct blob *blob)
{
	const char *address = mn_config_board.platform.tcp_uart.socket_addr;
	const size_t len = strlen(address);

	for (uint8_t *at = blob->data; at + len <= blob->data + blob->len; at++)
		if (memcmp(at, address, len) == 0)
			return at;
	fail_msg("no address in the blob");
	return NULL;
}

static void test_text_that_does_not_fit(void **state)
{
	struct blob blob = board_blob();
	size_t old = strlen(mn_config_board.platform.tcp_uart.socket_addr);
	size_t room = sizeof(mn_config_board.platform.tcp_uart.socket_addr);
	uint8_t *text = address_in(&blob);

	(void)state;
	memmove(text + room, text + old, (size_t)(blob.data + blob.len - text) - old);
	text[-1] = (uint8_t)room;
	memset(text, 'y', room);
	assert_refused(blob.data, blob.len - old + room, MN_EOVERFLOW,
		       "platform.tcp_uart.socket_addr");
}

static void test_text_with_nul_or_bad_utf8(void **state)
{
	struct blob blob = board_blob();
	uint8_t *text = address_in(&blob);

	(void)state;
	text[3] = 0;
	assert_refused(blob.data, blob.len, MN_EBADMSG, "platform.tcp_uart.socket_addr");
	text[3] = 0xff;
	assert_refused(blob.data, blob.len, MN_EBADMSG, "platform.tcp_uart.socket_addr");
}

static void test_encode_needs_room(void **state)
{
	struct blob blob = board_blob();

	(void)state;
	for (size_t cap = 0; cap < blob.len; cap++)
		assert_int_equal(mn_config_encode(&mn_config_board, blob.data, cap), 0);
	assert_int_equal(mn_config_encode(&mn_config_board, blob.data, blob.len), blob.len);
}

/* The table may not name a member twice or reach outside the struct. */
static void test_table_is_sound(void **state)
{
	uint8_t used[sizeof(struct mn_config)] = {0};

	(void)state;
	for (size_t i = 0; i < mn__config_field_count; i++) {
		const struct mn__config_field *field = &mn__config_fields[i];

		assert_true(field->offset + field->size <= sizeof(used));
		assert_true(field->min <= field->max);
		for (size_t at = field->offset; at < (size_t)field->offset + field->size; at++)
			assert_int_equal(used[at]++, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_baked_values),
		cmocka_unit_test(test_decode_gives_what_was_encoded),
		cmocka_unit_test(test_largest_values),
		cmocka_unit_test(test_cut_at_every_length),
		cmocka_unit_test(test_bytes_behind_the_end),
		cmocka_unit_test(test_blob_of_another_schema),
		cmocka_unit_test(test_values_out_of_range),
		cmocka_unit_test(test_text_that_does_not_fit),
		cmocka_unit_test(test_text_with_nul_or_bad_utf8),
		cmocka_unit_test(test_encode_needs_room),
		cmocka_unit_test(test_table_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
