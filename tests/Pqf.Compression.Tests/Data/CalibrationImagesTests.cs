using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Steps;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Data;

public class CalibrationImagesTests
{
    static readonly Preprocessing Plain = new()
    {
        Resize = 2,
        Crop = 2,
        Mean = [0, 0, 0],
        Deviation = [1, 1, 1],
    };

    /// <summary>Images of one grey each, 10 times their number of 255; some cannot be decoded.</summary>
    static ImageSet Images(int count, params int[] bad) =>
        ImageSet.Of(
            [.. Enumerable.Range(0, count).Select(number => $"{number}")],
            new ImageReader(path =>
                bad.Contains(int.Parse(path, System.Globalization.CultureInfo.InvariantCulture))
                    ? new PqfError.File(path, "is damaged")
                    : new PixelImage(
                        2,
                        2,
                        3,
                        [.. Enumerable.Repeat((byte)(10 * int.Parse(path, System.Globalization.CultureInfo.InvariantCulture)), 12)]
                    )
            )
        );

    static Result<int[], PqfError> Numbers(ImageSet images, SkippedImages? skipped)
    {
        var options = new CompressOptions
        {
            BatchSize = 2,
            LoaderThreadCount = 3,
            Skipped = skipped,
        };
        return Result
            .All(
                CalibrationImages
                    .Of(images, Plain, options, TestContext.Current.CancellationToken)
                    .Batches()
                    .Select(batch => batch.Map(input => input.Pixels.ToArray()))
            )
            .Map(batches => batches.SelectMany(batch => batch.Chunk(12)).Select(image => (int)Math.Round(image[0] * 25.5)).ToArray());
    }

    [Theory]
    [InlineData(new int[0])]
    [InlineData(new[] { 2 })]
    [InlineData(new[] { 0, 1, 2, 3, 5 })]
    public void In_place_of_an_image_that_cannot_be_decoded_another_one_is_taken(int[] bad)
    {
        var lines = new List<string>();
        var skipped = new SkippedImages(error => lines.Add(error.Message));
        int[] numbers = Numbers(Images(6, bad), skipped).Value();
        Assert.Equal(6, numbers.Length);
        Assert.Equal(Enumerable.Range(0, 6).Except(bad), numbers.Distinct().Order());
        Assert.Equal(bad.Select(number => $"{number}: is damaged"), lines.Order(StringComparer.Ordinal));
        Assert.Equal(bad.Length, skipped.Count);
    }

    /// <summary>An image that was found not to be decoded is neither counted nor replaced: no other one is used twice.</summary>
    [Theory]
    [InlineData(6)]
    [InlineData(6, 2)]
    [InlineData(6, 0, 1, 2, 3, 5)]
    public void Images_that_were_skipped_before_are_not_counted(int count, params int[] bad)
    {
        var skipped = new SkippedImages(_ => { });
        foreach (int number in bad)
            skipped.Add(new PqfError.File($"{number}", "is damaged"));
        var options = new CompressOptions { BatchSize = 2, Skipped = skipped };
        var images = CalibrationImages.Of(Images(count, bad), Plain, options, TestContext.Current.CancellationToken);
        Assert.Equal(count - bad.Length, images.ImageCount);
        int[] expected = [.. Enumerable.Range(0, count).Except(bad)];
        Assert.Equal(expected, Numbers(Images(count, bad), skipped).Value().Order());
    }

    /// <summary>Every image once, in batches whose sizes are as equal as their number allows.</summary>
    [Theory]
    [InlineData(1, 32, new[] { 1 })]
    [InlineData(3, 32, new[] { 3 })]
    [InlineData(7, 3, new[] { 3, 3, 1 })]
    [InlineData(8, 3, new[] { 3, 3, 2 })]
    [InlineData(9, 3, new[] { 3, 3, 3 })]
    [InlineData(10, 4, new[] { 4, 4, 2 })]
    [InlineData(13, 12, new[] { 7, 6 })]
    [InlineData(25, 6, new[] { 5, 5, 5, 5, 5 })]
    public void All_images_are_used(int count, int batchSize, int[] sizes)
    {
        var options = new CompressOptions { BatchSize = batchSize, LoaderThreadCount = 2 };
        var images = CalibrationImages.Of(Images(count), Plain, options, TestContext.Current.CancellationToken);
        var batches = images.Batches().Select(batch => batch.Map(input => (input.Shape, Pixels: input.Pixels.ToArray())).Value()).ToArray();
        Assert.Equal(sizes, batches.Select(batch => batch.Shape[0]));
        Assert.Equal((count, sizes.Length, sizes[0]), (images.ImageCount, images.BatchCount, images.BatchShape[0]));
        Assert.Equal(
            Enumerable.Range(0, count),
            batches.SelectMany(batch => batch.Pixels.Chunk(12)).Select(image => (int)Math.Round(image[0] * 25.5)).Order()
        );
    }

    [Fact]
    public void Each_number_varies_all_images_in_its_own_way_and_always_in_the_same()
    {
        var preprocessing = Plain with { Resize = 8, Crop = 8 };
        var key = RngKey.FromSeed(1);
        PixelImage Noise(int image) =>
            new(8, 8, 3, [.. Enumerable.Range(0, 192).Select(i => (byte)key.Fold((ulong)image).Below(256, (ulong)i))]);
        var images = new ImageSet.Photographs([.. Enumerable.Range(0, 4).Select(Noise)], []);
        float[][] Of(Func<NormImages, IEnumerable<Result<InputBatch, PqfError>>> batches) =>
            [
                .. batches(CalibrationImages.Of(images, preprocessing, new CompressOptions { BatchSize = 3 }, default))
                    .SelectMany(batch => batch.Value().Pixels.ToArray().Chunk(192)),
            ];

        float[][] plain = Of(all => all.Batches()),
            first = Of(all => all.Varied!(0)),
            second = Of(all => all.Varied!(1));
        Assert.Equal(first, Of(all => all.Varied!(0)));
        Assert.Equal(
            12,
            new[] { plain, first, second }.SelectMany(view => view).Select(image => string.Join(' ', image)).Distinct().Count()
        );
    }

    [Fact]
    public void Without_leave_to_skip_the_first_such_image_is_an_error() =>
        Assert.Equal("4: is damaged", Numbers(Images(6, 4), null).ErrorMessage());

    [Fact]
    public void Where_none_can_be_decoded_that_is_an_error() =>
        Assert.EndsWith(": is damaged", Numbers(Images(3, 0, 1, 2), new SkippedImages(_ => { })).ErrorMessage(), StringComparison.Ordinal);
}
