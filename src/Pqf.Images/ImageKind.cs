using System.Text;

namespace Pqf.Images;

/// <summary>Names what a file is that is no image of a kind that is decoded.</summary>
static class ImageKind
{
    const int BrandsAt = 8;

    /// <summary>The kinds that are decoded, for messages.</summary>
    public const string Decoded = "JPEG, PNG, BMP, GIF, WebP, TIFF, PPM";

    /// <summary>Why a file cannot be decoded, by its first bytes.</summary>
    public static string Refusal(ReadOnlySpan<byte> file) =>
        Name(file) is { } name ? Refusal(name)
        : file.StartsWith("version https://git-lfs"u8) ? "is a Git LFS pointer, not the image itself: run git lfs pull"
        : IsWebPage(file) ? "is a web page, not an image"
        : $"is not an image that can be decoded ({Decoded}), or is damaged";

    /// <summary>Why a file of a kind cannot be decoded.</summary>
    public static string Refusal(string kind) => $"is {kind}, which is not decoded; convert it to JPEG or PNG";

    static string? Name(ReadOnlySpan<byte> file) =>
        file.Length > 12 && file[4..].StartsWith("ftyp"u8) ? NameOfBrands(file)
        : file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x0A]) || file.StartsWith((ReadOnlySpan<byte>)[0, 0, 0, 12, .. "JXL "u8])
            ? "a JPEG XL image"
        : file.StartsWith((ReadOnlySpan<byte>)[0, 0, 0, 12, .. "jP  "u8]) || file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x4F, 0xFF, 0x51])
            ? "a JPEG 2000 image"
        : file.StartsWith("8BPS"u8) ? "a Photoshop image"
        : file.StartsWith("%PDF"u8) ? "a PDF document"
        : file.StartsWith("<svg"u8) || (file.StartsWith("<?xml"u8) && file.IndexOf("<svg"u8) >= 0) ? "an SVG drawing"
        : file.StartsWith((ReadOnlySpan<byte>)[0x76, 0x2F, 0x31, 0x01]) ? "an OpenEXR image"
        : file.Length > 132 && file[128..].StartsWith("DICM"u8) ? "a DICOM image"
        : null;

    /// <summary>The kind of a file in boxes, as MP4's: by its brands.</summary>
    static string NameOfBrands(ReadOnlySpan<byte> file)
    {
        int end = Math.Min(file.Length, Math.Max(16, (file[2] << 8) | file[3]));
        var brands = file[BrandsAt..end];
        return brands.IndexOf("avif"u8) >= 0 || brands.IndexOf("avis"u8) >= 0 ? "an AVIF image"
            : brands.IndexOf("hei"u8) >= 0 || brands.IndexOf("hev"u8) >= 0 || brands.IndexOf("mif1"u8) >= 0 ? "a HEIC image"
            : brands.StartsWith("crx "u8) ? "a camera's raw photograph"
            : "a video";
    }

    static bool IsWebPage(ReadOnlySpan<byte> file)
    {
        string start = Encoding.ASCII.GetString(file[..Math.Min(file.Length, 64)]).TrimStart('?', ' ', '\r', '\n', '\t');
        return start.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase)
            || start.StartsWith("<html", StringComparison.OrdinalIgnoreCase);
    }
}
