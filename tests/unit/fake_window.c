/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* In the place of melpomene-window: says what its title asks for. See test_window.c. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "window_message.h"

static void say(uint16_t what, uint16_t key, size_t len)
{
	const struct window_event event = {what, key};

	send(WINDOW_SOCKET, &event, len, 0);
}

/* Closed once it has got the two frames of the test; 8 if they are others. */
static int take_frames(int width, int height)
{
	static const struct window_frame wanted[] = {{1, 1, 2, 1}, {0, 0, 4, 3}};
	const uint32_t *picture = mmap(NULL, (size_t)width * (size_t)height * WINDOW_PIXEL,
				       PROT_READ, MAP_SHARED, WINDOW_MEMORY, 0);
	struct window_frame frame;

	for (uint32_t i = 0; i < 2; i++) {
		if (recv(WINDOW_SOCKET, &frame, sizeof frame, 0) != sizeof frame ||
		    memcmp(&frame, &wanted[i], sizeof frame) != 0 ||
		    picture[frame.y * width + frame.x] != 0x100 + i)
			return 8;
		say(WINDOW_TAKEN, 0, sizeof(struct window_event));
	}
	say(WINDOW_CLOSED, 0, sizeof(struct window_event));
	return 0;
}

int main(int argc, char **argv)
{
	const char *title = argc == 5 ? argv[4] : "";
	const size_t all = sizeof(struct window_event);
	struct window_frame frame;

	if (strcmp(title, "takes") == 0)
		return take_frames(atoi(argv[1]), atoi(argv[2]));
	if (strcmp(title, "short") == 0)
		say(WINDOW_PRESSED, 4, all - 1);
	else if (strcmp(title, "unasked") == 0)
		say(WINDOW_TAKEN, 0, all);
	else if (strcmp(title, "unknown") == 0)
		say(WINDOW_CLOSED + 1, 0, all);
	else if (strcmp(title, "key") == 0)
		say(WINDOW_PRESSED, WINDOW_KEYS, all);
	else
		return 7;
	recv(WINDOW_SOCKET, &frame, sizeof frame, 0);
	return 0;
}
