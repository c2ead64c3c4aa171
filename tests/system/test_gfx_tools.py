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


# --- drawing

HAND = """#include <mnemos/gfx/draw.h>
int32_t hand(int32_t minutes);
int32_t hand(int32_t minutes) { return MN_DEGREES(minutes * 6); }
"""


def test_degrees_need_no_floating_point(tmp_path):
    """A board without it would get a library of it, for a clock with hands."""
    (tmp_path / "hand.c").write_text(HAND)
    subprocess.run(
        ["gcc", "-std=gnu17", "-Wall", "-Wextra", "-Wconversion", "-Werror",
         "-mgeneral-regs-only", f"-I{ROOT}/source/gfx/include", "-c", "hand.c"],
        cwd=tmp_path, check=True)  # fmt: skip


# --- fonts

METRICS, BITMAPS, ENCODINGS = 4, 8, 32
BIG, HIGH_FIRST, COMPRESSED = 4, 8, 0x100

# Characters of 10 x 2 pixels, of which one is blank and one is two characters.
ROWS = [b"\xff\xe0\x00\x00", b"\x00\x00\xff\xff", b"\xaa\x80\x55\x40", bytes(4)]
CODES = {"A": 0, "C": 1, "\u0142": 1, "?": 2, " ": 3, "D": 3}


def bitmaps_table(rows=ROWS, order=">", pad=2, layout=HIGH_FIRST):
    padded = b"".join(row[at : at + 2].ljust(4, b"\x99")[: 1 << pad]
                      for row in rows for at in (0, 2))  # fmt: skip
    size = (2 << pad)
    head = struct.pack(f"{order}i{len(rows)}I4I", len(rows), *range(0, size * len(rows), size),
                       *[len(padded)] * 4)  # fmt: skip
    return layout | pad, head + padded


def metrics_table(cells=((0, 10, 10, 1, 1),) * 4, order=">", compressed=True):
    if compressed:
        body = b"".join(bytes(value + 0x80 for value in cell) for cell in cells)
        return COMPRESSED, struct.pack(f"{order}h", len(cells)) + body
    body = b"".join(struct.pack(f"{order}5hH", *cell, 7) for cell in cells)
    return 0, struct.pack(f"{order}i", len(cells)) + body


def encodings_table(codes=None, order=">", least=0x20, most=0x7f):
    codes = CODES if codes is None else codes
    numbers = [codes.get(chr(high * 256 + low), 0xFFFF)
               for high in (0, 1) for low in range(least, most + 1)]  # fmt: skip
    return 0, struct.pack(f"{order}5h{len(numbers)}H", least, most, 0, 1, 0, *numbers)


def pcf(order=">", **tables):
    """A font; a keyword is a table as (layout, bytes) instead of the usual one, or None."""
    made = {METRICS: tables.get("metrics", metrics_table(order=order)),
            BITMAPS: tables.get("bitmaps", bitmaps_table(order=order)),
            ENCODINGS: tables.get("encodings", encodings_table(order=order))}  # fmt: skip
    made = {kind: table for kind, table in made.items() if table}
    contents, bodies, at = b"", b"", 8 + 16 * len(made)
    for kind, (layout, body) in made.items():
        layout |= BIG if order == ">" else 0
        body = struct.pack("<I", layout) + body
        contents += struct.pack("<4I", kind, layout, len(body), at + len(bodies))
        bodies += body
    return b"\x01fcp" + struct.pack("<I", len(made)) + contents + bodies


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
    (directory / "font.pcf").write_bytes(data)
    shows = "".join(f"show({ord(text)});" for text in characters)
    font = made("font", "font", directory / "font.pcf")
    head, *lines = run_c(directory, PRINT_FONT.replace("CHARACTERS", shows), [font]).splitlines()
    return head, lines


FONTS = {
    "big": pcf(),
    "little": pcf("<"),
    "compressed": gzip.compress(pcf()),
    "wide-metrics": pcf(metrics=metrics_table(compressed=False)),
    "rows-of-16-bits": pcf(bitmaps=bitmaps_table(pad=1)),
}


@pytest.mark.parametrize("data", FONTS.values(), ids=FONTS)
def test_a_font_keeps_its_glyphs(tmp_path, data):
    head, lines = glyphs(tmp_path, data, "AC\u0142? DB")
    assert head == "font 10 2 1"
    # What is beyond the width is 0. What is missing is '?', and so is a letter that is blank.
    assert lines == ["ffc00000", "0000ffc0", "0000ffc0", "aa805540", "00000000", "aa805540",
                     "aa805540"]  # fmt: skip


def test_what_is_missing_is_u_fffd_if_the_font_has_it(tmp_path):
    encodings = struct.pack(">5h3H", 0xFD, 0xFD, 0xFD, 0xFF, 0, 0xFFFF, 0xFFFF, 2)
    _head, lines = glyphs(tmp_path, pcf(encodings=(0, encodings)), "?\ufffd")
    assert lines == ["aa805540", "aa805540"]


def test_glyphs_are_in_the_order_of_their_characters(tmp_path):
    """So that what follows one another is one range."""
    codes = {"A": 2, "B": 0, "C": 1}
    (tmp_path / "font.pcf").write_bytes(pcf(encodings=encodings_table(codes)))
    text = made("font", "font", tmp_path / "font.pcf")
    assert "\t{0x0041, 3, 0},\n" in text
    assert ".range_count = 1," in text


def cells(*cell):
    return metrics_table((cell,) * 4)


BAD_FONTS = {
    "empty": (b"", "it is no font in the Portable Compiled Format"),
    "other": (b"\x7fELF" + bytes(64), "it is no font in the Portable Compiled Format"),
    "damaged-gzip": (gzip.compress(pcf())[:-9], "compressed, and damaged"),
    "contents": (pcf()[:50], "it ends within its table of contents"),
    "no-metrics": (pcf(metrics=None), "it has no table of metrics"),
    "no-bitmaps": (pcf(bitmaps=None), "it has no table of bitmaps"),
    "no-encodings": (pcf(encodings=None), "it has no table of encodings"),
    "short-metrics": (pcf(metrics=(COMPRESSED, b"\x00\x04" + bytes(19))),
                      "its table of metrics ends too early"),
    "short-bitmaps": (pcf(bitmaps=(HIGH_FIRST | 2, bitmaps_table()[1][:-1])),
                      "it ends after 3 of 4 bitmaps"),
    "short-encodings": (pcf()[:-1], "its table of encodings ends too early"),
    "sizes": (pcf(metrics=metrics_table([(0, 10, 10, 1, 1)] * 3 + [(0, 9, 10, 1, 1)])),
              "its characters have 2 different sizes"),
    "bearing": (pcf(metrics=cells(1, 10, 10, 1, 1)), "do not fill their cells"),
    "no-width": (pcf(metrics=cells(0, 0, 0, 1, 1)), "0 x 2 pixels are not usable"),
    "no-height": (pcf(metrics=cells(0, 10, 10, 2, -2)), "10 x 0 pixels are not usable"),
    "lengths": (pcf(bitmaps=bitmaps_table(ROWS[:3])), "metrics and bitmaps differ in length"),
    "bits": (pcf(bitmaps=bitmaps_table(layout=0)), "the order of its bits is not known"),
    "range": (pcf(encodings=encodings_table(least=0x41, most=0x40)), "no sensible range"),
    "no-such-glyph": (pcf(encodings=encodings_table({"A": 4})), "a glyph that is not there"),
    "no-characters": (pcf(encodings=encodings_table({})), "it has no characters"),
}


@pytest.mark.parametrize("data, why", BAD_FONTS.values(), ids=BAD_FONTS)
def test_a_bad_font_is_refused(tmp_path, data, why):
    path = tmp_path / "font.pcf"
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
    data = pcf()
    for end in range(0, len(data), 25):
        (tmp_path / "font.pcf").write_bytes(data[:end])
        assert tool("font", "font", tmp_path / "font.pcf").returncode == 1


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


@pytest.mark.parametrize("name", ["pixels", "alpha"])
def test_an_image_has_the_name_that_it_is_given(tmp_path, png, name):
    """Also that of one of its parts."""
    source = made("image", "--alpha", "mask", name, png)
    main = f"""#include <mnemos/gfx/bitmap.h>
    #include <stdio.h>
    extern const struct mn_bitmap {name};
    int main(void) {{ printf("%d", {name}.width); }}
    """
    assert run_c(tmp_path, main, [source]) == str(Image.open(png).width)


def test_a_bad_png_is_refused(tmp_path, png):
    data = png.read_bytes()
    png.write_bytes(b"")
    assert refused(png) == "it is no PNG"
    Image.new("L", (1, 1)).save(tmp_path / "image.gif")
    assert refused(tmp_path / "image.gif") == "it is no PNG"
    for end in (8, 20, len(data) // 2):
        png.write_bytes(data[:end])
        assert refused(png).startswith("it is damaged")
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
