using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Compression.Training;
using Pqf.Images;
using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Pqf.Nets.Images;
using Pqf.Nets.Metrics;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf;

/// <summary>A network on the processor: load it, classify images or find objects with it, compress it, save it.</summary>
/// <remarks>
/// Each one has memory of its own until it is disposed; calls leave nothing behind. One thread at a time may use it: a call while another
/// one runs is an <see cref="InvalidOperationException"/>. Give each thread a network of its own. Files and images that cannot be used
/// are a <see cref="PqfException"/>, whose message names the file and what was expected.
/// </remarks>
public sealed class ImageNetwork : IDisposable
{
    readonly Lock turn = new();
    readonly HostDevice device;
    readonly Scope scope;
    readonly Network network;
    readonly int threadCount;
    Classifier? classifier;
    Detector? detector;
    bool isDisposed;

    ImageNetwork(HostDevice device, Scope scope, Network network, int threadCount)
    {
        (this.device, this.scope, this.network, this.threadCount) = (device, scope, network, threadCount);
        var summary = NetworkSummary.Of(network);
        (SizeBytes, Ratio) = ((summary.SizeBits + 7) / 8, summary.Ratio);
    }

    /// <summary>One name for each class.</summary>
    public ImmutableArray<string> ClassNames => network.ClassNames;

    /// <summary>Whether any weight is quantised.</summary>
    public bool IsCompressed => network.IsCompressed;

    /// <summary>Bytes of weights, codes, codebooks, biases and norms.</summary>
    public long SizeBytes { get; }

    /// <summary>How many times smaller than the dense network it is; 1 for a dense one.</summary>
    public double Ratio { get; }

    /// <summary>Reads a network: <c>.pqf</c>, <c>.pth</c>, <c>.safetensors</c> or <c>.onnx</c>, dense or compressed. The contents
    /// decide, not the name.</summary>
    /// <param name="path">The file.</param>
    /// <param name="threadCount">Threads of its work; 0 takes all cores.</param>
    /// <exception cref="PqfException">The file cannot be read, or holds no network that is known.</exception>
    public static ImageNetwork Load(string path, int threadCount = 0)
    {
        var device = new HostDevice(threadCount);
        var scope = device.BeginScope();
        try
        {
            return new(device, scope, Network.Load(path, device).ValueOrThrow(), threadCount);
        }
        catch
        {
            scope.Dispose();
            device.Dispose();
            throw;
        }
    }

    /// <summary>Names what an image shows.</summary>
    /// <param name="path">A JPEG, PNG, BMP, GIF, WebP, TIFF or PPM file.</param>
    /// <param name="top">Classes in the result, at least 1.</param>
    /// <returns>By falling probability.</returns>
    /// <exception cref="PqfException">The file cannot be decoded, or the network does not classify images.</exception>
    public ImmutableArray<Prediction> Classify(string path, int top = 5) => Classify(ImageDecoder.Decode(path).ValueOrThrow(), top);

    /// <summary>Names what an image in memory shows.</summary>
    /// <param name="file">The bytes of a whole image file.</param>
    /// <param name="top">Classes in the result, at least 1.</param>
    /// <returns>By falling probability.</returns>
    /// <exception cref="PqfException">The bytes cannot be decoded, or the network does not classify images.</exception>
    public ImmutableArray<Prediction> Classify(byte[] file, int top = 5) =>
        Classify(ImageDecoder.Decode(file, "image").ValueOrThrow(), top);

    /// <summary>Names what pixels show.</summary>
    /// <param name="image">Grey or colour, of any size.</param>
    /// <param name="top">Classes in the result, at least 1.</param>
    /// <returns>By falling probability.</returns>
    /// <exception cref="PqfException">The network does not classify images, or has neither 1 nor 3 input channels.</exception>
    public ImmutableArray<Prediction> Classify(PixelImage image, int top = 5)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        Expect(NetworkTask.Classification, "a network that classifies images");
        _ = network.ForPhotographs().ValueOrThrow();
        return InTurn(() =>
        {
            classifier ??= new Classifier(network, 1);
            float[] logits = classifier.Logits(Preprocess.ToInput(image, network.Preprocessing), 1);
            double[] probabilities = Classifier.Probabilities(logits);
            return Ranking
                .Top(logits, Math.Min(top, logits.Length))
                .Select(label => new Prediction(network.ClassNames[label], probabilities[label], label))
                .ToImmutableArray();
        });
    }

    /// <summary>Finds objects in a photograph.</summary>
    /// <param name="path">An image file, as for <see cref="Classify(string, int)"/>.</param>
    /// <param name="threshold">Lowest score in the result, 0 … 1.</param>
    /// <returns>By falling score.</returns>
    /// <exception cref="PqfException">The file cannot be decoded, or the network is not a detector.</exception>
    public ImmutableArray<FoundObject> Detect(string path, double threshold = 0.5) =>
        Detect(ImageDecoder.Decode(path).ValueOrThrow(), threshold);

    /// <summary>Finds objects among pixels.</summary>
    /// <param name="image">Grey or colour, of any size.</param>
    /// <param name="threshold">Lowest score in the result, 0 … 1.</param>
    /// <returns>By falling score.</returns>
    /// <exception cref="PqfException">The network is not a detector.</exception>
    public ImmutableArray<FoundObject> Detect(PixelImage image, double threshold = 0.5)
    {
        Expect(NetworkTask.Detection, "a network that finds objects");
        return InTurn(() =>
        {
            detector ??= Detector.Create(network.Architecture, network.Parameters, device);
            using var call = device.BeginScope();
            return detector
                .Detect(Photograph.Of(image))
                .Items.Where(item => item.Score >= threshold)
                .Select(item => new FoundObject(
                    network.ClassNames[item.Label],
                    item.Score,
                    item.Box.X1,
                    item.Box.Y1,
                    item.Box.Width,
                    item.Box.Height
                ))
                .ToImmutableArray();
        });
    }

    /// <summary>Compresses a dense network. Writes the result to a temporary file and reads it back, so that what is returned is what
    /// <see cref="Save"/> writes.</summary>
    /// <param name="settings">How; null for the defaults.</param>
    /// <param name="progress">Receives stages.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>A new network, which does not depend on this one.</returns>
    /// <exception cref="PqfException">The network is compressed already, an image cannot be decoded, or the size cannot be
    /// reached.</exception>
    public ImageNetwork Compress(
        CompressSettings? settings = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default
    ) =>
        InTurn(() =>
        {
            using var work = device.BeginScope();
            var options = Jobs.Compression(settings ?? new(), threadCount).ValueOrThrow();
            var compressed = CompressJob.Run(network, options, WorkProgress.Of(progress), cancellation).ValueOrThrow();
            var folder = Directory.CreateTempSubdirectory("pqf");
            try
            {
                string path = Path.Combine(folder.FullName, "network.pqf");
                CheckedFile.Write(compressed.Model.AsStored(), path, ModelFormat.Pqf, RngKey.FromSeed(options.Seed)).ValueOrThrow();
                return Load(path, threadCount);
            }
            finally
            {
                folder.Delete(true);
            }
        });

    /// <summary>Writes the network, whole or not at all. Quantised weights stay quantised.</summary>
    /// <param name="path">The file; its name ends in <c>.pqf</c>, <c>.pth</c>, <c>.safetensors</c> or <c>.onnx</c>.</param>
    /// <exception cref="PqfException">The name has another ending, or the file system refuses.</exception>
    public void Save(string path) => InTurn(() => network.Save(path).ValueOrThrow());

    /// <summary>Trains a classifier on a folder of labelled images.</summary>
    /// <param name="weights">The network to begin with, dense or compressed. Of a compressed one the codes stay as they are. Where the
    /// images have other classes, it gets a new head.</param>
    /// <param name="data">A folder with <c>train</c> and <c>val</c>, in each a folder of images for each class.</param>
    /// <param name="settings">How.</param>
    /// <param name="progress">Receives stages, and a note for each epoch.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>, once the state is saved.</param>
    /// <returns>The best epoch and its file, for <see cref="Load"/>.</returns>
    /// <exception cref="PqfException">A file cannot be used; the message names it.</exception>
    public static TrainedNetwork Train(
        string weights,
        string data,
        TrainSettings settings,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        using var device = new HostDevice(settings.ThreadCount);
        using var scope = device.BeginScope();
        var training = new ClassifierTraining
        {
            Images = () =>
                TrainingImages.Open(
                    new ImageSource { ImageFolder = data, TrainImagesPerClass = settings.TrainImagesPerClass },
                    ImageDecoder.Reader
                ),
            Weights = weights,
        };
        var options = Jobs.Training(settings).ValueOrThrow();
        var result = TrainJob.Run(options, training.Open, device, WorkProgress.Of(progress), cancellation).ValueOrThrow();
        var best = result.Progress.Best;
        return new(result.BestPath, best?.Score ?? double.NaN, best?.Number ?? 0);
    }

    /// <summary>Gives its memory back.</summary>
    public void Dispose()
    {
        if (isDisposed)
            return;
        InTurn(() =>
        {
            isDisposed = true;
            scope.Dispose();
            device.Dispose();
            return default(Unit);
        });
    }

    void Expect(NetworkTask task, string expected)
    {
        if (Networks.TaskOf(network.Architecture) != task)
            throw new PqfException(new PqfError.File(network.Path, $"is a {network.Architecture.Title}; expected {expected}"));
    }

    T InTurn<T>(Func<T> work)
    {
        if (turn.IsHeldByCurrentThread || !turn.TryEnter())
            throw new InvalidOperationException(
                "ImageNetwork: expected one call at a time, got a second one; give each thread a network of its own"
            );
        try
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            return work();
        }
        finally
        {
            turn.Exit();
        }
    }
}
