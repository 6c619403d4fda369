using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;

namespace Pqf.Compression.Tests;

/// <summary>Photographs that are patches of random colours, and <see cref="SmallNetwork"/> as a classifier of them.</summary>
static class SmallPhotographs
{
    const int Side = 8;

    /// <summary>The network with random weights of the innermost scope.</summary>
    public static Network Network(Device device)
    {
        var architecture = GraphNetwork
            .Of(new GraphOptions("small", SmallNetwork.Graph, new(Side, Side), "image", [new("logits", SmallNetwork.Graph.Output)]))
            .Value();
        return Model
            .Network.New(
                architecture,
                SmallNetwork.Graph,
                SmallNetwork.Parameters(device, new RngKey(1)),
                new NetworkOverrides { Resize = Side, Crop = Side }
            )
            .Value();
    }

    /// <summary>Photographs of numbers.</summary>
    public static ImageSet.Photographs Of(IEnumerable<int> numbers) => new([.. numbers.Select(Photograph)], []);

    /// <summary>Patches of 4×4 pixels: of noise all images would have the same answer.</summary>
    public static PixelImage Photograph(int number)
    {
        var key = RngKey.FromSeed(number);
        int Patch(int i) => (((i / 3 / Side / 4 * Side) + (i / 3 % Side / 4)) * 3) + (i % 3);
        return new(Side, Side, 3, [.. Enumerable.Range(0, Side * Side * 3).Select(i => (byte)key.Below(256, (ulong)Patch(i)))]);
    }

    /// <summary>All values of a compressed network, decoded.</summary>
    public static float[] Values(Compressed compressed) =>
        [
            .. compressed
                .Model.Parameters.Values.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .SelectMany(pair => pair.Value.Decode().ToArray()),
        ];
}

/// <summary>Collects the notes of a job.</summary>
sealed class CollectedNotes(List<string> notes) : IProgress<JobProgress>
{
    public void Report(JobProgress value)
    {
        if (value is JobProgress.Noted(var text))
            notes.Add(text);
    }
}
