# SPDX-License-Identifier: MIT OR Apache-2.0
"""tools/gfx: fonts and pictures become C that means the same, and a file that is no font or
picture gets an error that says why."""

import gzip
import os
import pathlib
import struct
import subprocess

import pytest
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["MN_BUILD"])
FONTS = pathlib.Path("/usr/share/consolefonts")


def tool(name, *args):
    command = ["/usr/bin/python3", ROOT / "tools/gfx" / name, *args]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def made(name, *args):
    done = tool(name, *args)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def run_c(directory, main, sources):
    """What a program prints that is made of these sources and the drawing library."""
    files = []
    for number, text in enumerate([main, *sources]):
        files.append(directory / f"{number}.c")
        files[-1].write_text(text)
    program = directory / "program"
    subprocess.run(
        ["gcc", "-std=gnu17", "-Wall", "-Wextra", "-Werror",
         f"-I{ROOT}/source/gfx/include", "-o", program, *files,
         BUILD / "source/gfx/libmnemos_gfx.a"], check=True)  # fmt: skip
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout


# --- fonts

# Three characters of 10 x 2 pixels. The second is two, and in a sequence with a third.
ROWS = [b"\xff\xe0\x00\x00", b"\x00\x00\xff\xff", b"\xaa\x80\x55\x40"]
TABLE = [b"H", "B\u0412".encode() + b"\xfeB\xcc\x81", "\ufffdC".encode()]


def psf2(rows=ROWS, table=TABLE, flags=1, version=0, header=32, size=4, width=10):
    head = struct.pack("<8I", 0x864AB572, version, header, flags, len(rows), size, 2, width)
    return head + b"".join(rows) + b"".join(entry + b"\xff" for entry in table)


def psf1(count=256, mode=2):
    rows = b"".join(bytes([number & 255] * 3) for number in range(count))
    words = [[0x20 + number, 0xFFFE, 0x41, 0x301, 0xFFFF] for number in range(count)]
    table = b"".join(struct.pack("<5H", *entry) for entry in words)
    return bytes([0x36, 0x04, mode, 3]) + rows + table


PRINT_FONT = """
#include <mnemos/gfx/text.h>
#include <stdio.h>
#include <stdlib.h>
extern const struct mn_font font;
static void show(unsigned long character) {
    const unsigned char *glyph = mn_font_glyph(&font, character);
    for (int at = 0; at < (font.width + 7) / 8 * font.height; at++)
        printf("%02x", glyph[at]);
    printf("\\n");
}
int main(void) {
    printf("%s %d %d %d\\n", font.name, font.width, font.height, font.baseline);
    CHARACTERS
    return 0;
}
"""


def glyphs(directory, data, characters):
    (directory / "font.psf").write_bytes(data)
    shows = "".join(f"show({ord(text)});" for text in characters)
    font = made("font", "font", directory / "font.psf")
    head, *lines = run_c(directory, PRINT_FONT.replace("CHARACTERS", shows), [font]).splitlines()
    return head, lines


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_font_of_version_2_keeps_its_glyphs(tmp_path, pack):
    head, lines = glyphs(tmp_path, pack(psf2()), "HBC\u0412D")
    assert head == "font 10 2 1"
    # What is beyond the width is 0; what is missing is U+FFFD.
    assert lines == ["ffc00000", "0000ffc0", "aa805540", "0000ffc0", "aa805540"]


@pytest.mark.parametrize("count, mode", [(256, 2), (512, 3)])
def test_a_font_of_version_1_keeps_its_glyphs(tmp_path, count, mode):
    last = chr(0x20 + count - 1)
    head, lines = glyphs(tmp_path, psf1(count, mode), " A" + last + chr(ord(last) + 1))
    assert head == "font 8 3 3"
    assert lines == ["000000", "212121", "ffffff", f"{ord('?') - 0x20:02x}" * 3]


def test_glyphs_are_in_the_order_of_their_characters(tmp_path):
    """So that what follows one another is one range."""
    (tmp_path / "font.psf").write_bytes(psf2(table=[b"C", b"A", b"B"]))
    text = made("font", "font", tmp_path / "font.psf")
    assert "\t{0x0041, 3, 0},\n" in text
    assert ".range_count = 1," in text


BAD_FONTS = {
    "empty": (b"", "it is no PC screen font"),
    "other": (b"\x7fELF" + bytes(64), "it is no PC screen font"),
    "damaged-gzip": (gzip.compress(psf2())[:-9], "compressed, and damaged"),
    "short-1": (psf1()[:3], "it ends within its header"),
    "short-2": (psf2()[:31], "it ends within its header"),
    "glyphs-1": (psf1()[: 4 + 3 * 100], "it ends after 100 of 256 characters"),
    "glyphs-2": (psf2()[: 32 + 9], "it ends after 2 of 3 characters"),
    "table-1": (psf1()[:-1], "its table of characters ends within a word"),
    "table-1-short": (psf1()[:-10], "its table ends after 255 of 256 characters"),
    "table-2": (psf2()[:-1], "its table ends after 2 of 3 characters"),
    "no-table-1": (psf1(mode=0), "it has no table"),
    "no-table-2": (psf2(flags=0), "it has no table"),
    "empty-table": (psf2(table=[b"", b"", b""]), "its table has no character"),
    "not-utf-8": (psf2(table=[b"A", b"\xc3", b"C"]), "what character 1 is, is not UTF-8"),
    "version": (psf2(version=3), "version 2.3 of the format is not known"),
    "header": (psf2(header=31), "its header says to be 31 bytes long"),
    "size": (psf2(size=5), "5 bytes a character, of 10 x 2 pixels"),
    "no-width": (psf2(size=0, width=0), "of 0 x 2 pixels is not usable"),
    "wide": (psf2(size=64, width=256), "of 256 x 2 pixels is not usable"),
}


@pytest.mark.parametrize("data, why", BAD_FONTS.values(), ids=BAD_FONTS)
def test_a_bad_font_is_refused(tmp_path, data, why):
    path = tmp_path / "font.psf"
    path.write_bytes(data)
    done = tool("font", "font", path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"font: {path}: ") and done.stderr.count("\n") == 1
    assert why in done.stderr


def test_a_missing_font_says_what_to_install(tmp_path):
    done = tool("font", "font", tmp_path / "none")
    assert done.returncode == 1
    assert done.stderr == f"font: no {tmp_path}/none: install fonts-spleen, or run ./mn setup\n"


def test_a_font_is_cut_off_nowhere_without_a_word(tmp_path):
    data = psf2()
    for end in range(0, len(data), 5):
        (tmp_path / "font.psf").write_bytes(data[:end])
        assert tool("font", "font", tmp_path / "font.psf").returncode == 1


@pytest.mark.parametrize("args", [[], ["a"], ["a-b", "file"], ["a", "b", "c"]])
def test_font_says_how_it_is_used(args):
    done = tool("font", *args)
    assert done.returncode == 2
    assert done.stderr == "usage: font NAME FILE\n"


# --- images

FORMATS = ["mono", "gray8", "rgb565", "rgb888"]
ALPHAS = ["opaque", "mask", "alpha8"]
SIZE = (21, 13)  # no multiple of 8


def pixel(x, y, alpha):
    return x * 12, y * 19, (x * 50 + y * 30) % 256, 255 if alpha == "opaque" else x * y % 256


def seen(color, pixel_format, alpha_format):
    """What bitmap.h says that becomes of a colour in a bitmap."""
    red, green, blue, alpha = color
    gray = (77 * red + 150 * green + 29 * blue) // 256
    if pixel_format == "mono":
        red = green = blue = 255 if gray >= 128 else 0
    elif pixel_format == "gray8":
        red = green = blue = gray
    elif pixel_format == "rgb565":
        red, blue = (value >> 3 << 3 | value >> 5 for value in (red, blue))
        green = green >> 2 << 2 | green >> 6
    if alpha_format == "mask":
        alpha = 255 if alpha >= 128 else 0
    return alpha << 24 | red << 16 | green << 8 | blue


PRINT_BITMAPS = """
#include <mnemos/gfx/bitmap.h>
#include <stdio.h>
#define SHOW(bitmap) do { \\
    extern const struct mn_bitmap bitmap; \\
    printf(#bitmap " %d", mn_bitmap_is_valid(&bitmap)); \\
    for (int y = 0; y < bitmap.height; y++) \\
        for (int x = 0; x < bitmap.width; x++) \\
            printf(" %x", (unsigned)mn_bitmap_at(&bitmap, x, y)); \\
    printf("\\n"); \\
} while (0)
int main(void) {
    SHOWS
    return 0;
}
"""


def bitmaps(directory, sources):
    """{name: [colour, ...]} of images, by name."""
    shows = "".join(f"SHOW({name});" for name in sources)
    printed = run_c(directory, PRINT_BITMAPS.replace("SHOWS", shows), sources.values())
    found = {}
    for line in printed.splitlines():
        name, valid, *colors = line.split()
        assert valid == "1"
        found[name] = [int(color, 16) for color in colors]
    return found


def test_an_image_keeps_its_pixels_in_every_format(tmp_path):
    sources, wanted = {}, {}
    for alpha in ALPHAS:
        image = Image.new("RGBA", SIZE)
        pixels = [pixel(x, y, alpha) for y in range(SIZE[1]) for x in range(SIZE[0])]
        image.putdata(pixels)
        image.save(tmp_path / f"{alpha}.png")
        for form in FORMATS:
            name = f"{form}_{alpha}"
            sources[name] = made("image", "--format", form, "--alpha", alpha, name,
                                 tmp_path / f"{alpha}.png")  # fmt: skip
            wanted[name] = [seen(color, form, alpha) for color in pixels]
    assert bitmaps(tmp_path, sources) == wanted


def test_every_kind_of_png_is_read(tmp_path):
    """Palettes, gray of 1, 8 and 16 bits: the same two pixels. RGB565 is the default."""
    sources = {}
    for mode, two in {"1": (0, 255), "L": (0, 255), "P": (0, 1), "I;16": (0, 65535),
                      "RGB": ((0, 0, 0), (255, 255, 255)), "LA": ((0, 255), (255, 255))}.items():
        image = Image.new(mode, (2, 1))
        if mode == "P":
            image.putpalette([0, 0, 0, 255, 255, 255])
        for x, value in enumerate(two):
            image.putpixel((x, 0), value)
        name = "mode_" + mode.replace(";", "_")
        image.save(tmp_path / f"{name}.png")
        sources[name] = made("image", name, tmp_path / f"{name}.png")
    assert "MN_RGB565" in sources["mode_L"] and "MN_OPAQUE" in sources["mode_L"]
    assert set(map(tuple, bitmaps(tmp_path, sources).values())) == {(0xFF000000, 0xFFFFFFFF)}


@pytest.fixture
def png(tmp_path):
    path = tmp_path / "image.png"
    Image.effect_noise((64, 64), 80).save(path)
    return path


def refused(path, *args):
    done = tool("image", *args, "name", path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"image: {path}: ") and done.stderr.count("\n") == 1
    return done.stderr.strip().removeprefix(f"image: {path}: ")


def test_a_bad_png_is_refused(tmp_path, png):
    data = png.read_bytes()
    png.write_bytes(b"")
    assert refused(png) == "it is no PNG"
    Image.new("L", (1, 1)).save(tmp_path / "image.gif")
    assert refused(tmp_path / "image.gif") == "it is no PNG"
    for end in (20, len(data) // 2):
        png.write_bytes(data[:end])
        assert "PNG" in refused(png) or "it is damaged" in refused(png)
    png.write_bytes(data[:100] + b"damaged" + data[107:])
    assert "it is damaged" in refused(png)
    assert refused(tmp_path / "none.png") == "No such file or directory"


def test_transparency_is_not_dropped_without_a_word(tmp_path):
    Image.new("RGBA", (1, 1), (1, 2, 3, 254)).save(tmp_path / "image.png")
    assert "transparent pixels: --alpha mask or" in refused(tmp_path / "image.png")


def test_an_image_that_is_too_large_is_refused(tmp_path):
    Image.new("1", (16385, 1)).save(tmp_path / "image.png")
    assert refused(tmp_path / "image.png") == "16385 x 1 pixels; sides are up to 16384"


def test_image_says_how_it_is_used(png):
    for args in ([], ["name"], ["a-b", png], ["--format", "rgb", "a", png]):
        done = tool("image", *args)
        assert done.returncode == 2
        assert done.stderr.startswith("usage: image ")
