using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Steps;
using Pqf.Nets.Detection;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Boxes;
using ImageBatch = Pqf.Nets.Detection.ImageBatch;

namespace Pqf.Compression.Detection;

/// <summary>Unlabelled photographs as a detector takes them in, one by one, with the boxes that its heads look at.</summary>
static class DetectorImages
{
    // Boxes of a photograph: as many as tell something new, and few enough for the memory of 100 photographs.
    const int ProposalCount = 64,
        FoundCount = 16;

    /// <summary>A random 1,024 of some photographs, or all if there are fewer.</summary>
    /// <param name="images">The photographs.</param>
    /// <param name="network">A dense detector: its boxes are the ones taken.</param>
    /// <param name="options">Threads and the key that draws photographs and boxes.</param>
    /// <param name="cancellation">Ends the loading with an <see cref="OperationCanceledException"/>.</param>
    public static NormImages Of(ImageSet images, Network network, CompressOptions options, CancellationToken cancellation)
    {
        var key = options.Key.Fold("calibration");
        var sizes = MaskRcnnOptions.Of(network.Architecture);
        var order = CalibrationImages.Order(images, options);
        var largest = ImageBatch.PaddedSize([new(sizes.MinSize, sizes.MaxSize)], sizes);
        return new([1, largest.Height, largest.Width, Photograph.Channels], order.Length, Batches)
        {
            BoxCounts = [ProposalCount, FoundCount],
        };

        IEnumerable<Result<InputBatch, PqfError>> Batches()
        {
            // A device of its own: between two batches the caller opens and ends scopes on the network's.
            using var host = new HostDevice(options.HostThreadCount);
            using var scope = host.BeginScope();
            var detector = Detector.Create(network.Architecture, network.Parameters, host);
            int number = 0;
            foreach (
                var decoded in Prefetch.Make(
                    order.Length,
                    options.LoaderThreadCount,
                    place => Decode(images, order, place, options),
                    cancellation
                )
            )
                yield return decoded.Map(image => Input(host, detector, image, sizes, key.Fold((ulong)number++)));
        }
    }

    /// <summary>Decodes an image; where that is asked for, the next one that can be decoded in place of one that cannot.</summary>
    static Result<PixelImage, PqfError> Decode(ImageSet images, ImmutableArray<int> order, int place, CompressOptions options) =>
        CalibrationImages.InPlaceOf(order, place, options.Skipped, images.Decode);

    static InputBatch Input(HostDevice host, Detector detector, PixelImage image, MaskRcnnOptions sizes, RngKey key)
    {
        using var scope = host.BeginScope();
        var batch = ImageBatch.Of(host, [Photograph.Of(image)], sizes);
        var (proposed, found) = detector.BoxesOfHeads(batch);
        var size = batch.Sizes[0];
        if (proposed.IsEmpty)
            proposed = [new Box(0, 0, size.Width, size.Height)];
        return new(batch.Images.Shape, batch.Images.ToArray())
        {
            Width = size.Width,
            Boxes =
            [
                Of(key.Permutation(proposed.Length).Take(ProposalCount).Order().Select(i => proposed[i])),
                // The mask head looks at objects; where there are none, at the likeliest places.
                Of((found.IsEmpty ? proposed : found).Take(FoundCount)),
            ],
        };
    }

    static ImmutableArray<RoiBox> Of(IEnumerable<Box> boxes) => [.. boxes.Select(box => new RoiBox(0, box))];
}
