using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Cli.Tests.Images;
using Pqf.Compression.Data;
using Pqf.Images;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Testing;
using SkiaSharp;
using Xunit;

namespace Pqf.Cli.Tests.Data;

public sealed class ImageBatchesTests : IDisposable
{
    static readonly Preprocessing Small = new() { Resize = 4, Crop = 4 };

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Images of one colour each: image i has the grey value i.</summary>
    ImmutableArray<string> Images(int count) =>
        [
            .. Enumerable
                .Range(0, count)
                .Select(i =>
                {
                    using var bitmap = new SKBitmap(5, 5);
                    bitmap.Erase(new SKColor((byte)i, (byte)i, (byte)i));
                    using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
                    return folder.Write($"{i:000}.png", png.AsSpan());
                }),
        ];

    static IEnumerable<Result<ImageBatch, PqfError>> Load(ImmutableArray<string> images, int batchSize, int threadCount, int lookAhead) =>
        ImageBatches.Load(
            ImageSet.Of(images, ImageDecoder.Reader),
            Small,
            new Loading(batchSize, threadCount, lookAhead),
            TestContext.Current.CancellationToken
        );

    static float Normalised(int grey) => ((grey / 255f) - Small.Mean[0]) / Small.Deviation[0];

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(8, 5)]
    public void Batches_come_in_order_whatever_the_threads(int threadCount, int lookAhead)
    {
        int next = 0;
        foreach (var result in Load(Images(37), 8, threadCount, lookAhead))
        {
            var batch = result.Value();
            Assert.Equal(next, batch.First);
            Assert.Equal(Math.Min(8, 37 - next), batch.Count);
            Assert.Equal(batch.Count * 48, batch.Pixels.Length);
            for (int i = 0; i < batch.Count; i++)
                Assert.Equal(Normalised(next + i), batch.Pixels.Span[i * 48]);
            next += batch.Count;
        }

        Assert.Equal(37, next);
    }

    [Fact]
    public void Pixels_are_those_of_preprocessing_one_image()
    {
        var images = Images(3);
        var batch = Assert.Single(Load(images, 3, 2, 1)).Value();
        Assert.Equal(Preprocess.ToInput(ImageDecoder.Decode(images[1]).Value(), Small), batch.Pixels.Slice(48, 48).ToArray());
    }

    [Fact]
    public void A_corrupt_image_ends_the_batches_with_its_name()
    {
        var images = Images(40);
        File.WriteAllBytes(images[21], Convert.FromBase64String(ImageDecoderTests.ColourPng)[..100]);
        File.WriteAllBytes(images[23], []);
        var results = Load(images, 8, 3, 4).ToArray();
        Assert.Equal(3, results.Length);
        Assert.Equal(8, results[1].Value().First);
        Assert.StartsWith($"{images[21]}: is a damaged image: it is truncated", results[2].ErrorMessage());
    }

    [Fact]
    public void Corrupt_images_are_left_out_and_named_where_that_is_asked_for()
    {
        var images = Images(7);
        foreach (int bad in (int[])[1, 2, 6])
            File.WriteAllBytes(images[bad], []);
        var batches = ImageBatches
            .Load(
                7,
                48,
                (i, input) => ImageDecoder.ToInput(images[i], Small, input),
                new Loading(3, 2, 1, true),
                TestContext.Current.CancellationToken
            )
            .Select(result =>
                result
                    .Map(batch =>
                        (batch.First, Kept: batch.Pixels.ToArray().Chunk(48).Select(pixels => pixels[0]).ToArray(), batch.Skipped)
                    )
                    .Value()
            )
            .ToArray();
        Assert.Equal([0, 3, 6], batches.Select(batch => batch.First));
        Assert.Equal(
            [
                [Normalised(0)],
                [Normalised(3), Normalised(4), Normalised(5)],
                [],
            ],
            batches.Select(batch => batch.Kept)
        );
        Assert.Equal(
            [
                [1, 2],
                [],
                [0],
            ],
            batches.Select(batch => batch.Skipped.Keys)
        );
        Assert.Equal($"{images[2]}: is empty; expected an image", batches[0].Skipped[2].Message);
    }

    [Fact]
    public void No_images_are_no_batches() => Assert.Empty(Load([], 8, 2, 2));

    [Fact]
    public void Leaving_early_stops_the_threads()
    {
        var batches = Load(Images(40), 4, 2, 1);
        Assert.Equal(0, batches.First().Value().First);
    }

    [Fact]
    public void Loading_does_not_run_further_ahead_than_asked()
    {
        var images = Images(40);
        using var batches = Load(images, 4, 2, 2).GetEnumerator();
        Assert.True(batches.MoveNext());
        Thread.Sleep(100); // the threads fill what they may: batches 0, 1 and 2
        File.Delete(images[12]);
        Assert.True(batches.MoveNext() && batches.MoveNext() && batches.MoveNext());
        Assert.Equal($"{images[12]}: not found", batches.Current.ErrorMessage());
    }

    [Fact]
    public void Cancelling_ends_the_loading()
    {
        using var cancellation = new CancellationTokenSource();
        using var batches = ImageBatches
            .Load(ImageSet.Of(Images(40), ImageDecoder.Reader), Small, new Loading(4, 2), cancellation.Token)
            .GetEnumerator();
        Assert.True(batches.MoveNext());
        cancellation.Cancel();
        Assert.Throws<OperationCanceledException>(() =>
        {
            while (batches.MoveNext()) { }
        });
    }
}
