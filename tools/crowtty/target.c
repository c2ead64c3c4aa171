/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "log.h"
#include "memory.h"
#include "options.h"
#include "target.h"

#define DEFAULT_BAUD 115200

static const struct {
	unsigned baud;
	speed_t speed;
} speeds[] = {
	{1200, B1200},       {2400, B2400},       {4800, B4800},       {9600, B9600},
	{19200, B19200},     {38400, B38400},     {57600, B57600},     {115200, B115200},
	{230400, B230400},   {460800, B460800},   {500000, B500000},   {576000, B576000},
	{921600, B921600},   {1000000, B1000000}, {1152000, B1152000}, {1500000, B1500000},
	{2000000, B2000000}, {2500000, B2500000}, {3000000, B3000000}, {3500000, B3500000},
	{4000000, B4000000},
};

static const speed_t *speed_of(unsigned long baud)
{
	for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++)
		if (speeds[i].baud == baud)
			return &speeds[i].speed;
	return NULL;
}

static int look_up(struct target *target, const char *host, const char *port)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	int error = getaddrinfo(host, port, &hints, &target->addresses);
	if (error)
		log_fatal("cannot connect to %s: %s", target->name, gai_strerror(error));
	return error ? EXIT_TROUBLE : -1;
}

static bool is_port_number(const char *text)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && !*end && number >= 1 && number <= 65535;
}

/* HOST:PORT, or [HOST]:PORT for the colons of IPv6. */
static int parse_tcp(struct target *target, const char *text)
{
	target->kind = TARGET_TCP;
	target->name = memory_copy_text(text);
	char *host = memory_copy_text(text);
	char *port = strrchr(host, ':');
	int code = EXIT_USAGE;
	if (port && port != host && is_port_number(port + 1)) {
		*port++ = '\0';
		size_t len = strlen(host);
		bool bracketed = host[0] == '[' && host[len - 1] == ']';
		if (bracketed)
			host[len - 1] = '\0';
		code = look_up(target, host + bracketed, port);
	} else {
		log_fatal("\"tcp:%s\": expected tcp:HOST:PORT with a port from 1 to 65535", text);
	}
	free(host);
	return code;
}

static int parse_unix(struct target *target, const char *text)
{
	size_t most = sizeof((struct sockaddr_un *)0)->sun_path - 1;
	target->kind = TARGET_UNIX;
	target->name = target->path = memory_copy_text(text);
	if (text[0] && strlen(text) <= most)
		return -1;
	log_fatal("\"unix:%s\": expected a path of 1 to %zu characters", text, most);
	return EXIT_USAGE;
}

static int parse_serial(struct target *target, const char *text)
{
	char *path = memory_copy_text(text);
	char *at = strrchr(path, '@');
	unsigned long baud = DEFAULT_BAUD;
	if (at) {
		char *end;
		*at = '\0';
		baud = strtoul(at + 1, &end, 10);
		if (*end || !speed_of(baud))
			baud = 0;
	}
	target->kind = TARGET_SERIAL;
	target->name = target->path = path;
	target->baud = (unsigned)baud;
	if (path[0] && baud)
		return -1;
	if (!path[0])
		log_fatal("\"serial:%s\": expected serial:DEVICE[@BAUD]", text);
	else
		log_fatal("\"serial:%s\": not a speed of serial lines: \"%s\" "
			  "(usual ones are 9600, 115200, 921600, 1500000)",
			  text, at + 1);
	return EXIT_USAGE;
}

static int parse_pty(struct target *target, const char *text)
{
	target->kind = TARGET_PTY;
	target->path = *text ? memory_copy_text(text) : NULL;
	target->name = memory_copy_text(*text ? text : "a pseudo-terminal");
	return -1;
}

int target_parse(struct target *target, const char *text)
{
	static const struct {
		const char *prefix;
		int (*parse)(struct target *target, const char *text);
	} kinds[] = {
		{"tcp:", parse_tcp},
		{"unix:", parse_unix},
		{"serial:", parse_serial},
		{"pty:", parse_pty},
	};
	*target = (struct target){0};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		size_t len = strlen(kinds[i].prefix);
		if (strncmp(text, kinds[i].prefix, len) == 0)
			return kinds[i].parse(target, text + len);
	}
	log_fatal("\"%s\" is no target; expected tcp:HOST:PORT, serial:DEVICE[@BAUD], unix:PATH "
		  "or pty:[LINK]",
		  text);
	return EXIT_USAGE;
}

void target_free(struct target *target)
{
	if (target->addresses)
		freeaddrinfo(target->addresses);
	if (target->path != target->name)
		free((char *)target->path);
	free((char *)target->name);
}

static int make_raw(int fd, unsigned baud)
{
	struct termios raw;
	if (tcgetattr(fd, &raw))
		return -errno;
	cfmakeraw(&raw);
	raw.c_cflag |= CLOCAL | CREAD;
	raw.c_cflag &= ~(tcflag_t)(CRTSCTS | CSTOPB);
	cfsetspeed(&raw, *speed_of(baud));
	return tcsetattr(fd, TCSANOW, &raw) ? -errno : 0;
}

int target_open_serial(const struct target *target)
{
	int fd = open(target->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* The lock that other terminal programs take too. */
	int error = flock(fd, LOCK_EX | LOCK_NB) ? -EBUSY : make_raw(fd, target->baud);
	if (error) {
		close(fd);
		return error;
	}
	return fd;
}

const char *target_conn(const struct target *target)
{
	static const char *const names[] = {
		[TARGET_TCP] = " TCP",
		[TARGET_UNIX] = "UNIX",
		[TARGET_SERIAL] = "UART",
		[TARGET_PTY] = " PTY",
	};
	return names[target->kind];
}
