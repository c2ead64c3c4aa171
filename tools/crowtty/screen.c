/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "exit_guard.h"
#include "memory.h"
#include "screen.h"

static struct {
	bool is_open, has_input;
	struct termios before;
} self;

static void put(const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, data, len);
		if (n < 0)
			return; /* nobody sees it */
		data += n;
		len -= (size_t)n;
	}
}

static void put_text(const char *text)
{
	put(text, strlen(text));
}

bool screen_is_possible(void)
{
	const char *term = getenv("TERM");
	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

void screen_open(void)
{
	if (self.is_open)
		return;
	self.is_open = true;
	self.has_input = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &self.before) == 0;
	if (self.has_input) {
		struct termios raw = self.before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	exit_guard(screen_close);
	put_text("\033[?1049h\033[?25l\033[?7l"); /* alternate, no cursor, no wrapping */
}

void screen_close(void)
{
	if (!self.is_open)
		return;
	self.is_open = false;
	put_text("\033[?7h\033[?25h\033[?1049l");
	if (self.has_input)
		tcsetattr(STDIN_FILENO, TCSANOW, &self.before);
}

void screen_size(unsigned *rows, unsigned *columns)
{
	struct winsize size = {0};
	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*rows = size.ws_row ? size.ws_row : 24;
	*columns = size.ws_col ? size.ws_col : 80;
}

void screen_draw(const char *text, size_t len, unsigned rows)
{
	char *out = NULL;
	size_t size = 0;
	FILE *frame = memory_check(open_memstream(&out, &size));
	const char *end = text + len;
	fputs("\033[H", frame);
	for (unsigned row = 0; row < rows && text < end; row++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t line = (size_t)((stop ? stop : end) - text);
		/* None behind the last row: the screen would scroll. */
		if (row > 0)
			fputs("\033[K\r\n", frame);
		fwrite(text, 1, line, frame);
		text += line + 1;
	}
	fputs("\033[K\033[J", frame);
	fclose(frame);
	put(memory_check(out), size);
	free(out);
}

size_t screen_key(const char *typed, size_t len, int *key)
{
	static const struct {
		const char *code;
		int key;
	} codes[] = {
		{"\033[A", SCREEN_KEY_UP},       {"\033OA", SCREEN_KEY_UP},
		{"\033[B", SCREEN_KEY_DOWN},     {"\033OB", SCREEN_KEY_DOWN},
		{"\033[5~", SCREEN_KEY_PAGE_UP}, {"\033[6~", SCREEN_KEY_PAGE_DOWN},
		{"\033[H", SCREEN_KEY_HOME},     {"\033[F", SCREEN_KEY_END},
		{"\033[1~", SCREEN_KEY_HOME},    {"\033[4~", SCREEN_KEY_END},
	};
	if (len == 0)
		return 0;
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		size_t code_len = strlen(codes[i].code);
		if (len >= code_len && memcmp(typed, codes[i].code, code_len) == 0) {
			*key = codes[i].key;
			return code_len;
		}
	}
	*key = typed[0] == '\033' ? SCREEN_KEY_NONE : (unsigned char)typed[0];
	return typed[0] == '\033' ? len : 1; /* of an unknown sequence nothing is left */
}
