"""Cover pictures: whatever a site calls a thumbnail, made into a JPEG that every player shows."""

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from utawaku.library.errors import TagError

MAX_COVER_BYTES = 1_000_000
MAX_COVER_SIDE = 1600
_MAX_PIXELS = 64_000_000


def prepare_cover(picture: bytes) -> bytes:
    """Return `picture` (any format Pillow reads) as an RGB JPEG of at most 1 MB and 1600 pixels.

    A JPEG that fits already is returned unchanged, so that writing tags twice loses nothing.
    Raises TagError where it is no picture, or absurdly large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(picture)) as image:
                if image.width * image.height > _MAX_PIXELS:
                    raise TagError(
                        f"the cover has {image.width} x {image.height} pixels",
                        next_step="Choose a picture of at most 64 megapixels",
                    )
                if _fits(image, picture):
                    image.load()  # a truncated file shows only here
                    return picture
                return _to_jpeg(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombWarning) as error:
        # Pillow names the object in memory that it could not identify.
        unknown = isinstance(error, UnidentifiedImageError)
        why = "its format is not known" if unknown else error
        raise TagError(
            f"the cover cannot be read as a picture ({why})",
            next_step="Choose a JPEG, PNG or WebP file",
        ) from error


def _fits(image: Image.Image, picture: bytes) -> bool:
    return (
        image.format == "JPEG"
        and image.mode in ("RGB", "L")
        and max(image.size) <= MAX_COVER_SIDE
        and len(picture) <= MAX_COVER_BYTES
        and image.getexif().get(0x0112, 1) == 1
    )


def _to_jpeg(image: Image.Image) -> bytes:
    upright = ImageOps.exif_transpose(image)
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        layer = upright.convert("RGBA")
        upright = Image.new("RGB", layer.size, "white")
        upright.paste(layer, mask=layer.getchannel("A"))
    upright = upright.convert("RGB")
    upright.thumbnail((MAX_COVER_SIDE, MAX_COVER_SIDE), Image.Resampling.LANCZOS)
    for quality in (90, 80, 70, 55, 40, 25):
        buffer = io.BytesIO()
        upright.save(buffer, "JPEG", quality=quality, optimize=True, progressive=False)
        if buffer.tell() <= MAX_COVER_BYTES:
            break
    return buffer.getvalue()
