using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Reporting;
using Pqf.Nets.Images;

namespace Pqf.Cli.Drawing;

/// <summary>Small pictures of images for reports.</summary>
static class ReportPictures
{
    /// <summary>One for each item. An image that cannot be decoded any more is left out.</summary>
    /// <param name="images">Where the images are.</param>
    /// <param name="items">What is shown.</param>
    /// <param name="imageOf">An item's image.</param>
    /// <param name="words">The first words below an item's picture, and the rest.</param>
    public static ImmutableArray<ReportFigure> Of<T>(
        ImageSet images,
        IEnumerable<T> items,
        Func<T, int> imageOf,
        Func<T, (string Name, string Text)> words
    ) => Of(images, items, imageOf, words, (_, image) => Bitmaps.Thumbnail(image));

    /// <summary>As for thumbnails, with pictures of another kind.</summary>
    /// <param name="images">As for thumbnails.</param>
    /// <param name="items">As for thumbnails.</param>
    /// <param name="imageOf">As for thumbnails.</param>
    /// <param name="words">As for thumbnails.</param>
    /// <param name="picture">Draws an item on its image; gives a JPEG.</param>
    public static ImmutableArray<ReportFigure> Of<T>(
        ImageSet images,
        IEnumerable<T> items,
        Func<T, int> imageOf,
        Func<T, (string Name, string Text)> words,
        Func<T, PixelImage, byte[]> picture
    )
    {
        var figures = ImmutableArray.CreateBuilder<ReportFigure>();
        foreach (var item in items)
        {
            var (name, text) = words(item);
            if (images.Decode(imageOf(item)).Match(image => picture(item, image), _ => (byte[]?)null) is { } jpeg)
                figures.Add(ReportFigure.Photograph(jpeg, name, text));
        }

        return figures.ToImmutable();
    }
}
