using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Jobs;

/// <summary>A network's file that was read back after it was written.</summary>
/// <param name="Path">The file.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="Difference">Largest difference of its logits from those of the network in memory, as a part of the largest; 0 for the same
/// bits.</param>
public sealed record CheckedFile(string Path, long SizeBytes, double Difference)
{
    /// <summary>Norms are stored as products in ONNX models, and rounded once more.</summary>
    const double OnnxTolerance = 1e-5;

    /// <summary>Writes a network, reads the file back and compares the logits of a few random images.</summary>
    /// <param name="model">The network as files hold it, norms folded: <see cref="PqfModel.AsStored"/>.</param>
    /// <param name="path">The file.</param>
    /// <param name="format">Its kind.</param>
    /// <param name="key">Draws the images.</param>
    /// <param name="overrides">As for <see cref="Network.Load(string, Tensors.Devices.Device, NetworkOverrides?,
    /// Nets.Architectures.NetworkTask?)"/>.</param>
    /// <returns>The file; or an error if it cannot be written or is not the network in memory.</returns>
    public static Result<CheckedFile, PqfError> Write(
        PqfModel model,
        string path,
        ModelFormat format,
        RngKey key,
        NetworkOverrides? overrides = null
    )
    {
        var probe = new Probe(model.Parameters.Tensors().First().Device, model.Preprocessing, key.Fold("probe"));
        using var scope = probe.Device.BeginScope();
        float[] expected = probe.PlainLogits(model.Graph, model.Parameters);
        bool isOwnGraph = model.Architecture.Options is GraphOptions;
        return from _ in model.Save(path, format)
            from network in isOwnGraph && format == ModelFormat.Pth
                ? ReadTensors(model.Graph, path, probe.Device)
                : Network.Load(path, probe.Device, overrides).Map(read => (read.Graph, read.Parameters))
            from difference in Compare(
                path,
                expected,
                probe.PlainLogits(network.Graph, network.Parameters),
                format == ModelFormat.Onnx ? OnnxTolerance : 0
            )
            select new CheckedFile(path, new FileInfo(RealPath.Of(path)).Length, difference);
    }

    /// <summary>Reads a file of tensors alone, which does not say what is computed of them.</summary>
    static Result<(Graph Graph, Parameters Parameters), PqfError> ReadTensors(Graph graph, string path, Device device) =>
        TensorFiles
            .Open(path)
            .Bind(file =>
            {
                using (file)
                    return StateDict.Load(graph, NamedTensors.AsTheyAre(file), device).Map(loaded => (graph, loaded.Parameters));
            });

    static Result<double, PqfError> Compare(string path, float[] expected, float[] actual, double tolerance)
    {
        if (actual.AsSpan().SequenceEqual(expected))
            return 0;
        double difference = Probe.Difference(expected, actual);
        return difference <= tolerance
            ? difference
            : new PqfError.File(path, $"read back, its logits differ from the network's by {difference} of the largest");
    }
}
