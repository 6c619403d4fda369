using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Images;
using Pqf.Nets.Images;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using SkiaSharp;
using Xunit;

namespace Pqf.Cli.Tests;

/// <summary>Classifying one image after another takes no more and no more memory.</summary>
public sealed class SteadyStateTests : IDisposable
{
    static readonly Preprocessing Small = new() { Resize = 40, Crop = 32 };

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Decoding_allocates_a_constant_and_ten_thousand_images_leave_memory_as_it_was()
    {
        string[] images = [Photograph("a.jpg", SKEncodedImageFormat.Jpeg), Photograph("b.png", SKEncodedImageFormat.Png)];
        float[] input = new float[Preprocess.InputCount(Small)];
        Decode(400);
        long resident = Environment.WorkingSet,
            bytes = Allocated(100);
        Decode(10_000);
        // Less, once code is recompiled. The pool of arrays makes a partition when the thread comes to another core for the first time:
        // growth would show in every round, that shows in one.
        // An object for each image would be 2,400 bytes; a thread that the system moves about makes a few hundred now and then.
        Assert.InRange(Enumerable.Range(0, 3).Min(_ => Allocated(100)), 0, bytes + 1600);
        Assert.InRange(bytes, 0, 100 * 16_384);
        Assert.InRange(Environment.WorkingSet - resident, long.MinValue, 16 << 20); // a thousand bytes an image would show

        long Allocated(int count)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Decode(count);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        void Decode(int count)
        {
            for (int i = 0; i < count; i++)
                ImageDecoder.ToInput(images[i % images.Length], Small, input).Value();
        }
    }

    [Fact]
    public void A_classifier_allocates_its_logits_and_a_constant()
    {
        TestNetworks.Write(folder.File("network.safetensors"));
        using var device = new HostDevice(2);
        using var scope = device.BeginScope();
        var network = Network.Load(folder.File("network.safetensors"), device, new NetworkOverrides { Resize = 40, Crop = 32 }).Value();
        var classifier = new Classifier(network, 1);
        float[] input = new float[Preprocess.InputCount(Small)];
        Classify(200);
        long first = Classify(100);
        int buffers = device.LiveBuffers;
        Classify(500);
        Assert.InRange(Classify(100), 0, first); // less, once code is recompiled
        Assert.InRange(first, 0, 100 * 16_384);
        Assert.Equal(buffers, device.LiveBuffers);

        long Classify(int count)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < count; i++)
                classifier.Logits(input, 1);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    string Photograph(string name, SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(64, 48);
        for (int y = 0; y < bitmap.Height; y++)
        for (int x = 0; x < bitmap.Width; x++)
            bitmap.SetPixel(x, y, new SKColor((byte)(4 * x), (byte)(5 * y), (byte)(x * y)));
        using var data = bitmap.Encode(format, 90);
        return folder.Write(name, data.AsSpan());
    }
}
